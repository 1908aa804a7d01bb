import json
import subprocess
import sys

import pytest

from orchestrator_assets.domain.equivalence import equivalence_groups
from orchestrator_assets.domain.finding import Category, Severity
from orchestrator_assets.stages.rule_names import category_of, cwe_numbers, rule_name, rule_table, severity_of_word, tool_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bandit", "bandit"),
        ("ESLint", "eslint"),
        ("Semgrep OSS", "semgrep"),
        ("Semgrep", "semgrep"),
        ("SonarQube", "sonarqube"),
        ("Trivy", "trivy"),
        ("Snyk Code", "snyk"),
        ("  ", "unknown"),
        ("Security", "security"),
    ],
)
def test_tools_get_short_lower_case_names(text: str, name: str) -> None:
    assert tool_name(text) == name


def test_renaming_twice_changes_nothing() -> None:
    table = rule_table()
    for tool, names in (("pylint", [*table.pylint, *table.pylint_renamed]), ("bandit", table.bandit), ("ruff", table.ruff)):
        for name in names:
            once = rule_name(tool, name)
            assert rule_name(tool, once) == once


def test_the_equivalence_table_names_rules_that_the_tools_have() -> None:
    table = rule_table()
    known = (
        {f"pylint:{s}" for s in table.pylint.values()}
        | {f"bandit:{i}" for i in table.bandit.values()}
        | {f"ruff:{c}" for c in table.ruff.values()}
    )
    known |= {"ruff:invalid-syntax"}
    # Rules that the current tools have given up still occur in older files.
    former = {"ruff:E999", "ruff:PGH001", "ruff:TRY200", "ruff:PLR1701", "ruff:PLR1706"}
    named = {rule for group in equivalence_groups() for rule in group if not rule.startswith("mypy:")}
    assert named - known == former


@pytest.mark.parametrize(
    ("word", "severity"), [("HIGH", Severity.HIGH), ("moderate", Severity.MEDIUM), ("Blocker", Severity.CRITICAL), ("x", None)]
)
def test_severity_words_of_many_tools_are_known(word: str, severity: Severity | None) -> None:
    assert severity_of_word(word) == severity


def test_cwe_numbers_are_found_in_every_notation() -> None:
    assert cwe_numbers(["external/cwe/cwe-079", "CWE-78: x", "CWE_22", "cwe:89", "other-5"]) == (22, 78, 79, 89)


def test_the_category_of_a_foreign_rule_comes_from_its_tags() -> None:
    assert category_of("semgrep", "x", ["Security"]) is Category.SECURITY
    assert category_of("eslint", "x", ["performance"]) is Category.PERFORMANCE
    assert category_of("pylint", "cyclic-import") is Category.ARCHITECTURE
    assert category_of("ruff", "E999") is Category.SYNTAX


@pytest.mark.slow
def test_the_frozen_table_has_every_rule_of_the_tools_installed() -> None:
    table = rule_table()
    listed = subprocess.run([sys.executable, "-m", "pylint", "--list-msgs"], capture_output=True, text=True, check=True).stdout
    symbols = {line.split(" ")[0].strip(":") for line in listed.splitlines() if line.startswith(":")}
    assert symbols <= set(table.pylint.values())
    ruff = json.loads(
        subprocess.run([sys.executable, "-m", "ruff", "rule", "--all", "--output-format", "json"], capture_output=True, check=True).stdout
    )
    assert {rule["code"] for rule in ruff if rule["code"] and "Removed" not in rule["status"]} == set(table.ruff.values())
