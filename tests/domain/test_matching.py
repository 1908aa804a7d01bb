import random
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.finding import Finding, with_fingerprints
from orchestrator_assets.domain.matching import Comparison, compare


def finding(line: int, rule: str = "F401", message: str = "unused", path: str = "m.py", tool: str = "ruff", column: int = 1) -> Finding:
    return Finding(tool, rule, message, path, line, column)


def marked(findings: list[Finding], text: str) -> list[Finding]:
    lines = text.split("\n")
    return with_fingerprints(findings, lambda _, line: lines[line - 1] if 0 < line <= len(lines) else "")


def compared(old: str, before: list[Finding], new: str, after: list[Finding]) -> Comparison:
    return compare(marked(before, old), marked(after, new), {"m.py": (old, new)})


def test_a_finding_whose_line_was_fixed_is_gone() -> None:
    result = compared("import os\nx = 1\n", [finding(1)], "x = 1\n", [])
    assert [f.line for f in result.gone] == [1]
    assert result.introduced == []
    assert result.kept == []


def test_a_finding_that_a_fix_leaves_on_its_changed_line_is_kept() -> None:
    result = compared("a = eval(x)\n", [finding(1, "S307")], "a = eval(str(x))\n", [finding(1, "S307")])
    assert len(result.kept) == 1
    assert result.gone == result.introduced == []


def test_a_new_finding_on_an_unchanged_line_is_introduced() -> None:
    old, new = "import os\nprint(os.name)\n", "import os\nprint('posix')\n"
    result = compared(old, [], new, [finding(1)])
    assert [f.line for f in result.introduced] == [1]


def test_of_two_findings_on_one_line_the_one_whose_message_is_still_said_is_kept() -> None:
    before = [finding(1, message="`os` unused", column=8), finding(1, message="`sys` unused", column=12)]
    result = compared("import os, sys\n", before, "import sys\n", [finding(1, message="`sys` unused", column=8)])
    assert [f.message for f in result.gone] == ["`os` unused"]
    assert [(b.message, a.message) for b, a in result.kept] == [("`sys` unused", "`sys` unused")]


def test_a_finding_of_another_rule_on_the_same_line_does_not_stand_in_for_the_one_fixed() -> None:
    result = compared("a = 'x%s' % b\n", [finding(1, "UP031")], "a = f'x{b}'\n", [finding(1, "E501")])
    assert [f.rule_id for f in result.gone] == ["UP031"]
    assert [f.rule_id for f in result.introduced] == ["E501"]


def test_a_finding_that_moves_with_its_code_to_another_place_is_kept() -> None:
    old = "def f():\n    return eval(x)\n\n\ndef g():\n    return 1\n\n\ndef h():\n    return 2\n"
    new = "def g():\n    return 1\n\n\ndef h():\n    return 2\n\n\ndef f():\n    return eval(x)\n"
    result = compared(old, [finding(2, "S307")], new, [finding(10, "S307")])
    assert len(result.kept) == 1
    assert result.gone == result.introduced == []


def test_a_changed_line_is_not_torn_apart_by_blank_lines_that_move_around_it() -> None:
    missing = "missing-class-docstring"
    old, new = "import os\n\nclass A(object):\n\n    x = 1\n", "import os\n\n\nclass A:\n\n    x = 1\n"
    result = compared(old, [finding(3, missing, tool="pylint")], new, [finding(4, missing, tool="pylint")])
    assert len(result.kept) == 1


def test_an_import_that_is_sorted_and_wrapped_keeps_its_finding() -> None:
    old = "from b import f, g\nimport a\nuse(a)\nuse(g)\n"
    new = "import a\nuse(a)\nfrom b import (\n    f,\n    g,\n)\nuse(g)\n"
    result = compared(old, [finding(1, message="`b.f` unused")], new, [finding(4, message="`b.f` unused")])
    assert len(result.kept) == 1


def test_a_multi_line_finding_that_is_now_reported_on_its_changed_part_is_kept() -> None:
    old, new = "call(\n    a,\n    shell=True,\n)\n", "call(\n    a,\n    shell=yes,\n)\n"
    result = compared(old, [replace(finding(1, "B602"), end_line=4)], new, [finding(3, "B602")])
    assert len(result.kept) == 1


def test_a_file_level_finding_is_kept_when_a_line_comes_in_above_it() -> None:
    missing = finding(1, "missing-module-docstring", tool="pylint")
    result = compared("import os\n", [missing], "# Licence\nimport os\n", [missing])
    assert len(result.kept) == 1


def test_a_cross_file_finding_is_kept_though_the_tool_pins_it_to_another_file() -> None:
    before, after = finding(1, "cyclic-import", "a -> b", "a.py", "pylint"), finding(1, "cyclic-import", "b -> a", "b.py", "pylint")
    result = compare([before], [after], {"a.py": ("x\n", "y\n")})
    assert result.kept == [(before, after)]


def test_an_ordinary_finding_in_another_file_is_not_the_same_one() -> None:
    result = compare([finding(1, path="a.py")], [finding(1, path="b.py")], {})
    assert len(result.gone) == len(result.introduced) == 1


def test_the_numbers_in_a_message_may_change_on_an_unchanged_line() -> None:
    before, after = finding(1, "too-many-branches", "(15/12)", tool="pylint"), finding(1, "too-many-branches", "(14/12)", tool="pylint")
    result = compared("def f():\n    a\n    b\n", [before], "def f():\n    a\n", [after])
    assert len(result.kept) == 1


def test_hundreds_of_findings_in_one_rewritten_stretch_are_compared_by_their_count() -> None:
    old, new = "".join(f"a{i}\n" for i in range(300)), "".join(f"b{i}\n" for i in range(300))
    result = compared(old, [finding(i + 1) for i in range(300)], new, [finding(i + 1) for i in range(250)])
    assert (len(result.gone), len(result.introduced), len(result.kept)) == (50, 0, 250)


LINES = st.lists(st.sampled_from(["import os", "x = 1", "    pass", "", "# note", "y = eval(x)"]), min_size=1, max_size=14)
RULES = st.sampled_from(["F401", "S307", "E501"])


@st.composite
def file_with_findings(draw: st.DrawFn) -> tuple[list[str], list[Finding]]:
    lines = draw(LINES)
    places = draw(st.lists(st.tuples(st.integers(1, len(lines)), RULES, st.sampled_from("pq"), st.integers(1, 3)), max_size=10))
    return lines, [finding(line, rule, message, column=column) for line, rule, message, column in places]


@given(file_with_findings(), st.lists(st.tuples(st.integers(0, 14), st.sampled_from(["", "# note", "# inserted", "   "])), max_size=6))
def test_lines_put_in_between_change_nothing(case: tuple[list[str], list[Finding]], inserts: list[tuple[int, str]]) -> None:
    lines, before = case
    numbered: list[tuple[int | None, str]] = list(enumerate(lines, start=1))
    for at, text in inserts:
        numbered.insert(min(at, len(numbered)), (None, text))
    where = {number: place for place, (number, _) in enumerate(numbered, start=1) if number is not None}
    after = [replace(f, line=where[f.line]) for f in before]
    result = compared("".join(f"{line}\n" for line in lines), before, "".join(f"{text}\n" for _, text in numbered), after)
    assert result.gone == result.introduced == []
    assert len(result.kept) == len(before)


@given(file_with_findings(), st.data())
def test_a_finding_taken_away_gives_exactly_one_gone(case: tuple[list[str], list[Finding]], data: st.DataObject) -> None:
    lines, before = case
    text = "\n".join(lines)
    rows = marked(before, text)
    if not rows:
        return
    index = data.draw(st.integers(0, len(rows) - 1))
    result = compare(rows, rows[:index] + rows[index + 1 :], {"m.py": (text, text)})
    assert [replace(f, fingerprint="") for f in result.gone] == [replace(rows[index], fingerprint="")]
    assert result.introduced == []


@given(file_with_findings(), file_with_findings(), st.integers(0, 2**16))
def test_every_finding_is_counted_once_and_the_order_of_the_input_does_not_matter(
    old: tuple[list[str], list[Finding]], new: tuple[list[str], list[Finding]], seed: int
) -> None:
    texts = {"m.py": ("\n".join(old[0]), "\n".join(new[0]))}
    before, after = marked(old[1], texts["m.py"][0]), marked(new[1], texts["m.py"][1])
    result = compare(before, after, texts)
    assert Counter([*result.gone, *(b for b, _ in result.kept)]) == Counter(before)
    assert Counter([*result.introduced, *(a for _, a in result.kept)]) == Counter(after)
    shuffle = random.Random(seed).shuffle
    shuffle(before)
    shuffle(after)
    assert compare(before, after, texts) == result
