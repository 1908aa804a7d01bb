from pathlib import Path

from orchestrator_assets.domain.suite import CaseResult, TestEnvironment
from tests.builders import a_suite


def test_a_flaky_test_counts_as_failed_and_is_named() -> None:
    run = a_suite(passed=3, failed=1).without(frozenset({"t::p1"}))
    assert (run.count(CaseResult.PASSED), run.count(CaseResult.FAILED)) == (2, 2)
    assert run.passed_ids() == {"t::p0", "t::p2"}
    assert run.without(frozenset({"t::p0"})).flaky == ("t::p0", "t::p1")


def test_a_steady_run_stays_as_it_is() -> None:
    run = a_suite()
    assert run.without(frozenset()) is run


def test_an_environment_knows_packages_by_their_whole_name() -> None:
    place = Path("/env")
    environment = TestEnvironment(place, place, (), place, (), (), ("pytest==7.4.4", "pytest-cov==4.1.0"), "key")
    assert (environment.has("pytest"), environment.has("pytest-cov"), environment.has("pytest-c"), environment.has("pyte")) == (
        True, True, False, False,
    )  # fmt: skip
