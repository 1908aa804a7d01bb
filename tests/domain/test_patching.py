import pytest

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.fix import Edit, Fix, FixSafety, ImportNeed
from orchestrator_assets.domain.patching import apply_fixes, select_disjoint


def fix(*edits: Edit, imports: tuple[ImportNeed, ...] = ()) -> Fix:
    return Fix(("f",), "m.py", edits, "r", "t", FixSafety.SAFE, imports)


def replacing(text: str, old: str, new: str, **kw: tuple[ImportNeed, ...]) -> Fix:
    at = text.index(old)
    return fix(Edit(at, at + len(old), new), **kw)


def test_an_import_left_unused_by_the_fix_goes_and_the_needed_one_is_placed_sorted() -> None:
    text = '"""Doc."""\n\nimport os\nimport random\nimport sys\n\nprint(os, sys, random.random())\n'
    changed = apply_fixes(text, [replacing(text, "random.random()", "secrets.token_hex()", imports=(ImportNeed("secrets"),))])
    assert changed == '"""Doc."""\n\nimport os\nimport secrets\nimport sys\n\nprint(os, sys, secrets.token_hex())\n'


def test_two_fixes_that_need_the_same_import_get_it_once() -> None:
    text = "import os\n\na = 1\nb = 2\n"
    fixes = [
        replacing(text, "a = 1", "a = re.A", imports=(ImportNeed("re"),)),
        replacing(text, "b = 2", "b = re.B", imports=(ImportNeed("re"),)),
    ]
    assert apply_fixes(text, fixes).count("import re\n") == 1


def test_an_import_goes_after_docstring_and_future_imports() -> None:
    text = '#!/usr/bin/env python3\n"""Doc."""\nfrom __future__ import annotations\n\na = 1\n'
    changed = apply_fixes(text, [replacing(text, "1", "re.A", imports=(ImportNeed("re"),))])
    assert changed.index("__future__") < changed.index("import re") < changed.index("a = re.A")


def test_windows_line_ends_are_kept() -> None:
    text = "import os\r\n\r\na = os.name\r\nb = 1\r\n"
    changed = apply_fixes(text, [replacing(text, "1", "re.A", imports=(ImportNeed("re"),))])
    assert "\n" not in changed.replace("\r\n", "")


def test_a_result_that_does_not_parse_is_refused() -> None:
    with pytest.raises(PatchError, match="does not parse"):
        apply_fixes("a = 1\n", [fix(Edit(4, 5, "("))])


def test_of_overlapping_fixes_the_first_is_taken_and_the_other_deferred() -> None:
    first, second, third = fix(Edit(0, 5, "x")), fix(Edit(3, 8, "y")), fix(Edit(9, 10, "z"))
    assert select_disjoint([first, second, third]) == ([first, third], [second])
