"""Reading `quality_report.json` back, for those who show a job that finished long ago."""

from collections.abc import Mapping
from typing import Any

from orchestrator_assets.domain.cost import usd_to_micro
from orchestrator_assets.domain.errors import ReportError
from orchestrator_assets.domain.finding import OutcomeKind, Severity
from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.job import JobState, Policy
from orchestrator_assets.domain.report import (
    SCHEMA_VERSION,
    Executed,
    FindingRow,
    FixRow,
    GateRow,
    OutcomeRow,
    QualityReport,
    SuiteCounts,
    TestRows,
    Thresholds,
    ToolRow,
)
from orchestrator_assets.domain.suite import SuiteStatus

_OUTCOME_ONLY = frozenset({"outcome", "tier", "reason"})


def read_report(stored: Mapping[str, Any]) -> QualityReport:
    """The inverse of `QualityReport.to_dict`.

    Raises:
        ReportError: A key is missing, has a value outside its range, or the report does not add up.
    """
    version = stored.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ReportError(f"quality report has schema_version {version!r}, this release reads {SCHEMA_VERSION}; run the job again")
    try:
        return _report(stored)
    except KeyError as error:
        raise ReportError(f"quality report has no {error.args[0]!r}; it is not one of ours or was cut off, run the job again") from error
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ReportError(f"quality report cannot be read ({error}); it was changed after it was written, run the job again") from error


def _report(stored: Mapping[str, Any]) -> QualityReport:
    return QualityReport(
        job_id=stored["job_id"],
        customer=stored["customer"],
        commit_before=stored["commit_before"],
        commit_after=stored["commit_after"],
        status=JobState(stored["status"]),
        policy=Policy(stored["policy"]),
        score_before=stored["score_before"],
        score_after=stored["score_after"],
        gates=tuple(_gate(row) for row in stored["gates"]),
        tests=_tests(stored["tests"]),
        cost=usd_to_micro(str(stored["cost_usd"])),
        stage_seconds=tuple(stored["duration_seconds"]["by_stage"].items()),
        outcomes=tuple(_outcome(row) for row in stored["outcomes"]),
        introduced=tuple(_finding(row) for row in stored["introduced"]),
        score_unvetoed_before=stored["score_unvetoed_before"],
        score_unvetoed_after=stored["score_unvetoed_after"],
        vetoes_before=tuple(stored["vetoes_before"]),
        vetoes=tuple(stored["vetoes"]),
        reasons=tuple(stored["reasons"]),
        thresholds=Thresholds(**stored["thresholds"]),
        repository=stored["repository"],
        branch=stored["branch"],
        fixes=tuple(_fix(row) for row in stored["fixes"]),
        tools=tuple(ToolRow(**row) for row in stored["tools"]),
        sandbox=stored["sandbox"],
        notes=tuple(stored["notes"]),
    )


def _gate(row: Mapping[str, Any]) -> GateRow:
    return GateRow(**{**row, "status": GateStatus(row["status"]), "status_before": GateStatus(row["status_before"])})


def _tests(tests: Mapping[str, Any]) -> TestRows:
    return TestRows(
        before=_suite(tests["before"]),
        after=_suite(tests["after"]),
        kept=tests["kept"],
        regressed=tuple(tests["regressed"]),
        repaired=tuple(tests["repaired"]),
        flaky=tuple(tests["flaky"]),
    )


def _suite(row: Mapping[str, Any]) -> SuiteCounts:
    return SuiteCounts(**{**row, "status": SuiteStatus(row["status"])})


def _finding(row: Mapping[str, Any]) -> FindingRow:
    changed = {"severity": Severity(row["severity"]), "cwe": tuple(row["cwe"]), "also": tuple(row["also"])}
    return FindingRow(**{**row, **changed})


def _outcome(row: Mapping[str, Any]) -> OutcomeRow:
    finding = _finding({name: value for name, value in row.items() if name not in _OUTCOME_ONLY})
    return OutcomeRow(finding, OutcomeKind(row["outcome"]), row["tier"], row["reason"])


def _fix(row: Mapping[str, Any]) -> FixRow:
    executed = row["executed_by_tests"]
    changed = {
        "paths": tuple(row["paths"]),
        "fingerprints": tuple(row["fingerprints"]),
        "executed_by_tests": Executed(**executed) if executed else None,
    }
    return FixRow(**{**row, **changed})
