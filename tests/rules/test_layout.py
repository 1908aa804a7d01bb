import pytest

from orchestrator_assets.rules.layout import CONSISTENT_RETURNS, SUPERFLUOUS_PARENS
from tests.rule_cases import rewritten


@pytest.mark.parametrize(
    ("line", "instead"),
    [("if(a):", "if a:"), ("while (a)and b:", None), ("if not(a): ", "if not a: "), ("if (a or\n    b):", None), ("if (yield):", None)],
)
def test_parentheses_go_only_where_the_syntax_tree_stays(line: str, instead: str | None) -> None:
    text = f"def f(a, b):\n  {line}\n    pass\n"
    assert rewritten(SUPERFLUOUS_PARENS, text) == (None if instead is None else f"def f(a, b):\n  {instead}\n    pass\n")


def test_a_tuple_keeps_its_parentheses() -> None:
    assert rewritten(SUPERFLUOUS_PARENS, "def f():\n    return (1, 2)\n") is None


@pytest.mark.parametrize(
    "body",
    [
        "yield 1\n    return",
        "return 1",
        "print()\n    return",
        "while g():\n        return 1",
        "try:\n        return 1\n    except E:\n        pass",
    ],
)
def test_generators_and_ends_that_cannot_be_judged_are_left_alone(body: str) -> None:
    assert rewritten(CONSISTENT_RETURNS, f"def f():\n    {body}\n") is None


def test_bare_returns_and_the_end_say_none() -> None:
    text = "def f(a):\n    if a:\n        return\n    for b in a:\n        if b:\n            return b\n# after\n"
    assert rewritten(CONSISTENT_RETURNS, text) == text.replace("return\n", "return None\n").replace(
        "return b\n", "return b\n    return None\n"
    )
