"""Queued jobs, each of which gets its partition and its run."""

import dagster as dg

from orchestrator_assets.domain.job import partition_key
from orchestrator_assets.domain.ports import JobStore
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.runs import TRANSFORMATION, run_request

PAGE = 200


@dg.sensor(job=TRANSFORMATION, minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def submitted_jobs(context: dg.SensorEvaluationContext, job_store: dg.ResourceParam[JobStore]) -> dg.SensorResult | dg.SkipReason:
    """Launch the runs of queued jobs, a page a tick.

    The cursor walks through the queue and starts again at its end: a job that was re-queued is older than what came since. The run key
    holds the attempt, so a job that waits in Dagster's own queue is not launched twice.
    """
    jobs = job_store.queued_after(context.cursor or "", PAGE)
    cursor = jobs[-1].id if len(jobs) == PAGE else ""
    if not jobs:
        context.update_cursor(cursor)
        return dg.SkipReason("no job is queued")
    keys = [partition_key(job.order.customer, job.id) for job in jobs]
    return dg.SensorResult(
        run_requests=[run_request(job) for job in jobs],
        dynamic_partitions_requests=[JOBS.build_add_request(keys)],
        cursor=cursor,
    )
