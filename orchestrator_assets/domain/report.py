"""What a finished job says for itself: `quality_report.json` as typed rows that are known to add up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any

from orchestrator_assets.domain.cost import MicroUsd, micro_to_usd
from orchestrator_assets.domain.errors import ReportError
from orchestrator_assets.domain.finding import Finding, FindingOutcome, OutcomeKind, Severity
from orchestrator_assets.domain.fix import AppliedGroup
from orchestrator_assets.domain.gate import GateResult, GateStatus
from orchestrator_assets.domain.job import JobId, JobOrder, JobState, Policy
from orchestrator_assets.domain.scan import ToolRun
from orchestrator_assets.domain.score import Decision, Score
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus

SCHEMA_VERSION = 1

# The score is the sum of the gates' points, which have two decimals, rounded to two decimals.
_ROUNDING = 0.005 + 1e-9

_NOTHING = MicroUsd(0)

Measures = dict[str, float | int | str]


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """All that a report is made of, as the stages left it.

    Attributes:
        outcomes: One for each of the job's findings.
        introduced: Findings of the tree after that the tree before did not have.
        tool_runs: The analyzers' runs over the tree after.
        stage_seconds: Stage -> wall-clock seconds, in the order in which the stages ran.
        notes: What a reader must know to judge the rest, in sentences.
        sandbox: One line on where the customer's code was run.
    """

    job: JobId
    order: JobOrder
    commit_before: str
    commit_after: str
    decision: Decision
    score_before: Score
    score_after: Score
    gates: Sequence[GateResult]
    outcomes: Sequence[FindingOutcome]
    introduced: Sequence[Finding]
    suite_before: SuiteRun
    suite_after: SuiteRun
    groups: Sequence[AppliedGroup] = ()
    tool_runs: Sequence[ToolRun] = ()
    cost: MicroUsd = _NOTHING
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()
    sandbox: str = ""


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate in points; `status`, `summary` and `details` speak of the tree after, `*_before` of the one before."""

    name: str
    status: GateStatus
    score_before: float
    score_after: float
    max_score: int
    summary: str
    details: Measures
    status_before: GateStatus
    summary_before: str
    details_before: Measures


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding as the report shows it."""

    fingerprint: str
    rule_id: str
    tool: str
    path: str
    line: int
    severity: Severity
    message: str = ""
    category: str = ""
    confidence: str = ""
    cwe: tuple[int, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What became of one finding, by whom and why."""

    finding: FindingRow
    outcome: OutcomeKind
    tier: str
    reason: str


@dataclass(frozen=True, slots=True)
class SuiteCounts:
    """One run of the tests in numbers."""

    passed: int
    failed: int
    skipped: int
    status: SuiteStatus
    reason: str
    runner: str
    coverage_percent: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class TestRows:
    """The tests before and after.

    Attributes:
        kept: How many passed before and pass now.
        regressed: Ids that passed before and do not pass now; `repaired` is the reverse.
        flaky: Ids whose result changes from run to run; they are in neither.
    """

    __test__ = False

    before: SuiteCounts
    after: SuiteCounts
    kept: int
    regressed: tuple[str, ...]
    repaired: tuple[str, ...]
    flaky: tuple[str, ...]

    @property
    def blocker(self) -> SuiteCounts | None:
        """The first run that gave no results, if there is one."""
        return next((run for run in (self.before, self.after) if run.status is not SuiteStatus.RAN), None)


@dataclass(frozen=True, slots=True)
class Executed:
    """Of `places` changed places, the tests ran at least `executed`."""

    places: int
    executed: int


@dataclass(frozen=True, slots=True)
class FixRow:
    """One commit of fixes. `evidence` holds one reason a line; `executed_by_tests` is None where coverage was not measured."""

    id: str
    rule: str
    title: str
    evidence: str
    safety: str
    tier: str
    paths: tuple[str, ...]
    fingerprints: tuple[str, ...]
    commit: str
    diff: str
    executed_by_tests: Executed | None


@dataclass(frozen=True, slots=True)
class ToolRow:
    """One analyzer's run over the tree after."""

    name: str
    version: str
    status: str
    seconds: float
    message: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the order asked of the result."""

    min_score: float
    hard_cap_usd: float
    allow_model: bool


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The report; one that does not add up cannot be made.

    Attributes:
        score_unvetoed_before, score_unvetoed_after: The scores as they would be without `vetoes_before` and `vetoes`.
        reasons: The decision's grounds, in words for a person.
        stage_seconds: (stage, seconds) in the order in which the stages ran.
    """

    job_id: str
    customer: str
    commit_before: str
    commit_after: str
    status: JobState
    policy: Policy
    score_before: float
    score_after: float
    gates: tuple[GateRow, ...]
    tests: TestRows
    cost: MicroUsd
    stage_seconds: tuple[tuple[str, float], ...]
    outcomes: tuple[OutcomeRow, ...]
    introduced: tuple[FindingRow, ...]
    score_unvetoed_before: float
    score_unvetoed_after: float
    vetoes_before: tuple[str, ...]
    vetoes: tuple[str, ...]
    reasons: tuple[str, ...]
    thresholds: Thresholds
    repository: str = ""
    branch: str = ""
    fixes: tuple[FixRow, ...] = ()
    tools: tuple[ToolRow, ...] = ()
    sandbox: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a report that contradicts itself.

        Raises:
            ReportError: Rows are counted twice, an amount is negative, or the gates' points don't give the score.
        """
        counted = Counter(row.finding.fingerprint for row in self.outcomes)
        twice = sorted(name for name, times in counted.items() if times > 1)
        if twice:
            raise ReportError(f"job {self.job_id}: finding {twice[0]!r} has {counted[twice[0]]} outcomes; give each finding one")
        if self.cost < 0 or any(seconds < 0 for _, seconds in self.stage_seconds):
            raise ReportError(f"job {self.job_id}: cost or a stage's seconds are below zero; check what the stages recorded")
        before = [(gate.status_before, gate.score_before, gate.max_score) for gate in self.gates]
        after = [(gate.status, gate.score_after, gate.max_score) for gate in self.gates]
        self._check_score("before", before, self.score_before, self.score_unvetoed_before, self.vetoes_before)
        self._check_score("after", after, self.score_after, self.score_unvetoed_after, self.vetoes)

    def _check_score(
        self,
        when: str,
        gates: Sequence[tuple[GateStatus, float, int]],
        score: float,
        unvetoed: float,
        vetoes: Sequence[str],
    ) -> None:
        applicable = [(points, most) for status, points, most in gates if status is not GateStatus.NOT_APPLICABLE]
        possible = sum(most for _, most in applicable)
        scale = 100 / possible if possible else 0.0
        total = min(100.0, scale * sum(points for points, _ in applicable))
        if abs(total - unvetoed) > _ROUNDING:
            raise ReportError(f"job {self.job_id}: gates {when} give {total:.2f}, the score says {unvetoed:.2f}; score the same verdicts")
        if score != (0.0 if vetoes else unvetoed):
            raise ReportError(
                f"job {self.job_id}: score {when} is {score:.2f}, {unvetoed:.2f} without {len(vetoes)} vetoes; one makes it 0"
            )

    def count(self, outcome: OutcomeKind, severity: Severity | None = None) -> int:
        """How many findings (of a severity) ended so."""
        return sum(1 for row in self.outcomes if row.outcome is outcome and severity in (None, row.finding.severity))

    @property
    def fixed(self) -> int:
        """Findings verified as fixed."""
        return self.count(OutcomeKind.FIXED)

    @property
    def remaining(self) -> int:
        """All findings that are not fixed; those that could not be reproduced are among them."""
        return len(self.outcomes) - self.fixed

    @property
    def total_seconds(self) -> float:
        """Sum of the stages."""
        return round(sum(seconds for _, seconds in self.stage_seconds), 3)

    def severity_counts(self) -> dict[Severity, dict[str, int]]:
        """For each severity, the worst first: total, fixed, remaining, not_reproduced, introduced."""
        return {severity: self._counts(severity) for severity in Severity}

    def _counts(self, severity: Severity) -> dict[str, int]:
        total = sum(1 for row in self.outcomes if row.finding.severity is severity)
        fixed = self.count(OutcomeKind.FIXED, severity)
        return {
            "total": total,
            "fixed": fixed,
            "remaining": total - fixed,
            "not_reproduced": self.count(OutcomeKind.NOT_REPRODUCED, severity),
            "introduced": sum(1 for row in self.introduced if row.severity is severity),
        }

    def to_dict(self) -> dict[str, Any]:
        """The contract of `quality_report.json`: its keys in its order, further ones after them."""
        return {
            "job_id": self.job_id,
            "customer": self.customer,
            "commit_before": self.commit_before,
            "commit_after": self.commit_after,
            "status": self.status.value,
            "policy": self.policy.value,
            "score_before": self.score_before,
            "score_after": self.score_after,
            "gates": [_plain(gate) for gate in self.gates],
            "findings": self._findings_dict(),
            "tests": self._tests_dict(),
            "cost_usd": float(micro_to_usd(self.cost)),
            "duration_seconds": {"total": self.total_seconds, "by_stage": dict(self.stage_seconds)},
            "outcomes": [_outcome_dict(row) for row in self.outcomes],
            "schema_version": SCHEMA_VERSION,
            "repository": self.repository,
            "branch": self.branch,
            "reasons": list(self.reasons),
            "thresholds": _plain(self.thresholds),
            "score_unvetoed_before": self.score_unvetoed_before,
            "score_unvetoed_after": self.score_unvetoed_after,
            "vetoes_before": list(self.vetoes_before),
            "vetoes": list(self.vetoes),
            "introduced": [_plain(row) for row in self.introduced],
            "fixes": [_plain(row) for row in self.fixes],
            "tools": [_plain(row) for row in self.tools],
            "sandbox": self.sandbox,
            "notes": list(self.notes),
        }

    def _findings_dict(self) -> dict[str, Any]:
        fixed_by = Counter(row.tier for row in self.outcomes if row.outcome is OutcomeKind.FIXED)
        return {
            "total": len(self.outcomes),
            "fixed": self.fixed,
            "remaining": self.remaining,
            "introduced": len(self.introduced),
            "by_tier": {tier: fixed_by.get(tier, 0) for tier in sorted({"rules", "model", *fixed_by}, reverse=True)},
            "dropped": self.count(OutcomeKind.DROPPED),
            "no_fix": self.count(OutcomeKind.NO_FIX),
            "not_reproduced": self.count(OutcomeKind.NOT_REPRODUCED),
            "by_severity": {severity.value: counts for severity, counts in self.severity_counts().items()},
        }

    def _tests_dict(self) -> dict[str, Any]:
        blocker = self.tests.blocker
        return {
            **_row(self.tests),
            "status": blocker.status.value if blocker else SuiteStatus.RAN.value,
            "reason": blocker.reason if blocker else "",
        }


def _outcome_dict(row: OutcomeRow) -> dict[str, Any]:
    finding = _row(row.finding)
    told = {"outcome": row.outcome.value, "tier": row.tier, "reason": row.reason}
    contract = ("fingerprint", "rule_id", "tool", "path", "line", "severity")
    return {name: finding[name] for name in contract} | told | finding


def _row(row: Any) -> dict[str, Any]:
    return {item.name: _plain(getattr(row, item.name)) for item in fields(row)}


def _plain(value: Any) -> Any:
    """Rows as what JSON knows, so that a report read back equals the one written."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return _row(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return dict(value) if isinstance(value, dict) else value
