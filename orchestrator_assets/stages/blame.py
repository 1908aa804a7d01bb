"""Which fixes may be behind a finding that is new."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Fix
from orchestrator_assets.domain.source_text import line_starts

MAX_NEIGHBOURS = 8
NEIGHBOUR_LINES = 40

# A finding's identity across candidates of the same file, where its line may shift.
Mark = tuple[str, str, str, str, str]


def mark_of(finding: Finding) -> Mark:
    """Tool, rule, path, message and the text of the line."""
    return (finding.tool, finding.rule_id, finding.path, finding.message, finding.context)


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """For each fix of one file, the lines of the changed text that it wrote (first, last), 1-based."""

    ranges: Mapping[str, Sequence[tuple[int, int]]]
    fixes: Sequence[Fix]

    def authors(self, finding: Finding) -> list[Fix]:
        """The fixes that wrote on the finding's own line."""
        return [fix for fix in self.fixes if any(first <= finding.line <= last for first, last in self.ranges[fix.id])]

    def neighbours(self, finding: Finding) -> list[Fix]:
        """The fixes nearest to the finding, at most `MAX_NEIGHBOURS`."""
        near = [(self._distance(fix, finding.line), position) for position, fix in enumerate(self.fixes)]
        return [self.fixes[position] for distance, position in sorted(near)[:MAX_NEIGHBOURS] if distance <= NEIGHBOUR_LINES]

    def _distance(self, fix: Fix, line: int) -> int:
        return min(max(first - line, line - last, 0) for first, last in self.ranges[fix.id])


def changed_lines(old: str, new: str, fixes: Sequence[Fix]) -> ChangedLines:
    """Follow every edit to its place in the changed text.

    Args:
        old: The text that the edits refer to.
        new: The text with the fixes applied. It may have more or fewer lines of imports at its top than the edits account for.
        fixes: All fixes that were applied.
    """
    pieces: list[str] = []
    spans: dict[str, list[tuple[int, int]]] = {fix.id: [] for fix in fixes}
    position = written = 0
    for edit, owners in sorted(_owners(fixes).items()):
        start, end, replacement = edit
        kept = old[position:start]
        pieces += (kept, replacement)
        written += len(kept)
        for owner in owners:
            spans[owner].append((written, written + len(replacement)))
        written += len(replacement)
        position = max(position, end)
    edited = "".join((*pieces, old[position:]))
    starts = line_starts(edited)
    shift = len(line_starts(new)) - len(starts)
    ranges = {
        owner: [(bisect_right(starts, first) + shift, bisect_right(starts, max(first, last - 1)) + shift) for first, last in places]
        for owner, places in spans.items()
    }
    return ChangedLines(ranges, fixes)


def _owners(fixes: Sequence[Fix]) -> dict[tuple[int, int, str], list[str]]:
    """Fixes may share an edit: it is applied once and belongs to all of them."""
    owners: dict[tuple[int, int, str], list[str]] = {}
    for fix in fixes:
        for edit in fix.edits:
            owners.setdefault((edit.start, edit.end, edit.replacement), []).append(fix.id)
    return owners
