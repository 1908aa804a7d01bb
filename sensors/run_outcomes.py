"""Runs that ended without their job having ended."""

import dagster as dg

from orchestrator_assets.domain.errors import ManifestError, StateError
from orchestrator_assets.domain.job import JobState, split_partition_key
from orchestrator_assets.domain.ports import JobRecord, JobStore
from orchestrator_assets.failures import failure_words
from orchestrator_assets.runs import TRANSFORMATION, run_request


@dg.run_failure_sensor(monitored_jobs=[TRANSFORMATION], default_status=dg.DefaultSensorStatus.RUNNING)
def failed_runs(context: dg.RunFailureSensorContext, job_store: dg.ResourceParam[JobStore]) -> None:
    """Fail the job of a run in which a step failed, or that never came to its first step and is not tried again.

    A run that died whole is the reaper's: its job gets another attempt.
    """
    run = context.dagster_run
    job = _job_of(run, job_store)
    if job is None:
        return
    steps = context.get_step_failure_events()
    if steps and job.run_id == run.run_id:
        job_store.fail(job.id, code="internal", message=failure_words(steps[0]), actor=f"run:{run.run_id}")
    elif _waits_for(job, run) and run.tags.get("dagster/will_retry") != "true":
        words = f"its run could not be started: {context.failure_event.message}; mend that and run it with 'orchestrator resume {job.id}'"
        job_store.fail(job.id, code="internal", message=words, actor=f"run:{run.run_id}")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.CANCELED, monitored_jobs=[TRANSFORMATION], default_status=dg.DefaultSensorStatus.RUNNING
)
def cancelled_runs(context: dg.RunStatusSensorContext, job_store: dg.ResourceParam[JobStore]) -> None:
    """Cancel the job of a run that was terminated in the UI, at work or while it waited."""
    run = context.dagster_run
    job = _job_of(run, job_store)
    if job is not None and not job.state.finished and (job.run_id == run.run_id or _waits_for(job, run)):
        job_store.cancel(job.id, actor=f"run:{run.run_id}")


def _job_of(run: dg.DagsterRun, job_store: JobStore) -> JobRecord | None:
    """The job of the run's partition; None for a partition that was not made for a job."""
    try:
        _, job = split_partition_key(run.tags.get("dagster/partition", ""))
        return job_store.get(job)
    except (ManifestError, StateError):
        return None


def _waits_for(job: JobRecord, run: dg.DagsterRun) -> bool:
    """Whether the queued job was to be done by just this run; its run key is used up, so nothing else will launch the job."""
    return job.state is JobState.QUEUED and run.tags.get("dagster/run_key") == run_request(job).run_key
