import pytest

from gates.best_practices import check
from orchestrator_assets.domain.finding import Category, Severity
from orchestrator_assets.domain.gate import GateStatus
from tests.builders import a_finding, evidence


def test_a_single_swallowed_error_in_a_thousand_lines_is_tolerated_and_costs_points() -> None:
    verdict = check(evidence(a_finding("pylint", "broad-exception-caught", category=Category.PRACTICE)))
    assert verdict.status is GateStatus.PASSED
    assert verdict.fraction < 1.0


def test_practice_findings_at_the_budget_cost_half() -> None:
    verdict = check(evidence(*[a_finding(rule_id="T201", category=Category.PRACTICE)] * 20))
    assert (verdict.status, verdict.fraction) == (GateStatus.FAILED, 0.5)


@pytest.mark.parametrize("rule", ["B105", "B106", "B107"])
def test_a_hard_coded_password_fails_the_gate_though_bandit_calls_it_security(rule: str) -> None:
    verdict = check(evidence(a_finding("bandit", rule, category=Category.SECURITY)))
    assert verdict.status is GateStatus.FAILED
    assert verdict.details["hard_coded_passwords"] == 1


def test_a_swallowed_error_weighs_more_than_a_name() -> None:
    swallowed = a_finding("pylint", "bare-except", category=Category.PRACTICE, severity=Severity.MEDIUM)
    named = a_finding("pylint", "invalid-name", category=Category.PRACTICE, severity=Severity.LOW)
    assert check(evidence(swallowed)).fraction < check(evidence(named)).fraction
