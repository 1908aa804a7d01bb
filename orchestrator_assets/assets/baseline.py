"""The untouched tree: its environment, what the analyzers see in it, what its tests say."""

import dagster as dg

from orchestrator_assets.assets.intake import OWNERS
from orchestrator_assets.assets.step import job_step
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.ports import ArtifactStore, CodeHost, CustomerSpaces, JobStore, Sandbox, Worker
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, TestEnvironment
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.stages.discover import ReadFindings
from orchestrator_assets.stages.inspect import scan_baseline, test_baseline
from orchestrator_assets.stages.snapshot import lay_out_once


@dg.asset(partitions_def=JOBS, group_name="baseline", owners=OWNERS, kinds={"python"})
def test_environment(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
    spaces: dg.ResourceParam[CustomerSpaces],
) -> dg.Output[TestEnvironment]:
    """The repository's dependencies in an environment of the customer's own; built once, from wheels."""
    with job_step(context, worker, job_store) as job:
        tree = lay_out_once(repo_snapshot, code_host, artifacts, worker.folder(job.id))
        environment = spaces.environments(job_order.customer).prepare(tree, job_order.options.setup_command)
        return dg.Output(environment, metadata={"key": environment.key, "notes": list(environment.notes)})


@dg.asset(partitions_def=JOBS, group_name="baseline", owners=OWNERS, kinds={"ruff", "bandit", "pylint", "mypy"})
def baseline_scans(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    reported_findings: ReadFindings | None,
    test_environment: TestEnvironment,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
    sandbox: dg.ResourceParam[Sandbox],
    spaces: dg.ResourceParam[CustomerSpaces],
) -> dg.Output[Scan]:
    """Every analyzer once over the untouched tree."""
    with job_step(context, worker, job_store) as job:
        tree = lay_out_once(repo_snapshot, code_host, artifacts, worker.folder(job.id))
        scan = scan_baseline(tree, job_order, reported_findings, test_environment, sandbox, spaces.cache(job_order.customer))
        counts = {f"findings_{run.tool}": len(run.findings) for run in scan.runs}
        errors = {f"error_{run.tool}": run.message for run in scan.runs if run.message}
        return dg.Output(scan, metadata={"files": len(scan.files), "code_lines": scan.code_lines, **counts, **errors})


@dg.asset(partitions_def=JOBS, group_name="baseline", owners=OWNERS, kinds={"pytest"})
def baseline_tests(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    test_environment: TestEnvironment,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    code_host: dg.ResourceParam[CodeHost],
    artifacts: dg.ResourceParam[ArtifactStore],
    sandbox: dg.ResourceParam[Sandbox],
    spaces: dg.ResourceParam[CustomerSpaces],
) -> dg.Output[SuiteRun]:
    """The repository's own tests on the untouched tree, in the sandbox."""
    with job_step(context, worker, job_store) as job:
        tree = lay_out_once(repo_snapshot, code_host, artifacts, worker.folder(job.id))
        suite = test_baseline(tree, job_order, test_environment, sandbox, spaces.cache(job_order.customer))
        counts = {result.value: suite.count(result) for result in CaseResult}
        facts = {"status": suite.status.value, "runner": suite.runner, "reason": suite.reason, "flaky": len(suite.flaky)}
        return dg.Output(suite, metadata={**facts, **counts, "coverage_percent": suite.coverage_percent or 0.0})
