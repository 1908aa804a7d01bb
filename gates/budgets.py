"""How much a gate tolerates, in one place: the density at which a measure earns half its points.

Densities are findings, or their weights, per 1,000 code lines. The values are judgements about ordinary Python code; the reasons
are in the README. Change one only with a reason that holds for every customer.
"""

from collections.abc import Mapping
from typing import Final

from orchestrator_assets.domain.finding import Severity

ERRORS_PER_KLOC: Final = 2.0
TYPE_ERRORS_PER_KLOC: Final = 20.0
SECURITY_WEIGHT_PER_KLOC: Final = 5.0
QUALITY_PER_KLOC: Final = 30.0
PERFORMANCE_PER_KLOC: Final = 1.5
ARCHITECTURE_PER_KLOC: Final = 2.5
PRACTICE_PER_KLOC: Final = 10.0

WEIGHTS: Final[Mapping[Severity, float]] = {
    Severity.CRITICAL: 4.0,
    Severity.HIGH: 2.0,
    Severity.MEDIUM: 1.0,
    Severity.LOW: 0.5,
    Severity.INFO: 0.1,
}
"""A bare `except` is not a matter of naming."""

SECURITY_WEIGHTS: Final[Mapping[Severity, float]] = {
    Severity.CRITICAL: 25.0,
    Severity.HIGH: 10.0,
    Severity.MEDIUM: 3.0,
    Severity.LOW: 0.5,
    Severity.INFO: 0.1,
}

MINIMUM_CODE_LINES: Final = 100
"""Smaller trees are measured as if they had this many lines: otherwise one finding in a ten-line script decides the gate."""

COMPLEXITY_LIMIT: Final = 10
MAINTAINABILITY_TARGET: Final = 70.0
COVERAGE_TARGET: Final = 80.0
DOCSTRING_TARGET: Final = 80.0
MODULE_LINES_LIMIT: Final = 1000
FAN_OUT_LIMIT: Final = 15

TIDY: Final = 0.8
"""The share of a density measure's points from which the gate counts as passed: a quarter of the budget or less."""
