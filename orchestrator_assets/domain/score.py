"""From ten verdicts to one number, and from two numbers to a decision."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_assets.domain.gate import GateResult, GateStatus, Verdict
from orchestrator_assets.domain.job import JobState


@dataclass(frozen=True, slots=True)
class Score:
    """A tree's quality score.

    Attributes:
        value: 0 to 100; 0 when vetoed.
        unvetoed: What it would be without the vetoes: shows progress while a veto stands.
        vetoes: Why the value is zero, empty otherwise.
        redistributed: Points of the gates that do not apply; the others' points are scaled up to 100.
    """

    value: float
    unvetoed: float
    vetoes: tuple[str, ...]
    redistributed: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the job, and why in full sentences for a person, the deciding one first."""

    state: JobState
    reasons: tuple[str, ...]


def calculate_quality_score(verdicts: Sequence[tuple[int, Verdict]]) -> Score:
    """Sum the gates' points; a critical security finding or a syntax error makes it zero.

    Each gate's points are rounded to two decimals first, as the report shows them: with no gate left out, the shown points add
    up to the shown score.

    Args:
        verdicts: (max_score, verdict) of every gate, in the brief's order.

    Source: the brief's scoring algorithm; the redistribution of gates that do not apply is the design's.
    """
    applicable = [(points, v) for points, v in verdicts if v.status is not GateStatus.NOT_APPLICABLE]
    possible = sum(points for points, _ in applicable)
    earned = sum(round(v.fraction * points, 2) for points, v in applicable)
    unvetoed = round(min(100.0, 100.0 * earned / possible), 2) if possible else 0.0
    vetoes = tuple(reason for _, v in verdicts for reason in v.vetoes)
    redistributed = sum(points for points, _ in verdicts) - possible
    return Score(0.0 if vetoes else unvetoed, unvetoed, vetoes, redistributed)


def score_before(gates: Sequence[GateResult]) -> Score:
    """The score of the tree as it came."""
    return calculate_quality_score([(gate.max_score, gate.before) for gate in gates])


def score_after(gates: Sequence[GateResult]) -> Score:
    """The score of the tree as the job leaves it."""
    return calculate_quality_score([(gate.max_score, gate.after) for gate in gates])
