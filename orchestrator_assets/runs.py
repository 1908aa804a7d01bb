"""The one way from a job to its run."""

import dagster as dg

from orchestrator_assets.domain.job import Tier, partition_key
from orchestrator_assets.domain.ports import JobRecord

TRANSFORMATION = dg.define_asset_job(
    "transformation_run",
    selection=dg.AssetSelection.groups("intake", "baseline", "analysis", "transformation", "gates", "outcome"),
    executor_def=dg.in_process_executor,
    description="A customer's job from its repository to the delivered transformation: one run on the job's partition.",
)

_PRIORITY = {Tier.STANDARD: "0", Tier.PREMIUM: "10"}


def run_tags(job: JobRecord) -> dict[str, str]:
    """What makes a run findable in the UI, and what queues it."""
    tags = {"customer": job.order.customer, "job": job.id, "tier": job.order.tier.value, "dagster/priority": _PRIORITY[job.order.tier]}
    return {**tags, "commit": job.order.repo.commit} if job.order.repo.commit else tags


def run_request(job: JobRecord) -> dg.RunRequest:
    """The request for a job's run; the run key makes a second request for the same attempt a no-op."""
    key = partition_key(job.order.customer, job.id)
    return dg.RunRequest(run_key=f"{job.id}-{job.attempt}", partition_key=key, tags=run_tags(job), job_name="transformation_run")
