import pytest

from gates.architecture import check
from orchestrator_assets.domain.finding import Category
from orchestrator_assets.domain.gate import GateStatus
from tests.builders import a_file, a_finding, evidence


def test_modules_that_import_each_other_fail_the_gate_and_are_named() -> None:
    files = (a_file("a.py", imports=("b.py",)), a_file("b.py", imports=("a.py",)), a_file("c.py", imports=("a.py",)))
    verdict = check(evidence(files=files))
    assert verdict.status is GateStatus.FAILED
    assert verdict.details["modules_in_cycles"] == 2
    assert verdict.details["largest_cycle"] == "a.py, b.py"
    assert verdict.fraction == pytest.approx(1.0 - 0.3 * 2 / 3)


@pytest.mark.parametrize(("lines", "status"), [(1000, GateStatus.PASSED), (1001, GateStatus.FAILED)])
def test_a_module_may_have_a_thousand_lines(lines: int, status: GateStatus) -> None:
    assert check(evidence(files=(a_file(code_lines=lines),))).status is status


def test_the_more_code_lies_beyond_the_limit_the_more_it_costs() -> None:
    fractions = [check(evidence(files=(a_file(code_lines=lines),))).fraction for lines in (1000, 2000, 4000)]
    assert fractions == sorted(fractions, reverse=True)
    assert len(set(fractions)) == 3


def test_a_module_that_imports_more_than_fifteen_others_fails_the_gate() -> None:
    targets = tuple(f"m{n}.py" for n in range(16))
    verdict = check(evidence(files=(a_file(imports=targets), *(a_file(path) for path in targets))))
    assert (verdict.status, verdict.details["wide_modules"]) == (GateStatus.FAILED, 1)


def test_design_findings_cost_half_of_their_part_at_the_budget() -> None:
    verdict = check(evidence(*[a_finding("pylint", "too-many-arguments", category=Category.ARCHITECTURE)] * 5))
    assert verdict.fraction == pytest.approx(1.0 - 0.4 / 2)
