import pytest

from orchestrator_assets.rules.exceptions import ASSERT_TO_RAISE, BARE_EXCEPT, BROAD_IMPORT_GUARD, LOG_SWALLOWED, RAISE_FROM
from tests.rule_cases import rewritten


def handler(head: str, body: str) -> str:
    return f"def f(x):\n    try:\n        return g(x)\n    except{head}:\n        {body}\n"


def test_the_name_of_the_caught_error_is_used_where_there_is_one() -> None:
    assert rewritten(RAISE_FROM, handler(" KeyError as e", "raise ValueError(x)")) == handler(
        " KeyError as e", "raise ValueError(x) from e"
    )


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    changed = rewritten(RAISE_FROM, handler(" KeyError", "raise ValueError(error)"))
    assert changed == handler(" KeyError as exc", "raise ValueError(error) from exc")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", "raise ValueError(x)"),
        (" KeyError as e", "raise e"),
        (" KeyError", "raise"),
        (" KeyError", "raise ValueError(x) from None"),
        (" KeyError as e", "e = 3; raise ValueError(x)"),
        (" KeyError", "def late(): raise ValueError(x)"),
    ],
)
def test_raises_that_are_chained_or_unclear_are_left_alone(head: str, body: str) -> None:
    assert rewritten(RAISE_FROM, handler(head, body)) is None


def test_a_bare_except_around_imports_is_for_import_errors() -> None:
    text = "try:\n    import ujson\nexcept:\n    ujson = None\n"
    assert rewritten(BARE_EXCEPT, text) == text.replace("except:", "except ImportError:")


def test_a_handler_that_raises_everything_again_catches_everything() -> None:
    assert rewritten(BARE_EXCEPT, handler("", "log(x)\n        raise")) == handler(" BaseException", "log(x)\n        raise")


def test_which_errors_a_broad_handler_is_for_is_not_guessed() -> None:
    assert rewritten(BROAD_IMPORT_GUARD, handler(" Exception", "return None")) is None


@pytest.mark.parametrize(("head", "body"), [("", "pass"), (" Exception", "return None")])
def test_swallowing_everything_or_doing_something_is_left_alone(head: str, body: str) -> None:
    assert rewritten(LOG_SWALLOWED, "import logging\nlog = logging.getLogger()\n" + handler(head, body)) is None


def test_without_a_logger_a_swallowed_error_is_for_a_person() -> None:
    assert rewritten(LOG_SWALLOWED, handler(" Exception", "pass")) is None


@pytest.mark.parametrize(
    ("check", "instead"),
    [
        ("assert x is not None", "if x is None:\n        raise AssertionError"),
        ("assert not x, 'no'", "if x:\n        raise AssertionError('no')"),
        ("assert a and b", "if not (a and b):\n        raise AssertionError"),
        ("assert isinstance(x, (int, str))", "if not isinstance(x, (int, str)):\n        raise AssertionError"),
        ("assert False, (\n        'a'\n        'b')", "raise AssertionError(\n        'a'\n        'b')"),
        ("assert x == 1  # why", "if x != 1:\n        raise AssertionError  # why"),
        ("assert 0 < x < 9", "if not (0 < x < 9):\n        raise AssertionError"),
        ("assert x, ('a', 'b')", "if not x:\n        raise AssertionError(('a', 'b'))"),
    ],
)
def test_an_assert_keeps_its_condition_message_and_comments(check: str, instead: str) -> None:
    assert rewritten(ASSERT_TO_RAISE, f"def f(x):\n    {check}\n") == f"def f(x):\n    {instead}\n"


@pytest.mark.parametrize("check", ["assert (x, 'always true')", "assert x; y = 1", "if x: assert y"])
def test_unusual_asserts_are_left_alone(check: str) -> None:
    assert rewritten(ASSERT_TO_RAISE, f"def f(x):\n    {check}\n") is None
