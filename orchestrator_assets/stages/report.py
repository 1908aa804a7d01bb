"""The quality report of a finished job: built from what the stages left, as JSON and as a page."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit, urlunsplit

from orchestrator_assets.domain.cost import micro_to_usd
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import AppliedGroup, Fix, FixSafety
from orchestrator_assets.domain.gate import GateResult
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.json_text import json_text
from orchestrator_assets.domain.report import (
    Executed,
    FindingRow,
    FixRow,
    GateRow,
    Measures,
    OutcomeRow,
    QualityReport,
    ReportInputs,
    SuiteCounts,
    TestRows,
    Thresholds,
    ToolRow,
)
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus
from orchestrator_assets.domain.tree import PYTHON_SUFFIXES
from orchestrator_assets.stages.diff_lines import Place, final_places
from orchestrator_assets.stages.report_markdown import diff_markdown, findings_markdown, report_markdown
from orchestrator_assets.stages.report_view import render_page

__all__ = [
    "build_report",
    "diff_markdown",
    "findings_markdown",
    "report_html",
    "report_json",
    "report_markdown",
    "without_credentials",
]

_MOST_EVIDENCE = 5


def build_report(inputs: ReportInputs) -> QualityReport:
    """Bring a job's results into the report; findings keep their order.

    Raises:
        ReportError: The results contradict each other.
    """
    order, before, after = inputs.order, inputs.score_before, inputs.score_after
    return QualityReport(
        job_id=inputs.job,
        customer=order.customer,
        commit_before=inputs.commit_before,
        commit_after=inputs.commit_after,
        status=inputs.decision.state,
        policy=order.options.policy,
        score_before=before.value,
        score_after=after.value,
        gates=tuple(_gate_row(gate) for gate in inputs.gates),
        tests=_test_rows(inputs.suite_before, inputs.suite_after),
        cost=inputs.cost,
        stage_seconds=tuple((stage, round(seconds, 3)) for stage, seconds in inputs.stage_seconds.items()),
        outcomes=tuple(OutcomeRow(_finding_row(o.finding), o.outcome, o.tier, o.reason) for o in inputs.outcomes),
        introduced=tuple(_finding_row(finding) for finding in inputs.introduced),
        score_unvetoed_before=before.unvetoed,
        score_unvetoed_after=after.unvetoed,
        vetoes_before=before.vetoes,
        vetoes=after.vetoes,
        reasons=inputs.decision.reasons,
        thresholds=_thresholds(order),
        repository=without_credentials(order.repo.location),
        branch=order.repo.branch or "",
        fixes=_fix_rows(inputs.groups, inputs.suite_after),
        tools=tuple(ToolRow(run.tool, run.version, run.status.value, round(run.seconds, 3), run.message) for run in inputs.tool_runs),
        sandbox=inputs.sandbox,
        notes=tuple(inputs.notes),
    )


def report_json(report: QualityReport) -> bytes:
    """The content of `quality_report.json`; the cost has six decimals."""
    return (json_text(report.to_dict() | {"cost_usd": micro_to_usd(report.cost)}) + "\n").encode()


def report_html(report: QualityReport) -> bytes:
    """The content of `quality_report.html`: one file that loads nothing."""
    return render_page(report).encode()


def without_credentials(location: str) -> str:
    """A repository's address as it may be shown: user, password and query are taken out of a URL; paths stay."""
    if "://" not in location:
        return location
    parts = urlsplit(location)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _thresholds(order: JobOrder) -> Thresholds:
    options = order.options
    return Thresholds(float(options.min_score), float(options.hard_cap_usd), options.allow_model)


def _gate_row(gate: GateResult) -> GateRow:
    return GateRow(
        name=gate.name,
        status=gate.after.status,
        score_before=gate.score_before,
        score_after=gate.score_after,
        max_score=gate.max_score,
        summary=gate.after.summary,
        details=_measures(gate.after.details),
        status_before=gate.before.status,
        summary_before=gate.before.summary,
        details_before=_measures(gate.before.details),
    )


def _measures(details: Measures) -> Measures:
    """JSON has no NaN and no infinity: they become text."""
    return {name: str(value) if isinstance(value, float) and not math.isfinite(value) else value for name, value in details.items()}


def _finding_row(finding: Finding) -> FindingRow:
    return FindingRow(
        fingerprint=finding.fingerprint,
        rule_id=finding.rule_id,
        tool=finding.tool,
        path=finding.path,
        line=finding.line,
        severity=finding.severity,
        message=finding.message,
        category=finding.category.value,
        confidence=finding.confidence.value,
        cwe=finding.cwe,
        also=finding.also,
    )


def _test_rows(before: SuiteRun, after: SuiteRun) -> TestRows:
    passed_before, passed_after = before.passed_ids(), after.passed_ids()
    ran_after = after.status is SuiteStatus.RAN
    failed_before = {case for case, result in before.cases if result is CaseResult.FAILED}
    flaky = {*before.flaky, *after.flaky}
    return TestRows(
        before=_suite_counts(before),
        after=_suite_counts(after),
        kept=len(passed_before & passed_after),
        regressed=tuple(sorted(passed_before - passed_after - flaky)) if ran_after else (),
        repaired=tuple(sorted((failed_before & passed_after) - flaky)),
        flaky=tuple(sorted(flaky)),
    )


def _suite_counts(run: SuiteRun) -> SuiteCounts:
    return SuiteCounts(
        passed=run.count(CaseResult.PASSED),
        failed=run.count(CaseResult.FAILED),
        skipped=run.count(CaseResult.SKIPPED),
        status=run.status,
        reason=run.reason,
        runner=run.runner,
        coverage_percent=None if run.coverage_percent is None else round(run.coverage_percent, 2),
        seconds=round(run.seconds, 3),
    )


def _fix_rows(groups: Sequence[AppliedGroup], suite: SuiteRun) -> tuple[FixRow, ...]:
    executed = {path: frozenset(lines) for path, lines in suite.executed_lines} if suite.coverage_percent is not None else None
    places = final_places([group.diff for group in groups])
    return tuple(_fix_row(group, _executed(at, executed)) for group, at in zip(groups, places, strict=True))


def _executed(places: Iterable[Place], lines: dict[str, frozenset[int]] | None) -> Executed | None:
    if lines is None:
        return None
    measured = (place for place in places if PurePosixPath(place.path).suffix in PYTHON_SUFFIXES)
    ran = [not lines.get(place.path, frozenset()).isdisjoint(place.lines) for place in measured]
    return Executed(len(ran), sum(ran))


def _fix_row(group: AppliedGroup, executed: Executed | None) -> FixRow:
    fixes = group.fixes
    safe = all(fix.safety is FixSafety.SAFE for fix in fixes)
    return FixRow(
        id=fixes[0].id if len(fixes) == 1 else hashlib.sha256(" ".join(fix.id for fix in fixes).encode()).hexdigest()[:16],
        rule=group.rule,
        title=group.title,
        evidence=_evidence(fixes),
        safety=(FixSafety.SAFE if safe else FixSafety.UNSAFE).value,
        tier="+".join(sorted({fix.tier.value for fix in fixes}, reverse=True)),
        paths=tuple(sorted({fix.path for fix in fixes})),
        fingerprints=tuple(dict.fromkeys(name for fix in fixes for name in fix.fingerprints)),
        commit=group.commit,
        diff=group.diff,
        executed_by_tests=executed,
    )


def _evidence(fixes: Sequence[Fix]) -> str:
    """The different reasons of a group's fixes, one a line."""
    reasons = list(dict.fromkeys(" ".join(fix.evidence.split()) for fix in fixes if fix.evidence.strip()))
    more = len(reasons) - _MOST_EVIDENCE
    return "\n".join([*reasons[:_MOST_EVIDENCE], *([f"... and {more} more of the kind."] if more > 0 else [])])
