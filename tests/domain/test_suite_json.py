import pytest

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus
from orchestrator_assets.domain.suite_json import suite_from_json, suite_to_json


def test_a_run_survives_the_round_trip() -> None:
    run = SuiteRun(
        tree="digest",
        status=SuiteStatus.RAN,
        runner="pytest",
        cases=(("a::b[\u00e9]", CaseResult.PASSED), ("c", CaseResult.FAILED)),
        coverage_percent=12.5,
        executed_lines=(("a.py", (1, 3)),),
        seconds=1.25,
        reason="one died",
        flaky=("c",),
    )
    assert suite_from_json(suite_to_json(run)) == run


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"tree": "x", "status": "new"}'])
def test_damaged_content_is_an_error_with_a_mend(content: bytes) -> None:
    with pytest.raises(ArtifactError, match="run again"):
        suite_from_json(content)


def test_flaky_tests_count_as_failed() -> None:
    run = SuiteRun("d", SuiteStatus.RAN, cases=(("a", CaseResult.PASSED), ("b", CaseResult.PASSED)))
    marked = run.without(frozenset({"b"}))
    assert marked.passed_ids() == {"a"}
    assert marked.flaky == ("b",)
    assert run.without(frozenset()) is run
