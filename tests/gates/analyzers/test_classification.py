import pytest

from gates.analyzers.classification import cwe_of_ruff, weigh_bandit, weigh_pylint, weigh_ruff
from orchestrator_assets.domain.finding import Category, Confidence, Severity


@pytest.mark.parametrize(
    ("code", "category", "severity"),
    [
        ("F401", Category.QUALITY, Severity.MEDIUM),
        ("F821", Category.QUALITY, Severity.HIGH),
        ("FURB105", Category.QUALITY, Severity.LOW),
        ("E722", Category.PRACTICE, Severity.MEDIUM),
        ("E501", Category.QUALITY, Severity.LOW),
        ("S602", Category.SECURITY, Severity.HIGH),
        ("S101", Category.SECURITY, Severity.LOW),
        ("SIM102", Category.QUALITY, Severity.LOW),
        ("PERF401", Category.PERFORMANCE, Severity.LOW),
        ("D100", Category.DOCUMENTATION, Severity.LOW),
        ("DTZ005", Category.PRACTICE, Severity.MEDIUM),
        ("C901", Category.QUALITY, Severity.MEDIUM),
        ("ANN001", Category.TYPES, Severity.LOW),
        ("invalid-syntax", Category.SYNTAX, Severity.HIGH),
        ("XYZ999", Category.QUALITY, Severity.LOW),
    ],
)
def test_ruffs_rules_are_weighed_by_family(code: str, category: Category, severity: Severity) -> None:
    assert weigh_ruff(code) == (category, severity)


@pytest.mark.parametrize(
    ("kind", "symbol", "category", "severity"),
    [
        ("error", "no-member", Category.QUALITY, Severity.HIGH),
        ("error", "syntax-error", Category.SYNTAX, Severity.HIGH),
        ("warning", "unused-variable", Category.QUALITY, Severity.LOW),
        ("warning", "dangerous-default-value", Category.QUALITY, Severity.MEDIUM),
        ("refactor", "cyclic-import", Category.ARCHITECTURE, Severity.MEDIUM),
        ("convention", "missing-module-docstring", Category.DOCUMENTATION, Severity.LOW),
        ("warning", "broad-exception-caught", Category.PRACTICE, Severity.MEDIUM),
        ("refactor", "use-a-generator", Category.PERFORMANCE, Severity.LOW),
    ],
)
def test_pylints_messages_are_weighed_by_type_and_symbol(kind: str, symbol: str, category: Category, severity: Severity) -> None:
    assert weigh_pylint(kind, symbol) == (category, severity)


def test_only_a_sure_injection_is_critical() -> None:
    assert weigh_bandit("HIGH", "HIGH", (78,)) == (Severity.CRITICAL, Confidence.HIGH)
    assert weigh_bandit("HIGH", "MEDIUM", (78,)) == (Severity.HIGH, Confidence.MEDIUM)
    assert weigh_bandit("MEDIUM", "HIGH", (94,)) == (Severity.MEDIUM, Confidence.HIGH)
    assert weigh_bandit("HIGH", "HIGH", (327,)) == (Severity.HIGH, Confidence.HIGH)


def test_flake8_bandits_rules_carry_cwe_numbers() -> None:
    assert (cwe_of_ruff("S608"), cwe_of_ruff("F401")) == ((89,), ())
