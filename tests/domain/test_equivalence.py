import pytest

from orchestrator_assets.domain.equivalence import authority_of, equivalence_groups, meaning_of, same_meaning


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("bandit", "B602"), ("ruff", "S602")),
        (("pylint", "unused-import"), ("ruff", "F401")),
        (("pylint", "unused-import"), ("flake8", "F401")),
        (("pylint", "unspecified-encoding"), ("ruff", "PLW1514")),
        (("bandit", "B307"), ("pylint", "eval-used")),
        (("pylint", "raise-missing-from"), ("ruff", "B904")),
        (("pylint", "undefined-variable"), ("mypy", "name-defined")),
    ],
)
def test_rules_that_say_the_same_have_one_meaning(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert same_meaning(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("bandit", "B110"), ("ruff", "SIM105")),
        (("bandit", "B006"), ("ruff", "B006")),
        (("bandit", "B602"), ("bandit", "B603")),
        (("pylint", "bare-except"), ("pylint", "broad-exception-caught")),
        (("eslint", "no-eval"), ("pylint", "eval-used")),
    ],
)
def test_rules_that_merely_resemble_each_other_stay_apart(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert not same_meaning(first, second)


def test_no_group_joins_two_rules_of_bandit_and_every_rule_is_in_one_group() -> None:
    groups = equivalence_groups()
    assert all(sum(rule.startswith("bandit:") for rule in group) <= 1 for group in groups)
    assert all(len(group) > 1 for group in groups)
    assert sum(len(group) for group in groups) == len(frozenset().union(*groups))


def test_an_unknown_rule_means_itself() -> None:
    assert meaning_of("semgrep", "x.y") == "semgrep:x.y"


def test_bandit_speaks_before_ruff_pylint_mypy_and_the_rest() -> None:
    assert sorted(["zz", "mypy", "eslint", "pylint", "bandit", "ruff"], key=authority_of) == [
        "bandit",
        "ruff",
        "pylint",
        "mypy",
        "eslint",
        "zz",
    ]
