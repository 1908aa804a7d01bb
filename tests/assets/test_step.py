"""What surrounds every asset of a run, seen from Dagster and from the job's record."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestrator_assets.assets.step import job_step
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState, RepoRef, partition_key
from orchestrator_assets.domain.ports import JobRecord, JobStore, Worker
from orchestrator_assets.partitions import JOBS
from resources.store.engine import open_engine
from resources.store.job_store import SqlJobStore, open_job_store
from resources.worker import JobWorker

ACME = CustomerId("acme")


class Run:
    """Runs one asset of a job as Dagster would."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/store.db"
        self.store: SqlJobStore = open_job_store(self.url)
        self.worker = JobWorker(self.store, folder / "work", "host:1:1")
        self.instance = dg.DagsterInstance.ephemeral()
        self.job = self.store.submit(JobOrder(ACME, RepoRef(path="/srv/x")), actor="ann")

    def make(self, name: str, body: Callable[[JobRecord], object] = lambda job: None, key: str | None = None) -> dg.ExecuteInProcessResult:
        """Make an asset of this name; an asset's name is what tells the stage."""

        @dg.asset(name=name, partitions_def=JOBS)
        def stage(
            context: dg.AssetExecutionContext, job_store: dg.ResourceParam[JobStore], worker: dg.ResourceParam[Worker]
        ) -> dg.Output[str]:
            with job_step(context, worker, job_store) as job:
                body(job)
                return dg.Output("made", metadata={"attempt": job.attempt})

        where = key or partition_key(ACME, self.job)
        self.instance.add_dynamic_partitions("customer_job", [where])
        return dg.materialize(
            [stage],
            instance=self.instance,
            partition_key=where,
            resources={"job_store": self.store, "worker": self.worker},
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )

    @property
    def record(self) -> JobRecord:
        return self.store.get(self.job)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    made.worker.release()


def words(result: dg.ExecuteInProcessResult) -> str:
    [event] = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data
    return data.user_failure_data.description or "" if data.user_failure_data else "not a dg.Failure"


def test_the_first_stage_claims_the_job_and_sees_its_attempt(run: Run) -> None:
    result = run.make("job_order")
    assert result.success
    assert (run.record.state, run.record.attempt, run.record.run_id) == (JobState.RUNNING, 1, result.run_id)
    [made] = result.get_asset_materialization_events()
    assert made.materialization.metadata["attempt"].value == 1
    assert list(run.worker.seconds) == ["job_order"]


def test_an_error_that_no_retry_can_mend_fails_the_step_and_the_job_with_the_same_words(run: Run) -> None:
    def breaks(job: JobRecord) -> None:
        raise ToolError("ruff: exit code 2")

    result = run.make("baseline_scans", breaks)
    assert (result.success, words(result)) == (False, "ruff: exit code 2")
    assert (run.record.state, run.record.error_code, run.record.error_message) == (JobState.FAILED, "tool_failed", "ruff: exit code 2")


def test_an_error_that_a_retry_may_mend_leaves_the_job_running(run: Run) -> None:
    class Busy(ToolError):
        retryable = True

    def breaks(job: JobRecord) -> None:
        raise Busy("try again")

    assert words(run.make("baseline_scans", breaks)) == "try again"
    assert run.record.state is JobState.RUNNING


def test_a_worker_that_has_lost_the_job_does_not_fail_it_for_its_new_holder(run: Run) -> None:
    def is_taken_over(job: JobRecord) -> None:
        an_hour_later = SqlJobStore(open_engine(run.url), lambda: job.created_at + timedelta(hours=1))
        assert an_hour_later.release_dead() == [run.job]
        an_hour_later.claim(run.job, owner="elsewhere:2:2", run_id="other", lease_seconds=60)
        raise ToolError("late words of the old worker")

    assert "lost its lease" in words(run.make("baseline_scans", is_taken_over))
    assert (run.record.state, run.record.run_id, run.record.error_code) == (JobState.RUNNING, "other", None)


def test_a_job_that_another_run_holds_is_left_to_it(run: Run) -> None:
    run.store.claim(run.job, owner="elsewhere:2:2", run_id="other", lease_seconds=60)
    assert "holds it for run other" in words(run.make("job_order"))
    assert (run.record.state, run.record.run_id) == (JobState.RUNNING, "other")


def test_a_cancelled_job_is_not_worked_on(run: Run) -> None:
    run.store.cancel(run.job, actor="ann")
    assert "cancelled" in words(run.make("job_order"))
    assert run.record.state is JobState.CANCELLED


def test_a_stage_of_a_finished_job_is_made_again_without_taking_the_job_over(run: Run) -> None:
    run.store.fail(run.job, code="x", message="m", actor="ann")
    assert run.make("quality_report").success
    assert (run.record.state, run.record.run_id, run.record.attempt) == (JobState.FAILED, None, 0)
    assert run.make("job_order").success
    assert (run.record.state, run.record.attempt) == (JobState.RUNNING, 1)


def test_a_partition_under_another_customers_name_does_nothing_to_the_job(run: Run) -> None:
    assert "another customer's" in words(run.make("job_order", key=partition_key(CustomerId("globex"), run.job)))
    assert (run.record.state, run.record.attempt) == (JobState.QUEUED, 0)


@pytest.mark.parametrize("key", ["acme/0198a6b2-0000-7000-8000-000000000001", "no-such-form"])
def test_a_partition_without_a_job_says_so(run: Run, key: str) -> None:
    assert key.partition("/")[2] in words(run.make("job_order", key=key))
    assert JobId(run.job) == run.store.jobs()[0].id
