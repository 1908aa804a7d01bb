"""Runs that ended without their job having ended."""

import dagster as dg

from orchestrator_assets.domain.job import split_partition_key
from orchestrator_assets.domain.ports import JobStore
from orchestrator_assets.runs import TRANSFORMATION


@dg.run_failure_sensor(monitored_jobs=[TRANSFORMATION], default_status=dg.DefaultSensorStatus.RUNNING)
def failed_runs(context: dg.RunFailureSensorContext, job_store: dg.ResourceParam[JobStore]) -> None:
    """Fail the job of a run in which a step failed. A run that died whole is the reaper's: its job gets another attempt."""
    key = context.dagster_run.tags.get("dagster/partition")
    steps = context.get_step_failure_events()
    if key is None or not steps:
        return
    _, job = split_partition_key(key)
    if job_store.get(job).run_id == context.dagster_run.run_id:
        job_store.fail(job, code="internal", message=steps[0].message or "a step failed", actor=f"run:{context.dagster_run.run_id}")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.CANCELED, monitored_jobs=[TRANSFORMATION], default_status=dg.DefaultSensorStatus.RUNNING
)
def cancelled_runs(context: dg.RunStatusSensorContext, job_store: dg.ResourceParam[JobStore]) -> None:
    """Cancel the job of a run that was terminated in the UI."""
    key = context.dagster_run.tags.get("dagster/partition")
    if key is None:
        return
    _, job = split_partition_key(key)
    if job_store.get(job).run_id == context.dagster_run.run_id and not job_store.get(job).state.finished:
        job_store.cancel(job, actor=f"run:{context.dagster_run.run_id}")
