import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.gate import GateResult, GateStatus, Verdict
from orchestrator_assets.domain.score import calculate_quality_score, score_after, score_before

_POINTS = (10, 10, 15, 10, 10, 10, 10, 10, 10, 5)

_VERDICTS = st.tuples(
    *(
        st.tuples(
            st.just(points),
            st.builds(
                lambda status, fraction: Verdict(status, fraction if status in {GateStatus.PASSED, GateStatus.FAILED} else 0.0, "summary"),
                st.sampled_from(GateStatus),
                st.floats(0, 1),
            ),
        )
        for points in _POINTS
    )
)


def passed(fraction: float = 1.0, *vetoes: str) -> Verdict:
    return Verdict(GateStatus.PASSED, fraction, "summary", vetoes=vetoes)


def test_all_gates_full_is_a_hundred() -> None:
    assert calculate_quality_score([(points, passed()) for points in _POINTS]).value == 100.0


def test_one_veto_makes_the_score_zero_and_leaves_the_progress_visible() -> None:
    verdicts = [(points, passed()) for points in _POINTS]
    verdicts[2] = (15, passed(0.4, "critical: bandit B602 in app/run.py:7"))
    score = calculate_quality_score(verdicts)
    assert (score.value, score.unvetoed, score.vetoes) == (0.0, 91.0, ("critical: bandit B602 in app/run.py:7",))


def test_the_points_of_a_gate_that_does_not_apply_go_to_the_others() -> None:
    score = calculate_quality_score([(10, passed()), (10, passed(0.5)), (80, Verdict(GateStatus.NOT_APPLICABLE, 0.0, "nothing"))])
    assert (score.value, score.redistributed) == (75.0, 80)


def test_an_error_keeps_its_points_from_everybody() -> None:
    score = calculate_quality_score([(10, passed()), (10, Verdict(GateStatus.ERROR, 0.0, "mypy: killed"))])
    assert (score.value, score.redistributed) == (50.0, 0)


def test_a_tree_to_which_no_gate_applies_has_no_score() -> None:
    assert calculate_quality_score([(10, Verdict(GateStatus.NOT_APPLICABLE, 0.0, "nothing"))]).value == 0.0


def test_points_that_round_up_are_summed_as_shown() -> None:
    assert calculate_quality_score([(10, passed(0.12346))] * 10).value == pytest.approx(12.3)


@given(_VERDICTS)
def test_the_score_lies_between_0_and_100_and_is_the_sum_of_the_points_shown(verdicts: tuple[tuple[int, Verdict], ...]) -> None:
    score = calculate_quality_score(verdicts)
    assert 0.0 <= score.value <= 100.0
    applicable = [(points, v) for points, v in verdicts if v.status is not GateStatus.NOT_APPLICABLE]
    if sum(points for points, _ in applicable) == 100:
        assert score.value == round(sum(round(points * v.fraction, 2) for points, v in applicable), 2)


@given(_VERDICTS, st.integers(0, 9), st.floats(0, 1))
def test_a_gate_that_earns_more_never_lowers_the_score(verdicts: tuple[tuple[int, Verdict], ...], index: int, gain: float) -> None:
    points, verdict = verdicts[index]
    if verdict.status not in {GateStatus.PASSED, GateStatus.FAILED}:
        return
    better = list(verdicts)
    better[index] = (points, Verdict(verdict.status, min(1.0, verdict.fraction + gain), "summary"))
    assert calculate_quality_score(better).value >= calculate_quality_score(verdicts).value


def test_the_scores_before_and_after_are_taken_from_the_results() -> None:
    gates = [GateResult("syntax", 60, passed(0.5), passed()), GateResult("security", 40, passed(0.5, "critical"), passed(0.75))]
    assert (score_before(gates).value, score_before(gates).unvetoed, score_after(gates).value) == (0.0, 50.0, 90.0)
