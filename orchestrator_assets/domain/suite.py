"""What the customer's own tests said about one tree."""

from dataclasses import dataclass
from enum import StrEnum


class SuiteStatus(StrEnum):
    """Whether tests were run at all."""

    RAN = "ran"
    NO_TESTS = "no_tests"
    COULD_NOT_RUN = "could_not_run"


class CaseResult(StrEnum):
    """One test's result; an error in set-up counts as failed."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """One run of a test suite.

    Attributes:
        runner: `pytest`, `unittest` or the custom command.
        cases: (test id, result), sorted by id; empty unless `status` is `ran`.
        coverage_percent: Line coverage of the judged files, None where it was not measured.
        executed_lines: Path -> sorted 1-based lines that the suite executed.
        reason: Why no tests ran, in words for a person; empty when they did.
    """

    tree: str
    status: SuiteStatus
    runner: str = ""
    cases: tuple[tuple[str, CaseResult], ...] = ()
    coverage_percent: float | None = None
    executed_lines: tuple[tuple[str, tuple[int, ...]], ...] = ()
    seconds: float = 0.0
    reason: str = ""

    def count(self, result: CaseResult) -> int:
        """How many tests ended so."""
        return sum(1 for _, case in self.cases if case is result)

    def passed_ids(self) -> frozenset[str]:
        """Ids of the tests that passed."""
        return frozenset(case_id for case_id, case in self.cases if case is CaseResult.PASSED)
