from gates.type_safety import check
from orchestrator_assets.domain.finding import Category
from orchestrator_assets.domain.gate import GateStatus
from tests.builders import a_finding, evidence


def test_silence_of_mypy_earns_everything() -> None:
    assert (check(evidence()).status, check(evidence()).fraction) == (GateStatus.PASSED, 1.0)


def test_one_error_fails_the_gate_but_costs_little() -> None:
    verdict = check(evidence(a_finding("mypy", "arg-type", category=Category.TYPES)))
    assert verdict.status is GateStatus.FAILED
    assert 0.9 < verdict.fraction < 1.0


def test_an_unannotated_code_base_still_sees_each_error_that_it_mends() -> None:
    error = a_finding("mypy", "no-untyped-def", category=Category.TYPES)
    many, one_less = check(evidence(*[error] * 150)), check(evidence(*[error] * 149))
    assert many.fraction < 0.15
    assert one_less.fraction > many.fraction
