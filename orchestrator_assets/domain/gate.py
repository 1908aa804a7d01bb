"""The ten gates' shape: evidence in, a result out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.suite import SuiteRun


class GateStatus(StrEnum):
    """`error`: a tool that the gate needs did not run, never a pass. `not_applicable`: nothing to judge."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class FixTally:
    """The job's findings: how many there are, how many are verified as fixed, how many came in new."""

    total: int
    fixed: int
    introduced: int
    regressed_tests: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a gate may look at: one tree's scan, its tests and the tally up to that tree.

    Attributes:
        yardstick_lines: The code lines over which densities are taken; 0 = the tree's own. The tree after is measured over the
            lines of the tree before, so that a fix which only shortens the code makes no other gate worse.
    """

    scan: Scan
    suite: SuiteRun
    tally: FixTally
    yardstick_lines: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate says of one tree.

    Attributes:
        fraction: 0.0 to 1.0 of the gate's points; 0.0 with status `error` or `not_applicable`.
        summary: One line for a table.
        details: Measures by name, for the report (numbers, or short texts).
        vetoes: Reasons for a total score of zero (critical security findings, syntax errors), empty otherwise.
    """

    status: GateStatus
    fraction: float
    summary: str
    details: dict[str, float | int | str] = field(default_factory=dict)
    vetoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate: its name, its points in the brief, one sentence on what it measures, and its check."""

    name: str
    max_score: int
    measures: str
    check: Callable[[Evidence], Verdict]


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate's verdicts on the tree before and after, in points (two decimals)."""

    name: str
    max_score: int
    before: Verdict
    after: Verdict

    @property
    def score_before(self) -> float:
        """Points before."""
        return round(self.before.fraction * self.max_score, 2)

    @property
    def score_after(self) -> float:
        """Points after."""
        return round(self.after.fraction * self.max_score, 2)
