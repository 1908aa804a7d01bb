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


def test_columns_of_names_behind_other_alphabets_are_characters() -> None:
    text = "from m import (\n    größe,\n    b,\n)\n\nx = größe\ny = b\n"
    assert apply_fixes(text, [replacing(text, "x = größe", "x = 1")]) == "from m import (\n    b,\n)\n\nx = 1\ny = b\n"


def test_a_first_import_stands_apart_from_docstring_and_definitions() -> None:
    text = '"""Doc."""\n\n\ndef f():\n    return 1\n'
    changed = apply_fixes(text, [replacing(text, "1", "re.A", imports=(ImportNeed("re"),))])
    assert changed == '"""Doc."""\n\nimport re\n\n\ndef f():\n    return re.A\n'


def test_an_import_is_not_glued_to_a_last_line_without_line_end() -> None:
    text = "x = 1\nimport os"
    changed = apply_fixes(text, [replacing(text, "1", "re.A", imports=(ImportNeed("re"),))])
    assert changed == "import re\n\nx = re.A\nimport os"
    text = "import os"
    assert apply_fixes(text, [fix(Edit(9, 9, ""), imports=(ImportNeed("re"),))]) == "import os\nimport re\n"


def test_the_standard_librarys_section_is_kept_apart() -> None:
    text = "import os\n\nimport numpy\n\nx = 1\n"
    changed = apply_fixes(text, [replacing(text, "x = 1", "x = re.A", imports=(ImportNeed("re"),))])
    assert changed == "import os\nimport re\n\nimport numpy\n\nx = re.A\n"


def test_an_import_that_shares_its_line_or_is_relative_stays() -> None:
    for head in ("import os; import sys\n", "import os  # for the side effect\n", "from . import os\n"):
        text = head + "x = os\n"
        assert apply_fixes(text, [replacing(text, "x = os", "x = 1")]).startswith(head)


def test_many_disjoint_fixes_are_chosen_and_equal_edits_shared() -> None:
    fixes = [fix(Edit(n * 10, n * 10 + 5, "x")) for n in range(50, 0, -1)]
    shared = [fix(Edit(3, 3, "import contextlib\n"), Edit(505 + n * 2, 506 + n * 2, "y")) for n in range(2)]
    chosen, deferred = select_disjoint([*fixes, *shared, fix(Edit(12, 13, "z")), fix(Edit(15, 15, "touching"))])
    assert len(chosen) == 52 and len(deferred) == 2


def test_a_needed_name_joins_the_import_that_its_module_has_already() -> None:
    text = "import os\nfrom datetime import date, datetime\n\nprint(os, date, datetime)\nx = 1\n"
    changed = apply_fixes(
        text, [replacing(text, "x = 1", "x = UTC", imports=(ImportNeed("datetime", "UTC"), ImportNeed("datetime", "timezone")))]
    )
    assert "from datetime import UTC, date, datetime, timezone\n" in changed
    assert changed.count("import") == 2
