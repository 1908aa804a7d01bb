"""Which of the findings in question our own scan of the untouched tree shows, too."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from orchestrator_assets.domain.equivalence import meaning_of
from orchestrator_assets.domain.finding import Finding, normalise_context, with_fingerprints
from orchestrator_assets.domain.matching import CROSS_FILE_RULES
from orchestrator_assets.domain.scan import RunStatus, Scan
from orchestrator_assets.domain.tree import is_test_file, is_vendored
from orchestrator_assets.stages.findings_given import ReadFindings
from orchestrator_assets.stages.findings_merge import MergedFinding, merge_groups
from orchestrator_assets.stages.rule_names import can_run

RERUNNABLE_TOOLS = ("bandit", "ruff", "pylint", "mypy")

# How far a finding without quoted text may have moved since it was reported; further off it is another one.
_MAX_DRIFT_LINES = 30


class TargetStatus(StrEnum):
    """`cannot_rescan`: no tool of ours could tell whether a fix removed it."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not_reproduced"
    CANNOT_RESCAN = "cannot_rescan"


@dataclass(frozen=True, slots=True)
class Target:
    """A finding in question.

    Attributes:
        finding: As the report shows it; when reproduced, at the place and with the fingerprint that the scan gives it.
        matches: Findings of the scan that it stands for: it is fixed when all of them are gone. Empty unless reproduced.
        reason: Why it was not reproduced or can't be scanned for, in a sentence; empty when reproduced.
    """

    finding: Finding
    status: TargetStatus
    matches: tuple[Finding, ...] = ()
    reason: str = ""


def find_targets(reported: ReadFindings | None, scan: Scan) -> list[Target]:
    """The job's targets, the worst first: the findings reported, held against the scan, or without any all that the scan found."""
    if reported is None:
        return discovered(scan)
    return reconcile(reported.findings, scan, RERUNNABLE_TOOLS, reported.missing_paths)


def discovered(scan: Scan) -> list[Target]:
    """Every finding of the scan, merged across tools."""
    groups = merge_groups(scan.findings()).groups
    return [Target(group.finding, TargetStatus.REPRODUCED, group.members) for group in groups]


def reconcile(
    given: Sequence[Finding], scan: Scan, rerunnable_tools: Collection[str] = RERUNNABLE_TOOLS, missing_paths: Collection[str] = ()
) -> list[Target]:
    """Hold given findings against the scan, one target for each that is left after merging, the worst first.

    A finding is found by tool, rule, file and line; one that has moved by the text that its source quotes, or else by its message not
    far away. One of a tool that we don't run, or that failed, is found where another tool says the same on that line. Each finding
    of the scan serves one target.

    Args:
        given: As read; `context` is what the source quotes.
        scan: Of the untouched tree.
        rerunnable_tools: Tools whose silence means something.
        missing_paths: Paths of given findings that are not files of the tree.
    """
    groups = merge_groups(given).groups
    search = _Search(scan)
    for find in (search.same_place, search.moved, search.other_tool, search.other_file):
        for number, group in enumerate(groups):
            if number not in search.found:
                search.take(number, find(group))
    wanted = frozenset(rerunnable_tools)
    missing = frozenset(missing_paths)
    targets = _marked([_target(group, search.found.get(number), scan, wanted, missing) for number, group in enumerate(groups)])
    return sorted(targets, key=lambda target: (target.finding.sort_key, target.finding.message))


def _marked(targets: Sequence[Target]) -> list[Target]:
    """Give findings that the scan does not show a fingerprint, too: of line and message, which no fingerprint of the scan is made of."""
    bare = [replace(t.finding, context=f"{t.finding.line}: {t.finding.message}") for t in targets if not t.matches]
    marks = iter(with_fingerprints(bare, lambda _path, _line: ""))
    return [t if t.matches else replace(t, finding=replace(t.finding, fingerprint=next(marks).fingerprint)) for t in targets]


@dataclass(slots=True)
class _Search:
    """The scan's findings by what given ones are looked up by, and which are taken."""

    scan: Scan
    found: dict[int, MergedFinding] = field(default_factory=dict)
    _by_rule: dict[tuple[str, str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    _by_meaning: dict[tuple[str, int, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    _rows: list[tuple[Finding, MergedFinding]] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for group in merge_groups(self.scan.findings()).groups:
            for member in group.members:
                self._by_rule[member.tool, member.rule_id, member.path].append(len(self._rows))
                self._by_meaning[member.path, member.line, meaning_of(member.tool, member.rule_id)].append(len(self._rows))
                self._rows.append((member, group))

    def take(self, number: int, row: int | None) -> None:
        """Give the row's whole group to the given finding."""
        if row is None:
            return
        member, group = self._rows[row]
        others = tuple(other for other in group.members if other is not member)
        self.found[number] = MergedFinding(member, (member, *others))
        self._taken.update(
            i for key in {(m.tool, m.rule_id, m.path) for m in group.members} for i in self._by_rule[key] if self._rows[i][1] is group
        )

    def same_place(self, group: MergedFinding) -> int | None:
        return self._nearest(group, lambda given, seen: given.line == seen.line)

    def moved(self, group: MergedFinding) -> int | None:
        return self._nearest(group, _may_have_moved)

    def other_tool(self, group: MergedFinding) -> int | None:
        given = group.finding
        rows = self._by_meaning.get((given.path, given.line, meaning_of(given.tool, given.rule_id)), ())
        return self._best(given, rows)

    def other_file(self, group: MergedFinding) -> int | None:
        """Of findings about several files at once, the tool reports on whichever it read last; the names in the message tell them apart."""
        for given in group.members:
            if f"{given.tool}:{given.rule_id}" not in CROSS_FILE_RULES:
                continue
            words = _words(given.message)
            rows = [
                row
                for row, (seen, _) in enumerate(self._rows)
                if (seen.tool, seen.rule_id) == (given.tool, given.rule_id) and _words(seen.message) == words
            ]
            if (best := self._best(given, rows)) is not None:
                return best
        return None

    def _nearest(self, group: MergedFinding, fits: Callable[[Finding, Finding], bool]) -> int | None:
        for given in group.members:
            rows = [row for row in self._by_rule.get((given.tool, given.rule_id, given.path), ()) if fits(given, self._rows[row][0])]
            best = self._best(given, rows)
            if best is not None:
                return best
        return None

    def _best(self, given: Finding, rows: Iterable[int]) -> int | None:
        free = [row for row in rows if row not in self._taken]
        return min(free, key=lambda row: (*_distance(given, self._rows[row][0]), row), default=None)


def _words(message: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w.]+", message))


def _distance(given: Finding, seen: Finding) -> tuple[int, bool, int]:
    return (abs(given.line - seen.line), given.message != seen.message, abs(given.column - seen.column) if given.column else 0)


def _may_have_moved(given: Finding, seen: Finding) -> bool:
    if given.context and seen.context:
        return normalise_context(given.context) == seen.context
    return given.message == seen.message and abs(given.line - seen.line) <= _MAX_DRIFT_LINES


def _target(group: MergedFinding, found: MergedFinding | None, scan: Scan, rerunnable: frozenset[str], missing: frozenset[str]) -> Target:
    given = group.finding
    if found is not None:
        return Target(_placed(given, found), TargetStatus.REPRODUCED, found.members)
    status, reason = _why_not(given, scan, rerunnable, missing)
    return Target(given, status, reason=reason)


def _placed(given: Finding, found: MergedFinding) -> Finding:
    """The given finding where the scan sees it: the customer's severity and words, the scan's place, concern and fingerprint."""
    seen = found.finding
    also = {*given.also, *(f"{other.tool}:{other.rule_id}" for other in found.members)} - {f"{given.tool}:{given.rule_id}"}
    return replace(
        given,
        path=seen.path,
        line=seen.line,
        column=seen.column,
        end_line=seen.end_line,
        end_column=seen.end_column,
        category=seen.category,
        cwe=tuple(sorted({*given.cwe, *seen.cwe})),
        context=seen.context,
        fingerprint=seen.fingerprint,
        also=tuple(sorted(also)),
        message=given.message or seen.message,
    )


def _why_not(given: Finding, scan: Scan, rerunnable: frozenset[str], missing: frozenset[str]) -> tuple[TargetStatus, str]:
    if given.path in missing:
        return TargetStatus.NOT_REPRODUCED, f"{given.path} is not a file of the repository at this commit"
    if is_test_file(given.path):
        return TargetStatus.NOT_REPRODUCED, f"{given.path} belongs to the tests, which are neither scanned nor changed"
    if is_vendored(given.path):
        return TargetStatus.NOT_REPRODUCED, f"{given.path} was copied in from elsewhere and is neither scanned nor changed"
    run = scan.run_of(given.tool)
    if given.tool not in rerunnable or run is None:
        return (
            TargetStatus.CANNOT_RESCAN,
            f"{given.tool} is not among the tools run here, so nobody could tell whether a fix removed the finding",
        )
    if run.status is RunStatus.ERROR:
        return TargetStatus.CANNOT_RESCAN, f"{given.tool} did not run: {run.message or 'it gave no reason'}"
    if not can_run(given.tool, given.rule_id):
        return TargetStatus.CANNOT_RESCAN, f"{given.tool} {run.version} has no rule {given.rule_id} that runs without preview or extensions"
    if given.path not in {file.path for file in scan.files}:
        return TargetStatus.NOT_REPRODUCED, f"{given.path} is not among the files that the order covers and {given.tool} reads"
    return (
        TargetStatus.NOT_REPRODUCED,
        f"{given.tool} {run.version} does not report {given.rule_id} at {given.path}:{given.line} in this commit",
    )
