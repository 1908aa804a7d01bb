"""From the lines that a suite's process left to cases; the process was the customer's, so nothing in them is trusted."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator_assets.domain.suite import CaseResult

_MAX_CASES = 200_000
_MAX_ID = 1000


@dataclass(slots=True)
class Record:
    """What the results file says.

    Attributes:
        cases: Test id -> result; one that started and did not end has failed.
        broken: Files that could not be collected -> the words of the error.
        failed: Ids of which some phase failed, so that a later phase does not whitewash them.
        unfinished: Ids that started and did not end.
    """

    cases: dict[str, CaseResult] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    unfinished: set[str] = field(default_factory=set)

    @property
    def sorted_cases(self) -> tuple[tuple[str, CaseResult], ...]:
        """All cases by id, a broken file among them as a failed one."""
        broken = dict.fromkeys(self.broken, CaseResult.FAILED)
        return tuple(sorted({**broken, **self.cases}.items()))


def read_record(content: bytes) -> Record:
    """Read `results.jsonl`; lines that are not events are passed over."""
    record = Record()
    for event in _events(content):
        kind, case_id = event.get("event"), str(event.get("id", ""))[:_MAX_ID]
        if not case_id or len(record.cases) >= _MAX_CASES:
            continue
        if kind == "collection":
            record.broken[case_id] = str(event.get("text", ""))[-2000:]
        elif kind == "start":
            record.cases.setdefault(case_id, CaseResult.FAILED)
            record.unfinished.add(case_id)
        elif kind == "report":
            _fold(record, case_id, str(event.get("when")), str(event.get("outcome")))
    return record


def read_coverage(content: bytes, judged: frozenset[str]) -> tuple[float | None, tuple[tuple[str, tuple[int, ...]], ...]]:
    """Percent of the judged files' statements that ran, and the lines per file; None when nothing was measured."""
    try:
        table = json.loads(content)
    except ValueError:
        return None, ()
    statements, executed = 0, {}
    for path, row in table.items() if isinstance(table, Mapping) else ():
        match row:
            case [int() as count, list() as lines] if path in judged and all(isinstance(line, int) for line in lines):
                statements += max(count, len(lines))
                executed[path] = tuple(sorted(set(lines)))
    if not statements:
        return None, ()
    percent = round(100.0 * sum(map(len, executed.values())) / statements, 2)
    return percent, tuple(sorted(executed.items()))


def _events(content: bytes) -> Iterator[Mapping[str, Any]]:
    for line in content.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, Mapping):
            yield event


def _fold(record: Record, case_id: str, when: str, outcome: str) -> None:
    """Set-up and tear-down can only make a test worse; the call decides otherwise."""
    if outcome == "failed":
        record.cases[case_id] = CaseResult.FAILED
        record.unfinished.discard(case_id)
        record.failed.add(case_id)
    elif case_id not in record.failed and (when == "call" or outcome == "skipped"):
        record.cases[case_id] = CaseResult.PASSED if outcome == "passed" else CaseResult.SKIPPED
        record.unfinished.discard(case_id)
