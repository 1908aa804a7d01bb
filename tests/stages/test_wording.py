import pytest

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.finding import OutcomeKind
from orchestrator_assets.stages import wording
from orchestrator_assets.stages.report import build_report
from tests.builders import a_finding, a_suite, an_outcome, report_inputs


@pytest.mark.parametrize(
    ("micro", "shown"),
    [(0, "0.00 USD"), (1, "0.000001 USD"), (1_500_000, "1.50 USD"), (1_234_567_800_000, "1,234,567.80 USD"), (12_345_600, "12.3456 USD")],
)
def test_amounts_show_cents_or_all_that_they_are(micro: int, shown: str) -> None:
    assert wording.usd(MicroUsd(micro)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0.00 s"), (0.02, "0.02 s"), (0.31, "0.3 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (245, "4 min 05 s"), (7380, "2 h 03 min")],
)
def test_durations_are_as_fine_as_they_need_be(seconds: float, shown: str) -> None:
    assert wording.duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(1234, "1,234"), (2.0, "2"), (12.8316048, "12.83"), (0.5, "0.5"), ("ruff 0.17", "ruff 0.17"), (None, "-")]
)
def test_measures_have_at_most_two_decimals(value: float | str | None, shown: str) -> None:
    assert wording.measure(value) == shown


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (report_inputs(outcomes=[]), "There were no findings to work on."),
        (report_inputs(outcomes=[an_outcome(OutcomeKind.NO_FIX)]), "None of 1 finding is verified as fixed."),
        (report_inputs(suite_after=a_suite(9)), "1 of 2 findings is verified as fixed, but 1 test that passed before does not pass now."),
        (
            report_inputs(outcomes=[an_outcome(finding=a_finding(line=n)) for n in range(2)]),
            "2 of 2 findings are verified as fixed: a re-scan no longer reports them, and all 10 tests that passed before still pass.",
        ),
    ],
)
def test_what_the_numbers_rest_on_is_said_as_it_is(inputs, words: str) -> None:  # type: ignore[no-untyped-def]
    assert wording.verification(build_report(inputs)) == words
