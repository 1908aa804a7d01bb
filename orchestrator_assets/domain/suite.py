"""What the customer's own tests said about one tree."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import ClassVar


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
        reason: Why no tests ran, or why only some of them ended (time limit, crash), in words for a person; empty when all did.
        flaky: Ids whose result differed between two runs of the same tree; they count as failed.
    """

    tree: str
    status: SuiteStatus
    runner: str = ""
    cases: tuple[tuple[str, CaseResult], ...] = ()
    coverage_percent: float | None = None
    executed_lines: tuple[tuple[str, tuple[int, ...]], ...] = ()
    seconds: float = 0.0
    reason: str = ""
    flaky: tuple[str, ...] = ()

    def count(self, result: CaseResult) -> int:
        """How many tests ended so."""
        return sum(1 for _, case in self.cases if case is result)

    def passed_ids(self) -> frozenset[str]:
        """Ids of the tests that passed."""
        return frozenset(case_id for case_id, case in self.cases if case is CaseResult.PASSED)

    def without(self, flaky: frozenset[str]) -> "SuiteRun":
        """The same run with these tests counted as failed and named as flaky."""
        if not flaky:
            return self
        cases = tuple((case_id, CaseResult.FAILED if case_id in flaky else case) for case_id, case in self.cases)
        return replace(self, cases=cases, flaky=tuple(sorted({*self.flaky, *flaky})))


@dataclass(frozen=True, slots=True)
class TestEnvironment:
    """Where a customer's tests run: an interpreter with the packages that the repository asks for, built from wheels.

    Attributes:
        python: The environment's interpreter; to be started inside the sandbox only, as packages can run code when it starts.
        prefix: The environment's folder; its `bin` goes on PATH.
        read_only: Folders that the sandbox must show for the interpreter to work, `prefix` among them.
        overlay: Folder of files that the project's build generates (compiled modules, `_version.py`), laid over a tree where it lacks them.
        overlay_files: Their POSIX paths in the tree.
        import_roots: Folders of the tree that go on the import path, `""` for its root.
        packages: `name==version` of what is installed, sorted.
        key: Names the environment: equal keys mean equal environments.
        notes: What could not be had and what was changed, for the report.
    """

    __test__: ClassVar[bool] = False

    python: Path
    prefix: Path
    read_only: tuple[Path, ...]
    overlay: Path
    overlay_files: tuple[str, ...]
    import_roots: tuple[str, ...]
    packages: tuple[str, ...]
    key: str
    notes: tuple[str, ...] = ()

    def has(self, package: str) -> bool:
        """Whether a package is installed, by its canonical name."""
        return any(item.partition("==")[0] == package for item in self.packages)
