import pytest

from orchestrator_assets.domain.finding import FindingOutcome, OutcomeKind, Severity
from orchestrator_assets.domain.gate import FixTally
from orchestrator_assets.domain.job import JobOptions, JobState
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.verification import Effort, Verification
from orchestrator_assets.stages.judgement import gather_evidence, judge_job, tally
from tests.builders import GATES, a_finding, a_gate_result, a_scan, a_suite, a_verdict, an_outcome

KINDS = [OutcomeKind.FIXED, OutcomeKind.FIXED, OutcomeKind.DROPPED, OutcomeKind.NO_FIX, OutcomeKind.NOT_REPRODUCED]


def verified(*outcomes: FindingOutcome, scan: Scan | None = None, **changes: object) -> Verification:
    introduced, regressed = changes.get("introduced", ()), changes.get("regressed", ())
    return Verification((), outcomes, scan or a_scan(), a_suite(), introduced, regressed, 0, frozenset(), Effort(1, 1, 1))  # type: ignore[arg-type]


def some_outcomes() -> list[FindingOutcome]:
    return [an_outcome(kind, a_finding(line=line)) for line, kind in enumerate(KINDS, 1)]


def test_what_is_not_in_the_tree_counts_neither_for_nor_against_the_job() -> None:
    assert tally(verified(*some_outcomes())) == FixTally(total=4, fixed=2, introduced=0, regressed_tests=0)


def test_harm_is_counted() -> None:
    told = tally(verified(introduced=(a_finding(), a_finding(line=2)), regressed=("t::a",)))
    assert told == FixTally(0, 0, 2, 1)


def test_the_tree_before_is_judged_with_nothing_done_and_the_one_after_with_its_own_scan_and_tests() -> None:
    scan, after = a_scan(a_finding()), verified(*some_outcomes(), scan=a_scan())
    first, second = gather_evidence(scan, a_suite(passed=3), after)
    assert (first.scan, first.suite.count, first.tally) == (scan, first.suite.count, FixTally(4, 0, 0, 0))
    assert (second.scan, second.suite, second.tally) == (after.scan, after.suite, tally(after))


def test_a_job_that_got_better_is_handed_to_a_person_and_one_that_did_nothing_is_rejected() -> None:
    gates = [a_gate_result(name) for name in GATES]
    better = judge_job(JobOptions(), gates, verified(*some_outcomes()))
    assert (better.before.value, better.after.value, better.decision.state) == (60.0, 80.0, JobState.NEEDS_REVIEW)
    assert [gate.name for gate in better.gates] == list(GATES)
    same = [a_gate_result(name, 0.6, 0.6) for name in GATES]
    assert judge_job(JobOptions(), same, verified(an_outcome(OutcomeKind.NO_FIX))).decision.state is JobState.REJECTED


@pytest.mark.parametrize(
    ("outcome", "left"),
    [(OutcomeKind.NO_FIX, True), (OutcomeKind.DROPPED, True), (OutcomeKind.FIXED, False), (OutcomeKind.NOT_REPRODUCED, False)],
)
def test_a_critical_finding_that_was_reported_and_is_left_keeps_the_job_from_delivery(outcome: OutcomeKind, left: bool) -> None:
    """Of a tool that cannot be run again, the scan knows nothing: its word in the order counts."""
    gates = [a_gate_result(name, 0.9, 1.0) for name in GATES]
    critical = an_outcome(outcome, a_finding("other-scanner", "X1", severity=Severity.CRITICAL))
    judged = judge_job(JobOptions(), gates, verified(an_outcome(OutcomeKind.FIXED), critical))
    assert (judged.decision.state is JobState.DELIVERED) is not left
    assert not left or "1 critical finding" in " ".join(judged.decision.reasons)


def test_a_veto_makes_the_score_zero_and_shows_what_it_would_be() -> None:
    gates = [a_gate_result(name, 0.9, 1.0) for name in GATES]
    gates[2] = a_gate_result("security", 0.9, a_verdict(0.0, None, "1 critical finding"))
    judged = judge_job(JobOptions(), gates, verified(an_outcome(OutcomeKind.FIXED)))
    assert (judged.after.value, judged.after.unvetoed, judged.after.vetoes) == (0.0, 85.0, ("1 critical finding",))
    assert judged.decision.state is not JobState.DELIVERED
