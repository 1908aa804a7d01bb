import pytest

from gates.documentation import check
from orchestrator_assets.domain.gate import GateStatus
from tests.builders import a_file, evidence


def test_docstrings_on_eighty_percent_and_a_readme_earn_everything() -> None:
    verdict = check(evidence(files=(a_file(documented=8, documentable=10),)))
    assert (verdict.status, verdict.fraction) == (GateStatus.PASSED, 1.0)


def test_half_of_the_target_earns_half_of_the_docstrings_points() -> None:
    verdict = check(evidence(files=(a_file(documented=4, documentable=10),)))
    assert (verdict.status, verdict.fraction) == (GateStatus.FAILED, pytest.approx(0.6))


def test_a_repository_without_readme_does_not_pass() -> None:
    verdict = check(evidence(has_readme=False))
    assert (verdict.status, verdict.fraction) == (GateStatus.FAILED, pytest.approx(0.8))


def test_it_needs_no_tool() -> None:
    assert check(evidence(failed={"pylint": "x", "ruff": "x", "mypy": "x", "bandit": "x"})).status is GateStatus.PASSED
