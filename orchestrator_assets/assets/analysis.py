"""What there is to do, and what each tier proposes to do about it."""

from collections import Counter

import dagster as dg

from orchestrator_assets.assets.intake import OWNERS
from orchestrator_assets.assets.step import job_step
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.ports import ArtifactStore, CodeHost, JobStore, Sandbox, Worker
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.stages.discover import ReadFindings, Target, find_targets, placed_findings
from orchestrator_assets.stages.propose import Proposal, propose_fixes, rules_writer
from orchestrator_assets.stages.snapshot import lay_out_once


@dg.asset(partitions_def=JOBS, group_name="analysis", owners=OWNERS, kinds={"python"})
def findings(
    context: dg.AssetExecutionContext,
    repo_snapshot: Snapshot,
    reported_findings: ReadFindings | None,
    baseline_scans: Scan,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
) -> dg.Output[list[Target]]:
    """The findings in question, worst first: those reported, held against the scan, or all that the scan discovered."""
    with job_step(context, worker, job_store) as job:
        tree = lay_out_once(repo_snapshot, code_host, artifacts, worker.folder(job.id))
        targets = find_targets(placed_findings(reported_findings, tree), baseline_scans)
        severities = Counter(target.finding.severity.value for target in targets)
        states = Counter(target.status.value for target in targets)
        rows = [
            dg.TableRecord(
                {
                    "severity": t.finding.severity.value,
                    "rule": f"{t.finding.tool}:{t.finding.rule_id}",
                    "place": f"{t.finding.path}:{t.finding.line}",
                }
            )
            for t in targets[:50]
        ]
        counts = {**{f"severity_{k}": n for k, n in severities.items()}, **{f"status_{k}": n for k, n in states.items()}}
        return dg.Output(targets, metadata={"findings": len(targets), **counts, "worst": dg.MetadataValue.table(rows) if rows else "none"})


@dg.asset(partitions_def=JOBS, group_name="analysis", owners=OWNERS, kinds={"libcst", "ruff"})
def candidate_fixes(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    baseline_scans: Scan,
    findings: list[Target],
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
    sandbox: dg.ResourceParam[Sandbox],
) -> dg.Output[Proposal]:
    """One candidate fix per finding that some rule answers, and the rules' words on those that they leave alone."""
    with job_step(context, worker, job_store) as job:
        tree = lay_out_once(repo_snapshot, code_host, artifacts, worker.folder(job.id))
        proposal = propose_fixes(rules_writer(tree, sandbox), tree, findings, baseline_scans)
        rules = Counter(fix.rule for fix in proposal.fixes)
        rows = [dg.TableRecord({"rule": rule, "fixes": count}) for rule, count in rules.most_common(50)]
        facts = {"fixes": len(proposal.fixes), "declined": len(proposal.declined), "estimated_cost_usd": 0.0}
        return dg.Output(proposal, metadata={**facts, "rules": dg.MetadataValue.table(rows) if rows else "none"})
