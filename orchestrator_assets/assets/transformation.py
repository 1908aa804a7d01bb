"""From candidate fixes to commits that are proven."""

from collections import Counter

import dagster as dg

from orchestrator_assets.assets.intake import OWNERS
from orchestrator_assets.assets.step import job_step
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.ports import ArtifactStore, CodeHost, CustomerSpaces, JobStore, Sandbox, Worker
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.domain.suite import SuiteRun, TestEnvironment
from orchestrator_assets.domain.verification import Verification
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.stages.deliver import ChangeSet, build_change_set, keep_change_set
from orchestrator_assets.stages.discover import ReadFindings, Target
from orchestrator_assets.stages.inspect import scanner, suite_runner
from orchestrator_assets.stages.propose import Proposal, rules_writer
from orchestrator_assets.stages.report import diff_markdown, findings_markdown
from orchestrator_assets.stages.snapshot import lay_out_once, open_repository
from orchestrator_assets.stages.verify import Baseline, verify_fixes
from orchestrator_assets.stages.workbench import Workbench


@dg.asset(partitions_def=JOBS, group_name="transformation", owners=OWNERS, kinds={"python"})
def verified_fixes(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    reported_findings: ReadFindings | None,
    test_environment: TestEnvironment,
    baseline_scans: Scan,
    baseline_tests: SuiteRun,
    findings: list[Target],
    candidate_fixes: Proposal,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
    sandbox: dg.ResourceParam[Sandbox],
    spaces: dg.ResourceParam[CustomerSpaces],
) -> dg.Output[Verification]:
    """The fixes that a re-scan and the tests prove, and what became of each finding."""
    with job_step(context, worker, job_store) as job:
        folder = worker.folder(job.id)
        tree = lay_out_once(repo_snapshot, code_host, artifacts, folder)
        cache = spaces.cache(job_order.customer)
        bench = Workbench(
            tree,
            folder / "candidate",
            scanner(tree, job_order, reported_findings, test_environment, sandbox, cache),
            suite_runner(job_order, test_environment, sandbox, cache),
        )
        baseline = Baseline(baseline_scans, baseline_tests, candidate_fixes)
        verification = verify_fixes(bench, findings, baseline, [rules_writer(tree, sandbox)])
        counts = Counter(outcome.outcome.value for outcome in verification.outcomes)
        effort = verification.effort
        facts = {"rounds": effort.rounds, "scans": effort.scans, "test_runs": effort.suites, "introduced": len(verification.introduced)}
        table = dg.MetadataValue.md(findings_markdown(verification.outcomes))
        return dg.Output(verification, metadata={**counts, **facts, "outcomes": table})


@dg.asset(partitions_def=JOBS, group_name="transformation", owners=OWNERS, kinds={"git"})
def change_set(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    verified_fixes: Verification,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
) -> dg.Output[ChangeSet]:
    """One commit per rule on a branch of the snapshot, and the patch."""
    with job_step(context, worker, job_store) as job:
        repository = open_repository(repo_snapshot, code_host, artifacts, worker.folder(job.id) / "delivery.git")
        changes = build_change_set(job.id, verified_fixes, repository, int(job.created_at.timestamp()))
        where = keep_change_set(job_order.customer, job.id, changes, artifacts)
        facts: dict[str, str | int] = {
            "branch": changes.branch,
            "commit": changes.commit_after,
            "commits": len(changes.groups),
            "patch": where,
        }
        diff = dg.MetadataValue.md(diff_markdown(changes.patch.decode("utf-8", "replace")))
        return dg.Output(changes, metadata={**facts, "diff": diff})
