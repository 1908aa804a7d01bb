"""A job's evidence, its gates' results and the decision on it, put together."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_assets.domain.finding import OutcomeKind, Severity
from orchestrator_assets.domain.gate import Evidence, FixTally, GateResult
from orchestrator_assets.domain.job import JobOptions
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.score import Decision, Score, calculate_quality_score
from orchestrator_assets.domain.suite import SuiteRun
from orchestrator_assets.domain.verification import Verification
from orchestrator_assets.stages.judge import decide


@dataclass(frozen=True, slots=True)
class Judgement:
    """The ten results in the brief's order, the two scores that they add up to, and what becomes of the job."""

    gates: tuple[GateResult, ...]
    before: Score
    after: Score
    decision: Decision


def gather_evidence(scan: Scan, suite: SuiteRun, verification: Verification) -> tuple[Evidence, Evidence]:
    """What the gates see of the tree before and of the tree after."""
    after = tally(verification)
    before = FixTally(total=after.total, fixed=0, introduced=0, regressed_tests=0)
    return Evidence(scan, suite, before), Evidence(verification.scan, verification.suite, after)


def tally(verification: Verification) -> FixTally:
    """The findings that are in the tree (what was not reproduced can't be fixed), those fixed, and the harm done."""
    present = [outcome for outcome in verification.outcomes if outcome.outcome is not OutcomeKind.NOT_REPRODUCED]
    fixed = sum(1 for outcome in present if outcome.outcome is OutcomeKind.FIXED)
    return FixTally(len(present), fixed, len(verification.introduced), len(verification.regressed))


def judge_job(options: JobOptions, gates: Sequence[GateResult], verification: Verification) -> Judgement:
    """Score both trees and decide.

    Args:
        options: The order's.
        gates: All ten results, in the registry's order.
        verification: What stands.
    """
    before = calculate_quality_score([(gate.max_score, gate.before) for gate in gates])
    after = calculate_quality_score([(gate.max_score, gate.after) for gate in gates])
    decision = decide(
        options, before, after, gates, verification.held_back, tally(verification), _criticals(verification), verification.unproven
    )
    return Judgement(tuple(gates), before, after, decision)


def _criticals(verification: Verification) -> int:
    """Critical findings left: those of the scan after, and reported ones of tools that could not be run again."""
    seen = {finding.fingerprint for finding in verification.scan.findings() if finding.severity is Severity.CRITICAL}
    reported = {
        outcome.finding.fingerprint
        for outcome in verification.outcomes
        if outcome.finding.severity is Severity.CRITICAL and outcome.outcome in {OutcomeKind.NO_FIX, OutcomeKind.DROPPED}
    }
    return len(seen | reported)
