from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.line_diff import map_lines

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "unique one", "unique two"]), max_size=14).map("\n".join)


def longest_common_subsequence(a: list[str], b: list[str]) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, left in enumerate(a):
        for j, right in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if left == right else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(TEXTS, TEXTS)
def test_lines_are_mapped_to_equal_lines_in_rising_order_and_hunks_cover_the_rest(old: str, new: str) -> None:
    if old == new:
        return
    a, b = old.splitlines(), new.splitlines()
    mapped = map_lines(old, new)
    pairs = sorted((o, n) for n, o in mapped.old_of_new.items())
    assert all(a[o - 1] == b[n - 1] for o, n in pairs)
    assert all(x[0] < y[0] and x[1] < y[1] for x, y in pairwise(pairs))
    assert {n for h in mapped.hunks for n in range(h.new_start, h.new_end)} == set(range(1, len(b) + 1)) - set(mapped.old_of_new)
    assert {o for h in mapped.hunks for o in range(h.old_start, h.old_end)} == set(range(1, len(a) + 1)) - {o for o, _ in pairs}


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_without_unique_lines_the_mapping_is_as_long_as_it_can_be(a: list[str], b: list[str]) -> None:
    a, b = a * 2, b * 2
    mapped = map_lines("\n".join(a), "\n".join(b))
    if a != b:
        assert len(mapped.old_of_new) == longest_common_subsequence(a, b)


def test_a_long_stretch_of_repetitive_lines_that_differs_throughout_counts_as_rewritten() -> None:
    old = [f"line {i % 7}" for i in range(3000)]
    new = [line + "!" * (i % 2) for i, line in enumerate(old)]
    mapped = map_lines("\n".join(["head", *old]), "\n".join(["head", *new]))
    assert [(h.old_end - h.old_start, h.new_end - h.new_start) for h in mapped.hunks] == [(2999, 2999)]
    assert mapped.old_line(1) == 1


def test_changed_lines_do_not_disturb_the_unchanged_ones_around_them() -> None:
    old = [f"line {i}" for i in range(3000)]
    new = [line + "!" * (i % 2) for i, line in enumerate(old)]
    assert map_lines("\n".join(old), "\n".join(new)).old_of_new == {n: n for n in range(1, 3001, 2)}


def test_an_unchanged_text_maps_every_line_to_itself() -> None:
    assert map_lines("a\nb\n", "a\nb\n").old_line(2) == 2
