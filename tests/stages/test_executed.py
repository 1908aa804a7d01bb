from orchestrator_assets.domain.fix import Edit, Fix, FixSafety
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus
from orchestrator_assets.stages.executed import executed_fixes

TEXT = b"def f(x):\n    return g(\n        x,\n        1,\n    )\n\n\ndef h():\n    return 2\n"


def fix(*starts: int) -> Fix:
    return Fix((f"f{starts}",), "m.py", tuple(Edit(start, start + 1, "y") for start in starts), "r", "t", FixSafety.UNSAFE)


def executed(changed: Fix, *lines: int) -> bool:
    suite = SuiteRun("t", SuiteStatus.RAN, executed_lines=(("m.py", lines),))
    return changed.id in executed_fixes([changed], lambda path: TEXT, suite)


def test_a_line_within_a_statement_counts_as_run_when_its_first_line_is() -> None:
    inside = fix(TEXT.index(b"        1,") + 8)
    assert executed(inside, 1, 2, 8)
    assert not executed(inside, 1, 8)


def test_every_place_of_a_fix_must_be_run() -> None:
    both = fix(TEXT.index(b"f(x)"), TEXT.index(b"2\n"))
    assert executed(both, 1, 8, 9)
    assert not executed(both, 1, 8)


def test_without_coverage_nothing_counts_as_run() -> None:
    assert executed_fixes([fix(0)], lambda path: TEXT, SuiteRun("t", SuiteStatus.RAN)) == frozenset()
