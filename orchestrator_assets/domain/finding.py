"""What a tool reported, normalised whatever the source."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

_SPACE = re.compile(r"\s+")


class Severity(StrEnum):
    """How bad a finding is. `critical` vetoes the score."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical, 4 for info: sorts the worst first."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the tool is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for high, 2 for low."""
        return list(Confidence).index(self)


class Category(StrEnum):
    """Which concern a finding belongs to; gates read findings by it."""

    SYNTAX = "syntax"
    TYPES = "types"
    SECURITY = "security"
    QUALITY = "quality"
    PERFORMANCE = "performance"
    ARCHITECTURE = "architecture"
    DOCUMENTATION = "documentation"
    PRACTICE = "practice"


class OutcomeKind(StrEnum):
    """What became of a finding; only verification may say `fixed`."""

    FIXED = "fixed"
    DROPPED = "dropped"
    NO_FIX = "no_fix"
    NOT_REPRODUCED = "not_reproduced"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one tool at one place.

    Attributes:
        fingerprint: Hex digest of tool, rule, path, normalised context and the ordinal among equals; stable when lines move.
            Empty until `with_fingerprints` has been called.
        tool: Lower-case tool name: `bandit`, `ruff`, `pylint`, `mypy`, `eslint`, ...
        rule_id: The tool's own id: bandit `B602`, ruff `F401`, pylint's symbol `unused-argument`, mypy's error code.
        path: POSIX path relative to the repository's root.
        line, column, end_line, end_column: 1-based, in characters; 0 where the tool does not say.
        cwe: CWE numbers, ascending.
        context: The text of the first line, white space folded; what the fingerprint is made of.
        also: `tool:rule_id` of results of other tools at this place with the same meaning, merged into this one.
    """

    tool: str
    rule_id: str
    message: str
    path: str
    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    severity: Severity = Severity.LOW
    confidence: Confidence = Confidence.MEDIUM
    category: Category = Category.QUALITY
    cwe: tuple[int, ...] = ()
    context: str = ""
    fingerprint: str = ""
    also: tuple[str, ...] = ()

    @property
    def sort_key(self) -> tuple[int, int, str, int, int, str, str]:
        """The worst and surest first, then by place, then by tool and rule."""
        return (self.severity.rank, self.confidence.rank, self.path, self.line, self.column, self.tool, self.rule_id)


@dataclass(frozen=True, slots=True)
class FindingOutcome:
    """A finding with what became of it, and why in one sentence for a person."""

    finding: Finding
    outcome: OutcomeKind
    tier: str
    reason: str


def normalise_context(line: str) -> str:
    """Fold white space, so that re-indented lines keep their fingerprint."""
    return _SPACE.sub(" ", line).strip()


def with_fingerprints(findings: Iterable[Finding], line_of: Callable[[str, int], str]) -> list[Finding]:
    """Fill `context` and `fingerprint`, in place order per (tool, rule, path, context).

    Args:
        findings: In any order; the order is kept.
        line_of: Gives the source text of (path, 1-based line); empty where there is none.
    """
    rows = [replace(f, context=f.context or normalise_context(line_of(f.path, f.line))) for f in findings]
    seen: dict[tuple[str, str, str, str], int] = defaultdict(int)
    marked: dict[int, Finding] = {}
    for index in sorted(range(len(rows)), key=lambda i: (rows[i].path, rows[i].line, rows[i].column, i)):
        row = rows[index]
        key = (row.tool, row.rule_id, row.path, row.context)
        text = "\x1f".join((*key, str(seen[key])))
        seen[key] += 1
        marked[index] = replace(row, fingerprint=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return [marked[index] for index in range(len(rows))]
