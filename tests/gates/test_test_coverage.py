import pytest

from gates import run_gates
from gates.test_coverage import check, integration_files
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.suite import SuiteStatus
from tests.builders import a_suite, evidence


def test_eighty_percent_coverage_with_all_tests_passing_and_integration_tests_earns_everything() -> None:
    verdict = check(evidence(suite=a_suite(coverage_percent=80.0)))
    assert (verdict.status, verdict.fraction) == (GateStatus.PASSED, pytest.approx(1.0))


def test_without_tests_the_gate_fails_with_nothing() -> None:
    verdict = check(evidence(suite=a_suite(0, status=SuiteStatus.NO_TESTS, reason="no test files")))
    assert (verdict.status, verdict.fraction) == (GateStatus.FAILED, 0.0)


def test_tests_that_could_not_be_run_are_an_error_with_the_reason() -> None:
    broken = evidence(suite=a_suite(0, status=SuiteStatus.COULD_NOT_RUN, reason="no wheel for lxml 4.2"))
    with pytest.raises(ToolError, match="lxml"):
        check(broken)
    result = next(r for r in run_gates(broken, broken) if r.name == "test_coverage")
    assert result.after.status is GateStatus.ERROR


def test_half_the_coverage_earns_half_of_its_part() -> None:
    assert check(evidence(suite=a_suite(coverage_percent=40.0))).fraction == pytest.approx(0.4 + 0.6 / 2)


def test_failing_tests_cost_points_and_the_pass() -> None:
    verdict = check(evidence(suite=a_suite(5, 5)))
    assert (verdict.status, verdict.fraction) == (GateStatus.FAILED, pytest.approx(0.85))


def test_a_suite_of_which_nothing_passes_proves_nothing() -> None:
    assert check(evidence(suite=a_suite(0, 5))).fraction == 0.0


def test_coverage_that_was_not_measured_earns_nothing_and_is_said_to_be_so() -> None:
    verdict = check(evidence(suite=a_suite(coverage_percent=None)))
    assert verdict.fraction == pytest.approx(0.4)
    assert "not measured" in verdict.summary


def test_integration_tests_are_known_by_folder_or_name() -> None:
    files = ("tests/integration/test_a.py", "tests/test_e2e_login.py", "Functional/b.py", "tests/test_unit.py")
    assert integration_files(files) == list(files[:3])


def test_without_integration_tests_the_gate_does_not_pass() -> None:
    verdict = check(evidence(test_files=("tests/test_unit.py",)))
    assert (verdict.status, verdict.fraction) == (GateStatus.FAILED, pytest.approx(0.9))
