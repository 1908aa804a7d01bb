"""Which findings of the tree before are gone, kept, or new in the tree after.

A finding is never held to be gone because it moved: what can be explained as the same finding at another place counts as kept.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from itertools import product

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.line_diff import IDENTITY, LineMap, map_lines

# Their place says nothing: they are about the whole file, and the tool pins them to its first or last line.
FILE_LEVEL_RULES = frozenset(
    {
        "pylint:missing-module-docstring",
        "pylint:too-many-lines",
        "pylint:missing-final-newline",
        "pylint:trailing-newlines",
        "pylint:mixed-line-endings",
        "pylint:unexpected-line-ending-format",
        "pylint:syntax-error",
        "pylint:non-ascii-file-name",
        "ruff:D100",
        "ruff:D104",
        "ruff:W292",
        "ruff:W391",
        "ruff:I001",
        "ruff:I002",
        "ruff:INP001",
        "ruff:EXE001",
        "ruff:EXE002",
        "ruff:CPY001",
        "ruff:N999",
        "ruff:A005",
        "ruff:E902",
        "ruff:E999",
        "ruff:invalid-syntax",
        "mypy:syntax",
    }
)

# They are about several files, and the tool pins them to whichever it read last.
CROSS_FILE_RULES = frozenset({"pylint:cyclic-import", "pylint:duplicate-code"})

_NAMED = re.compile(r"""`([^`]+)`|'([^']+)'|"([^"]+)"|\bUnused (?:import )?(\w[\w.]*)(?= imported from|$)""")

# Above this many pairs, findings of one changed stretch are paired in the order of their lines instead of by distance.
_MAX_PAIRS = 40_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every finding of both sides exactly once, each list in `Finding.sort_key` order.

    Attributes:
        gone: Of the tree before; nothing in the tree after can be the same finding.
        introduced: Of the tree after; nothing in the tree before explains it.
        kept: (before, after), ordered by the finding before.
    """

    gone: list[Finding]
    introduced: list[Finding]
    kept: list[tuple[Finding, Finding]]


@dataclass(slots=True)
class _Ledger:
    """What has been paired so far, by index into the two sorted sequences."""

    before: Sequence[Finding]
    after: Sequence[Finding]
    maps: Mapping[str, LineMap]
    pairs: list[tuple[int, int]] = field(default_factory=list)
    taken_before: set[int] = field(default_factory=set)
    taken_after: set[int] = field(default_factory=set)

    def pair(self, candidates: Iterable[tuple[int, int]]) -> None:
        """Take the candidates in their order, each finding once."""
        for b, a in candidates:
            if b not in self.taken_before and a not in self.taken_after:
                self.taken_before.add(b)
                self.taken_after.add(a)
                self.pairs.append((b, a))

    def lines(self, finding: Finding) -> LineMap:
        return self.maps.get(finding.path, IDENTITY)

    def open_before(self) -> list[int]:
        return [i for i in range(len(self.before)) if i not in self.taken_before]

    def open_after(self) -> list[int]:
        return [i for i in range(len(self.after)) if i not in self.taken_after]


_Identity = Callable[[_Ledger, Finding], tuple[str, ...] | None]


def compare(before: Sequence[Finding], after: Sequence[Finding], texts: Mapping[str, tuple[str, str]]) -> Comparison:
    """Match the findings of two trees as multisets per tool, rule and path; the order of the input does not matter.

    Args:
        before: Findings of the tree before, with fingerprints.
        after: Findings of the tree after.
        texts: Path -> (old text, new text) of every changed file; a file that is not listed is unchanged.
    """
    maps = {path: map_lines(old, new) for path, (old, new) in texts.items()}
    ledger = _Ledger(sorted(before, key=_total_order), sorted(after, key=_total_order), maps)
    _pair_unchanged_lines(ledger, same_message=True)
    # Before other words on the same line are accepted: among equal lines the diff may have picked another one.
    _pair_by(ledger, _text_in_file, _text_in_file)
    _pair_unchanged_lines(ledger, same_message=False)
    _pair_changed_stretches(ledger)
    _pair_by(ledger, _name_in_old_hunk, _name_in_new_hunk)
    _pair_by(ledger, _anywhere_in_file, _anywhere_in_file)
    _pair_by(ledger, _anywhere, _anywhere)
    return Comparison(
        gone=[ledger.before[i] for i in ledger.open_before()],
        introduced=[ledger.after[i] for i in ledger.open_after()],
        kept=[(ledger.before[b], ledger.after[a]) for b, a in sorted(ledger.pairs)],
    )


def names_in(message: str) -> frozenset[str]:
    """What a message names: its quoted parts, and the imports that pylint names without quotes."""
    return frozenset(name for found in _NAMED.findall(message) for name in found if name)


def _total_order(finding: Finding) -> tuple[object, ...]:
    return (finding.sort_key, astuple(finding))


def _rule(finding: Finding) -> str:
    return f"{finding.tool}:{finding.rule_id}"


def _place(finding: Finding) -> tuple[str, str]:
    return _rule(finding), finding.path


def _old_line(ledger: _Ledger, finding: Finding) -> int | None:
    if finding.line < 1:
        return finding.line
    return ledger.lines(finding).old_line(finding.line)


def _pair_unchanged_lines(ledger: _Ledger, *, same_message: bool) -> None:
    """Findings on a line that both texts have, the most alike first; the numbers in a message may have changed."""
    at_line: dict[tuple[tuple[str, str], int], list[int]] = defaultdict(list)
    for b in ledger.open_before():
        at_line[_place(ledger.before[b]), ledger.before[b].line].append(b)
    candidates: list[tuple[tuple[bool | int, ...], int, int]] = []
    for a in ledger.open_after():
        finding = ledger.after[a]
        line = _old_line(ledger, finding)
        if line is None:
            continue
        there = at_line.get((_place(finding), line), ())
        alike = (b for b in there if not same_message or ledger.before[b].message == finding.message)
        candidates += [(_difference(ledger.before[b], finding), b, a) for b in alike]
    ledger.pair((b, a) for _, b, a in sorted(candidates))


def _difference(before: Finding, after: Finding) -> tuple[bool | int, ...]:
    """Sorts the likeliest pair first among findings of one rule on one line."""
    return (not before.fingerprint or before.fingerprint != after.fingerprint, abs(before.column - after.column))


def _pair_changed_stretches(ledger: _Ledger) -> None:
    """Findings whose lines touch the two sides of one changed stretch: the same message first, then the nearest."""
    old_side: dict[tuple[tuple[str, str], int], list[int]] = defaultdict(list)
    for b in ledger.open_before():
        finding = ledger.before[b]
        lines = ledger.lines(finding)
        touched = lines.hunks_of_old(finding.line, max(finding.line, finding.end_line))
        for stretch in {lines.neighbourhoods[hunk] for hunk in touched}:
            old_side[_place(finding), stretch].append(b)
    new_side: dict[tuple[tuple[str, str], int], list[int]] = defaultdict(list)
    for a in ledger.open_after():
        finding = ledger.after[a]
        lines = ledger.lines(finding)
        hunk = lines.hunk_of_new(finding.line, max(finding.line, finding.end_line))
        if hunk is not None:
            new_side[_place(finding), lines.neighbourhoods[hunk]].append(a)
    for key in sorted(new_side.keys() & old_side.keys()):
        (_, path), stretch = key
        first = ledger.maps[path].hunks[stretch]
        _pair_nearest(ledger, old_side[key], new_side[key], first.new_start - first.old_start)


def _pair_nearest(ledger: _Ledger, olds: Sequence[int], news: Sequence[int], shift: int) -> None:
    if len(olds) * len(news) > _MAX_PAIRS:
        by_message: dict[str, list[int]] = defaultdict(list)
        for b in olds:
            by_message[ledger.before[b].message].append(b)
        for message in sorted({ledger.after[a].message for a in news}):
            same = [a for a in news if ledger.after[a].message == message]
            ledger.pair(zip(by_message.get(message, ()), same, strict=False))
        left = [a for a in news if a not in ledger.taken_after]
        ledger.pair(zip([b for b in olds if b not in ledger.taken_before], left, strict=False))
        return

    def unlikeness(pair: tuple[int, int]) -> tuple[bool, int, int, int]:
        old, new = ledger.before[pair[0]], ledger.after[pair[1]]
        return (old.message != new.message, abs(old.line + shift - new.line), *pair)

    ledger.pair(sorted(product(olds, news), key=unlikeness))


def _pair_by(ledger: _Ledger, old_identity: _Identity, new_identity: _Identity) -> None:
    """Pair what is left and has the same identity: the same message first, then the nearest."""
    olds = _by_identity(ledger, ledger.before, ledger.open_before(), old_identity)
    news = _by_identity(ledger, ledger.after, ledger.open_after(), new_identity)
    for key in sorted(olds.keys() & news.keys()):
        _pair_nearest(ledger, olds[key], news[key], 0)


def _by_identity(
    ledger: _Ledger,
    findings: Sequence[Finding],
    indexes: Iterable[int],
    identity: _Identity,
) -> dict[tuple[str, ...], list[int]]:
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index in indexes:
        key = identity(ledger, findings[index])
        if key is not None:
            groups[key].append(index)
    return groups


def _text_in_file(ledger: _Ledger, finding: Finding) -> tuple[str, ...] | None:
    """The same words about the same text in a changed file: code that was moved, or a diff that aligned equal lines differently."""
    return (*_place(finding), finding.context, finding.message) if finding.path in ledger.maps else None


def _name_in_old_hunk(ledger: _Ledger, finding: Finding) -> tuple[str, ...] | None:
    """The same words about the same name in changed lines of a file: the code was moved and rewritten, as when imports are sorted."""
    return (*_place(finding), finding.message) if names_in(finding.message) and _in_old_hunk(ledger, finding) else None


def _name_in_new_hunk(ledger: _Ledger, finding: Finding) -> tuple[str, ...] | None:
    return (*_place(finding), finding.message) if names_in(finding.message) and _in_new_hunk(ledger, finding) else None


def _in_old_hunk(ledger: _Ledger, finding: Finding) -> bool:
    return any(True for _ in ledger.lines(finding).hunks_of_old(finding.line, finding.line))


def _in_new_hunk(ledger: _Ledger, finding: Finding) -> bool:
    return ledger.lines(finding).hunk_of_new(finding.line, finding.line) is not None


def _anywhere_in_file(_: _Ledger, finding: Finding) -> tuple[str, ...] | None:
    return _place(finding) if _rule(finding) in FILE_LEVEL_RULES else None


def _anywhere(_: _Ledger, finding: Finding) -> tuple[str, ...] | None:
    return (_rule(finding),) if _rule(finding) in CROSS_FILE_RULES else None
