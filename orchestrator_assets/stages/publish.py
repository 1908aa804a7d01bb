"""Put a job's reports and accounts where people and machines find them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.finding import OutcomeKind
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder
from orchestrator_assets.domain.ports import ArtifactStore, JobRecord, JobResult
from orchestrator_assets.domain.report import QualityReport, ReportInputs
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus, TestEnvironment
from orchestrator_assets.domain.verification import Verification
from orchestrator_assets.stages import deliver
from orchestrator_assets.stages.account import cost_breakdown, cost_breakdown_json
from orchestrator_assets.stages.deliver import ChangeSet, artifact_key
from orchestrator_assets.stages.discover import ReadFindings
from orchestrator_assets.stages.findings_out import outcomes_to_sarif
from orchestrator_assets.stages.findings_table import findings_table, write_parquet
from orchestrator_assets.stages.judgement import Judgement
from orchestrator_assets.stages.report import build_report, report_html, report_json

_MOST_NOTES = 20


@dataclass(frozen=True, slots=True)
class Published:
    """The report, and where its renderings lie (name -> path or address)."""

    report: QualityReport
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReportSources:
    """What the stages before have left for the report."""

    job: JobRecord
    snapshot: Snapshot
    environment: TestEnvironment
    suite: SuiteRun
    verification: Verification
    changes: ChangeSet
    judgement: Judgement
    reported: ReadFindings | None = None


def report_inputs(sources: ReportSources, seconds: Mapping[str, float], sandbox: str) -> ReportInputs:
    """Gather what a report is made of; the cost is the rules tier's, which is none."""
    job, judgement, verification = sources.job, sources.judgement, sources.verification
    return ReportInputs(
        job=job.id,
        order=job.order,
        commit_before=sources.changes.commit_before,
        commit_after=sources.changes.commit_after,
        decision=judgement.decision,
        score_before=judgement.before,
        score_after=judgement.after,
        gates=judgement.gates,
        outcomes=verification.outcomes,
        introduced=verification.introduced,
        suite_before=sources.suite,
        suite_after=verification.suite,
        groups=sources.changes.groups,
        tool_runs=verification.scan.runs,
        cost=MicroUsd(0),
        stage_seconds=seconds,
        notes=[*sources.snapshot.notes, *_reading_notes(sources.reported), *sources.environment.notes, *_suite_notes(sources.suite)],
        sandbox=sandbox,
    )


def seconds_before(customer: CustomerId, job: JobId, artifacts: ArtifactStore) -> dict[str, float]:
    """Stage -> seconds by the report that is there already: a report that is made again on its own has not seen the stages run.

    An old report that cannot be read is no reason not to write a new one.
    """
    stored = artifacts.find(artifact_key(customer, job, deliver.QUALITY_REPORT_JSON))
    try:
        by_stage = json.loads(stored or b"{}")["duration_seconds"]["by_stage"]
        return {str(stage): float(seconds) for stage, seconds in by_stage.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def publish_report(inputs: ReportInputs, artifacts: ArtifactStore) -> Published:
    """Build the report and store it as JSON, HTML, SARIF and a Parquet table of the findings."""
    report = build_report(inputs)
    contents = {
        deliver.QUALITY_REPORT_JSON: report_json(report),
        deliver.QUALITY_REPORT_HTML: report_html(report),
        deliver.FINDINGS_SARIF: outcomes_to_sarif(inputs.outcomes, {run.tool: run.version for run in inputs.tool_runs}),
        deliver.FINDINGS_TABLE: write_parquet(findings_table(inputs.outcomes)),
    }
    places = {}
    for name, content in contents.items():
        key = artifact_key(inputs.order.customer, inputs.job, name)
        artifacts.put(key, content)
        places[name] = artifacts.locate(key)
    return Published(report, places)


def publish_costs(job: JobId, order: JobOrder, verification: Verification, artifacts: ArtifactStore) -> tuple[dict[str, MicroUsd], str]:
    """Store the cost breakdown; gives the amounts by category and where the breakdown lies."""
    costs = {"llm": MicroUsd(0)}
    key = artifact_key(order.customer, job, deliver.COST_BREAKDOWN)
    fixed = sum(1 for outcome in verification.outcomes if outcome.outcome is OutcomeKind.FIXED)
    breakdown = cost_breakdown(job, order.customer, order.options, costs, verified_fixes=fixed)
    artifacts.put(key, cost_breakdown_json(breakdown))
    return costs, artifacts.locate(key)


def job_result(judgement: Judgement, verification: Verification, costs: Mapping[str, int]) -> JobResult:
    """What goes into the job's row and its detail tables."""
    return JobResult(
        state=judgement.decision.state,
        quality_score=judgement.after.value,
        findings_count=len(verification.outcomes),
        gates=judgement.gates,
        outcomes=verification.outcomes,
        costs={category: MicroUsd(amount) for category, amount in costs.items()},
    )


def _reading_notes(reported: ReadFindings | None) -> list[str]:
    """What was left out of the findings file, at most `_MOST_NOTES` remarks."""
    notes = [str(note) for note in reported.notes] if reported is not None else []
    more = [f"and {len(notes) - _MOST_NOTES} more remarks on the findings file"] if len(notes) > _MOST_NOTES else []
    return [*notes[:_MOST_NOTES], *more]


def _suite_notes(suite: SuiteRun) -> list[str]:
    if suite.status is SuiteStatus.RAN:
        return [f"{len(suite.flaky)} test(s) gave different results on the same tree and prove nothing"] if suite.flaky else []
    return [f"no test could be run, so fixes that may change behaviour were held back: {suite.reason or 'the repository has no tests'}"]
