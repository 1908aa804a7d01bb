import pytest

from gates.code_quality import check
from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.scan import FunctionMetrics
from tests.builders import a_file, a_finding, evidence


def function(complexity: int) -> FunctionMetrics:
    return FunctionMetrics("f", 1, complexity, True, True)


@pytest.mark.parametrize(("complexity", "status"), [(9, GateStatus.PASSED), (10, GateStatus.FAILED)])
def test_a_function_of_complexity_ten_is_too_complex(complexity: int, status: GateStatus) -> None:
    assert check(evidence(files=(a_file(functions=(function(complexity),)),))).status is status


def test_the_maintainability_of_a_large_file_counts_more_than_that_of_a_small_one() -> None:
    large, small = a_file("large.py", code_lines=900), a_file("small.py", code_lines=100)
    large_bad = check(evidence(files=(a_file("large.py", code_lines=900, maintainability=20.0), small))).fraction
    small_bad = check(evidence(files=(large, a_file("small.py", code_lines=100, maintainability=20.0)))).fraction
    assert large_bad < small_bad < 1.0


def test_a_better_file_earns_more_before_it_reaches_the_target() -> None:
    assert check(evidence(files=(a_file(maintainability=40.0),))).fraction > check(evidence(files=(a_file(maintainability=39.0),))).fraction


def test_findings_at_the_budget_cost_half_of_their_part() -> None:
    verdict = check(evidence(*[a_finding()] * 60))
    assert verdict.fraction == pytest.approx(1.0 - 0.4 / 2)
    assert verdict.status is GateStatus.FAILED


def test_a_module_of_constants_has_no_function_to_hold_against_it() -> None:
    assert check(evidence(files=(a_file(functions=()),))).status is GateStatus.PASSED
