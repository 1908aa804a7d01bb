"""Documentation: public code has docstrings, the repository has a README."""

from gates.budgets import DOCSTRING_TARGET
from gates.measures import graded, not_applicable, python_files, share
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict

_DOCSTRING_PART, _README_PART = 0.8, 0.2


def check(evidence: Evidence) -> Verdict:
    """Needs no tool: docstrings are counted with the files' measures."""
    files = python_files(evidence)
    if not files:
        return not_applicable()
    documented, documentable = sum(f.documented for f in files), sum(f.documentable for f in files)
    percent = 100.0 * share(documented, documentable)
    credit = min(1.0, percent / DOCSTRING_TARGET)
    readme = evidence.scan.has_readme
    return graded(
        credit == 1.0 and readme,
        _DOCSTRING_PART * credit + _README_PART * readme,
        f"{percent:.1f} % of public modules, classes and functions have a docstring, {'a' if readme else 'no'} README",
        {"documented": documented, "documentable": documentable, "docstring_percent": percent, "readme": int(readme)},
    )


GATE = Gate("documentation", 10, "Docstrings on 80 % of the public code, and a README.", check)
