"""A candidate fix: edits to one file that answer one finding (or several at once)."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


class FixSafety(StrEnum):
    """Whether a rule vouches for the meaning (`safe`) or leaves it to the tests (`unsafe`)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class FixTier(StrEnum):
    """Who wrote the fix."""

    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the characters `[start, end)` of the file's decoded text; `start == end` inserts."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True, order=True)
class ImportNeed:
    """An import that the replaced code relies on: `import module` or `from module import name`."""

    module: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """All edits are offsets into the same text of `path`; they don't overlap each other.

    Attributes:
        fingerprints: The findings that it answers, at least one.
        rule: Which fixer wrote it, e.g. `ruff:UP032` or `yaml-safe-load`.
        title: One imperative line for the commit and the report.
        evidence: Why it is right here, one or two sentences for a person.
    """

    fingerprints: tuple[str, ...]
    path: str
    edits: tuple[Edit, ...]
    rule: str
    title: str
    safety: FixSafety
    imports: tuple[ImportNeed, ...] = ()
    tier: FixTier = FixTier.RULES
    evidence: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive `id` from the content, so that the same fix has the same id in every attempt."""
        text = repr((self.fingerprints, self.path, self.edits, self.rule, self.imports))
        object.__setattr__(self, "id", hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16])


@dataclass(frozen=True, slots=True)
class Declined:
    """A fixer's word that it leaves a finding alone, and what to tell the person."""

    fingerprint: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class AppliedGroup:
    """Verified fixes that became one commit.

    Attributes:
        rule: The fixer that wrote them, as in `Fix.rule`.
        title: The commit's subject.
        commit: Its hash in the delivered repository.
        diff: Unified diff against the commit before it; groups are in the order of their commits.
    """

    rule: str
    title: str
    commit: str
    fixes: tuple[Fix, ...]
    diff: str
