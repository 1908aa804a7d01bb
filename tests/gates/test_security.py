import pytest

from gates.security import check
from orchestrator_assets.domain.finding import Category, Severity
from orchestrator_assets.domain.gate import GateStatus
from tests.builders import a_finding, a_security_finding, evidence


@pytest.mark.parametrize(
    ("severity", "status"),
    [
        (Severity.CRITICAL, GateStatus.FAILED),
        (Severity.HIGH, GateStatus.FAILED),
        (Severity.MEDIUM, GateStatus.PASSED),
        (Severity.LOW, GateStatus.PASSED),
    ],
)
def test_only_critical_and_high_findings_fail_the_gate(severity: Severity, status: GateStatus) -> None:
    assert check(evidence(a_security_finding(severity))).status is status


def test_the_worse_the_finding_the_more_it_costs() -> None:
    fractions = [check(evidence(a_security_finding(severity))).fraction for severity in Severity]
    assert fractions == sorted(fractions)
    assert len(set(fractions)) == len(fractions)


def test_many_small_things_leave_a_passing_tree_most_of_its_points() -> None:
    verdict = check(evidence(*[a_security_finding(Severity.LOW)] * 500))
    assert verdict.status is GateStatus.PASSED
    assert verdict.fraction > 0.6


def test_a_critical_finding_vetoes_with_its_place() -> None:
    verdict = check(evidence(a_security_finding(Severity.CRITICAL, path="app/run.py", line=7)))
    assert len(verdict.vetoes) == 1
    assert "app/run.py:7" in verdict.vetoes[0]


def test_a_critical_finding_of_another_tool_vetoes_while_bandit_could_not_run() -> None:
    verdict = check(evidence(a_finding(category=Category.SECURITY, severity=Severity.CRITICAL), failed={"bandit": "killed"}))
    assert verdict.status is GateStatus.ERROR
    assert len(verdict.vetoes) == 1


def test_a_finding_of_another_concern_is_not_a_security_finding() -> None:
    assert check(evidence(a_finding(severity=Severity.CRITICAL, category=Category.QUALITY))).fraction == 1.0
