"""The contract of `domain.ports.JobStore`."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.errors import AttemptsExhausted, LeaseError, StateError
from orchestrator_assets.domain.finding import FindingOutcome, OutcomeKind
from orchestrator_assets.domain.gate import GateResult, GateStatus, Verdict
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState, RepoRef, Tier
from orchestrator_assets.domain.ports import JobResult, JobStore, Lease
from resources.store.engine import reading
from resources.store.job_store import SqlJobStore
from resources.store.schema import AUDIT_LOG, COST_TRACKING, FINDING_OUTCOMES, GATE_RESULTS, JOBS, OUTBOX
from tests.builders import a_finding

ORDER = JobOrder(CustomerId("acme"), RepoRef(path="/srv/code", branch="main"), Tier.PREMIUM)


def submit(store: JobStore, customer: str = "acme", key: str | None = None) -> JobId:
    return store.submit(replace(ORDER, customer=CustomerId(customer)), actor="ann", idempotency_key=key)


def claim(store: JobStore, job: JobId, run_id: str = "run-1", owner: str = "elsewhere:1:1") -> Lease:
    return store.claim(job, owner=owner, run_id=run_id, lease_seconds=60)


def result(state: JobState = JobState.DELIVERED, message: str = "message", costs: dict[str, int] | None = None) -> JobResult:
    before, after = Verdict(GateStatus.FAILED, 0.5, "half"), Verdict(GateStatus.PASSED, 1.0, "whole", {"files": 3})
    outcome = FindingOutcome(a_finding(message=message, fingerprint="f" * 32), OutcomeKind.FIXED, "rules", "gone")
    amounts = {name: MicroUsd(amount) for name, amount in (costs or {"compute": 1_250_000}).items()}
    return JobResult(state, 96.25, 71, [GateResult("security", 15, before, after)], [outcome, outcome], amounts)


def rows(engine: Engine, table: Any) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(table)))


def actions(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(AUDIT_LOG.c.action).order_by(AUDIT_LOG.c.id)).scalars())


def test_a_submitted_order_comes_back_as_it_was_given(store: SqlJobStore) -> None:
    record = store.get(submit(store))
    assert (record.order, record.state, record.attempt, record.cost) == (ORDER, JobState.QUEUED, 0, 0)


def test_an_unknown_job_is_named_in_the_error(store: SqlJobStore) -> None:
    with pytest.raises(StateError, match="nope"):
        store.get(JobId("nope"))
    with pytest.raises(StateError, match="nope"):
        claim(store, JobId("nope"))


def test_the_same_key_of_the_same_customer_gives_the_same_job(store: SqlJobStore, engine: Engine) -> None:
    assert submit(store, key="k") == submit(store, key="k")
    assert submit(store, "other", key="k") != submit(store, key="k")
    assert submit(store) != submit(store)
    assert actions(engine) == ["job.submitted"] * 4


def test_an_idempotency_key_longer_than_its_column_is_refused(store: SqlJobStore) -> None:
    with pytest.raises(StateError, match="256 characters"):
        submit(store, key="k" * 256)


def test_jobs_are_listed_newest_first_by_customer_and_state(store: SqlJobStore) -> None:
    first, second, third = submit(store), submit(store, "other"), submit(store)
    claim(store, first)
    assert [job.id for job in store.jobs()] == [third, second, first]
    assert [job.id for job in store.jobs(customer=CustomerId("acme"))] == [third, first]
    assert [job.id for job in store.jobs(state=JobState.QUEUED, limit=1)] == [third]


def test_a_cursor_walks_through_the_queue_oldest_first(store: SqlJobStore) -> None:
    submitted = [submit(store) for _ in range(5)]
    claim(store, submitted[1])
    page = store.queued_after("", 2)
    rest = store.queued_after(page[-1].id, 10)
    assert [job.id for job in (*page, *rest)] == [submitted[0], *submitted[2:]]


def test_a_claim_starts_the_job_and_leaves_an_audit_row(store: SqlJobStore, engine: Engine) -> None:
    job = submit(store)
    lease = claim(store, job)
    record = store.get(job)
    assert (record.state, record.attempt, record.run_id, lease.token) == (JobState.RUNNING, 1, "run-1", 1)
    assert record.started_at is not None
    assert actions(engine) == ["job.submitted", "job.claimed"]


def test_a_held_job_cannot_be_claimed_by_another_run(store: SqlJobStore) -> None:
    job = submit(store)
    claim(store, job)
    with pytest.raises(LeaseError, match="holds it for run run-1"):
        claim(store, job, "run-2")


def test_the_same_run_may_claim_again_without_a_new_attempt_and_its_old_lease_is_void(store: SqlJobStore) -> None:
    job = submit(store)
    old, new = claim(store, job), claim(store, job)
    assert store.get(job).attempt == 1
    with pytest.raises(LeaseError, match="token 1, now 2"):
        store.finish(old, result())
    store.finish(new, result())


def test_an_expired_lease_is_taken_over_and_the_old_worker_can_write_nothing(store: SqlJobStore, clock: Any) -> None:
    job = submit(store)
    old = claim(store, job)
    clock.pass_seconds(61)
    claim(store, job, "run-2")
    assert store.get(job).attempt == 2
    for write in (
        lambda: store.finish(old, result()),
        lambda: store.heartbeat(old, lease_seconds=60),
        lambda: store.fail(job, code="x", message="y", actor="z", lease=old),
    ):
        with pytest.raises(LeaseError, match="stop and write nothing more"):
            write()
    assert store.get(job).state is JobState.RUNNING


def test_a_heartbeat_keeps_the_job(store: SqlJobStore, clock: Any) -> None:
    job = submit(store)
    lease = claim(store, job)
    clock.pass_seconds(50)
    store.heartbeat(lease, lease_seconds=60)
    clock.pass_seconds(50)
    assert store.release_dead() == []
    with pytest.raises(LeaseError):
        claim(store, job, "run-2")


def test_a_finished_job_keeps_its_result_in_every_table(store: SqlJobStore, engine: Engine) -> None:
    job = submit(store)
    store.finish(claim(store, job), result(costs={"compute": 1_250_000, "model": 1}))
    record = store.get(job)
    assert (record.state, record.quality_score, record.findings_count, record.cost) == (JobState.DELIVERED, 96.25, 71, 1_250_001)
    assert record.completed_at is not None
    (gate,) = rows(engine, GATE_RESULTS)
    assert (gate.score, gate.score_before, gate.max_score, gate.status) == (15.0, 7.5, 15.0, "passed")
    assert gate.details["after"]["details"] == {"files": 3}
    assert [row.outcome for row in rows(engine, FINDING_OUTCOMES)] == ["fixed", "fixed"]
    assert {row.category: row.amount_micro_usd for row in rows(engine, COST_TRACKING)} == {"compute": 1_250_000, "model": 1}
    (notice,) = rows(engine, OUTBOX)
    assert (notice.topic, notice.published_at, notice.payload["quality_score"]) == ("job.delivered", None, 96.25)


def test_finishing_twice_with_one_lease_changes_nothing(store: SqlJobStore, engine: Engine) -> None:
    job = submit(store)
    lease = claim(store, job)
    store.finish(lease, result(JobState.NEEDS_REVIEW))
    store.approve(job, actor="rev", accept=True)
    store.finish(lease, result(JobState.NEEDS_REVIEW))
    assert store.get(job).state is JobState.DELIVERED
    assert len(rows(engine, OUTBOX)) == 2


def test_a_reopened_job_counts_its_attempts_anew_and_its_rows_are_replaced(store: SqlJobStore, engine: Engine) -> None:
    job = submit(store)
    store.finish(claim(store, job), result())
    again = claim(store, job, "run-2")
    reopened = store.get(job)
    assert (reopened.attempt, reopened.completed_at, reopened.quality_score) == (1, None, None)
    store.finish(again, result(JobState.REJECTED))
    assert [len(rows(engine, table)) for table in (GATE_RESULTS, FINDING_OUTCOMES, COST_TRACKING)] == [1, 2, 1]
    assert "job.reopened" in actions(engine)


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.CANCELLED])
def test_a_result_must_end_the_job(store: SqlJobStore, state: JobState) -> None:
    lease = claim(store, submit(store))
    with pytest.raises(StateError, match=state.value):
        store.finish(lease, result(state))


def test_a_result_that_cannot_be_written_whole_leaves_the_job_running(store: SqlJobStore, engine: Engine) -> None:
    job = submit(store)
    lease = claim(store, job)
    with pytest.raises(IntegrityError):
        store.finish(lease, result(costs={"refund": -1}))
    assert store.get(job).state is JobState.RUNNING
    assert rows(engine, GATE_RESULTS) == []


def test_odd_characters_of_a_customers_file_do_not_lose_the_result(store: SqlJobStore, engine: Engine) -> None:
    lease = claim(store, submit(store))
    store.finish(lease, result(message="bad \udcff and \0 byte"))
    assert rows(engine, FINDING_OUTCOMES)[0].message == "bad \\udcff and \\x00 byte"


def test_a_failure_keeps_its_error_and_a_finished_job_is_left_alone(store: SqlJobStore, engine: Engine) -> None:
    job = submit(store)
    lease = claim(store, job)
    store.fail(job, code="tool_failed", message="mypy broke", actor="hook")
    store.fail(job, code="late", message="late", actor="hook")
    record = store.get(job)
    assert (record.state, record.error_code, record.error_message) == (JobState.FAILED, "tool_failed", "mypy broke")
    assert [row.payload["error_code"] for row in rows(engine, OUTBOX)] == ["tool_failed"]
    with pytest.raises(LeaseError, match="the job is failed"):
        store.finish(lease, result())


def test_a_cancelled_job_stops_its_worker_and_is_not_claimed_again(store: SqlJobStore) -> None:
    job = submit(store)
    lease = claim(store, job)
    store.cancel(job, actor="ann")
    store.cancel(job, actor="ann")
    with pytest.raises(LeaseError, match="cancelled"):
        store.heartbeat(lease, lease_seconds=60)
    with pytest.raises(LeaseError, match="cancelled"):
        store.finish(lease, result())
    with pytest.raises(StateError, match="submit it again"):
        claim(store, job, "run-2")


def test_a_delivered_job_cannot_be_cancelled(store: SqlJobStore) -> None:
    job = submit(store)
    store.finish(claim(store, job), result())
    with pytest.raises(StateError, match="delivered"):
        store.cancel(job, actor="ann")


@pytest.mark.parametrize(("accept", "state"), [(True, JobState.DELIVERED), (False, JobState.REJECTED)])
def test_a_review_decides_and_its_note_is_kept(store: SqlJobStore, engine: Engine, accept: bool, state: JobState) -> None:
    job = submit(store)
    store.finish(claim(store, job), result(JobState.NEEDS_REVIEW))
    store.approve(job, actor="rev", accept=accept, note="looked at it")
    assert store.get(job).state is state
    assert rows(engine, AUDIT_LOG)[-1].details["note"] == "looked at it"
    assert [row.topic for row in rows(engine, OUTBOX)] == ["job.needs_review", f"job.{state.value}"]
    with pytest.raises(StateError, match="needs_review"):
        store.approve(job, actor="rev", accept=accept)


def test_a_job_whose_worker_dies_each_time_fails_at_the_cap_with_the_last_cause(store: SqlJobStore, clock: Any) -> None:
    job = submit(store)
    for attempt in (1, 2):
        claim(store, job, f"run-{attempt}")
        clock.pass_seconds(61)
        assert store.release_dead() == [job]
        assert store.get(job).state is JobState.QUEUED
    claim(store, job, "run-3")
    clock.pass_seconds(61)
    assert store.release_dead() == []
    record = store.get(job)
    assert (record.state, record.error_code) == (JobState.FAILED, "attempts_exhausted")
    assert "3 of 3 attempts" in (record.error_message or "")
    assert "ran out on attempt 3" in (record.error_message or "")


def test_a_takeover_past_the_cap_fails_the_job(store: SqlJobStore, clock: Any, engine: Engine) -> None:
    job = submit(store)
    for attempt in (1, 2, 3):
        claim(store, job, f"run-{attempt}")
        clock.pass_seconds(61)
    with pytest.raises(AttemptsExhausted, match="3 of 3"):
        claim(store, job, "run-4")
    assert store.get(job).state is JobState.FAILED
    assert [row.topic for row in rows(engine, OUTBOX)] == ["job.failed"]


def test_workers_of_other_hosts_are_given_until_their_lease_ends(store: SqlJobStore) -> None:
    claim(store, submit(store), owner="elsewhere:1:1")
    assert store.release_dead() == []
    assert store.release_dead(owners_alive=[]) == []


def test_the_audit_log_takes_other_entries(store: SqlJobStore, engine: Engine) -> None:
    job = submit(store)
    store.audit("report.read", job=job, actor="ann", resource="report", details={"from": "cli"})
    store.audit("sweep", job=None, actor="schedule")
    assert [(row.action, row.user_id, row.details) for row in rows(engine, AUDIT_LOG)[1:]] == [
        ("report.read", "ann", {"from": "cli"}),
        ("sweep", "schedule", None),
    ]
    with pytest.raises(StateError, match="nope"):
        store.audit("x", job=JobId("nope"), actor="ann")


def test_every_change_of_state_has_its_audit_row(store: SqlJobStore, engine: Engine, clock: Any) -> None:
    job = submit(store)
    claim(store, job)
    clock.pass_seconds(61)
    store.release_dead()
    store.finish(claim(store, job, "run-2"), result(JobState.NEEDS_REVIEW))
    store.approve(job, actor="rev", accept=False)
    moves = [(row.details.get("from"), row.details["to"]) for row in rows(engine, AUDIT_LOG)]
    assert moves == [
        (None, "queued"),
        ("queued", "running"),
        ("running", "queued"),
        ("queued", "running"),
        ("running", "needs_review"),
        ("needs_review", "rejected"),
    ]


def test_times_come_back_in_utc_and_money_as_whole_numbers(store: SqlJobStore, engine: Engine, clock: Any) -> None:
    job = submit(store)
    assert store.get(job).created_at == clock.now
    money = [column for table in JOBS.metadata.tables.values() for column in table.columns if "usd" in column.name]
    assert money
    assert {column.type.python_type for column in money} == {int}
