"""One name per tool, rule, severity and category, whatever the source calls them.

`tool_rules.json` is generated from the tools' own lists (pylint 4.1 with its extensions, bandit 1.9, ruff 0.17).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestrator_assets.domain.equivalence import meaning_of
from orchestrator_assets.domain.finding import Category, Confidence, Finding, Severity

_CWE = re.compile(r"cwe[\s:_/-]*0*([1-9][0-9]{0,5})", re.IGNORECASE)
_PYLINT_ID = re.compile(r"[CEFIRW][0-9]{4}")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_VENDOR_WORDS = frozenset({"oss", "pro", "cli", "sarif", "output", "code", "analysis", "static", "analyzer", "linter", "security"})

_SEVERITY_WORDS = {
    Severity.CRITICAL: "critical blocker fatal",
    Severity.HIGH: "high error major",
    Severity.MEDIUM: "medium moderate warning warn",
    Severity.LOW: "low minor note convention refactor recommendation style",
    Severity.INFO: "info informational information none",
}
_CONFIDENCE_WORDS = {
    Confidence.HIGH: "high very-high certain",
    Confidence.MEDIUM: "medium firm",
    Confidence.LOW: "low tentative undefined",
}

_PYLINT_KINDS = {"C": "convention", "R": "refactor", "W": "warning", "E": "error", "F": "fatal", "I": "info"}


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The tools' rules as they name them.

    Attributes:
        pylint: Message id, also of older versions -> today's symbol.
        pylint_renamed: Former symbol -> today's.
        bandit: Test name -> id.
        ruff: Rule name -> code.
        ruff_preview: Codes that ruff runs only with `--preview`.
        pylint_optional: Symbols of pylint's extensions, which it loads only when asked.
    """

    pylint: dict[str, str]
    pylint_renamed: dict[str, str]
    bandit: dict[str, str]
    ruff: dict[str, str]
    ruff_preview: frozenset[str]
    pylint_optional: frozenset[str]


@cache
def rule_table() -> RuleTable:
    """The frozen table."""
    rows = json.loads((Path(__file__).parent / "tool_rules.json").read_text(encoding="utf-8"))
    return RuleTable(
        pylint=rows["pylint"]["messages"],
        pylint_renamed=rows["pylint"]["renamed"],
        bandit={name: test for test, name in rows["bandit"]["tests"].items()},
        ruff={name: code for code, name in rows["ruff"]["rules"].items()},
        ruff_preview=frozenset(rows["ruff"]["preview"]),
        pylint_optional=frozenset(rows["pylint"]["not_by_default"]),
    )


def tool_name(text: str) -> str:
    """The short lower-case name: `Bandit` -> bandit, `Semgrep OSS` -> semgrep, `SonarQube` -> sonarqube, `ESLint` -> eslint."""
    words = [word for word in _NOT_WORD.split(text.lower()) if word]
    while len(words) > 1 and words[-1] in _VENDOR_WORDS:
        words.pop()
    return "-".join(words)[:60] or "unknown"


def rule_name(tool: str, rule_id: str, alias: str = "") -> str:
    """The id under which this platform runs and reports the rule.

    Args:
        tool: As `tool_name` gives it.
        rule_id: As the source has it.
        alias: Another name that the source gives the rule, used where the id itself says nothing.
    """
    table = rule_table()
    rule_id = rule_id.strip()
    if tool == "pylint":
        # A few converters write "W0611:unused-import" or "W0611(unused-import)".
        head = _PYLINT_ID.match(rule_id)
        symbol = table.pylint.get(head.group() if head else rule_id, alias if head and alias else rule_id)
        return table.pylint_renamed.get(symbol, symbol)
    if tool == "bandit":
        return table.bandit.get(rule_id, rule_id)
    if tool == "ruff":
        return table.ruff.get(rule_id, rule_id)
    return rule_id


def tool_of_rule(rule_id: str) -> str:
    """The tool whose rule this must be, for sources that name none; `unknown` when several or none have it."""
    table = rule_table()
    if rule_id in table.bandit or rule_id in table.bandit.values():
        return "bandit"
    if rule_id in table.pylint or rule_id in table.pylint.values():
        return "pylint"
    return "ruff" if rule_id in table.ruff.values() else "unknown"


def severity_of_word(word: str) -> Severity | None:
    """The severity that a tool's word means; None for a word of no tool that we know."""
    return next((severity for severity, words in _SEVERITY_WORDS.items() if word.strip().lower() in words.split()), None)


def confidence_of_word(word: str) -> Confidence | None:
    """The confidence that a tool's word means; None for a word of no tool that we know."""
    return next((confidence for confidence, words in _CONFIDENCE_WORDS.items() if word.strip().lower() in words.split()), None)


def severity_of_score(score: float) -> Severity:
    """GitHub's reading of `security-severity`, which follows CVSS."""
    bounds = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
    return next((severity for bound, severity in bounds if score >= bound), Severity.LOW if score > 0 else Severity.INFO)


def severity_of_level(level: str, tool: str, rule_id: str) -> Severity:
    """What a SARIF level means. Ruff and mypy say `error` whatever the rule: theirs goes by the rule."""
    if level == "error" and tool in {"ruff", "mypy"}:
        return severity_of_rule(tool, rule_id)
    return {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW}.get(level, Severity.INFO)


def severity_of_rule(tool: str, rule_id: str) -> Severity:
    """The severity of a rule as in our own scans; medium for the tools that we don't run."""
    from gates.analyzers.classification import weigh_pylint, weigh_ruff

    if tool == "ruff":
        return weigh_ruff(rule_id).severity
    return weigh_pylint(_pylint_kind(rule_id), rule_id).severity if tool == "pylint" else Severity.MEDIUM


def cwe_numbers(texts: Iterable[str]) -> tuple[int, ...]:
    """CWE numbers in tags and ids such as `external/cwe/cwe-079` or `CWE-79: ...`, ascending."""
    return tuple(sorted({int(number) for text in texts for number in _CWE.findall(text)}))


def category_of(tool: str, rule_id: str, tags: Iterable[str] = (), cwe: Iterable[int] = ()) -> Category:
    """Which concern a rule belongs to: as in our own scans for the tools that we run, else by the tags of the source."""
    from gates.analyzers.classification import weigh_pylint, weigh_ruff

    if meaning_of(tool, rule_id) == meaning_of("pylint", "syntax-error"):
        return Category.SYNTAX
    if tool == "mypy":
        return Category.TYPES
    if tool == "ruff":
        return weigh_ruff(rule_id).category
    if tool == "pylint":
        return weigh_pylint(_pylint_kind(rule_id), rule_id).category
    words = {tag.lower() for tag in tags}
    if tool == "bandit" or "security" in words or any(cwe):
        return Category.SECURITY
    return next((category for category in Category if category.value in words), Category.QUALITY)


def can_run(tool: str, rule_id: str) -> bool:
    """Whether our version of one of the four Python tools knows the rule and runs it when it is selected."""
    table = rule_table()
    if tool == "ruff":
        return rule_id == "invalid-syntax" or (rule_id in table.ruff.values() and rule_id not in table.ruff_preview)
    if tool == "pylint":
        return rule_id in table.pylint.values() and rule_id not in table.pylint_optional
    return tool != "bandit" or rule_id in table.bandit.values()


def extra_ruff_rules(given: Iterable[Finding], selected: Iterable[str] | None = None) -> tuple[str, ...]:
    """Codes of ruff's rules that the given findings name and the scan would not run otherwise, sorted.

    Codes that this ruff does not have, or runs only in preview, are left out: it refuses to start with a code that it does not know.

    Args:
        given: Findings of any tool.
        selected: Codes or linter prefixes that the scan runs anyway; by default those of the platform's own scan.
    """
    if selected is None:
        from gates.analyzers.ruff import RULES

        selected = RULES.split(",")
    # In ruff's selectors `F` is Pyflakes alone: it does not reach FURB or FBT.
    chosen = re.compile("|".join(re.escape(prefix) + "[0-9]*" for prefix in selected) or "$.")
    codes = {finding.rule_id for finding in given if finding.tool == "ruff" and can_run("ruff", finding.rule_id)}
    return tuple(sorted(code for code in codes - {"invalid-syntax"} if not chosen.fullmatch(code)))


def _pylint_kind(symbol: str) -> str:
    message_id = next((message for message, name in rule_table().pylint.items() if name == symbol), "W")
    return _PYLINT_KINDS.get(message_id[0], "warning")
