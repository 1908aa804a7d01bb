"""What the report's page shows, worked out beforehand so that the template only lays out."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from orchestrator_assets.domain.finding import OutcomeKind, Severity
from orchestrator_assets.domain.report import FindingRow, FixRow, GateRow, OutcomeRow, QualityReport
from orchestrator_assets.stages import wording
from orchestrator_assets.stages.diff_lines import LineKind, read_diff

# Together these keep the page of a job with tens of thousands of findings under 3 MB.
_MOST_ROWS = 6_000
_MOST_DIFF_LINES = 160
_MOST_DIFF_CHARACTERS = 600_000
_MOST_LINE = 300
_MOST_FIXES = 500
_MOST_ANSWERED = 25

_EXPLAINED = {
    OutcomeKind.DROPPED: "A fix was written and taken back, because the re-scan or the tests spoke against it. The code is as it was.",
    OutcomeKind.NO_FIX: "No fix was written, because none could be shown to be right without knowing what was intended.",
    OutcomeKind.NOT_REPRODUCED: "Reported to us, but the same tool does not report it in this commit. Counted as remaining, not as fixed.",
}
_TAGS = {LineKind.ADDED: ("<ins>", "</ins>"), LineKind.REMOVED: ("<del>", "</del>"), LineKind.HUNK: ("<b>", "</b>")}


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Findings that share a reason; `hidden` further ones are left to `findings.sarif`."""

    reason: str
    count: int
    rows: tuple[FindingRow, ...]

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """All findings with one outcome, by reason."""

    kind: OutcomeKind
    title: str
    explained: str
    count: int
    reasons: tuple[ReasonView, ...]


@dataclass(frozen=True, slots=True)
class FixView:
    """A commit of fixes; `cut` says what of its diff is not shown."""

    row: FixRow
    diff: Markup
    cut: str
    answered: tuple[FindingRow, ...]
    more_answered: int


@dataclass(frozen=True, slots=True)
class MeasureView:
    """One of a gate's measures, before and after."""

    name: str
    before: str
    after: str


def render_page(report: QualityReport) -> str:
    """The page as text."""
    return _template().render(
        report=report,
        fixes=list(_fix_views(report)),
        more_fixes=max(0, len(report.fixes) - _MOST_FIXES),
        unfixed=list(_outcome_views(report)),
        severities=report.severity_counts(),
        verification=wording.verification(report),
        warning=wording.untested(report),
        introduced=report.introduced[:_MOST_ROWS],
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals |= {"words": wording, "Severity": Severity, "measures": _measures}
    environment.filters |= {"csp_hash": _csp_hash, "slug": lambda text: str(text).replace("_", "-"), "clipped": wording.clipped}
    return environment.get_template("report_page.html.j2")


def _shown(value: Any) -> Any:
    """Applied to all that the template prints: markup is ours, other text may be anyone's."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else wording.visible(value)


def _csp_hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(str(content).encode()).digest()).decode()


def _measures(gate: GateRow) -> list[MeasureView]:
    names = dict.fromkeys([*gate.details, *gate.details_before])
    before, after = gate.details_before, gate.details
    return [MeasureView(wording.spaced(name), wording.measure(before.get(name)), wording.measure(after.get(name))) for name in names]


def _outcome_views(report: QualityReport) -> Iterator[OutcomeView]:
    left = _MOST_ROWS
    for kind, explained in _EXPLAINED.items():
        rows = [row for row in report.outcomes if row.outcome is kind]
        reasons = []
        for reason, members in _by_reason(rows):
            shown = members[:left]
            left -= len(shown)
            reasons.append(ReasonView(reason, len(members), tuple(row.finding for row in shown)))
        if rows:
            yield OutcomeView(kind, wording.OUTCOMES[kind], explained, len(rows), tuple(reasons))


def _by_reason(rows: list[OutcomeRow]) -> list[tuple[str, list[OutcomeRow]]]:
    """The reasons of the worst findings first, then the most frequent; within a reason the worst first, by place."""
    groups = [(reason, list(members)) for reason, members in groupby(sorted(rows, key=lambda row: row.reason), key=lambda row: row.reason)]
    for _, members in groups:
        members.sort(key=lambda row: (row.finding.severity.rank, row.finding.path, row.finding.line))
    return sorted(groups, key=lambda group: (group[1][0].finding.severity.rank, -len(group[1]), group[0]))


def _fix_views(report: QualityReport) -> Iterator[FixView]:
    findings = {row.finding.fingerprint: row.finding for row in report.outcomes}
    left = _MOST_DIFF_CHARACTERS
    for row in islice(report.fixes, _MOST_FIXES):
        diff, cut = _diff_markup(row.diff, left)
        left -= len(diff)
        answered = [findings[name] for name in row.fingerprints if name in findings]
        yield FixView(row, diff, cut, tuple(answered[:_MOST_ANSWERED]), max(0, len(answered) - _MOST_ANSWERED))


def _diff_markup(diff: str, budget: int) -> tuple[Markup, str]:
    """Added and removed lines in `ins` and `del`, their signs kept; and a word on what is cut off."""
    if not diff.strip():
        return Markup(), ""
    lines = [line for line in read_diff(diff) if not line.text.startswith(("index ", "diff --git ")) or line.kind is not LineKind.HEADER]
    shown: list[str] = []
    used = 0
    for line in lines[:_MOST_DIFF_LINES]:
        opened, closed = _TAGS.get(line.kind, ("", ""))
        text = f"{opened}{Markup.escape(wording.visible(wording.clipped(line.text, _MOST_LINE)))}{closed}"
        used += len(text)
        if used > budget:
            break
        shown.append(text)
    hidden = len(lines) - len(shown)
    return Markup("\n".join(shown)), f"{wording.counted(hidden, 'more line')} in changes.patch" if hidden else ""  # noqa: S704 - escaped above
