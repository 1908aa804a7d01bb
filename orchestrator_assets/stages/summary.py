"""What the terminal shows when a job has ended: one screen of 80 x 24, the same words when piped."""

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.job import JobState
from orchestrator_assets.domain.report import GateRow, QualityReport
from orchestrator_assets.domain.stored_report import read_report
from orchestrator_assets.stages import wording

WIDTH = 80
HEIGHT = 24
_LABEL = 10
_MARKS = {GateStatus.PASSED: "pass", GateStatus.FAILED: "FAIL", GateStatus.ERROR: "ERR", GateStatus.NOT_APPLICABLE: "n/a"}
_STYLES = {
    JobState.DELIVERED: "bold green",
    JobState.NEEDS_REVIEW: "bold yellow",
    JobState.REJECTED: "bold red",
    JobState.FAILED: "bold red",
}
_MARK_STYLES = {"pass": "green", "FAIL": "red", "ERR": "bold red", "n/a": "dim"}


def summary_lines(report: QualityReport | Mapping[str, Any], where: Mapping[str, str]) -> list[str]:
    """The summary as plain lines.

    Args:
        report: A report, or the content of a `quality_report.json`.
        where: What was left -> its path or address, in the order to show; `transformed` is the delivered work tree.
    """
    told = report if isinstance(report, QualityReport) else read_report(report)
    lines = [
        *_headline(told),
        *_labelled("Why", " ".join(told.reasons), most=3),
        "",
        *_labelled("Score", _score(told), most=2),
        *_gate_lines(told.gates),
        *_labelled("Findings", _findings(told)),
        *_labelled("", _by_severity(told), most=2),
        *_labelled("Tests", _tests(told), most=2),
        *_labelled("Cost", f"{wording.usd(told.cost)}, in {wording.duration(told.total_seconds)}"),
        *_labelled("Note", _note(told)),
        *_places(where),
        *_next_step(told, where),
    ]
    for spare in ("", *_labelled("Note", _note(told))):
        if _rows(lines) > HEIGHT:
            lines.remove(spare)
    return lines


def print_summary(console: Console, report: QualityReport | Mapping[str, Any], where: Mapping[str, str]) -> None:
    """Print the same lines; with colours where the console has them, paths never broken."""
    told = report if isinstance(report, QualityReport) else read_report(report)
    text = Text("\n".join(summary_lines(told, where)))
    text.highlight_regex(r"(?m)^(Job|Why|Score|Findings|Tests|Cost|Note|Files|Next)\b", "bold")
    for mark, style in _MARK_STYLES.items():
        text.highlight_regex(rf"(?<=\d ){mark}\b|(?<=- ){mark}(?!\w)", style)
    text.stylize(_STYLES.get(told.status, "bold"), 0, len(wording.STATES[told.status]))
    console.print(text, soft_wrap=True, highlight=False)


def _rows(lines: Sequence[str]) -> int:
    """How many rows the lines take on a screen that wraps them."""
    return sum(-(-len(line) // WIDTH) or 1 for line in lines)


def _headline(report: QualityReport) -> list[str]:
    state = wording.STATES[report.status].upper()
    name = wording.one_line(report.repository.rstrip("/").rpartition("/")[2].removesuffix(".git")) or "repository"
    line = f"{state}  {report.customer} / {name}"
    room = WIDTH - len(report.job_id) - 2
    if len(line) <= room:
        return [f"{line:<{room}}  {report.job_id}"]
    return [wording.clipped(line, WIDTH), *_labelled("Job", report.job_id)]


def _score(report: QualityReport) -> str:
    told = f"{report.score_before:.2f} -> {report.score_after:.2f} of 100 ({wording.change(report.score_before, report.score_after)})"
    told += f", {report.thresholds.min_score:.2f} asked for"
    if not report.vetoes:
        return told
    without = f"{report.score_unvetoed_before:.2f} -> {report.score_unvetoed_after:.2f} without"
    return f"{told}; vetoed, {without}: {report.vetoes[0]}"


def _gate_lines(gates: Sequence[GateRow]) -> list[str]:
    """Two columns, read downwards."""
    half = (len(gates) + 1) // 2
    left, right = _gate_cells(gates[:half]), _gate_cells(gates[half:])
    return [f"  {cell}   {right[index] if index < len(right) else ''}".rstrip() for index, cell in enumerate(left)]


def _gate_cells(gates: Sequence[GateRow]) -> list[str]:
    width = max((len(gate.name) for gate in gates), default=0)
    return [f"{gate.name:<{width}} {_points(gate)} {_MARKS[gate.status]:<4}" for gate in gates]


def _points(gate: GateRow) -> str:
    before = "-" if gate.status_before is GateStatus.NOT_APPLICABLE else f"{gate.score_before:.1f}"
    after = "-" if gate.status is GateStatus.NOT_APPLICABLE else f"{gate.score_after:.1f}"
    return f"{before:>4} -> {after:>4}"


def _findings(report: QualityReport) -> str:
    return f"{len(report.outcomes):,}: {report.fixed:,} fixed, {report.remaining:,} remaining, {len(report.introduced):,} introduced"


def _by_severity(report: QualityReport) -> str:
    counts = ((severity, row) for severity, row in report.severity_counts().items() if row["total"])
    told = ", ".join(f"{severity} {row['fixed']:,}/{row['total']:,}" for severity, row in counts)
    return f"{told} fixed" if told else ""


def _tests(report: QualityReport) -> str:
    warning = wording.untested(report)
    if warning:
        return warning
    broken = f"; {wording.counted(len(report.tests.regressed), 'test')} broken" if report.tests.regressed else ""
    return f"{wording.suite_line(report.tests.before)} -> {wording.suite_line(report.tests.after)}{broken}"


def _note(report: QualityReport) -> str:
    if not report.notes:
        return ""
    more = f" (and {len(report.notes) - 1} more in the report)" if len(report.notes) > 1 else ""
    return wording.clipped(wording.one_line(report.notes[0]), WIDTH - _LABEL - len(more)) + more


def _places(where: Mapping[str, str]) -> list[str]:
    """The paths; those of one folder as the folder and its names."""
    paths = [wording.one_line(path) for path in where.values()]
    split = [path.rstrip("/").rpartition("/") for path in paths]
    folders = {folder for folder, _, _ in split}
    if len(paths) < 2 or len(folders) != 1 or "" in folders:
        return [line for index, path in enumerate(paths) for line in _labelled("" if index else "Files", path, whole=True)]
    return [*_labelled("Files", folders.pop() + "/", whole=True), *_labelled("", " ".join(name for _, _, name in split), most=2)]


def _next_step(report: QualityReport, where: Mapping[str, str]) -> list[str]:
    """What the person does now; a command stands alone on its line, to be copied."""
    if report.status is JobState.NEEDS_REVIEW:
        command = f"orchestrator approve {report.job_id}"
        return [*_labelled("Next", "Read the report; to accept the result:"), *_labelled("", command, whole=True)]
    if report.status is JobState.DELIVERED and "transformed" in where:
        command = f"git -C {shlex.quote(where['transformed'])} log -p {report.commit_before[:12]}.."
    else:
        verb = "report" if report.status in {JobState.REJECTED, JobState.DELIVERED} else "status"
        command = f"orchestrator {verb} {report.job_id}"
    return _labelled("Next", command, whole=True)


def _labelled(label: str, text: str, most: int = 1, whole: bool = False) -> list[str]:
    """Text beside its label, wrapped and cut to `most` lines; `whole` keeps it on one line of any length, to be copied."""
    content = wording.one_line(text)
    if not content:
        return []
    if whole:
        return [f"{label:<{_LABEL}}{content}"]
    lines = textwrap.wrap(content, WIDTH - _LABEL, max_lines=most, placeholder=" ...", break_on_hyphens=False)
    return [f"{label if index == 0 else '':<{_LABEL}}{line}".rstrip() for index, line in enumerate(lines)]
