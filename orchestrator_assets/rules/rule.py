"""The shape that every rule has, and the two answers that a rule gives."""

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety, ImportNeed
from orchestrator_assets.rules.source_file import SourceFile


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Edits that answer one finding.

    Attributes:
        evidence: Why it is right here, for a person.
        safety: Overrides the rule's own where this very place is safer or riskier than usual.
    """

    edits: tuple[Edit, ...]
    evidence: str
    imports: tuple[ImportNeed, ...] = ()
    safety: FixSafety | None = None


@dataclass(frozen=True, slots=True)
class Decline:
    """The rule leaves this place alone.

    Attributes:
        reason: One sentence for a person.
        try_ruff: Whether ruff's own fix, if there is one, may answer instead.
    """

    reason: str
    try_ruff: bool = False


FixFunction = Callable[[SourceFile, Finding], Rewrite | Decline]


@dataclass(frozen=True, slots=True)
class Rule:
    """One deterministic fixer.

    Attributes:
        answers: (tool, rule_id) of the findings that it takes on.
        cwe: What the finding is about; empty where it is no weakness.
        safety: `safe` where the meaning is kept for certain, `unsafe` where the tests must confirm it.
        precondition: When it applies, in words.
        title: One imperative line for the commit.
        before, after: A complete module; `fix` turns the one into the other. Checked by the tests for every rule.
        leaves_alone: What it refuses, in words.
        fix: Writes the edits for one finding in one file.
        nodes: Where its findings sit: node types at whose start a tool reports. The property tests feed the rule with all of them.
        example_message: A tool's message, for rules that read it.
    """

    name: str
    answers: tuple[tuple[str, str], ...]
    cwe: tuple[int, ...]
    safety: FixSafety
    precondition: str
    title: str
    before: str
    after: str
    leaves_alone: str
    fix: FixFunction
    nodes: tuple[type[cst.CSTNode], ...]
    example_message: str = ""


def not_found(what: str) -> Decline:
    """The word for a finding whose code is not of the form that the rule knows."""
    return Decline(f"the place is not certainly {what}; the code may have another form, or the name another meaning")
