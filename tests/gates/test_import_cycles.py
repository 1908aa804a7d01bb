from hypothesis import given
from hypothesis import strategies as st

from gates.import_cycles import import_cycles

_GRAPHS = st.dictionaries(st.integers(0, 7).map(str), st.lists(st.integers(0, 9).map(str), max_size=4))


def reaches(graph: dict[str, list[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for target in graph.get(todo.pop(), []):
            if target == goal:
                return True
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return False


@given(_GRAPHS)
def test_two_modules_share_a_group_exactly_when_they_reach_each_other(graph: dict[str, list[str]]) -> None:
    groups = import_cycles(graph)
    for one in graph:
        for other in graph:
            if one < other:
                together = any(one in group and other in group for group in groups)
                assert together == (reaches(graph, one, other) and reaches(graph, other, one))


def test_a_module_that_imports_itself_or_something_unknown_is_in_no_cycle() -> None:
    assert import_cycles({"a": ["a", "gone"]}) == []


def test_a_chain_longer_than_the_stack_is_followed() -> None:
    chain = {str(n): [str(n + 1)] for n in range(50_000)} | {"50000": ["0"]}
    assert len(import_cycles(chain)[0]) == 50_001


def test_the_largest_cycle_comes_first() -> None:
    assert import_cycles({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["e"], "e": ["c"]}) == [("c", "d", "e"), ("a", "b")]
