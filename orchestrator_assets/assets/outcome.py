"""The score and the decision, what people read of it, the job's record, and the delivery."""

import json
from collections.abc import Iterator, Mapping

import dagster as dg

from gates import GATES
from orchestrator_assets.assets.gates import gate_asset_name
from orchestrator_assets.assets.intake import OWNERS
from orchestrator_assets.assets.step import job_step
from orchestrator_assets.domain.gate import GateResult
from orchestrator_assets.domain.job import JobOrder, JobState
from orchestrator_assets.domain.ports import ArtifactStore, JobStore, Sandbox, Worker
from orchestrator_assets.domain.score import Decision
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.domain.suite import SuiteRun, TestEnvironment
from orchestrator_assets.domain.verification import Verification
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.stages.deliver import ChangeSet, deliver
from orchestrator_assets.stages.discover import ReadFindings
from orchestrator_assets.stages.judgement import Judgement, judge_job
from orchestrator_assets.stages.publish import (
    Published,
    ReportSources,
    job_result,
    publish_costs,
    publish_report,
    report_inputs,
    seconds_before,
)
from orchestrator_assets.stages.report import report_markdown


@dg.asset(
    partitions_def=JOBS,
    group_name="outcome",
    owners=OWNERS,
    kinds={"python"},
    ins={gate_asset_name(gate): dg.AssetIn() for gate in GATES},
)
def quality_score(
    context: dg.AssetExecutionContext, job_order: JobOrder, verified_fixes: Verification, **gates: GateResult
) -> dg.Output[Judgement]:
    """The ten gates' points as two scores of 100, before and after, and what they mean by the order's policy."""
    # Dagster gives the gates by name; the brief's order is the registry's.
    judgement = judge_job(job_order.options, [gates[gate_asset_name(gate)] for gate in GATES], verified_fixes)
    scores = {"score_before": judgement.before.value, "score_after": judgement.after.value}
    return dg.Output(judgement, metadata={**scores, "vetoes_before": list(judgement.before.vetoes), "vetoes": list(judgement.after.vetoes)})


@dg.asset(
    partitions_def=JOBS,
    group_name="outcome",
    owners=OWNERS,
    kinds={"python"},
    check_specs=[dg.AssetCheckSpec("may_be_delivered", asset="decision", blocking=True, partitions_def=JOBS)],
)
def decision(context: dg.AssetExecutionContext, quality_score: Judgement) -> Iterator[dg.Output[Decision] | dg.AssetCheckResult]:
    """What becomes of the job; a rejection stops the delivery."""
    verdict = quality_score.decision
    facts = {"status": verdict.state.value, "reasons": "\n".join(verdict.reasons)}
    yield dg.Output(verdict, metadata=facts)
    yield dg.AssetCheckResult(passed=verdict.state is not JobState.REJECTED, check_name="may_be_delivered", metadata=facts)


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"html"})
def quality_report(
    context: dg.AssetExecutionContext,
    repo_snapshot: Snapshot,
    reported_findings: ReadFindings | None,
    test_environment: TestEnvironment,
    baseline_tests: SuiteRun,
    verified_fixes: Verification,
    change_set: ChangeSet,
    quality_score: Judgement,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    artifacts: dg.ResourceParam[ArtifactStore],
    sandbox: dg.ResourceParam[Sandbox],
) -> dg.Output[Published]:
    """The report for people and for machines, and every finding with its outcome; made for rejected jobs, too."""
    with job_step(context, worker, job_store) as job:
        sources = ReportSources(
            job, repo_snapshot, test_environment, baseline_tests, verified_fixes, change_set, quality_score, reported_findings
        )
        seconds = {**seconds_before(job.order.customer, job.id, artifacts), **worker.seconds}
        published = publish_report(report_inputs(sources, seconds, sandbox.describe()), artifacts)
        links = {name: dg.MetadataValue.path(where) for name, where in published.places.items()}
        return dg.Output(published, metadata={"summary": dg.MetadataValue.md(report_markdown(published.report)), **links})


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"json"})
def job_costs(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    verified_fixes: Verification,
    quality_score: Judgement,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    artifacts: dg.ResourceParam[ArtifactStore],
) -> dg.Output[Mapping[str, int]]:
    """What the job cost by category, in micro-USD; made for rejected jobs, too."""
    with job_step(context, worker, job_store) as job:
        costs, where = publish_costs(job.id, job_order, verified_fixes, artifacts)
        return dg.Output(costs, metadata={"total_usd": sum(costs.values()) / 1_000_000, "breakdown": dg.MetadataValue.path(where)})


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"sqlite"}, deps=[quality_report])
def job_record(
    context: dg.AssetExecutionContext,
    verified_fixes: Verification,
    quality_score: Judgement,
    job_costs: Mapping[str, int],
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
) -> dg.Output[str]:
    """A rejected job's end in the job store; the others end with their delivery."""
    with job_step(context, worker, job_store) as job:
        state = quality_score.decision.state
        if state is JobState.REJECTED:
            job_store.finish(worker.hold(job.id, context.run.run_id), job_result(quality_score, verified_fixes, job_costs))
        return dg.Output(state.value, metadata={"status": state.value})


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"git"}, deps=[quality_report, job_record])
def delivery(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    verified_fixes: Verification,
    change_set: ChangeSet,
    quality_score: Judgement,
    decision: Decision,
    job_costs: Mapping[str, int],
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    artifacts: dg.ResourceParam[ArtifactStore],
) -> dg.Output[str]:
    """The receipt of everything handed over, and the job's end in the store; never for a rejected job."""
    with job_step(context, worker, job_store) as job:
        facts = json.loads(deliver(job_order.customer, job.id, decision, change_set, artifacts))
        job_store.finish(worker.hold(job.id, context.run.run_id), job_result(quality_score, verified_fixes, job_costs))
        shown = {"branch": facts["branch"], "commit": facts["commit"], "receipt": dg.MetadataValue.json(facts)}
        return dg.Output(decision.state.value, metadata=shown)
