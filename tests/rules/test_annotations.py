import pytest

from orchestrator_assets.rules.annotations import IMPLICIT_OPTIONAL, REDUNDANT_CAST, RETURNS_NONE, UNUSED_IGNORE
from tests.rule_cases import rewritten


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    print(a)\n",
        "def f():\n    return 1\n",
        "def f():\n    yield\n",
        "class A:\n    def f(self):\n        raise NotImplementedError\n",
        "class A:\n    def f(self):\n        pass\n",
        "from abc import abstractmethod\nclass A:\n    @abstractmethod\n    def f(self):\n        print()\n",
        "class A:\n    @property\n    def f(self):\n        print()\n",
        "class A:\n    def f(self):\n        print()\nclass B(A):\n    def f(self):\n        return 1\n",
        "def f():\n    while True:\n        g()\n",
        "def f() -> int:\n    return 1\n",
    ],
)
def test_a_function_that_may_return_something_is_left_alone(text: str) -> None:
    assert rewritten(RETURNS_NONE, text) is None


@pytest.mark.parametrize(
    ("head", "instead"),
    [
        ("def f():", "def f() -> None:"),
        ("def f(a: int = (1), *, b: str):", "def f(a: int = (1), *, b: str) -> None:"),
        ("def f(\n    a: int,  # why :)\n):", "def f(\n    a: int,  # why :)\n) -> None:"),
        ("async def f():", "async def f() -> None:"),
    ],
)
def test_none_is_written_behind_the_parameters(head: str, instead: str) -> None:
    body = "\n    def inner():\n        return 1\n    print(inner)\n"
    assert rewritten(RETURNS_NONE, head + body) == instead + body


def test_the_minimum_python_decides_how_none_is_said() -> None:
    old = rewritten(IMPLICIT_OPTIONAL, IMPLICIT_OPTIONAL.before, target=(3, 8))
    assert old is not None and "from typing import Optional" in old and "cents: Optional[int] = None" in old


def test_other_clashes_of_types_are_left_alone() -> None:
    message = 'Incompatible types in assignment (expression has type "str", variable has type "int")'
    assert rewritten(IMPLICIT_OPTIONAL, IMPLICIT_OPTIONAL.before, message=message) is None


@pytest.mark.parametrize(
    ("line", "message", "instead"),
    [
        ("x = 1  # type: ignore", 'Unused "type: ignore" comment', "x = 1"),
        ("x = 1  # type: ignore[a, b]", 'Unused "type: ignore[a]" comment', "x = 1  # type: ignore[b]"),
        ("x = 1  # type: ignore  # see #3", 'Unused "type: ignore" comment', "x = 1  # see #3"),
        ("x = 1  # noqa  # type: ignore", 'Unused "type: ignore" comment', "x = 1  # noqa"),
    ],
)
def test_only_the_unused_part_of_a_comment_goes(line: str, message: str, instead: str) -> None:
    assert rewritten(UNUSED_IGNORE, f"{line}\n", message=message) == f"{instead}\n"


def test_an_ignore_for_the_whole_file_is_left_alone() -> None:
    assert rewritten(UNUSED_IGNORE, "# type: ignore\nx = 1\n") is None


def test_a_cast_inside_an_expression_keeps_its_binding() -> None:
    text = "from typing import cast\n\nx = cast(int, a + b) * 2\n"
    assert rewritten(REDUNDANT_CAST, text) == "x = (a + b) * 2\n"
