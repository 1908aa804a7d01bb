"""How bad each tool's rules are and which concern they belong to, as tables."""

from typing import NamedTuple

from orchestrator_assets.domain.finding import Category, Confidence, Severity


class Weight(NamedTuple):
    """A rule's concern and severity."""

    category: Category
    severity: Severity


_SYNTAX = Weight(Category.SYNTAX, Severity.HIGH)

# Bandit rates these HIGH with HIGH confidence only where a command or code is put together from outside. It gives CWE-94 to jinja2 without
# autoescape, too, which is cross-site scripting: high, not critical.
_INJECTION_CWES = frozenset({78, 95})

# The longest prefix wins.
_RUFF: dict[str, Weight] = {
    "A": Weight(Category.PRACTICE, Severity.LOW),
    "ANN": Weight(Category.TYPES, Severity.LOW),
    "ARG": Weight(Category.QUALITY, Severity.LOW),
    "ASYNC": Weight(Category.PERFORMANCE, Severity.MEDIUM),
    "B": Weight(Category.QUALITY, Severity.MEDIUM),
    "BLE": Weight(Category.PRACTICE, Severity.MEDIUM),
    "C4": Weight(Category.QUALITY, Severity.LOW),
    "C90": Weight(Category.QUALITY, Severity.MEDIUM),
    "D": Weight(Category.DOCUMENTATION, Severity.LOW),
    "DOC": Weight(Category.DOCUMENTATION, Severity.LOW),
    "DTZ": Weight(Category.PRACTICE, Severity.MEDIUM),
    "E": Weight(Category.QUALITY, Severity.LOW),
    "E72": Weight(Category.PRACTICE, Severity.MEDIUM),
    "E9": _SYNTAX,
    "E902": Weight(Category.PRACTICE, Severity.MEDIUM),
    "F": Weight(Category.QUALITY, Severity.MEDIUM),
    "F82": Weight(Category.QUALITY, Severity.HIGH),
    "FURB": Weight(Category.QUALITY, Severity.LOW),
    "G": Weight(Category.PRACTICE, Severity.LOW),
    "I": Weight(Category.QUALITY, Severity.LOW),
    "LOG": Weight(Category.PRACTICE, Severity.MEDIUM),
    "N": Weight(Category.PRACTICE, Severity.LOW),
    "NPY": Weight(Category.QUALITY, Severity.MEDIUM),
    "PD": Weight(Category.PRACTICE, Severity.LOW),
    "PERF": Weight(Category.PERFORMANCE, Severity.LOW),
    "PGH": Weight(Category.PRACTICE, Severity.LOW),
    "PIE": Weight(Category.QUALITY, Severity.LOW),
    "PLE": Weight(Category.QUALITY, Severity.HIGH),
    "PLR": Weight(Category.QUALITY, Severity.LOW),
    "PLR09": Weight(Category.ARCHITECTURE, Severity.LOW),
    "PLW": Weight(Category.QUALITY, Severity.MEDIUM),
    "PTH": Weight(Category.PRACTICE, Severity.LOW),
    "RET": Weight(Category.QUALITY, Severity.LOW),
    "RUF": Weight(Category.QUALITY, Severity.LOW),
    "RUF006": Weight(Category.QUALITY, Severity.MEDIUM),
    "RUF012": Weight(Category.QUALITY, Severity.MEDIUM),
    "S": Weight(Category.SECURITY, Severity.MEDIUM),
    "SIM": Weight(Category.QUALITY, Severity.LOW),
    "T10": Weight(Category.PRACTICE, Severity.MEDIUM),
    "T20": Weight(Category.PRACTICE, Severity.LOW),
    "TID": Weight(Category.ARCHITECTURE, Severity.LOW),
    "TRY": Weight(Category.PRACTICE, Severity.LOW),
    "UP": Weight(Category.QUALITY, Severity.LOW),
    "W": Weight(Category.QUALITY, Severity.LOW),
    "W6": Weight(Category.QUALITY, Severity.MEDIUM),
    "YTT": Weight(Category.QUALITY, Severity.MEDIUM),
    "invalid-syntax": _SYNTAX,
}
_RUFF_OTHER = Weight(Category.QUALITY, Severity.LOW)

# Severities of flake8-bandit's rules that differ from medium, as bandit rates their twins.
_RUFF_SECURITY: dict[Severity, frozenset[str]] = {
    Severity.HIGH: frozenset({"S201", "S202", "S323", "S324", "S501", "S502", "S507", "S602", "S605", "S609", "S701"}),
    Severity.LOW: frozenset({"S101", "S105", "S106", "S107", "S110", "S112", "S311", "S404", "S603", "S606", "S607"}),
}

# CWE numbers of flake8-bandit's rules, as bandit assigns them to their twins.
_RUFF_CWE: dict[int, tuple[str, ...]] = {
    20: ("S313", "S314", "S315", "S316", "S317", "S318", "S319", "S320", "S506"),
    22: ("S202", "S310"),
    78: ("S102", "S307", "S602", "S603", "S604", "S605", "S606", "S607", "S609"),
    79: ("S308", "S702", "S703", "S704"),
    89: ("S608", "S610", "S611"),
    94: ("S201", "S612", "S701"),
    259: ("S105", "S106", "S107"),
    295: ("S323", "S501", "S507"),
    319: ("S312", "S321", "S508", "S509"),
    326: ("S505",),
    327: ("S303", "S304", "S305", "S324", "S502", "S503", "S504"),
    330: ("S311",),
    377: ("S108", "S306"),
    400: ("S113",),
    502: ("S301", "S302"),
    605: ("S104",),
    703: ("S101", "S110", "S112"),
    732: ("S103",),
}
_CWE_OF_RUFF = {rule: (cwe,) for cwe, rules in _RUFF_CWE.items() for rule in rules}

_PYLINT_TYPES: dict[str, Weight] = {
    "fatal": Weight(Category.QUALITY, Severity.HIGH),
    "error": Weight(Category.QUALITY, Severity.HIGH),
    "warning": Weight(Category.QUALITY, Severity.MEDIUM),
    "refactor": Weight(Category.QUALITY, Severity.LOW),
    "convention": Weight(Category.QUALITY, Severity.LOW),
    "info": Weight(Category.QUALITY, Severity.INFO),
}

# A symbol's own concern; its severity stays the one of its message type unless `_PYLINT_SEVERITY` names it.
_PYLINT_CATEGORY: dict[Category, frozenset[str]] = {
    Category.SYNTAX: frozenset({"syntax-error", "parse-error"}),
    Category.DOCUMENTATION: frozenset(
        {"empty-docstring", "missing-class-docstring", "missing-function-docstring", "missing-module-docstring", "fixme"}
    ),
    Category.ARCHITECTURE: frozenset(
        {
            "cyclic-import",
            "duplicate-code",
            "import-self",
            "too-few-public-methods",
            "too-many-ancestors",
            "too-many-arguments",
            "too-many-instance-attributes",
            "too-many-lines",
            "too-many-positional-arguments",
            "too-many-public-methods",
        }
    ),
    Category.PRACTICE: frozenset(
        {
            "bare-except",
            "broad-exception-caught",
            "broad-exception-raised",
            "consider-using-with",
            "deprecated-argument",
            "deprecated-attribute",
            "deprecated-class",
            "deprecated-decorator",
            "deprecated-method",
            "deprecated-module",
            "disallowed-name",
            "forgotten-debug-statement",
            "global-at-module-level",
            "global-statement",
            "global-variable-not-assigned",
            "global-variable-undefined",
            "invalid-name",
            "logging-format-interpolation",
            "logging-format-truncated",
            "logging-fstring-interpolation",
            "logging-not-lazy",
            "logging-too-few-args",
            "logging-too-many-args",
            "logging-unsupported-format",
            "missing-timeout",
            "protected-access",
            "raise-missing-from",
            "redefined-builtin",
            "subprocess-popen-preexec-fn",
            "subprocess-run-check",
            "unspecified-encoding",
            "wildcard-import",
        }
    ),
    Category.SECURITY: frozenset({"bidirectional-unicode", "eval-used", "exec-used"}),
    Category.PERFORMANCE: frozenset(
        {
            "consider-using-generator",
            "consider-using-join",
            "method-cache-max-size-none",
            "unnecessary-comprehension",
            "unnecessary-dict-index-lookup",
            "unnecessary-list-index-lookup",
            "use-a-generator",
            "use-maxsplit-arg",
            "use-sequence-for-iteration",
        }
    ),
}
_CATEGORY_OF_PYLINT = {symbol: category for category, symbols in _PYLINT_CATEGORY.items() for symbol in symbols}

# Where the message type exaggerates: these errors depend on what is installed beside pylint, and a `fixme` is a note.
_PYLINT_SEVERITY: dict[str, Severity] = {
    "fixme": Severity.INFO,
    "import-error": Severity.MEDIUM,
    "no-name-in-module": Severity.MEDIUM,
    "unused-argument": Severity.LOW,
    "unused-import": Severity.LOW,
    "unused-variable": Severity.LOW,
    "cyclic-import": Severity.MEDIUM,
}
_PYLINT_CWE: dict[str, tuple[int, ...]] = {"eval-used": (95,), "exec-used": (78,), "missing-timeout": (400,)}
_PYLINT_CONFIDENCE: dict[str, Confidence] = {"HIGH": Confidence.HIGH, "CONTROL_FLOW": Confidence.MEDIUM, "INFERENCE": Confidence.MEDIUM}

_BANDIT_SEVERITY: dict[str, Severity] = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_BANDIT_CONFIDENCE: dict[str, Confidence] = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM, "LOW": Confidence.LOW}


def weigh_ruff(code: str) -> Weight:
    """The concern and severity of a ruff rule."""
    prefix = next((code[:size] for size in range(len(code), 0, -1) if code[:size] in _RUFF), "")
    weight = _RUFF.get(prefix, _RUFF_OTHER)
    severity = next((level for level, codes in _RUFF_SECURITY.items() if code in codes), weight.severity)
    return Weight(weight.category, severity)


def cwe_of_ruff(code: str) -> tuple[int, ...]:
    """The CWE numbers of a ruff rule, where well known."""
    return _CWE_OF_RUFF.get(code, ())


def weigh_pylint(kind: str, symbol: str) -> Weight:
    """The concern and severity of a pylint message."""
    weight = _PYLINT_TYPES.get(kind, _PYLINT_TYPES["warning"])
    return Weight(_CATEGORY_OF_PYLINT.get(symbol, weight.category), _PYLINT_SEVERITY.get(symbol, weight.severity))


def cwe_of_pylint(symbol: str) -> tuple[int, ...]:
    """The CWE numbers of a pylint message, where well known."""
    return _PYLINT_CWE.get(symbol, ())


def confidence_of_pylint(word: str) -> Confidence:
    """Pylint's confidence; `UNDEFINED` is most checkers' plain statement, `INFERENCE_FAILURE` a guess."""
    return _PYLINT_CONFIDENCE.get(word, Confidence.LOW if word == "INFERENCE_FAILURE" else Confidence.HIGH)


def weigh_bandit(severity: str, confidence: str, cwe: tuple[int, ...]) -> tuple[Severity, Confidence]:
    """Bandit's own words; a sure injection of commands or code is critical."""
    sure = _BANDIT_CONFIDENCE.get(confidence, Confidence.LOW)
    level = _BANDIT_SEVERITY.get(severity, Severity.LOW)
    if level is Severity.HIGH and sure is Confidence.HIGH and _INJECTION_CWES.intersection(cwe):
        return Severity.CRITICAL, sure
    return level, sure
