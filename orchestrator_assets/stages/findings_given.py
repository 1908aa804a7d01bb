"""The customer's findings as they were read: what is in question, and what was left out and why."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from orchestrator_assets.domain.errors import FindingsError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.source_text import line_starts

MAX_BYTES = 64 << 20
MAX_RESULTS = 100_000


class NoteKind(StrEnum):
    """What a reader of the report must know about the findings file. Results of the first four kinds were left out."""

    SUPPRESSED = "suppressed"
    NO_LOCATION = "no_location"
    NOT_A_FAILURE = "not_a_failure"
    NO_LONGER_THERE = "no_longer_there"
    NOT_IN_TREE = "not_in_tree"
    TOOL_FAILED = "tool_failed"


_SENTENCES = {
    NoteKind.SUPPRESSED: "{n} result(s) were suppressed in the findings file and are left out",
    NoteKind.NO_LOCATION: "{n} result(s) name no place in a file and are left out",
    NoteKind.NOT_A_FAILURE: "{n} result(s) state that a check passed or does not apply and are left out",
    NoteKind.NO_LONGER_THERE: "{n} result(s) are marked as no longer there and are left out",
    NoteKind.NOT_IN_TREE: "{n} finding(s) are in files that the repository does not have at this commit",
    NoteKind.TOOL_FAILED: "{n} tool run(s) say of themselves that they did not finish",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One remark; `where` is the JSON pointer or row in the file."""

    kind: NoteKind
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadFindings:
    """A findings file.

    Attributes:
        findings: In the file's order, with neither context nor fingerprint unless the file gives them.
        remarks: In the file's order.
        tool_versions: (tool, version) as the file says them, sorted.
        missing_paths: Paths of findings that are not files of the tree, sorted: those can't be reproduced.
        offsets: (index into `findings`, character offset) of findings placed by an offset alone; `place_offsets` gives them their line.
    """

    findings: tuple[Finding, ...]
    remarks: tuple[Note, ...] = ()
    tool_versions: tuple[tuple[str, str], ...] = ()
    missing_paths: tuple[str, ...] = ()
    offsets: tuple[tuple[int, int], ...] = ()

    def count(self, kind: NoteKind) -> int:
        """How many remarks are of the kind."""
        return sum(1 for remark in self.remarks if remark.kind is kind)

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks as one sentence a kind, for the report."""
        return tuple(sentence.format(n=count) for kind, sentence in _SENTENCES.items() if (count := self.count(kind)))


def place_offsets(read: ReadFindings, text_of: Callable[[str], str]) -> ReadFindings:
    """Give findings that the file places by a character offset their line and column; an offset past the text means its last line."""
    findings = list(read.findings)
    for index, offset in read.offsets:
        starts = line_starts(text_of(findings[index].path))
        last = max(len(starts) - 2, 0)
        line = next((n for n in range(last, -1, -1) if starts[n] <= offset), 0)
        findings[index] = replace(findings[index], line=line + 1, column=offset - starts[line] + 1)
    return replace(read, findings=tuple(findings), offsets=())


def wrong(name: str, where: str, problem: str, mend: str) -> FindingsError:
    """The error for a thing in a findings file: the file, the place in it, what is wrong, what to do."""
    return FindingsError(f"{name}: {where + ': ' if where else ''}{problem}; {mend}")


def shown(value: object, limit: int = 80) -> str:
    """A value of the file for a message, cut."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
