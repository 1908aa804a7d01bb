"""Performance: no obvious anti-patterns."""

from gates.budgets import PERFORMANCE_PER_KLOC
from gates.measures import counted, damped, density, graded, has_python, in_category, not_applicable, require, weight_of
from orchestrator_assets.domain.finding import Category
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict


def check(evidence: Evidence) -> Verdict:
    """Static anti-patterns only; nothing is timed.

    Raises:
        ToolError: ruff or pylint did not run.
    """
    if not has_python(evidence):
        return not_applicable()
    require(evidence.scan, "ruff", "pylint")
    findings = in_category(evidence.scan, Category.PERFORMANCE)
    per_kloc = density(evidence, weight_of(findings))
    return graded(
        not findings,
        damped(per_kloc, PERFORMANCE_PER_KLOC),
        counted(len(findings), "performance anti-pattern"),
        {"findings": len(findings), "weight_per_kloc": per_kloc},
    )


GATE = Gate("performance", 10, "No obvious performance anti-pattern.", check)
