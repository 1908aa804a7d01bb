"""Syntax: every judged file parses, and pylint finds no plain errors."""

from gates.budgets import ERRORS_PER_KLOC
from gates.measures import counted, damped, density, errored, graded, not_applicable, python_files, require, share
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Category, Finding, Severity
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict
from orchestrator_assets.domain.scan import FileMetrics, Scan

_PARSED_PART, _ERRORS_PART = 0.5, 0.5
_SHOWN_VETOES = 5


def check(evidence: Evidence) -> Verdict:
    """Parse errors veto whether or not pylint ran: the parser alone establishes them."""
    files = python_files(evidence)
    if not files:
        return not_applicable()
    broken = [file for file in files if file.parse_error]
    vetoes = _vetoes(broken)
    try:
        require(evidence.scan, "pylint")
    except ToolError as error:
        return errored(str(error), vetoes)
    errors = _errors(evidence.scan, {file.path for file in broken})
    per_kloc = density(evidence, len(errors))
    parsed = share(len(files) - len(broken), len(files))
    return graded(
        not broken and not errors,
        _PARSED_PART * parsed + _ERRORS_PART * damped(per_kloc, ERRORS_PER_KLOC),
        f"{len(files) - len(broken)} of {len(files)} files parse, {counted(len(errors), 'pylint error')}",
        {
            "files": len(files),
            "parse_errors": len(broken),
            "pylint_errors": len(errors),
            "pylint_errors_per_kloc": per_kloc,
        },
        vetoes,
    )


def _errors(scan: Scan, broken: set[str]) -> list[Finding]:
    """Pylint's error-level messages; a file that does not parse counts once, as such."""
    return [f for f in scan.findings() if f.path not in broken and f.tool == "pylint" and _is_error(f)]


def _is_error(finding: Finding) -> bool:
    return finding.category is Category.SYNTAX or finding.severity.rank <= Severity.HIGH.rank


def _vetoes(broken: list[FileMetrics]) -> tuple[str, ...]:
    named = [f"{file.path} does not parse: {file.parse_error}" for file in broken[:_SHOWN_VETOES]]
    if len(broken) > _SHOWN_VETOES:
        named.append(f"{len(broken) - _SHOWN_VETOES} more files do not parse")
    return tuple(named)


GATE = Gate("syntax", 10, "Every file parses, and pylint reports no error-level message.", check)
