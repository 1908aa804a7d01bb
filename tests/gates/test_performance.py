from gates.performance import check
from orchestrator_assets.domain.finding import Category
from orchestrator_assets.domain.gate import GateStatus
from tests.builders import a_finding, evidence


def test_one_anti_pattern_fails_the_gate_and_the_budget_costs_half() -> None:
    slow = a_finding(rule_id="PERF401", category=Category.PERFORMANCE)
    assert check(evidence(slow)).status is GateStatus.FAILED
    assert check(evidence(slow, slow, slow)).fraction == 0.5


def test_findings_of_other_concerns_do_not_touch_it() -> None:
    assert check(evidence(a_finding(category=Category.QUALITY))).status is GateStatus.PASSED
