import re
from pathlib import Path

import pytest

from orchestrator_assets import rules
from orchestrator_assets.rules import REGISTRY
from orchestrator_assets.rules.page import rules_page
from orchestrator_assets.rules.rule import Rule
from tests.rule_cases import rewritten


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.name)
def test_a_rule_turns_its_documented_before_into_its_after(rule: Rule) -> None:
    assert rewritten(rule, rule.before) == rule.after


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.name)
def test_a_rule_leaves_its_own_result_alone(rule: Rule) -> None:
    assert rewritten(rule, rule.after) is None


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.name)
def test_a_rule_keeps_windows_line_ends(rule: Rule) -> None:
    assert rewritten(rule, rule.before.replace("\n", "\r\n")) == rule.after.replace("\n", "\r\n")


def test_no_two_rules_share_a_name_or_an_answer() -> None:
    names = [rule.name for rule in REGISTRY]
    answered = [answer for rule in REGISTRY for answer in rule.answers]
    assert len(set(names)) == len(names)
    assert len(set(answered)) == len(answered)


def test_every_rule_says_in_words_what_it_does_and_what_it_refuses() -> None:
    for rule in REGISTRY:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
        assert rule.precondition.endswith(".") and rule.leaves_alone.endswith(".") and not rule.title.endswith(".")


def test_the_page_of_the_rules_is_up_to_date() -> None:
    page = Path(rules.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert page == rules_page(), "run: python -m orchestrator_assets.rules.page > orchestrator_assets/rules/README.md"
