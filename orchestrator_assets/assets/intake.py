"""From the order to what the job is about: the repository at one commit and the findings that came with it."""

import dagster as dg

from orchestrator_assets.assets.step import job_step
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.ports import ArtifactStore, CodeHost, JobStore, Worker
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.stages.discover import ReadFindings, read_findings
from orchestrator_assets.stages.intake import findings_key
from orchestrator_assets.stages.snapshot import take_snapshot

OWNERS = ["team:platform"]


@dg.asset(partitions_def=JOBS, group_name="intake", owners=OWNERS, kinds={"python"})
def job_order(
    context: dg.AssetExecutionContext, job_store: dg.ResourceParam[JobStore], worker: dg.ResourceParam[Worker]
) -> dg.Output[JobOrder]:
    """The customer's order as it was accepted; making it claims the job for this run."""
    with job_step(context, worker, job_store) as job:
        order = job.order
        shown = {
            "customer": order.customer,
            "repository": order.repo.location,
            "tier": order.tier.value,
            "policy": order.options.policy.value,
        }
        return dg.Output(order, metadata={**shown, "attempt": job.attempt, "hard_cap_usd": float(order.options.hard_cap_usd)})


@dg.asset(partitions_def=JOBS, group_name="intake", owners=OWNERS, kinds={"git"})
def repo_snapshot(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
) -> dg.Output[Snapshot]:
    """The repository at one commit, kept as a git bundle."""
    with job_step(context, worker, job_store) as job:
        snapshot = take_snapshot(job_order, code_host, artifacts, worker.folder(job.id) / "fetch.git")
        facts: dict[str, str | int] = {"commit": snapshot.commit, "branch": snapshot.branch or "(detached)", "files": len(snapshot.files)}
        return dg.Output(snapshot, metadata={**facts, "bundle": artifacts.locate(snapshot.bundle_key), "notes": list(snapshot.notes)})


@dg.asset(partitions_def=JOBS, group_name="intake", owners=OWNERS, kinds={"sarif"})
def reported_findings(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    artifacts: dg.ResourceParam[ArtifactStore],
) -> dg.Output[ReadFindings | None]:
    """The findings that came with the order, normalised; None when the job is to discover its own."""
    with job_step(context, worker, job_store):
        if job_order.findings_sha256 is None:
            return dg.Output(None, metadata={"source": "discovery", "findings": 0})
        content = artifacts.get(findings_key(job_order.customer, job_order.findings_sha256))
        read = read_findings(content, job_order.findings_name or "findings", repo_snapshot.files)
        return dg.Output(
            read,
            metadata={
                "source": job_order.findings_name or "",
                "findings": len(read.findings),
                "left_out": [str(note) for note in read.notes],
            },
        )
