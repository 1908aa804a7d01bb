"""Jobs whose worker has died."""

import dagster as dg

from orchestrator_assets.domain.ports import JobStore
from orchestrator_assets.runs import TRANSFORMATION


@dg.sensor(job=TRANSFORMATION, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def reaper(context: dg.SensorEvaluationContext, job_store: dg.ResourceParam[JobStore]) -> dg.SkipReason:
    """Re-queue them, or fail them at their attempt cap; `submitted_jobs` launches them again."""
    released = job_store.release_dead()
    for job in released:
        context.log.info("job_released", extra={"job": job})
    return dg.SkipReason(f"{len(released)} job(s) queued again")
