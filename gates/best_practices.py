"""Best practices: errors are handled, events are logged, configuration is not in the code."""

from gates.budgets import PRACTICE_PER_KLOC, TIDY
from gates.measures import counted, damped, density, graded, has_python, not_applicable, require, weight_of
from orchestrator_assets.domain.finding import Category, Finding
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict

_HARD_CODED_SECRETS = frozenset({"B105", "B106", "B107"})


def check(evidence: Evidence) -> Verdict:
    """Hard-coded passwords count here as configuration, and in the security gate as what they are.

    Raises:
        ToolError: ruff, pylint or bandit did not run.
    """
    if not has_python(evidence):
        return not_applicable()
    require(evidence.scan, "ruff", "pylint", "bandit")
    findings = [finding for finding in evidence.scan.findings() if _is_practice(finding)]
    secrets = sum(1 for finding in findings if _is_secret(finding))
    per_kloc = density(evidence, weight_of(findings))
    tidiness = damped(per_kloc, PRACTICE_PER_KLOC)
    return graded(
        tidiness >= TIDY and not secrets,
        tidiness,
        f"{counted(len(findings), 'finding')} of weight {per_kloc:.1f} per 1,000 lines, {counted(secrets, 'hard-coded password')}",
        {"findings": len(findings), "weight_per_kloc": per_kloc, "hard_coded_passwords": secrets},
    )


def _is_practice(finding: Finding) -> bool:
    return finding.category is Category.PRACTICE or _is_secret(finding)


def _is_secret(finding: Finding) -> bool:
    return finding.tool == "bandit" and finding.rule_id in _HARD_CODED_SECRETS


GATE = Gate("best_practices", 10, "Few swallowed errors, prints for logs, and values that belong in the configuration.", check)
