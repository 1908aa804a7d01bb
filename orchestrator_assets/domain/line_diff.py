"""Which line of the new text is which line of the old one."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestrator_assets.domain.source_text import line_starts

# Lines in which a stretch without unique lines may differ before it counts as rewritten. Finding the longest common subsequence costs about
# the square of this; difflib took 10 s on 3,000 repetitive lines (2026-11-23).
_MAX_EDITS = 500


@dataclass(frozen=True, slots=True)
class Hunk:
    """A changed stretch, 1-based and half-open on both sides; empty on one side for a pure insertion or deletion."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


@dataclass(frozen=True, slots=True)
class LineMap:
    """The line diff of one file.

    Attributes:
        old_of_new: New line -> old line, for the unchanged lines.
        hunks: The changed stretches in order.
        neighbourhoods: For each hunk, the index of the first of those that only blank lines part it from. A diff may take the blank line
            after a changed line for the one before it, and so tear one change into a deletion and an insertion.
    """

    old_of_new: dict[int, int]
    hunks: tuple[Hunk, ...]
    neighbourhoods: tuple[int, ...] = ()

    def old_line(self, new_line: int) -> int | None:
        """The unchanged old line that the new one is; None inside a hunk. A line past the end of a text without changes is itself."""
        return self.old_of_new.get(new_line) if self.hunks or self.old_of_new else new_line

    def hunk_of_new(self, first: int, last: int) -> int | None:
        """Index of the first hunk whose new side overlaps the lines `first..last`."""
        return next((i for i, h in enumerate(self.hunks) if h.new_start <= last and first < h.new_end), None)

    def hunks_of_old(self, first: int, last: int) -> Iterator[int]:
        """Indexes of the hunks whose old side overlaps the lines `first..last`."""
        return (i for i, h in enumerate(self.hunks) if h.old_start <= last and first < h.old_end)


IDENTITY = LineMap({}, ())


def map_lines(old: str, new: str) -> LineMap:
    """Compare two texts line by line; a text that only grew keeps every old line."""
    if old == new:
        return IDENTITY
    a, b = _lines(old), _lines(new)
    pairs = list(_matching_lines(a, b))
    hunks: list[Hunk] = []
    for (i, j), (next_i, next_j) in pairwise([(-1, -1), *pairs, (len(a), len(b))]):
        if next_i - i > 1 or next_j - j > 1:
            hunks.append(Hunk(i + 2, next_i + 1, j + 2, next_j + 1))
    return LineMap({j + 1: i + 1 for i, j in pairs}, tuple(hunks), tuple(_neighbourhoods(hunks, a)))


def _neighbourhoods(hunks: Sequence[Hunk], old: Sequence[str]) -> Iterator[int]:
    first = 0
    for index, hunk in enumerate(hunks):
        if index and any(line.strip() for line in old[hunks[index - 1].old_end - 1 : hunk.old_start - 1]):
            first = index
        yield first


def _lines(text: str) -> list[str]:
    return [text[start:end].rstrip("\r\n") for start, end in pairwise(line_starts(text))]


def _matching_lines(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Index pairs of equal lines, rising on both sides: common ends, then lines unique on both sides, then what lies between."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    yield from ((i, i) for i in range(head))
    low = (head, head)
    for anchor in [*_unique_anchors(a, b, head, tail), (len(a) - tail, len(b) - tail)]:
        gap_a, gap_b = a[low[0] : anchor[0]], b[low[1] : anchor[1]]
        yield from ((low[0] + i, low[1] + j) for i, j in _common_subsequence(gap_a, gap_b))
        if anchor[0] < len(a) - tail:
            yield anchor
        low = (anchor[0] + 1, anchor[1] + 1)
    yield from ((len(a) - tail + k, len(b) - tail + k) for k in range(tail))


def _unique_anchors(a: Sequence[str], b: Sequence[str], head: int, tail: int) -> list[tuple[int, int]]:
    """Lines that occur once on each side, in the longest run of pairs that rises on both (patience diff)."""
    inner_a, inner_b = a[head : len(a) - tail], b[head : len(b) - tail]
    count_a, count_b = Counter(inner_a), Counter(inner_b)
    place_b = {line: head + j for j, line in enumerate(inner_b) if count_b[line] == 1}
    pairs = [(head + i, place_b[line]) for i, line in enumerate(inner_a) if count_a[line] == 1 and line in place_b]
    tops: list[int] = []
    last_of_length: list[int] = []
    before: list[int | None] = []
    for index, (_, j) in enumerate(pairs):
        at = bisect_left(tops, j)
        before.append(last_of_length[at - 1] if at else None)
        tops[at : at + 1] = [j]
        last_of_length[at : at + 1] = [index]
    chain: list[tuple[int, int]] = []
    cursor = last_of_length[-1] if last_of_length else None
    while cursor is not None:
        chain.append(pairs[cursor])
        cursor = before[cursor]
    return chain[::-1]


def _common_subsequence(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Index pairs of a longest common subsequence (Myers); none when the texts differ too much."""
    if not a or not b:
        return []
    trace = _shortest_edits(a, b)
    if trace is None:
        return []
    pairs: list[tuple[int, int]] = []
    x, y = len(a), len(b)
    for edits in range(len(trace) - 1, -1, -1):
        reach = trace[edits]
        diagonal = x - y
        down = diagonal == -edits or (diagonal != edits and reach.get(diagonal - 1, -1) < reach.get(diagonal + 1, -1))
        previous = diagonal + 1 if down else diagonal - 1
        start_x = reach.get(previous, 0)
        start_y = start_x - previous
        while x > max(start_x, 0) and y > max(start_y, 0):
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = start_x, start_y
    return pairs[::-1]


def _shortest_edits(a: Sequence[str], b: Sequence[str]) -> list[dict[int, int]] | None:
    """Furthest reaching points per diagonal before each number of edits, or None past the limit.

    Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986.
    """
    reach: dict[int, int] = {1: 0}
    trace: list[dict[int, int]] = []
    for edits in range(min(len(a) + len(b), _MAX_EDITS) + 1):
        trace.append(dict(reach))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
            x = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            while x < len(a) and 0 <= x - diagonal < len(b) and a[x] == b[x - diagonal]:
                x += 1
            reach[diagonal] = x
            if x >= len(a) and x - diagonal >= len(b):
                return trace
    return None
