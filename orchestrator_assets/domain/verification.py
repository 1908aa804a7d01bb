"""What verification found out: the fixes that stand, and what became of each finding."""

from dataclasses import dataclass

from orchestrator_assets.domain.finding import Finding, FindingOutcome
from orchestrator_assets.domain.fix import Fix, FixSafety
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.suite import SuiteRun


@dataclass(frozen=True, slots=True)
class FixGroup:
    """Verified fixes of one rule, which become one commit.

    Attributes:
        files: Path -> the file's whole new content after this group and all before it.
    """

    rule: str
    title: str
    fixes: tuple[Fix, ...]
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much checking it took: scans and test runs of changed trees, rounds of fixes."""

    rounds: int
    scans: int
    suites: int


@dataclass(frozen=True, slots=True)
class Verification:
    """The verified result.

    Attributes:
        groups: In the order of the commits.
        outcomes: One per finding in question, in the findings' order.
        scan, suite: Of the tree with all groups applied; the baseline's own when nothing was applied.
        introduced: Findings of that scan that the baseline did not have; empty unless verification has a defect.
        regressed: Tests that passed before and don't any more; empty likewise.
        held_back: Fixes that were not tried because no test could have proven them.
        executed: Ids of the applied fixes that change only statements which the tests run.
    """

    groups: tuple[FixGroup, ...]
    outcomes: tuple[FindingOutcome, ...]
    scan: Scan
    suite: SuiteRun
    introduced: tuple[Finding, ...]
    regressed: tuple[str, ...]
    held_back: int
    executed: frozenset[str]
    effort: Effort

    @property
    def unproven(self) -> int:
        """How many applied fixes may change behaviour where no test would notice."""
        fixes = [fix for group in self.groups for fix in group.fixes]
        return sum(1 for fix in fixes if fix.safety is FixSafety.UNSAFE and fix.id not in self.executed)

    @property
    def files(self) -> dict[str, bytes]:
        """Path -> new content of every changed file."""
        return {path: content for group in self.groups for path, content in group.files}
