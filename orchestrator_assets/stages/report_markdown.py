"""The report in Markdown, for the metadata of the Dagster UI."""

import re
from collections.abc import Sequence

from orchestrator_assets.domain.finding import FindingOutcome
from orchestrator_assets.domain.report import QualityReport
from orchestrator_assets.stages import wording

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&])")
_FENCE = re.compile(r"`{3,}")
_MOST_MESSAGE = 160


def report_markdown(report: QualityReport) -> str:
    """The decision and the ten gates as a table."""
    rows = [
        f"| {gate.name} | {wording.GATE_STATES[gate.status]} | {gate.score_before:.2f} | {gate.score_after:.2f} "
        f"| {gate.max_score} | {_cell(gate.summary)} |"
        for gate in report.gates
    ]
    reasons = " ".join(_cell(reason) for reason in report.reasons)
    return "\n".join(
        [
            f"**{wording.STATES[report.status]}.** {reasons}",
            "",
            _cell(wording.untested(report) or wording.verification(report)),
            "",
            "| Gate | Result | Before | After | Of | Summary |",
            "|---|---|---:|---:|---:|---|",
            *rows,
            f"| **Score** | | **{report.score_before:.2f}** | **{report.score_after:.2f}** | 100 | {_cell('; '.join(report.vetoes))} |",
        ]
    )


def findings_markdown(outcomes: Sequence[FindingOutcome], limit: int = 50) -> str:
    """Outcomes as a table, in their order; what is past the limit is counted beneath."""
    if not outcomes:
        return "No findings."
    rows = [
        f"| {row.finding.severity} | {_cell(f'{row.finding.tool} {row.finding.rule_id}')} "
        f"| {_cell(f'{row.finding.path}:{row.finding.line}')} | {row.outcome} | {_cell(row.finding.message)} | {_cell(row.reason)} |"
        for row in outcomes[:limit]
    ]
    table = ["| Severity | Rule | Place | Outcome | Message | Reason |", "|---|---|---|---|---|---|", *rows]
    more = len(outcomes) - limit
    return "\n".join([*table, *(["", f"and {wording.counted(more, 'more finding')}"] if more > 0 else [])])


def diff_markdown(diff: str, limit_bytes: int = 20_000) -> str:
    """A diff in a fence that it cannot close, cut at a line within the limit."""
    if not diff.strip():
        return "No changes."
    text = "\n".join(wording.visible(line) for line in diff.rstrip("\n").split("\n"))
    content = text.encode()
    kept = text
    if len(content) > limit_bytes:
        kept = content[:limit_bytes].decode("utf-8", "ignore")
        kept = kept[: kept.rfind("\n") + 1].rstrip("\n") or kept
    fence = "`" * (max((len(run) for run in _FENCE.findall(kept)), default=2) + 1)
    more = text[len(kept) :].count("\n")
    cut = [f"and {wording.counted(max(more, 1), 'more line')} in `changes.patch`"] if len(kept) < len(text) else []
    return "\n".join([f"{fence}diff", kept, fence, *cut])


def _cell(text: str) -> str:
    """Text for a table's cell: one line, bounded, every character of Markdown or HTML escaped."""
    return _MARKUP.sub(r"\\\1", wording.clipped(wording.one_line(text), _MOST_MESSAGE))
