"""What the analyzers saw in one tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from orchestrator_assets.domain.finding import Finding


class RunStatus(StrEnum):
    """Whether the tool's answer can be relied on."""

    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One analyzer over one tree. With status `error`, `message` holds the tool's own words and `findings` means nothing."""

    tool: str
    version: str
    status: RunStatus
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class FunctionMetrics:
    """A function or method: its McCabe complexity, whether it is public, documented, and fully annotated."""

    name: str
    line: int
    complexity: int
    public: bool
    documented: bool


@dataclass(frozen=True, slots=True)
class FileMetrics:
    """One source file.

    Attributes:
        code_lines: Lines that are neither blank nor comment.
        maintainability: Radon's index, 0 to 100.
        parse_error: The parser's words, empty when the file parses.
        documented, documentable: Public modules, classes and functions with a docstring, and all of them.
        module_names: Names bound at module level, sorted.
        imports: Modules of this repository that it imports, as paths, sorted.
    """

    path: str
    language: str
    code_lines: int
    maintainability: float
    parse_error: str
    documented: int
    documentable: int
    functions: tuple[FunctionMetrics, ...]
    module_names: tuple[str, ...]
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """Every analyzer's run over one tree, and the measures of its source files.

    Attributes:
        tree: Digest of the scanned content.
        runs: One per analyzer, in the registry's order; findings carry fingerprints.
        files: Measures of the source files under judgement (test files are not among them), by path.
        test_files: Paths of the test files, which are neither judged nor edited.
        has_readme: Whether a README lies at the root.
    """

    tree: str
    runs: tuple[ToolRun, ...]
    files: tuple[FileMetrics, ...]
    test_files: tuple[str, ...]
    has_readme: bool

    def findings(self) -> Iterator[Finding]:
        """All findings of the runs that worked, run by run."""
        for run in self.runs:
            if run.status is RunStatus.OK:
                yield from run.findings

    def run_of(self, tool: str) -> ToolRun | None:
        """The named analyzer's run, if it was asked to run."""
        return next((run for run in self.runs if run.tool == tool), None)

    @property
    def code_lines(self) -> int:
        """Code lines of all judged files."""
        return sum(file.code_lines for file in self.files)
