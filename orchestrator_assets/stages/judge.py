"""From the gates' verdicts to what becomes of the job. The rules, with their reasons, are a table in `gates/README.md`."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_assets.domain.gate import FixTally, GateResult, GateStatus
from orchestrator_assets.domain.job import JobOptions, JobState, Policy
from orchestrator_assets.domain.score import Decision, Score

WORSE_TOLERANCE = 0.005
"""How much of a gate's points may be lost as noise: coverage and maintainability move in the third decimal when a line goes."""

_UNMEASURED = frozenset({GateStatus.ERROR, GateStatus.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class _Case:
    """All that a decision rests on."""

    min_score: float
    before: Score
    after: Score
    gates: Sequence[GateResult]
    held_back: int
    tally: FixTally
    criticals_after: int
    unproven: int

    @property
    def reaches_minimum(self) -> bool:
        return self.after.value >= self.min_score

    @property
    def improved(self) -> bool:
        """Whether fixes were verified at no loss of points. Only gates measured on both sides count: an ERROR gone is no progress."""
        measured = [g for g in self.gates if g.before.status not in _UNMEASURED and g.after.status not in _UNMEASURED]
        return self.tally.fixed > 0 and round(sum(g.score_after - g.score_before for g in measured), 2) >= 0


def decide(
    order_options: JobOptions,
    before: Score,
    after: Score,
    gates: Sequence[GateResult],
    held_back: int,
    tally: FixTally,
    criticals_after: int,
    unproven: int = 0,
) -> Decision:
    """Judge the job by the order's policy.

    Args:
        order_options: The policy and the minimum score.
        before: Score of the untouched tree.
        after: Score of the tree with the verified fixes.
        gates: The ten results that both scores come from.
        held_back: Fixes left out because no test could prove them.
        tally: The order's findings, those verified as fixed, and the harm done.
        criticals_after: Critical findings left, whoever reported them.
        unproven: Applied fixes that may change behaviour on lines that no test runs.
    """
    case = _Case(float(order_options.min_score), before, after, gates, held_back, tally, criticals_after, unproven)
    return _by_ratchet(case) if order_options.policy is Policy.RATCHET else _by_absolute(case)


def _by_ratchet(case: _Case) -> Decision:
    harm = [*_broken_tests(case), *_setbacks(case)]
    doubts = [*_vetoing(case), *_unproven(case), *_unjudged(case), *_held_back(case)]
    if harm:
        return Decision(JobState.REJECTED, tuple(harm + doubts))
    if not case.improved and not case.reaches_minimum:
        nothing = _no_progress(case)
        if case.held_back:
            return Decision(JobState.NEEDS_REVIEW, (*_held_back(case), nothing, *_vetoing(case), *_unjudged(case)))
        return Decision(JobState.REJECTED, (nothing, *doubts))
    if not case.reaches_minimum:
        doubts = [_below_minimum(case), *doubts]
    if doubts:
        return Decision(JobState.NEEDS_REVIEW, tuple(doubts))
    met = f"The score of {case.after.value:.2f} reaches the minimum of {case.min_score:g}, no gate is worse, no critical finding remains."
    return Decision(JobState.DELIVERED, (met,))


def _by_absolute(case: _Case) -> Decision:
    broken, setbacks = _broken_tests(case), _setbacks(case)
    barring = [*_vetoing(case), *_unproven(case), *_unjudged(case)]
    if broken:
        return Decision(JobState.REJECTED, tuple(broken + setbacks + barring))
    if case.reaches_minimum and not barring:
        met = f"The score of {case.after.value:.2f} reaches the required {case.min_score:g}, with no veto."
        return Decision(JobState.DELIVERED, (met, *setbacks, *_held_back(case)))
    shortfall = [] if case.reaches_minimum else [_below_minimum(case) if case.improved else _no_progress(case)]
    if (case.improved or case.held_back) and not setbacks:
        return Decision(JobState.NEEDS_REVIEW, tuple(shortfall + barring + _held_back(case)))
    return Decision(JobState.REJECTED, tuple(setbacks + shortfall + barring + _held_back(case)))


def _broken_tests(case: _Case) -> list[str]:
    reasons = []
    if case.tally.regressed_tests:
        number = case.tally.regressed_tests
        reasons.append(f"{_number(number, 'test')} that passed before {'does' if number == 1 else 'do'} not pass any more.")
    stopped = [
        g for g in case.gates if g.name == "test_coverage" and g.before.status not in _UNMEASURED and g.after.status is GateStatus.ERROR
    ]
    reasons.extend(f"The tests ran before and could not be run after the fixes: {_sentence(gate.after.summary)}" for gate in stopped)
    return reasons


def _setbacks(case: _Case) -> list[str]:
    reasons = []
    if case.tally.introduced:
        reasons.append(
            f"The fixes brought in {_number(case.tally.introduced, 'finding')} that {_was(case.tally.introduced)} not there before."
        )
    reasons.extend(_worse(gate) for gate in case.gates if _is_worse(gate))
    if case.after.vetoes and not case.before.vetoes:
        reasons.append(f"The score was not vetoed before and is now: {_sentence(case.after.vetoes[0])}")
    return reasons


def _is_worse(gate: GateResult) -> bool:
    if gate.before.status in _UNMEASURED or gate.after.status is GateStatus.ERROR:
        return False
    if gate.after.status is GateStatus.NOT_APPLICABLE:
        return True
    # The tests are as they were, and each that passed still passes: a lower share of covered lines only says that covered lines went.
    return gate.name != "test_coverage" and gate.after.fraction < gate.before.fraction - WORSE_TOLERANCE


def _worse(gate: GateResult) -> str:
    if gate.after.status is GateStatus.NOT_APPLICABLE:
        return f"Gate {gate.name} had something to judge before and has nothing now: {_sentence(gate.after.summary)}"
    points = f"{gate.score_before:.2f} points before, {gate.score_after:.2f} after, of {gate.max_score}"
    return f"Gate {gate.name} is worse ({points}): {_sentence(gate.after.summary)}"


def _vetoing(case: _Case) -> list[str]:
    number = case.criticals_after
    if number:
        remain = "remains" if number == 1 else "remain"
        return [f"{_number(number, 'critical finding')} {remain}; somebody has to mend or accept {_them(number)}."]
    return [f"The score is vetoed: {_sentence(case.after.vetoes[0])}"] if case.after.vetoes else []


def _unproven(case: _Case) -> list[str]:
    number = case.unproven
    if not number:
        return []
    return [f"{_number(number, 'fix', 'fixes')} may change behaviour on lines that no test runs; somebody has to read {_them(number)}."]


def _unjudged(case: _Case) -> list[str]:
    return [
        f"Gate {gate.name} could not be judged: {_sentence(gate.after.summary)}"
        for gate in case.gates
        if gate.after.status is GateStatus.ERROR
    ]


def _held_back(case: _Case) -> list[str]:
    if case.held_back:
        was = "was" if case.held_back == 1 else "were"
        return [f"{_number(case.held_back, 'fix', 'fixes')} {was} held back because no test could prove {_them(case.held_back)}."]
    return []


def _no_progress(case: _Case) -> str:
    score = f"the score of {_score(case.after)} stays below the minimum of {case.min_score:g}"
    if not case.tally.fixed:
        return f"No verified fix was possible, and {score}."
    return f"{_fixed(case)}, but the gates lost points by it, and {score}."


def _below_minimum(case: _Case) -> str:
    return f"{_fixed(case)} and the score went from {_score(case.before)} to {_score(case.after)}, below the minimum of {case.min_score:g}."


def _fixed(case: _Case) -> str:
    return f"{_number(case.tally.fixed, 'finding')} {_was(case.tally.fixed)} fixed"


def _score(score: Score) -> str:
    return f"{score.value:.2f}" + (f" (vetoed; {score.unvetoed:.2f} without the veto)" if score.vetoes else "")


def _number(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."
