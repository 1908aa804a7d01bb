from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.gate import FixTally, GateResult, GateStatus, Verdict
from orchestrator_assets.domain.job import JobOptions, JobState, Policy
from orchestrator_assets.domain.score import Decision, score_after, score_before
from orchestrator_assets.stages.judge import decide

DELIVERED, REVIEW, REJECTED = JobState.DELIVERED, JobState.NEEDS_REVIEW, JobState.REJECTED
BOTH = pytest.mark.parametrize("policy", list(Policy))


def verdict(fraction: float, status: GateStatus = GateStatus.FAILED, *vetoes: str, summary: str = "12 findings") -> Verdict:
    return Verdict(status, fraction, summary, vetoes=vetoes)


def gate(before: float, after: float, name: str = "code_quality", points: int = 100) -> GateResult:
    return GateResult(name, points, verdict(before), verdict(after))


@dataclass(frozen=True)
class Judged:
    """A job that fixed three of ten findings and got better, but stays below 95."""

    gates: tuple[GateResult, ...] = (gate(0.6, 0.7),)
    held_back: int = 0
    tally: FixTally = field(default_factory=lambda: FixTally(10, 3, 0, 0))
    criticals_after: int = 0
    policy: Policy = Policy.RATCHET
    min_score: int = 95

    def decision(self) -> Decision:
        options = JobOptions(policy=self.policy, min_score=Decimal(self.min_score))
        return decide(
            options, score_before(self.gates), score_after(self.gates), self.gates, self.held_back, self.tally, self.criticals_after
        )


GOOD = (gate(0.9, 0.97),)
NOTHING_FIXED = FixTally(10, 0, 0, 0)
FAILED_TOOL = GateResult("type_safety", 5, verdict(0.5), verdict(0.0, GateStatus.ERROR, summary="mypy: killed"))


@BOTH
def test_better_and_at_the_minimum_is_delivered(policy: Policy) -> None:
    decision = Judged(gates=GOOD, policy=policy).decision()
    assert decision.state is DELIVERED
    assert "97.00" in decision.reasons[0]


@BOTH
def test_better_but_below_the_minimum_needs_a_review_and_says_from_where_to_where(policy: Policy) -> None:
    decision = Judged(policy=policy).decision()
    assert decision.state is REVIEW
    assert decision.reasons == ("3 findings were fixed and the score went from 60.00 to 70.00, below the minimum of 95.",)


@BOTH
def test_without_any_verified_fix_the_job_is_rejected_and_says_so(policy: Policy) -> None:
    decision = Judged(gates=(gate(0.6, 0.6),), tally=NOTHING_FIXED, policy=policy).decision()
    assert decision.state is REJECTED
    assert decision.reasons[0].startswith("No verified fix was possible")


@BOTH
def test_points_that_came_without_a_fix_are_no_progress(policy: Policy) -> None:
    assert Judged(tally=NOTHING_FIXED, policy=policy).decision().state is REJECTED


@BOTH
def test_a_tree_that_was_good_already_is_delivered_without_a_fix(policy: Policy) -> None:
    assert Judged(gates=(gate(0.97, 0.97),), tally=FixTally(0, 0, 0, 0), policy=policy).decision().state is DELIVERED


@BOTH
def test_a_test_that_passed_before_and_fails_now_rejects_whatever_the_score(policy: Policy) -> None:
    decision = Judged(gates=GOOD, tally=FixTally(10, 9, 0, 1), policy=policy).decision()
    assert decision.state is REJECTED
    assert decision.reasons[0] == "1 test that passed before does not pass any more."


@BOTH
def test_tests_that_ran_before_and_cannot_be_run_now_reject(policy: Policy) -> None:
    stopped = GateResult("test_coverage", 1, verdict(0.5), verdict(0.0, GateStatus.ERROR, summary="tests: import error"))
    decision = Judged(gates=(*GOOD, stopped), policy=policy).decision()
    assert decision.state is REJECTED
    assert "import error" in decision.reasons[0]


def test_one_gate_worse_rejects_under_ratchet_though_the_sum_is_better() -> None:
    decision = Judged(gates=(gate(0.8, 1.0, points=90), gate(0.9, 0.8, "security", 10))).decision()
    assert decision.state is REJECTED
    assert decision.reasons[0] == "Gate security is worse (9.00 points before, 8.00 after, of 10): 12 findings."


def test_one_gate_worse_does_not_keep_the_absolute_policy_from_delivering_but_is_said() -> None:
    decision = Judged(gates=(gate(0.8, 1.0, points=90), gate(0.9, 0.8, "security", 10)), policy=Policy.ABSOLUTE).decision()
    assert decision.state is DELIVERED
    assert any("Gate security is worse" in reason for reason in decision.reasons)


def test_one_gate_worse_and_below_the_minimum_rejects_under_the_absolute_policy() -> None:
    decision = Judged(gates=(gate(0.5, 0.8, points=90), gate(0.9, 0.8, "security", 10)), policy=Policy.ABSOLUTE).decision()
    assert decision.state is REJECTED


@pytest.mark.parametrize(("after", "state"), [(0.9949, REJECTED), (0.9951, DELIVERED)])
def test_a_gate_may_lose_half_a_percent_of_its_points_as_noise(after: float, state: JobState) -> None:
    assert Judged(gates=(*GOOD, gate(1.0, after, "documentation", 10))).decision().state is state


def test_a_lower_share_of_covered_lines_alone_is_no_setback() -> None:
    assert Judged(gates=(*GOOD, gate(1.0, 0.9, "test_coverage", 10))).decision().state is DELIVERED


def test_a_finding_that_came_in_rejects_under_ratchet() -> None:
    decision = Judged(gates=GOOD, tally=FixTally(10, 9, 2, 0)).decision()
    assert (decision.state, decision.reasons[0]) == (REJECTED, "The fixes brought in 2 findings that were not there before.")


def test_a_gate_that_has_nothing_left_to_judge_rejects() -> None:
    emptied = GateResult("documentation", 10, verdict(0.5), verdict(0.0, GateStatus.NOT_APPLICABLE, summary="no Python files to judge"))
    assert Judged(gates=(*GOOD, emptied)).decision().state is REJECTED


def test_a_new_veto_rejects() -> None:
    broken = GateResult("syntax", 1, verdict(1.0), verdict(1.0, GateStatus.FAILED, "a.py does not parse: invalid syntax"))
    decision = Judged(gates=(*GOOD, broken)).decision()
    assert decision.state is REJECTED
    assert "a.py does not parse" in decision.reasons[0]


@BOTH
def test_a_critical_finding_left_needs_a_review_whatever_the_score(policy: Policy) -> None:
    decision = Judged(gates=GOOD, criticals_after=1, policy=policy).decision()
    assert decision.state is REVIEW
    assert decision.reasons[0].startswith("1 critical finding remains")


def test_progress_under_a_veto_needs_a_review_and_shows_the_score_without_it() -> None:
    vetoed = GateResult("security", 100, verdict(0.5, GateStatus.FAILED, "critical"), verdict(0.6, GateStatus.FAILED, "critical"))
    decision = Judged(gates=(vetoed,), criticals_after=2).decision()
    assert decision.state is REVIEW
    assert "0.00 (vetoed; 60.00 without the veto)" in decision.reasons[0]
    assert decision.reasons[1].startswith("2 critical findings remain")


@BOTH
def test_a_file_that_never_parsed_keeps_even_a_minimum_of_zero_from_being_delivered(policy: Policy) -> None:
    broken = GateResult(
        "syntax", 100, verdict(0.5, GateStatus.FAILED, "a.py does not parse"), verdict(0.6, GateStatus.FAILED, "a.py does not parse")
    )
    decision = Judged(gates=(broken,), policy=policy, min_score=0).decision()
    assert (decision.state, decision.reasons[0]) == (REVIEW, "The score is vetoed: a.py does not parse.")


@BOTH
def test_a_gate_that_could_not_be_judged_needs_a_review_in_the_tools_words(policy: Policy) -> None:
    decision = Judged(gates=(gate(0.9, 1.0, points=96), replace(FAILED_TOOL, max_score=4)), policy=policy).decision()
    assert decision.state is REVIEW
    assert decision.reasons[0] == "Gate type_safety could not be judged: mypy: killed."


@BOTH
def test_an_error_that_is_gone_is_not_taken_for_progress(policy: Policy) -> None:
    recovered = GateResult("type_safety", 50, verdict(0.0, GateStatus.ERROR), verdict(0.5))
    assert Judged(gates=(gate(0.6, 0.59, points=50), recovered), policy=policy, tally=FixTally(10, 1, 0, 0)).decision().state is REJECTED


def test_fixes_held_back_for_want_of_tests_need_a_review_at_any_score() -> None:
    decision = Judged(gates=GOOD, held_back=5).decision()
    assert (decision.state, decision.reasons) == (REVIEW, ("5 fixes were held back because no test could prove them.",))


@BOTH
def test_when_all_fixes_were_held_back_a_person_decides(policy: Policy) -> None:
    decision = Judged(gates=(gate(0.6, 0.6),), tally=NOTHING_FIXED, held_back=1, policy=policy).decision()
    assert decision.state is REVIEW
    assert "1 fix was held back because no test could prove it." in decision.reasons


def test_a_fix_too_small_to_move_the_points_is_still_progress() -> None:
    assert Judged(gates=(gate(0.6, 0.6),), tally=FixTally(5000, 1, 0, 0)).decision().state is REVIEW


_STATUSES = st.sampled_from([GateStatus.PASSED, GateStatus.FAILED, GateStatus.ERROR, GateStatus.NOT_APPLICABLE])
_VERDICT = st.builds(
    lambda status, fraction, vetoes: verdict(fraction, status, *vetoes), _STATUSES, st.floats(0, 1), st.sampled_from([(), (), ("veto",)])
)
_JUDGED = st.builds(
    Judged,
    gates=st.lists(
        st.builds(GateResult, st.sampled_from(["security", "test_coverage"]), st.just(10), _VERDICT, _VERDICT), min_size=1, max_size=4
    ).map(tuple),
    held_back=st.integers(0, 2),
    tally=st.builds(FixTally, st.just(10), st.integers(0, 10), st.integers(0, 1), st.integers(0, 1)),
    criticals_after=st.integers(0, 1),
    policy=st.sampled_from(Policy),
    min_score=st.sampled_from([0, 50, 95]),
)


@given(_JUDGED)
def test_nothing_is_delivered_that_breaks_tests_keeps_criticals_misses_the_minimum_or_was_not_judged(judged: Judged) -> None:
    decision = judged.decision()
    score = score_after(judged.gates)
    assert decision.state in {DELIVERED, REVIEW, REJECTED}
    if decision.state is DELIVERED:
        assert not judged.tally.regressed_tests
        assert not judged.criticals_after
        assert not score.vetoes
        assert score.value >= judged.min_score
        assert all(g.after.status is not GateStatus.ERROR for g in judged.gates)


@given(_JUDGED)
def test_every_decision_has_reasons_in_full_sentences(judged: Judged) -> None:
    reasons = judged.decision().reasons
    assert reasons
    assert all(reason[0].isupper() or reason[0].isdigit() for reason in reasons)
    assert all(reason.endswith(".") for reason in reasons)
    assert len(set(reasons)) == len(reasons) or len({g.name for g in judged.gates}) < len(judged.gates)


@given(_JUDGED, st.booleans())
def test_more_harm_never_makes_a_decision_kinder(judged: Judged, tests_break: bool) -> None:
    kindness = [REJECTED, REVIEW, DELIVERED]
    tally = replace(judged.tally, regressed_tests=1) if tests_break else replace(judged.tally, introduced=1)
    worse = replace(judged, tally=tally, criticals_after=1)
    assert kindness.index(worse.decision().state) <= kindness.index(judged.decision().state)


def test_fixes_on_lines_that_no_test_runs_want_a_reader() -> None:
    judged = Judged(gates=GOOD)
    before, after = score_before(judged.gates), score_after(judged.gates)
    options = JobOptions(min_score=Decimal(0))
    decision = decide(options, before, after, judged.gates, 0, judged.tally, 0, unproven=2)
    assert decision.state is REVIEW
    assert "2 fixes may change behaviour on lines that no test runs" in decision.reasons[0]
