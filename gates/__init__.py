"""The ten quality gates, in the brief's order. Each is a pure function of what the analyzers and the tests said."""

from collections.abc import Sequence
from dataclasses import replace

from gates import (
    architecture,
    best_practices,
    code_quality,
    documentation,
    functional_correctness,
    performance,
    security,
    syntax,
    test_coverage,
    type_safety,
)
from gates.measures import errored, measured, python_files, python_lines
from orchestrator_assets.domain.errors import OrchestratorError
from orchestrator_assets.domain.gate import Evidence, Gate, GateResult, Verdict

GATES: Sequence[Gate] = (
    syntax.GATE,
    type_safety.GATE,
    security.GATE,
    code_quality.GATE,
    test_coverage.GATE,
    performance.GATE,
    architecture.GATE,
    documentation.GATE,
    best_practices.GATE,
    functional_correctness.GATE,
)


def run_gates(before: Evidence, after: Evidence) -> list[GateResult]:
    """All ten gates over both trees, in order."""
    return [run_gate(gate, before, after) for gate in GATES]


def run_gate(gate: Gate, before: Evidence, after: Evidence) -> GateResult:
    """One gate over both trees, with the same yardstick; a failure inside it becomes an ERROR verdict, never a pass."""
    return GateResult(gate.name, gate.max_score, _verdict(gate, before), _verdict(gate, with_yardstick(before, after)))


def with_yardstick(before: Evidence, after: Evidence) -> Evidence:
    """The tree after, measured over the code lines of the tree before.

    Where files could not be measured before, or one did not parse, their lines are not known: then the tree after is measured over its own.
    """
    if not measured(before) or any(file.parse_error for file in python_files(before)):
        return after
    return replace(after, yardstick_lines=python_lines(before))


def _verdict(gate: Gate, evidence: Evidence) -> Verdict:
    try:
        return gate.check(evidence)
    except OrchestratorError as error:
        return errored(str(error))
