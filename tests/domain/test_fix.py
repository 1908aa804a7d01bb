from orchestrator_assets.domain.fix import Edit, ImportNeed
from tests.builders import a_fix


def test_the_same_fix_has_the_same_id_in_every_attempt_whatever_is_said_of_it() -> None:
    assert a_fix().id == a_fix(title="Other words", evidence="Other reasons").id


def test_fixes_that_do_something_else_have_other_ids() -> None:
    fixes = [
        a_fix(), a_fix("app/other.py"), a_fix("app/core.py", "f2"), a_fix(rule="ruff:F841"), a_fix(edits=(Edit(0, 3, "newer"),)),
        a_fix(edits=(Edit(0, 4, "new"),)), a_fix(imports=(ImportNeed("os"),)), a_fix(imports=(ImportNeed("os", "path"),)),
    ]  # fmt: skip
    assert len({fix.id for fix in fixes}) == len(fixes)


def test_half_a_character_in_a_replacement_does_no_harm() -> None:
    assert len(a_fix(edits=(Edit(0, 1, "\udce9"),)).id) == 16
