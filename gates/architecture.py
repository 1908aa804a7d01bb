"""Architecture: modules of a sensible size that depend on each other one way."""

from gates.budgets import ARCHITECTURE_PER_KLOC, FAN_OUT_LIMIT, MODULE_LINES_LIMIT, TIDY
from gates.import_cycles import import_cycles
from gates.measures import counted, damped, density, graded, in_category, not_applicable, python_files, require, share, weight_of
from orchestrator_assets.domain.finding import Category
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict
from orchestrator_assets.domain.scan import FileMetrics

_CYCLES_PART, _FINDINGS_PART, _SIZE_PART, _FAN_OUT_PART = 0.3, 0.4, 0.2, 0.1


def check(evidence: Evidence) -> Verdict:
    """Cycles come from the files' imports; pylint's `cyclic-import` counts among the findings.

    Raises:
        ToolError: pylint did not run.
    """
    files = python_files(evidence)
    if not files:
        return not_applicable()
    require(evidence.scan, "pylint")
    cycles = import_cycles({file.path: file.imports for file in files})
    untangled = 1.0 - share(sum(len(group) for group in cycles), len(files))
    findings = in_category(evidence.scan, Category.ARCHITECTURE)
    per_kloc = density(evidence, weight_of(findings))
    tidiness = damped(per_kloc, ARCHITECTURE_PER_KLOC)
    oversized = [file for file in files if file.code_lines > MODULE_LINES_LIMIT]
    wide = [file for file in files if len(file.imports) > FAN_OUT_LIMIT]
    return graded(
        not cycles and not oversized and not wide and tidiness >= TIDY,
        _CYCLES_PART * untangled
        + _FINDINGS_PART * tidiness
        + _SIZE_PART * _within_limit(files)
        + _FAN_OUT_PART * share(len(files) - len(wide), len(files)),
        f"{counted(len(cycles), 'import cycle')}, {counted(len(oversized), 'module')} over {MODULE_LINES_LIMIT:,} lines, "
        f"findings of weight {per_kloc:.1f} per 1,000 lines",
        {
            "import_cycles": len(cycles),
            "modules_in_cycles": sum(len(group) for group in cycles),
            "largest_cycle": ", ".join(cycles[0][:8]) if cycles else "",
            "oversized_modules": len(oversized),
            "largest_module_lines": max(file.code_lines for file in files),
            "wide_modules": len(wide),
            "highest_fan_out": max(len(file.imports) for file in files),
            "findings": len(findings),
            "weight_per_kloc": per_kloc,
        },
    )


def _within_limit(files: tuple[FileMetrics, ...]) -> float:
    """Share of the code that lies within its module's allowance."""
    return share(sum(min(file.code_lines, MODULE_LINES_LIMIT) for file in files), sum(file.code_lines for file in files))


GATE = Gate("architecture", 10, "No import cycles, no oversized or over-connected modules, few design findings.", check)
