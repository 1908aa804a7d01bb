"""What becomes of a job whose run has ended badly."""

from typing import Any

import dagster as dg
import pytest

from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState, RepoRef, partition_key
from orchestrator_assets.runs import run_request
from resources.store.job_store import SqlJobStore
from sensors.run_outcomes import cancelled_runs, failed_runs

ACME = CustomerId("acme")
ORDER = JobOrder(ACME, RepoRef(path="/srv/x"))
KEY = "dagster/partition"


@pytest.fixture
def job(store: SqlJobStore) -> JobId:
    return store.submit(ORDER, actor="ann")


@dg.op
def breaks() -> None:
    raise ZeroDivisionError("nobody foresaw this")


@dg.job
def broken_run() -> None:
    breaks()


def a_failed_run(instance: dg.DagsterInstance, tags: dict[str, str], store: SqlJobStore | None = None, job: JobId | None = None) -> Any:
    """A run in which a step failed, in the instance's own event log; it claims the job first when one is given."""
    run_id = dg.DagsterRun(job_name="broken_run").run_id
    if store is not None and job is not None:
        store.claim(job, owner="elsewhere:1:1", run_id=run_id, lease_seconds=60)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return broken_run.execute_in_process(instance=instance, run_id=run_id, tags=tags, run_config=quiet, raise_on_error=False)


def tell(sensor: Any, store: SqlJobStore, instance: dg.DagsterInstance, run: dg.DagsterRun, event: dg.DagsterEvent) -> None:
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name, dagster_event=event, dagster_instance=instance, dagster_run=run, resources={"job_store": store}
    )
    sensor(context.for_run_failure() if sensor is failed_runs else context)


def an_event(kind: dg.DagsterEventType) -> dg.DagsterEvent:
    return dg.DagsterEvent(event_type_value=kind.value, job_name="broken_run")


def a_run(status: dg.DagsterRunStatus, **tags: str) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="broken_run", tags={name.replace("__", "/"): value for name, value in tags.items()}, status=status)


def test_a_failed_step_fails_the_job_that_the_run_held(store: SqlJobStore, instance: dg.DagsterInstance, job: JobId) -> None:
    result = a_failed_run(instance, {KEY: partition_key(ACME, job)}, store, job)
    tell(failed_runs, store, instance, result.dagster_run, result.get_run_failure_event())
    record = store.get(job)
    assert (record.state, record.error_code) == (JobState.FAILED, "internal")
    assert "nobody foresaw this" in (record.error_message or "")


def test_a_run_that_died_whole_is_left_to_the_reaper(store: SqlJobStore, instance: dg.DagsterInstance, job: JobId) -> None:
    run = a_run(dg.DagsterRunStatus.FAILURE, dagster__partition=partition_key(ACME, job))
    store.claim(job, owner="elsewhere:1:1", run_id=run.run_id, lease_seconds=60)
    tell(failed_runs, store, instance, run, an_event(dg.DagsterEventType.RUN_FAILURE))
    assert store.get(job).state is JobState.RUNNING


def test_a_failed_run_does_not_touch_a_job_that_another_run_holds(store: SqlJobStore, instance: dg.DagsterInstance, job: JobId) -> None:
    store.claim(job, owner="elsewhere:2:2", run_id="other", lease_seconds=60)
    result = a_failed_run(instance, {KEY: partition_key(ACME, job)})
    tell(failed_runs, store, instance, result.dagster_run, result.get_run_failure_event())
    assert store.get(job).state is JobState.RUNNING


def test_a_run_of_no_job_is_passed_over(store: SqlJobStore, instance: dg.DagsterInstance) -> None:
    result = a_failed_run(instance, {})
    tell(failed_runs, store, instance, result.dagster_run, result.get_run_failure_event())
    tell(cancelled_runs, store, instance, a_run(dg.DagsterRunStatus.CANCELED), an_event(dg.DagsterEventType.RUN_CANCELED))


@pytest.mark.parametrize("key", ["acme/0198a6b2-0000-7000-8000-000000000001", "added by hand"])
def test_a_partition_that_someone_added_by_hand_is_passed_over(store: SqlJobStore, instance: dg.DagsterInstance, key: str) -> None:
    result = a_failed_run(instance, {KEY: key})
    tell(failed_runs, store, instance, result.dagster_run, result.get_run_failure_event())
    cancelled = a_run(dg.DagsterRunStatus.CANCELED, dagster__partition=key)
    tell(cancelled_runs, store, instance, cancelled, an_event(dg.DagsterEventType.RUN_CANCELED))


def test_a_run_that_was_terminated_cancels_its_job(store: SqlJobStore, instance: dg.DagsterInstance, job: JobId) -> None:
    run = a_run(dg.DagsterRunStatus.CANCELED, dagster__partition=partition_key(ACME, job))
    store.claim(job, owner="elsewhere:1:1", run_id=run.run_id, lease_seconds=60)
    tell(cancelled_runs, store, instance, run, an_event(dg.DagsterEventType.RUN_CANCELED))
    assert store.get(job).state is JobState.CANCELLED


def test_a_run_that_is_terminated_while_it_waits_cancels_its_job_too(store: SqlJobStore, instance: dg.DagsterInstance, job: JobId) -> None:
    """Its run key is used up: without this, nothing would ever launch the job again."""
    request = run_request(store.get(job))
    run = a_run(dg.DagsterRunStatus.CANCELED, dagster__partition=partition_key(ACME, job), dagster__run_key=str(request.run_key))
    tell(cancelled_runs, store, instance, run, an_event(dg.DagsterEventType.RUN_CANCELED))
    assert store.get(job).state is JobState.CANCELLED


def test_a_terminated_run_of_an_earlier_attempt_or_of_a_person_leaves_a_queued_job_alone(
    store: SqlJobStore, instance: dg.DagsterInstance, job: JobId
) -> None:
    earlier = str(run_request(store.get(job)).run_key)
    store.claim(job, owner="elsewhere:1:1", run_id="r1", lease_seconds=0)
    store.release_dead()
    for tags in ({"dagster__run_key": earlier}, {}):
        run = a_run(dg.DagsterRunStatus.CANCELED, dagster__partition=partition_key(ACME, job), **tags)
        tell(cancelled_runs, store, instance, run, an_event(dg.DagsterEventType.RUN_CANCELED))
    assert store.get(job).state is JobState.QUEUED


def test_a_run_that_could_not_be_launched_fails_its_job_unless_dagster_tries_again(
    store: SqlJobStore, instance: dg.DagsterInstance, job: JobId
) -> None:
    tags = {"dagster__partition": partition_key(ACME, job), "dagster__run_key": str(run_request(store.get(job)).run_key)}
    retried = a_run(dg.DagsterRunStatus.FAILURE, dagster__will_retry="true", **tags)
    tell(failed_runs, store, instance, retried, an_event(dg.DagsterEventType.RUN_FAILURE))
    assert store.get(job).state is JobState.QUEUED
    last = a_run(dg.DagsterRunStatus.FAILURE, dagster__will_retry="false", **tags)
    tell(failed_runs, store, instance, last, an_event(dg.DagsterEventType.RUN_FAILURE))
    record = store.get(job)
    assert (record.state, record.error_code) == (JobState.FAILED, "internal")
    assert "orchestrator resume" in (record.error_message or "")


@pytest.mark.parametrize("sensor", [failed_runs, cancelled_runs], ids=lambda sensor: sensor.name)
def test_a_finished_job_stays_as_it_is(store: SqlJobStore, instance: dg.DagsterInstance, job: JobId, sensor: Any) -> None:
    result = a_failed_run(instance, {KEY: partition_key(ACME, job)}, store, job)
    store.fail(job, code="tool_failed", message="the stage's own words", actor="run")
    tell(sensor, store, instance, result.dagster_run, result.get_run_failure_event())
    assert (store.get(job).state, store.get(job).error_message) == (JobState.FAILED, "the stage's own words")
