"""Functional correctness: the order's findings are fixed, and nothing else broke."""

from gates.measures import counted, graded, not_applicable
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict


def check(evidence: Evidence) -> Verdict:
    """Every finding that came in and every test that broke takes back one fix; the tree before has earned nothing yet."""
    tally = evidence.tally
    harm = tally.introduced + tally.regressed_tests
    if not tally.total and not harm:
        return not_applicable("no findings to address")
    fraction = (tally.fixed - harm) / tally.total if tally.total else 0.0
    return graded(
        tally.fixed >= tally.total and not harm,
        fraction,
        f"{tally.fixed} of {counted(tally.total, 'finding')} fixed, {tally.introduced} introduced, "
        f"{counted(tally.regressed_tests, 'test')} broken",
        {
            "findings": tally.total,
            "fixed": tally.fixed,
            "introduced": tally.introduced,
            "regressed_tests": tally.regressed_tests,
        },
    )


GATE = Gate("functional_correctness", 5, "The order's findings are verified as fixed, without regressions.", check)
