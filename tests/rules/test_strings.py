import pytest

from orchestrator_assets.rules.strings import PERCENT_TO_FSTRING
from tests.rule_cases import rewritten


@pytest.mark.parametrize(
    ("text", "instead"),
    [("'a %s' % str(b)", "f'a {str(b)}'"), ("'%r 5%% %.2f' % (a, b.c)", "f'{a!r} 5% {b.c:.2f}'"), ("'%d' % len(x)", "f'{len(x):d}'")],
)
def test_plain_values_move_into_the_text(text: str, instead: str) -> None:
    assert rewritten(PERCENT_TO_FSTRING, f"x = {text}\n") == f"x = {instead}\n"


@pytest.mark.parametrize(
    "text",
    [
        "'%d' % b",
        "b'%s' % b",
        "r'%s' % b",
        "'%(a)s' % b",
        "'{%s}' % b",
        "'%s %s' % b",
        "'%5s' % b",
        "'%s' % d['k']",
        "'%s' % (a or b)",
        "'%s' % {}",
        "t % b",
    ],
)
def test_what_would_mean_something_else_or_read_badly_is_left_alone(text: str) -> None:
    assert rewritten(PERCENT_TO_FSTRING, f"x = {text}\n") is None


def test_a_single_value_that_may_be_a_tuple_is_left_alone() -> None:
    assert rewritten(PERCENT_TO_FSTRING, "x = 'a %s' % b\n") is None
