import libcst as cst
import pytest

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.rules.source_file import SourceFile


def source(text: str) -> SourceFile:
    return SourceFile("a.py", text, (3, 11))


def call_at(text: str, line: int, column: int = 0) -> str | None:
    file = source(text)
    node = file.locate(Finding("t", "r", "m", "a.py", line, column), cst.Call)
    return file.code(node) if node is not None else None


def test_columns_from_one_and_from_zero_find_the_same_node() -> None:
    assert call_at("a = f(1); b = g(2)\n", 1, 15) == call_at("a = f(1); b = g(2)\n", 1, 14) == "g(2)"


def test_without_a_column_only_a_single_candidate_is_certain() -> None:
    assert call_at("a = f(1)\n", 1) == "f(1)"
    assert call_at("a = f(1); b = g(2)\n", 1) is None


def test_the_line_of_an_argument_finds_its_call() -> None:
    assert call_at("f(\n  a,\n  shell=True,\n)\n", 3, 1) == "f(\n  a,\n  shell=True,\n)"


def test_spans_of_statements_include_the_parentheses_of_their_last_expression() -> None:
    file = source("def f():\n    assert a, (\n        'b'  # )\n        'c'\n    )\n")
    statement = next(file.nodes(cst.Assert))
    assert file.code(statement) == "assert a, (\n        'b'  # )\n        'c'\n    )"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("import a.b\na.b.c()\n", "a.b.c"),
        ("from a import b as c\nc()\n", "a.b"),
        ("open()\n", "open"),
        ("def f(open):\n    open()\n", None),
        ("from a import *\nopen()\n", None),
        ("import a\na = 1\na.b()\n", None),
        ("x.y()\n", None),
    ],
)
def test_a_name_is_followed_only_when_it_has_one_meaning(text: str, meaning: str | None) -> None:
    file = source(text)
    call = next(node for node in file.nodes(cst.Call) if isinstance(node, cst.Call))
    assert file.qualified(call.func) == meaning


def test_a_file_that_the_parser_does_not_give_back_is_refused() -> None:
    with pytest.raises(PatchError, match="does not give the text back"):
        _ = source("try:\n    pass\nexcept (A, B) :\n    pass\n").module
