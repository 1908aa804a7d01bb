"""Code quality: simple functions, maintainable files, few findings."""

from gates.budgets import COMPLEXITY_LIMIT, MAINTAINABILITY_TARGET, QUALITY_PER_KLOC, TIDY
from gates.measures import damped, density, graded, in_category, not_applicable, python_files, require, share, weight_of
from orchestrator_assets.domain.finding import Category
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict

_COMPLEXITY_PART, _MAINTAINABILITY_PART, _FINDINGS_PART = 0.3, 0.3, 0.4


def check(evidence: Evidence) -> Verdict:
    """The maintainability index earns in proportion up to its target, so that a better file counts before it gets there.

    Raises:
        ToolError: ruff or pylint did not run.
    """
    files = python_files(evidence)
    if not files:
        return not_applicable()
    require(evidence.scan, "ruff", "pylint")
    complexities = [function.complexity for file in files for function in file.functions]
    simple = share(sum(1 for value in complexities if value < COMPLEXITY_LIMIT), len(complexities))
    lines = sum(file.code_lines for file in files)
    above = share(sum(f.code_lines for f in files if f.maintainability > MAINTAINABILITY_TARGET), lines)
    credit = share(sum(f.code_lines * min(1.0, max(0.0, f.maintainability) / MAINTAINABILITY_TARGET) for f in files), lines)
    findings = in_category(evidence.scan, Category.QUALITY)
    per_kloc = density(evidence, weight_of(findings))
    tidiness = damped(per_kloc, QUALITY_PER_KLOC)
    return graded(
        simple == 1.0 and above == 1.0 and tidiness >= TIDY,
        _COMPLEXITY_PART * simple + _MAINTAINABILITY_PART * credit + _FINDINGS_PART * tidiness,
        f"{simple:.0%} of functions under complexity {COMPLEXITY_LIMIT}, {above:.0%} of code above maintainability "
        f"{MAINTAINABILITY_TARGET:.0f}, findings of weight {per_kloc:.1f} per 1,000 lines",
        {
            "functions": len(complexities),
            "functions_under_limit_share": simple,
            "highest_complexity": max(complexities, default=0),
            "maintainable_code_share": above,
            "maintainability_credit": credit,
            "findings": len(findings),
            "weight_per_kloc": per_kloc,
        },
    )


GATE = Gate("code_quality", 10, "Functions below McCabe 10, code above maintainability 70, few lint findings.", check)
