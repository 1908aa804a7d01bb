"""Reading unified diffs line by line: for colours, and for which changed lines the tests ran."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPED = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "v": 11, "f": 12}


class LineKind(StrEnum):
    """What a line of a diff is."""

    HEADER = "header"
    HUNK = "hunk"
    ADDED = "added"
    REMOVED = "removed"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line. `old_line` and `new_line` are where it stands, or would stand, in the file before and after."""

    kind: LineKind
    text: str
    path: str = ""
    old_line: int = 0
    new_line: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A run of added lines, in one file, numbered as in the file after the diff."""

    path: str
    lines: tuple[int, ...]


def read_diff(diff: str) -> Iterator[DiffLine]:
    """The diff's lines; what a hunk's counts leave over is header, whatever it looks like."""
    path, old, new, old_left, new_left = "", 0, 0, 0, 0
    for text in diff.removesuffix("\n").split("\n"):
        hunk = _HUNK.match(text) if not (old_left or new_left) else None
        if hunk:
            old, new = int(hunk[1]), int(hunk[3])
            old_left, new_left = int(hunk[2] or 1), int(hunk[4] or 1)
            # With a count of 0 the hunk names the line before the place.
            old, new = old + (not old_left), new + (not new_left)
            yield DiffLine(LineKind.HUNK, text, path, old, new)
        elif new_left and text.startswith("+"):
            yield DiffLine(LineKind.ADDED, text, path, old, new)
            new, new_left = new + 1, new_left - 1
        elif old_left and text.startswith("-"):
            yield DiffLine(LineKind.REMOVED, text, path, old, new)
            old, old_left = old + 1, old_left - 1
        elif (old_left or new_left) and text[:1] in {" ", ""}:
            yield DiffLine(LineKind.CONTEXT, text, path, old, new)
            old, new, old_left, new_left = old + 1, new + 1, max(old_left - 1, 0), max(new_left - 1, 0)
        else:
            path = _new_path(text) or path
            yield DiffLine(LineKind.HEADER, text, path)


def added_places(diff: str) -> list[Place]:
    """Where the diff adds code, run by run; deletions, blank lines and comment lines leave no place."""
    places: list[Place] = []
    run: list[int] = []
    path = ""
    for line in [*read_diff(diff), DiffLine(LineKind.HEADER, "")]:
        if line.kind is LineKind.ADDED and line.text[1:].strip() and not line.text[1:].lstrip().startswith("#"):
            run.append(line.new_line)
            path = line.path
        elif run and line.kind is not LineKind.ADDED:
            places.append(Place(path, tuple(run)))
            run = []
    return places


def final_places(diffs: Sequence[str]) -> list[list[Place]]:
    """For each of a series of diffs, its places as they lie once all are applied; lines that a later diff removes are left out."""
    moved: list[list[Place]] = []
    for diff in diffs:
        lines = list(read_diff(diff))
        moved = [[place for place in (_moved(place, lines) for place in places) if place.lines] for places in moved]
        moved.append(added_places(diff))
    return moved


def _moved(place: Place, later: Sequence[DiffLine]) -> Place:
    if all(line.path != place.path for line in later):
        return place
    removed = {line.old_line for line in later if line.kind is LineKind.REMOVED and line.path == place.path}
    added = [line.old_line for line in later if line.kind is LineKind.ADDED and line.path == place.path]
    kept = (number for number in place.lines if number not in removed)
    return Place(place.path, tuple(n + sum(at <= n for at in added) - sum(at < n for at in removed) for n in kept))


def _new_path(header: str) -> str:
    if not header.startswith("+++ "):
        return ""
    name = header[4:].rstrip("\t")
    if name.startswith('"') and name.endswith('"'):
        name = _unquoted(name[1:-1])
    return "" if name == "/dev/null" else name.removeprefix("b/")


def _unquoted(name: str) -> str:
    """Undo git's C-style quoting, whose octal escapes are bytes of UTF-8."""
    out = bytearray()
    last = 0
    for match in _ESCAPE.finditer(name):
        out += name[last : match.start()].encode("utf-8", "surrogateescape")
        code = match[1]
        out.append(int(code, 8) & 255 if len(code) == 3 else _ESCAPED.get(code, ord(code) & 255))
        last = match.end()
    out += name[last:].encode("utf-8", "surrogateescape")
    return out.decode("utf-8", "surrogateescape")
