"""The decision, what people read of it, the job's record, and the delivery."""

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
from orchestrator_assets.stages.judgement import judge_job
from orchestrator_assets.stages.publish import Published, job_result, publish_costs, publish_report, report_inputs
from orchestrator_assets.stages.report import report_markdown


def _in_order(results: Mapping[str, GateResult]) -> list[GateResult]:
    """The ten results in the brief's order; Dagster gives them by name."""
    return [results[gate_asset_name(gate)] for gate in GATES]


_GATE_INS = {gate_asset_name(gate): dg.AssetIn() for gate in GATES}


@dg.asset(
    partitions_def=JOBS,
    group_name="outcome",
    owners=OWNERS,
    kinds={"python"},
    ins=_GATE_INS,
    check_specs=[dg.AssetCheckSpec("may_be_delivered", asset="decision", blocking=True, partitions_def=JOBS)],
)
def decision(
    context: dg.AssetExecutionContext, job_order: JobOrder, verified_fixes: Verification, **gates: GateResult
) -> Iterator[dg.Output[Decision] | dg.AssetCheckResult]:
    """What becomes of the job by its policy; a rejection stops the delivery."""
    judgement = judge_job(job_order.options, _in_order(gates), verified_fixes)
    verdict = judgement.decision
    facts = {"status": verdict.state.value, "reasons": list(verdict.reasons), "vetoes": list(judgement.after.vetoes)}
    scores = {"score_before": judgement.before.value, "score_after": judgement.after.value}
    yield dg.Output(verdict, metadata={**scores, **facts})
    yield dg.AssetCheckResult(passed=verdict.state is not JobState.REJECTED, check_name="may_be_delivered", metadata=scores)


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"html"}, ins=_GATE_INS)
def quality_report(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    repo_snapshot: Snapshot,
    test_environment: TestEnvironment,
    baseline_tests: SuiteRun,
    verified_fixes: Verification,
    change_set: ChangeSet,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    artifacts: dg.ResourceParam[ArtifactStore],
    sandbox: dg.ResourceParam[Sandbox],
    **gates: GateResult,
) -> dg.Output[Published]:
    """The report for people and for machines, and every finding with its outcome; made for rejected jobs, too."""
    with job_step(context, worker, job_store) as job:
        judgement = judge_job(job_order.options, _in_order(gates), verified_fixes)
        inputs = report_inputs(
            job, judgement, _in_order(gates), repo_snapshot, test_environment, baseline_tests, verified_fixes, change_set,
            worker.seconds, sandbox.describe(),
        )  # fmt: skip
        published = publish_report(inputs, artifacts)
        links = {name: dg.MetadataValue.path(where) for name, where in published.places.items()}
        return dg.Output(published, metadata={"summary": dg.MetadataValue.md(report_markdown(published.report)), **links})


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"json"}, ins=_GATE_INS)
def job_costs(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    verified_fixes: Verification,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    artifacts: dg.ResourceParam[ArtifactStore],
    **gates: GateResult,
) -> dg.Output[Mapping[str, int]]:
    """What the job cost by category, in micro-USD; made for rejected jobs, too."""
    with job_step(context, worker, job_store) as job:
        costs, where = publish_costs(job.id, job_order, verified_fixes, artifacts)
        return dg.Output(costs, metadata={"total_usd": sum(costs.values()) / 1_000_000, "breakdown": dg.MetadataValue.path(where)})


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"sqlite"}, ins=_GATE_INS)
def job_record(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    verified_fixes: Verification,
    quality_report: Published,
    job_costs: Mapping[str, int],
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    **gates: GateResult,
) -> dg.Output[str]:
    """A rejected job's end in the job store; the others end with their delivery."""
    with job_step(context, worker, job_store) as job:
        judgement = judge_job(job_order.options, _in_order(gates), verified_fixes)
        state = judgement.decision.state
        if state is JobState.REJECTED:
            lease = worker.hold(job.id, context.run_id)
            job_store.finish(lease, job_result(judgement, _in_order(gates), verified_fixes, job_costs))
        return dg.Output(state.value, metadata={"status": state.value})


@dg.asset(partitions_def=JOBS, group_name="outcome", owners=OWNERS, kinds={"git"}, ins=_GATE_INS)
def delivery(
    context: dg.AssetExecutionContext,
    job_order: JobOrder,
    decision: Decision,
    verified_fixes: Verification,
    change_set: ChangeSet,
    quality_report: Published,
    job_costs: Mapping[str, int],
    job_record: str,
    job_store: dg.ResourceParam[JobStore],
    worker: dg.ResourceParam[Worker],
    artifacts: dg.ResourceParam[ArtifactStore],
    **gates: GateResult,
) -> dg.Output[str]:
    """The receipt of everything handed over, and the job's end in the store; never for a rejected job."""
    with job_step(context, worker, job_store) as job:
        judgement = judge_job(job_order.options, _in_order(gates), verified_fixes)
        receipt = deliver(job_order.customer, job.id, judgement.decision, change_set, artifacts)
        lease = worker.hold(job.id, context.run_id)
        job_store.finish(lease, job_result(judgement, _in_order(gates), verified_fixes, job_costs))
        facts = json.loads(receipt)
        return dg.Output(
            judgement.decision.state.value,
            metadata={"branch": facts["branch"], "commit": facts["commit"], "receipt": dg.MetadataValue.json(facts)},
        )
