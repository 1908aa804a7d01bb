"""One finding where several tools say the same about the same place."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from orchestrator_assets.domain.equivalence import authority_of, meaning_of
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.matching import names_in


@dataclass(frozen=True, slots=True)
class MergedFinding:
    """What the report shows as one finding.

    Attributes:
        finding: The one of the tool with the most authority, with the others in `also`.
        members: All of them as they were, that one first.
    """

    finding: Finding
    members: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """All merged findings, the worst first; `duplicates` and `absorbed` say how many results have no row of their own."""

    groups: tuple[MergedFinding, ...]
    duplicates: int
    absorbed: int


def merge_findings(findings: Iterable[Finding]) -> list[Finding]:
    """The merged findings, ranked; see `merge_groups`."""
    return [group.finding for group in merge_groups(findings).groups]


def merge_groups(findings: Iterable[Finding]) -> Merged:
    """Merge findings of different tools with the same meaning on the same line of the same file, and exact repetitions of one tool.

    Of several such findings on one line (two unused imports), those of two tools that name the same thing belong together, then
    those at the nearest column. Findings of the same tool are never merged unless they are equal in rule, place and message.
    """
    distinct, duplicates = _without_repetitions(findings)
    by_place: dict[tuple[str, int, str], list[list[Finding]]] = defaultdict(list)
    for repeated in distinct:
        first = repeated[0]
        by_place[first.path, first.line, meaning_of(first.tool, first.rule_id)].append(repeated)
    groups = [group for same in by_place.values() for group in _group(same)]
    groups.sort(key=lambda group: (group.finding.sort_key, group.finding.message))
    absorbed = len(distinct) - len(groups)
    return Merged(tuple(groups), duplicates, absorbed)


def _without_repetitions(findings: Iterable[Finding]) -> tuple[list[list[Finding]], int]:
    seen: dict[tuple[object, ...], list[Finding]] = {}
    duplicates = 0
    for finding in findings:
        key = (finding.tool, finding.rule_id, finding.path, finding.line, finding.column, finding.message)
        duplicates += key in seen
        seen.setdefault(key, []).append(finding)
    return list(seen.values()), duplicates


def _group(same: Sequence[list[Finding]]) -> list[MergedFinding]:
    """Give each finding of a lesser tool to the most alike group that has none of that tool yet."""
    groups: list[list[list[Finding]]] = []
    by_tool: dict[str, list[list[Finding]]] = defaultdict(list)
    for repeated in same:
        by_tool[repeated[0].tool].append(repeated)
    for tool in sorted(by_tool, key=authority_of):
        # A finding that was merged before has its share of the tool already.
        open_groups = [g for g, group in enumerate(groups) if not any(name.startswith(f"{tool}:") for name in group[0][0].also)]
        left = sorted(by_tool[tool], key=lambda repeated: (repeated[0].column, repeated[0].message))
        pairs = sorted((_unlikeness(groups[g][0][0], left[i][0]), g, i) for g in open_groups for i in range(len(left)))
        taken: set[int] = set()
        for _, group, index in pairs:
            if group in open_groups and index not in taken:
                groups[group].append(left[index])
                open_groups.remove(group)
                taken.add(index)
        groups += [[repeated] for index, repeated in enumerate(left) if index not in taken]
    return [_merged(group) for group in groups]


def _unlikeness(head: Finding, other: Finding) -> tuple[bool, int]:
    names = names_in(head.message) & names_in(other.message)
    return (not names, abs(head.column - other.column))


def _merged(group: Sequence[Sequence[Finding]]) -> MergedFinding:
    head = group[0][0]
    members = tuple(finding for repeated in group for finding in repeated)
    also = {*head.also, *(f"{f.tool}:{f.rule_id}" for repeated in group[1:] for f in repeated)}
    also.update(name for f in members for name in f.also)
    also.discard(f"{head.tool}:{head.rule_id}")
    cwe = tuple(sorted({number for f in members for number in f.cwe}))
    return MergedFinding(replace(head, also=tuple(sorted(also)), cwe=cwe), members)
