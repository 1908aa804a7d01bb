"""Type safety: mypy's strict mode is silent."""

from gates.budgets import TYPE_ERRORS_PER_KLOC
from gates.measures import counted, damped, density, graded, has_python, not_applicable, require
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict


def check(evidence: Evidence) -> Verdict:
    """No error earns all points, as the brief asks.

    Raises:
        ToolError: mypy did not run.
    """
    if not has_python(evidence):
        return not_applicable()
    require(evidence.scan, "mypy")
    errors = [finding for finding in evidence.scan.findings() if finding.tool == "mypy"]
    per_kloc = density(evidence, len(errors))
    return graded(
        not errors,
        damped(per_kloc, TYPE_ERRORS_PER_KLOC),
        f"{counted(len(errors), 'type error')} in {counted(len({f.path for f in errors}), 'file')}",
        {"type_errors": len(errors), "type_errors_per_kloc": per_kloc, "files_with_errors": len({f.path for f in errors})},
    )


GATE = Gate("type_safety", 10, "mypy --strict reports no error.", check)
