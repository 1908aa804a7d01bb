"""Which fixes are dropped when something goes wrong away from the lines that they wrote; `test_verify.py` has the plain cases."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from orchestrator_assets.domain.finding import Finding, with_fingerprints
from orchestrator_assets.domain.fix import Edit, Fix, FixSafety
from orchestrator_assets.domain.scan import RunStatus, Scan, ToolRun
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus
from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.stages.trial import Trial, regressed
from orchestrator_assets.stages.workbench import Workbench
from tests.builders import a_suite
from tests.repositories import write_files

Texts = Mapping[str, str]
Rows = list[tuple[str, str, int]]


def bad_lines(texts: Texts) -> Rows:
    """Every line that holds "bad" is a finding of rule `bad`."""
    return [("bad", path, number) for path, text in texts.items() for number, line in enumerate(text.split("\n"), 1) if "bad" in line]


class Lab:
    """Files, a linter that is a function of all of them, and tests that are another."""

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, str | bytes],
        also: Callable[[Texts], Rows] = lambda texts: [],
        readable: Callable[[Texts], bool] = lambda texts: True,
        passing: Callable[[Texts], set[str]] = lambda texts: {"tests/test_a.py::test"},
    ) -> None:
        write_files(folder / "base", files)
        self.base = SourceTree(folder / "base", "base", tuple(sorted(files)))
        self.also, self.readable, self.passing = also, readable, passing
        self.asked: list[frozenset[str] | None] = []
        self.tested: list[tuple[str, ...] | None] = []
        self.bench = Workbench(self.base, folder / "candidate", self.scan, self.test)

    def scan(self, tree: SourceTree, tools: frozenset[str] | None) -> Scan:
        self.asked.append(tools)
        texts = texts_of(tree)
        rows = [Finding("ruff", rule, "m", path, line) for rule, path, line in [*bad_lines(texts), *self.also(texts)]]
        found = with_fingerprints(rows, lambda path, line: texts[path].split("\n")[line - 1])
        broken = not self.readable(texts)
        run = ToolRun("ruff", "1", RunStatus.ERROR, message="cannot parse") if broken else ToolRun("ruff", "1", RunStatus.OK, tuple(found))
        return Scan(tree.digest, (run,), (), (), False)

    def test(self, tree: SourceTree, only: tuple[str, ...] | None) -> SuiteRun:
        self.tested.append(only)
        return self.suite(texts_of(tree))

    def suite(self, texts: Texts) -> SuiteRun:
        return SuiteRun("tree", SuiteStatus.RAN, "pytest", tuple((name, CaseResult.PASSED) for name in sorted(self.passing(texts))))

    def settle(self, *fixes: Fix) -> Trial:
        """Try fixes against the untouched files."""
        start = self.scan(self.base, None)
        marks = {(f.path, f.line): f.fingerprint for f in start.findings() if f.rule_id == "bad"}
        # A builder names a fix's finding by its place; the fingerprint is known only now.
        placed = [Fix((marks[fix.path, int(fix.fingerprints[0])],), fix.path, fix.edits, fix.rule, fix.title, fix.safety) for fix in fixes]
        self.asked.clear()
        trial = Trial(self.bench, start, self.suite(texts_of(self.base)), {}, placed)
        trial.settle()
        return trial


def texts_of(tree: SourceTree) -> Texts:
    return {path: tree.read(path).decode("latin-1") for path in tree.files}


def fix(lab: Lab, path: str, line: int, by: str, rule: str = "rule") -> Fix:
    """Put other text in a line's place."""
    lines = lab.base.read(path).decode("latin-1").split("\n")
    start = sum(len(text) + 1 for text in lines[: line - 1])
    return Fix((str(line),), path, (Edit(start, start + len(lines[line - 1]), by),), rule, f"Mend {line}", FixSafety.SAFE)


def places(fixes: Sequence[Fix]) -> list[str]:
    return sorted(f"{fix.path}: {fix.title}" for fix in fixes)


def dropped(trial: Trial) -> dict[str, str]:
    return {f"{fix.path}: {fix.title}": reason for fix, reason in trial.dropped}


def unused_limit(texts: Texts) -> Rows:
    """`LIMIT = 3` is a finding where nothing uses it any more."""
    return [("unused", path, 1) for path, text in texts.items() if text.count("LIMIT") == 1]


def test_a_new_finding_on_a_line_that_no_fix_touched_is_blamed_on_its_neighbour(tmp_path: Path) -> None:
    text = "LIMIT = 3\n" + "".join(f"x{n} = bad(1)\n" for n in range(8)) + "y = bad(LIMIT)\n"
    lab = Lab(tmp_path, {"a.py": text}, also=unused_limit)
    harmless = [fix(lab, "a.py", 2 + n, f"x{n} = 1") for n in range(8)]
    trial = lab.settle(*harmless, fix(lab, "a.py", 10, "y = 2"))
    assert places([f for f, _ in trial.dropped]) == ["a.py: Mend 10"]
    assert "ruff:unused at a.py:1" in dropped(trial)["a.py: Mend 10"]
    assert trial.contents["a.py"].decode().count("bad") == 1
    assert not trial.comparison or not trial.comparison.introduced


def test_one_that_lies_far_away_in_the_same_file_is_found_too(tmp_path: Path) -> None:
    filler = "".join(f"z{n} = 1\n" for n in range(200))
    lab = Lab(tmp_path, {"a.py": f"LIMIT = 3\nx = bad(1)\n{filler}y = bad(LIMIT)\n"}, also=unused_limit)
    trial = lab.settle(fix(lab, "a.py", 2, "x = 1"), fix(lab, "a.py", 203, "y = 2"))
    assert places([f for f, _ in trial.dropped]) == ["a.py: Mend 203"]
    assert places(trial.active) == ["a.py: Mend 2"]


def test_a_finding_in_a_file_that_no_fix_touched_is_traced_across_files(tmp_path: Path) -> None:
    files = {"user.py": "import a\nprint(a.x3)\n", **{f"{name}.py": "".join(f"x{n} = bad\n" for n in range(8)) for name in "abcd"}}

    def attribute_gone(texts: Texts) -> Rows:
        return [] if "x3 " in texts["a.py"] else [("no-member", "user.py", 2)]

    lab = Lab(tmp_path, files, also=attribute_gone)
    others = [fix(lab, f"{name}.py", 1 + n, f"x{n} = 1") for name in "abcd" for n in range(8) if (name, n) != ("a", 3)]
    trial = lab.settle(*others, fix(lab, "a.py", 4, "x_3 = 1"))
    assert places([f for f, _ in trial.dropped]) == ["a.py: Mend 4"]
    assert len(trial.active) == 31
    assert trial.scans <= 2 * math.log2(32) + 6


def test_two_fixes_that_do_harm_only_together_lose_one_and_keep_the_other(tmp_path: Path) -> None:
    def both(texts: Texts) -> Rows:
        return [("clash", "a.py", 3)] if "x0 = 1" in texts["a.py"] and "x1 = 1" in texts["a.py"] else []

    lab = Lab(tmp_path, {"a.py": "x0 = bad\nx1 = bad\nz = 0\n"}, also=both)
    trial = lab.settle(fix(lab, "a.py", 1, "x0 = 1"), fix(lab, "a.py", 2, "x1 = 1"))
    assert (len(trial.active), len(trial.dropped)) == (1, 1)
    assert not both({"a.py": trial.contents["a.py"].decode()})


def test_a_fix_with_which_a_tool_cannot_read_the_tree_any_more_is_found_and_its_words_told(tmp_path: Path) -> None:
    files = {f"{name}.py": "x = bad\n" for name in "abcdefgh"}
    lab = Lab(tmp_path, files, readable=lambda texts: "poison" not in texts["e.py"])
    trial = lab.settle(*(fix(lab, f"{name}.py", 1, 'x = "poison"' if name == "e" else "x = 1") for name in "abcdefgh"))
    assert dropped(trial) == {"e.py: Mend 1": "ruff cannot read the tree with the fix"}
    assert len(trial.active) == 7
    assert trial.scan.runs[0].status is RunStatus.OK


def test_what_breaks_tests_is_searched_with_the_broken_files_alone(tmp_path: Path) -> None:
    def passing(texts: Texts) -> set[str]:
        return {"tests/test_b.py::test"} | (set() if "x2 = 1" in texts["a.py"] else {"tests/test_a.py::test"})

    lab = Lab(tmp_path, {"a.py": "".join(f"x{n} = bad\n" for n in range(8))}, passing=passing)
    trial = lab.settle(*(fix(lab, "a.py", 1 + n, f"x{n} = 1") for n in range(8)))
    assert list(dropped(trial)) == ["a.py: Mend 3"]
    assert "tests/test_a.py::test" in dropped(trial)["a.py: Mend 3"]
    assert set(lab.tested) == {None, ("tests/test_a.py",)}


def test_when_nothing_stands_everything_is_as_at_the_start(tmp_path: Path) -> None:
    lab = Lab(tmp_path, {"a.py": "x = bad\n"}, also=lambda texts: [("new", "a.py", 1)] if "= 1" in texts["a.py"] else [])
    trial = lab.settle(fix(lab, "a.py", 1, "x = 1"))
    assert (trial.active, trial.contents, trial.comparison) == ([], {}, None)
    assert [f.rule_id for f in trial.scan.findings()] == ["bad"]


def test_a_fix_that_the_files_encoding_cannot_hold_or_that_changes_the_encoding_is_refused(tmp_path: Path) -> None:
    latin = b"# coding: latin-1\n# \xe9 bad\ny = 1  # bad\n"
    lab = Lab(tmp_path, {"a.py": latin, "b.py": latin, "c.py": latin, "d.py": b"# coding: idna\nx = bad\n"})
    trial = lab.settle(
        fix(lab, "a.py", 2, "# \u2603"),
        fix(lab, "b.py", 3, "y = 1"),
        fix(lab, "c.py", 2, "# coding: utf-8"),
        fix(lab, "d.py", 2, "x = '" + "a" * 80 + "'"),
    )
    assert places(trial.active) == ["b.py: Mend 3", "c.py: Mend 2"]
    assert "has characters that its encoding iso-8859-1 lacks" in dropped(trial)["a.py: Mend 2"]
    assert trial.contents["b.py"] == b"# coding: latin-1\n# \xe9 bad\ny = 1\n"


def test_a_fix_of_the_coding_line_itself_is_refused(tmp_path: Path) -> None:
    lab = Lab(tmp_path, {"a.py": b"# coding: latin-1 bad\nx = '\xe9'\n"})
    trial = lab.settle(fix(lab, "a.py", 1, "# nothing"))
    assert trial.active == []
    assert "a.py: " in dropped(trial)["a.py: Mend 1"]


def test_tests_that_were_flaky_before_prove_nothing_afterwards() -> None:
    before = a_suite(passed=2, flaky=("t::p0",))
    assert regressed(before, a_suite(passed=0)) == {"t::p1"}
