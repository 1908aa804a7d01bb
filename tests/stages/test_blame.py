from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, Fix
from orchestrator_assets.stages.blame import MAX_NEIGHBOURS, NEIGHBOUR_LINES, ChangedLines, changed_lines, mark_of
from tests.builders import a_finding, a_fix

OLD = "".join(f"line{number}\n" for number in range(1, 101))


def at(line: int) -> Finding:
    return a_finding(line=line)


def replacing(old: str, line: int, by: str) -> Fix:
    """A fix that puts other text (without its last line break) in a line's place."""
    lines = old.split("\n")
    start = sum(len(text) + 1 for text in lines[: line - 1])
    return a_fix("app/core.py", f"f{line}", edits=(Edit(start, start + len(lines[line - 1]), by),))


def applied(old: str, *fixes: Fix) -> str:
    text = old
    for edit in sorted({edit for fix in fixes for edit in fix.edits}, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def blame(old: str, *fixes: Fix, imports: int = 0) -> ChangedLines:
    return changed_lines(old, "import x\n" * imports + applied(old, *fixes), fixes)


def test_who_wrote_a_line_is_found_though_lines_above_came_and_went() -> None:
    three, gone, last = replacing(OLD, 2, "a\nb\nc"), replacing(OLD, 5, ""), replacing(OLD, 9, "z")
    changed = blame(OLD, three, gone, last)
    assert [changed.authors(at(line)) for line in (1, 2, 3, 4, 5, 11)] == [[], [three], [three], [three], [], [last]]


def test_imports_that_were_added_on_top_shift_every_line() -> None:
    fix = replacing(OLD, 9, "z")
    assert blame(OLD, fix, imports=2).authors(at(11)) == [fix]
    assert blame(OLD, fix, imports=2).authors(at(9)) == []


def test_fixes_that_share_an_edit_or_a_line_are_all_its_authors() -> None:
    edit = Edit(0, 5, "LINE1")
    one, other = a_fix("app/core.py", "f1", edits=(edit,)), a_fix("app/core.py", "f2", edits=(edit,))
    assert blame(OLD, one, other).authors(at(1)) == [one, other]
    left, right = a_fix("app/core.py", "f3", edits=(Edit(0, 2, "LI"),)), a_fix("app/core.py", "f4", edits=(Edit(3, 4, "E"),))
    assert blame(OLD, left, right).authors(at(1)) == [left, right]


def test_a_fix_that_only_deletes_is_near_the_place_where_the_text_was() -> None:
    fix = a_fix("app/core.py", "f1", edits=(Edit(0, len("line1\n"), ""),))
    assert blame(OLD, fix).neighbours(at(2)) == [fix]


def test_neighbours_are_the_nearest_few_within_reach() -> None:
    fixes = [replacing(OLD, line, "new") for line in (10, 20, 30, 80)]
    changed = blame(OLD, *fixes)
    assert changed.neighbours(at(22)) == [fixes[1], fixes[2], fixes[0]]
    assert changed.neighbours(at(80 + NEIGHBOUR_LINES)) == [fixes[3]]
    assert changed.neighbours(at(80 + NEIGHBOUR_LINES + 1)) == []
    crowd = [replacing(OLD, line, "new") for line in range(1, 30)]
    assert len(blame(OLD, *crowd).neighbours(at(31))) == MAX_NEIGHBOURS


@given(st.sets(st.integers(1, 100), min_size=1, max_size=12), st.integers(0, 3), st.data())
def test_every_line_that_a_fix_wrote_is_its_own(lines: set[int], imports: int, data: st.DataObject) -> None:
    heights = {line: data.draw(st.integers(1, 4)) for line in sorted(lines)}
    fixes = {line: replacing(OLD, line, "\n".join(f"new{line}" for _ in range(heights[line]))) for line in heights}
    changed = blame(OLD, *fixes.values(), imports=imports)
    for number, text in enumerate(("import x\n" * imports + applied(OLD, *fixes.values())).split("\n"), 1):
        wanted = [fixes[int(text.removeprefix("new"))]] if text.startswith("new") else []
        assert changed.authors(at(number)) == wanted


def test_a_finding_keeps_its_mark_when_its_line_moves_but_not_when_its_text_changes() -> None:
    marks = [mark_of(a_finding(line=line, context=context)) for line, context in ((1, "x"), (9, "x"), (9, "y"))]
    assert [one == other for one, other in pairwise(marks)] == [True, False]
