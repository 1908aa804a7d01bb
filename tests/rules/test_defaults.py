import pytest

from orchestrator_assets.rules.defaults import MUTABLE_DEFAULT
from tests.rule_cases import rewritten


def test_annotation_and_docstring_are_respected() -> None:
    text = 'def f(a: list[str] = []):\n    """Doc."""\n    return len(a)\n'
    new = rewritten(MUTABLE_DEFAULT, text)
    assert new == 'def f(a: list[str] | None = None):\n    """Doc."""\n    if a is None:\n        a = []\n    return len(a)\n'


@pytest.mark.parametrize(
    "text",
    [
        "def f(key, cache={}):\n    if key not in cache:\n        cache[key] = g(key)\n    return cache[key]\n",
        "def f(key, seen=set()):\n    if key in seen:\n        return\n    seen.add(key)\n",
        "def f(a=[X]):\n    return a\n",
        "def f(a=[]): return a\n",
        "f = lambda a=[]: a\n",
        "def f(a=()):\n    return a\n",
        "def f(a=[]):\n    'Doc.'\n",
    ],
)
def test_caches_computed_defaults_and_one_line_functions_are_left_alone(text: str) -> None:
    assert rewritten(MUTABLE_DEFAULT, text) is None
