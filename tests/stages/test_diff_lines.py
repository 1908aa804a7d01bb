import difflib

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.stages.diff_lines import LineKind, Place, added_places, final_places, read_diff
from tests.builders import a_diff

texts = st.lists(st.sampled_from(["a = 1", "b = 2", "-- c", "++ d", "@@ -1 +1 @@", "+++ b/x.py", "e = 5"]), max_size=12)


def unified(before: list[str], after: list[str], context: int = 3) -> str:
    lines = difflib.unified_diff(before, after, "a/x.py", "b/x.py", lineterm="", n=context)
    return "\n".join(lines) + "\n"


@given(texts, texts, st.integers(0, 3))
def test_every_line_of_a_hunk_is_told_by_its_counts_whatever_it_looks_like(before: list[str], after: list[str], context: int) -> None:
    lines = list(read_diff(unified(before, after, context)))
    added = [line for line in lines if line.kind is LineKind.ADDED]
    removed = [line for line in lines if line.kind is LineKind.REMOVED]
    assert all(after[line.new_line - 1] == line.text[1:] for line in added)
    assert all(before[line.old_line - 1] == line.text[1:] for line in removed)
    assert len(added) - len(removed) == len(after) - len(before)


@given(texts, texts, texts, st.integers(0, 3))
def test_places_follow_their_lines_through_later_diffs(first: list[str], second: list[str], third: list[str], context: int) -> None:
    moved = final_places([unified(first, second, context), unified(second, third, context)])[0]
    for place in moved:
        assert all(third[number - 1] in second for number in place.lines)


def test_a_later_diff_above_moves_a_place_down() -> None:
    first = a_diff(line=10)
    later = "--- a/app/core.py\n+++ b/app/core.py\n@@ -2,0 +3,2 @@\n+x\n+y\n"
    assert final_places([first, later])[0] == [Place("app/core.py", (12,))]


def test_a_later_diff_that_rewrites_a_place_takes_it_over() -> None:
    assert final_places([a_diff(line=10), a_diff(line=10)]) == [[], [Place("app/core.py", (10,))]]


def test_deletions_comments_and_blank_lines_are_no_places() -> None:
    assert added_places("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-a\n-b\n+\n+    # why\n") == []


def test_quoted_paths_are_read() -> None:
    diff = '--- "a/caf\\303\\251 \\"x\\".py"\n+++ "b/caf\\303\\251 \\"x\\".py"\n@@ -1 +1 @@\n-a\n+b\n'
    assert added_places(diff) == [Place('café "x".py', (1,))]


def test_a_file_without_newline_at_its_end_is_read() -> None:
    diff = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    assert [line.kind for line in read_diff(diff)][2:] == [
        LineKind.HUNK,
        LineKind.REMOVED,
        LineKind.HEADER,
        LineKind.ADDED,
        LineKind.HEADER,
    ]
