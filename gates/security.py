"""Security: no critical or high finding, and few others."""

from gates.budgets import SECURITY_WEIGHT_PER_KLOC, SECURITY_WEIGHTS
from gates.measures import damped, density, errored, graded, has_python, in_category, not_applicable, require, weight_of
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Category, Finding, Severity
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict

_GRAVE_PART, _LESSER_PART = 0.6, 0.4
_GRAVE = frozenset({Severity.CRITICAL, Severity.HIGH})
_SHOWN_VETOES = 5


def check(evidence: Evidence) -> Verdict:
    """Critical findings veto, also those of another tool while bandit could not run.

    Critical and high findings have the larger part of the points to themselves: a tree without them passes, and must not
    look worse for many small things than one that fails.
    """
    if not has_python(evidence):
        return not_applicable()
    findings = in_category(evidence.scan, Category.SECURITY)
    vetoes = _vetoes([finding for finding in findings if finding.severity is Severity.CRITICAL])
    try:
        require(evidence.scan, "bandit")
        grave = density(evidence, weight_of((f for f in findings if f.severity in _GRAVE), SECURITY_WEIGHTS))
        lesser = density(evidence, weight_of((f for f in findings if f.severity not in _GRAVE), SECURITY_WEIGHTS))
    except ToolError as error:
        return errored(str(error), vetoes)
    counts = {severity: sum(1 for f in findings if f.severity is severity) for severity in Severity}
    return graded(
        not any(counts[severity] for severity in _GRAVE),
        _GRAVE_PART * damped(grave, SECURITY_WEIGHT_PER_KLOC) + _LESSER_PART * damped(lesser, SECURITY_WEIGHT_PER_KLOC),
        ", ".join(f"{number} {severity}" for severity, number in counts.items() if number) or "no findings",
        {
            **{str(severity): number for severity, number in counts.items()},
            "grave_weight_per_kloc": grave,
            "lesser_weight_per_kloc": lesser,
        },
        vetoes,
    )


def _vetoes(critical: list[Finding]) -> tuple[str, ...]:
    critical = sorted(critical, key=lambda finding: finding.sort_key)
    named = [f"critical: {f.tool} {f.rule_id} in {f.path}:{f.line}: {f.message}" for f in critical[:_SHOWN_VETOES]]
    if len(critical) > _SHOWN_VETOES:
        named.append(f"{len(critical) - _SHOWN_VETOES} more critical findings")
    return tuple(named)


GATE = Gate("security", 15, "No critical or high security finding, and few of less weight.", check)
