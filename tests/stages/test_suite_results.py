import json

from orchestrator_assets.domain.suite import CaseResult
from orchestrator_assets.stages.suite_results import read_coverage, read_record


def lines(*events: object) -> bytes:
    return b"".join((event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n" for event in events)


def report(case_id: str, *phases: tuple[str, str]) -> list[object]:
    start = {"event": "start", "id": case_id}
    return [start, *({"event": "report", "id": case_id, "when": when, "outcome": outcome} for when, outcome in phases)]


def test_a_case_is_as_good_as_its_worst_phase() -> None:
    record = read_record(
        lines(
            *report("passes", ("setup", "passed"), ("call", "passed"), ("teardown", "passed")),
            *report("fails", ("setup", "passed"), ("call", "failed"), ("teardown", "passed")),
            *report("teardown", ("setup", "passed"), ("call", "passed"), ("teardown", "failed")),
            *report("skipped", ("setup", "skipped"), ("teardown", "passed")),
            *report("setup", ("setup", "failed"), ("teardown", "passed")),
            *report("part", ("call", "failed"), ("call", "passed")),
        )
    )
    failed = [case_id for case_id, case in record.sorted_cases if case is CaseResult.FAILED]
    assert failed == ["fails", "part", "setup", "teardown"]
    assert record.cases["passes"] is CaseResult.PASSED
    assert record.cases["skipped"] is CaseResult.SKIPPED


def test_a_case_that_never_ended_has_failed() -> None:
    record = read_record(lines(*report("done", ("call", "passed")), *report("died", ("setup", "passed"))))
    assert record.cases == {"done": CaseResult.PASSED, "died": CaseResult.FAILED}
    assert record.unfinished == {"died"}


def test_a_file_that_cannot_be_loaded_is_a_failed_case() -> None:
    record = read_record(lines({"event": "collection", "id": "tests/test_x.py", "text": "ImportError: y"}))
    assert record.sorted_cases == (("tests/test_x.py", CaseResult.FAILED),)


def test_forged_and_torn_lines_are_passed_over() -> None:
    record = read_record(lines(b"\xff\x00", b"[1]", {"event": "report"}, b'{"event": "re', {"event": ["start"], "id": {}}, 3))
    assert record.sorted_cases == ()


def test_coverage_counts_judged_files_that_were_never_imported() -> None:
    content = json.dumps({"a.py": [4, [1, 2, 3]], "b.py": [4, []], "outside.py": [100, [1]]}).encode()
    assert read_coverage(content, frozenset({"a.py", "b.py"})) == (37.5, (("a.py", (1, 2, 3)), ("b.py", ())))


def test_unreadable_coverage_is_no_coverage() -> None:
    for content in (b"", b"[]", b"{", b'{"a.py": 3}', b'{"a.py": [0, []]}', b'{"a.py": [1, ["x"]]}'):
        assert read_coverage(content, frozenset({"a.py"})) == (None, ())
