"""What the gates have in common: their subject matter, the tools they rely on, and the density formula."""

from collections.abc import Iterable, Mapping

from gates.budgets import MINIMUM_CODE_LINES, WEIGHTS
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Category, Finding, Severity
from orchestrator_assets.domain.gate import Evidence, GateStatus, Verdict
from orchestrator_assets.domain.scan import FileMetrics, RunStatus, Scan

SOURCE_MEASURES = "source-measures"
"""The run that a scan adds when files could not be measured; what it says of them is made up then, parse errors included."""


def has_python(evidence: Evidence) -> bool:
    """Whether there is a Python file to judge."""
    return any(file.language == "python" for file in evidence.scan.files)


def measured(evidence: Evidence) -> bool:
    """Whether the files' measures can be relied on."""
    run = evidence.scan.run_of(SOURCE_MEASURES)
    return run is None or run.status is RunStatus.OK


def python_files(evidence: Evidence) -> tuple[FileMetrics, ...]:
    """The judged Python files, by path.

    Raises:
        ToolError: They could not be measured.
    """
    if not measured(evidence):
        require(evidence.scan, SOURCE_MEASURES)
    return tuple(file for file in evidence.scan.files if file.language == "python")


def python_lines(evidence: Evidence) -> int:
    """Code lines of the judged Python files.

    Raises:
        ToolError: They could not be measured.
    """
    return sum(file.code_lines for file in python_files(evidence))


def require(scan: Scan, *tools: str) -> None:
    """Check that every tool's answer can be relied on.

    Raises:
        ToolError: One of them failed, in its own words, or never ran.
    """
    for tool in tools:
        run = scan.run_of(tool)
        if run is None:
            raise ToolError(f"{tool}: did not run over this tree; add it to the analyzers and scan again")
        if run.status is RunStatus.ERROR:
            raise ToolError(f"{tool}: {run.message or 'failed without a word; run it by hand to see why'}")


def in_category(scan: Scan, category: Category) -> list[Finding]:
    """All tools' findings of one concern."""
    return [finding for finding in scan.findings() if finding.category is category]


def weight_of(findings: Iterable[Finding], weights: Mapping[Severity, float] = WEIGHTS) -> float:
    """Sum of the findings' weights by severity."""
    return sum(weights[finding.severity] for finding in findings)


def density(evidence: Evidence, weight: float) -> float:
    """A weight, or a plain count of findings, per 1,000 code lines.

    Raises:
        ToolError: The lines could not be counted.
    """
    lines = evidence.yardstick_lines or python_lines(evidence)
    return 1000.0 * weight / max(lines, MINIMUM_CODE_LINES)


def damped(per_kloc: float, budget: float) -> float:
    """1 without findings, 1/2 at the budget, towards 0 beyond: every finding less is worth something at any density."""
    return 1.0 / (1.0 + per_kloc / budget)


def share(part: float, whole: float) -> float:
    """The part of the whole, 1 of nothing at all."""
    return part / whole if whole else 1.0


def graded(
    passed: bool,
    fraction: float,
    summary: str,
    details: Mapping[str, float | int | str],
    vetoes: tuple[str, ...] = (),
) -> Verdict:
    """A verdict on something that was measured; fractions of details are cut to four decimals."""
    shown = {name: round(value, 4) if isinstance(value, float) else value for name, value in details.items()}
    return Verdict(GateStatus.PASSED if passed else GateStatus.FAILED, min(1.0, max(0.0, fraction)), summary, shown, vetoes)


def not_applicable(summary: str = "no Python files to judge") -> Verdict:
    """A verdict without subject matter: the gate's points go to the others."""
    return Verdict(GateStatus.NOT_APPLICABLE, 0.0, summary)


def errored(words: str, vetoes: tuple[str, ...] = ()) -> Verdict:
    """A verdict that could not be reached: no points, and never a pass."""
    summary = " ".join(words.split())
    return Verdict(GateStatus.ERROR, 0.0, summary if len(summary) <= 200 else summary[:199] + "…", {"error": words}, vetoes)


def counted(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`, `no findings`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number or 'no'} {noun}s"
