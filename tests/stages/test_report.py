import json
from decimal import Decimal

import pytest

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.finding import OutcomeKind
from orchestrator_assets.domain.fix import FixSafety
from orchestrator_assets.domain.report import Executed
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus
from orchestrator_assets.stages.report import build_report, report_json, without_credentials
from tests.builders import a_diff, a_finding, a_fix, a_gate_result, a_suite, a_verdict, an_applied_group, an_outcome, report_inputs


def test_the_json_is_the_report_with_money_to_six_decimals() -> None:
    report = build_report(report_inputs(cost=MicroUsd(1)))
    text = report_json(report).decode()
    assert '"cost_usd": 0.000001' in text
    assert json.loads(text) == report.to_dict()


def test_the_json_is_the_same_for_the_same_job() -> None:
    assert report_json(build_report(report_inputs())) == report_json(build_report(report_inputs()))


def test_names_that_are_not_text_do_not_stop_the_report() -> None:
    outcome = an_outcome(OutcomeKind.NO_FIX, a_finding(path="caf\udce9.py"))
    assert json.loads(report_json(build_report(report_inputs(outcomes=[outcome]))))["outcomes"][0]["path"] == "caf\udce9.py"


def test_a_measure_that_is_no_number_does_not_stop_the_report() -> None:
    gate = a_gate_result(after=a_verdict(0.8, details={"ratio": float("nan"), "files": 3}))
    row = json.loads(report_json(build_report(report_inputs(gates=[gate]))))["gates"][0]
    assert row["details"] == {"ratio": "nan", "files": 3}


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://bob:secret@git.example.com/acme/shop.git?token=x#y", "https://git.example.com/acme/shop.git"),
        ("ssh://git@git.example.com:2222/acme/shop.git", "ssh://git.example.com:2222/acme/shop.git"),
        ("/srv/repos/a@b/shop", "/srv/repos/a@b/shop"),
    ],
)
def test_no_credentials_of_the_repository_get_into_the_report(location: str, shown: str) -> None:
    assert without_credentials(location) == shown


def test_tests_that_broke_were_mended_or_waver_are_named_apart() -> None:
    before = SuiteRun(
        "t1", SuiteStatus.RAN, cases=tuple((name, CaseResult(result)) for name, result in _cases("passed passed failed passed"))
    )
    after = SuiteRun(
        "t2",
        SuiteStatus.RAN,
        cases=tuple((name, CaseResult(result)) for name, result in _cases("passed failed passed failed")),
        flaky=("t3",),
    )
    tests = build_report(report_inputs(suite_before=before, suite_after=after)).tests
    assert (tests.kept, tests.regressed, tests.repaired, tests.flaky) == (1, ("t1",), ("t2",), ("t3",))


def _cases(results: str) -> list[tuple[str, str]]:
    return [(f"t{index}", result) for index, result in enumerate(results.split())]


def test_tests_that_could_not_run_are_not_called_broken() -> None:
    after = SuiteRun("t2", SuiteStatus.COULD_NOT_RUN, reason="pip found no wheel for lxml")
    tests = build_report(report_inputs(suite_after=after)).to_dict()["tests"]
    assert (tests["status"], tests["reason"], tests["regressed"]) == ("could_not_run", "pip found no wheel for lxml", [])


def test_a_test_that_vanished_counts_as_broken() -> None:
    tests = build_report(report_inputs(suite_before=a_suite(2), suite_after=a_suite(1))).tests
    assert tests.regressed == ("t::p1",)


def test_a_commit_of_several_fixes_is_one_row() -> None:
    fixes = (a_fix("b.py", "f1", "f2"), a_fix("a.py", "f3", safety=FixSafety.UNSAFE, evidence="It is\n dead."), a_fix("a.py", "f4"))
    row = build_report(report_inputs(groups=[an_applied_group(*fixes)])).fixes[0]
    assert (row.paths, row.fingerprints, row.safety, row.tier) == (("a.py", "b.py"), ("f1", "f2", "f3", "f4"), "unsafe", "rules")
    assert row.evidence == "Nothing uses it.\nIt is dead."


def test_a_fix_tells_how_many_of_its_places_the_tests_ran() -> None:
    diff = a_diff("app/core.py", line=3) + a_diff("app/other.py", line=9) + a_diff("README.md", line=1)
    suite = a_suite(executed_lines=(("app/core.py", (1, 3)), ("app/other.py", (1,))))
    report = build_report(report_inputs(groups=[an_applied_group(diff=diff)], suite_after=suite))
    assert report.fixes[0].executed_by_tests == Executed(2, 1)


def test_without_coverage_nothing_is_said_about_places() -> None:
    report = build_report(report_inputs(suite_after=a_suite(coverage_percent=None)))
    assert report.to_dict()["fixes"][0]["executed_by_tests"] is None


def test_the_options_of_the_order_are_in_the_report() -> None:
    report = build_report(report_inputs())
    assert (report.thresholds.min_score, Decimal(report.thresholds.hard_cap_usd)) == (95.0, 20)
