"""Verification against a scanner and a suite that are plain functions of the files' text."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_assets.domain.finding import Finding, OutcomeKind, with_fingerprints
from orchestrator_assets.domain.fix import Declined, Edit, Fix, FixSafety
from orchestrator_assets.domain.scan import RunStatus, Scan, ToolRun
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus
from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.domain.verification import Verification
from orchestrator_assets.stages.discover import Target, TargetStatus
from orchestrator_assets.stages.propose import Proposal
from orchestrator_assets.stages.verify import Baseline, verify_fixes
from orchestrator_assets.stages.workbench import Workbench
from tests.repositories import write_files

Rewrite = Mapping[str, str]


class Bench:
    """Every line `x = "bad..."` is a finding of rule `bad`; every line with `worse` one of rule `worse`."""

    def __init__(self, folder: Path, files: Mapping[str, str], passes: Callable[[str], bool] = lambda text: True) -> None:
        write_files(folder / "base", files)
        self.base = SourceTree(folder / "base", "base", tuple(sorted(files)))
        self.passes = passes
        self.scans = self.suites = 0
        self.work = Workbench(self.base, folder / "candidate", self.scan, self.test)

    def scan(self, tree: SourceTree, tools: frozenset[str] | None = None) -> Scan:
        self.scans += 1
        rows = []
        for path in tree.files:
            for number, line in enumerate(tree.read(path).decode().split("\n"), 1):
                rows += [Finding("lint", rule, "m", path, number) for rule in ("bad", "worse") if rule in line]
        texts = {path: tree.read(path).decode().split("\n") for path in tree.files}
        found = with_fingerprints(rows, lambda path, line: texts[path][line - 1])
        return Scan(tree.digest, (ToolRun("lint", "1", RunStatus.OK, tuple(found)),), (), (), False)

    def test(self, tree: SourceTree, only: tuple[str, ...] | None) -> SuiteRun:
        self.suites += 1
        text = "\n".join(tree.read(path).decode() for path in tree.files)
        result = CaseResult.PASSED if self.passes(text) else CaseResult.FAILED
        return SuiteRun(tree.digest, SuiteStatus.RAN, "pytest", (("tests/test_a.py::test", result),))

    def verify(self, writer: "Writer", suite: SuiteRun | None = None) -> Verification:
        scan = self.scan(self.base)
        targets = [Target(f, TargetStatus.REPRODUCED, (f,)) for f in scan.findings()]
        fixes, declined = writer.propose(self.base, list(scan.findings()))
        baseline = Baseline(scan, suite or self.test(self.base, None), Proposal(tuple(fixes), tuple(declined)))
        self.scans = self.suites = 0
        return verify_fixes(self.work, targets, baseline, [writer])


class Writer:
    """Replaces the value of a bad line by what the rewrites say for it; lines that they don't name are declined."""

    def __init__(self, rewrites: Rewrite, safety: FixSafety = FixSafety.SAFE) -> None:
        self.rewrites = rewrites
        self.safety = safety

    def propose(self, tree: SourceTree, findings: Sequence[Finding]) -> tuple[list[Fix], list[Declined]]:
        fixes, declined = [], []
        for finding in findings:
            text = tree.read(finding.path).decode()
            start = sum(len(line) + 1 for line in text.split("\n")[: finding.line - 1])
            line = text.split("\n")[finding.line - 1]
            name = line.partition(" =")[0]
            if name not in self.rewrites:
                declined.append(Declined(finding.fingerprint, "rule", f"{name} needs a person"))
                continue
            edit = Edit(start, start + len(line), self.rewrites[name])
            fixes.append(Fix((finding.fingerprint,), finding.path, (edit,), "rule", f"Mend {name}", self.safety))
        return fixes, declined


def bad_lines(count: int) -> str:
    return "".join(f'x{n} = "bad"\n' for n in range(count))


def outcomes(result: Verification) -> dict[str, OutcomeKind]:
    return {f"{o.finding.path}:{o.finding.line}": o.outcome for o in result.outcomes}


def test_what_scan_and_tests_prove_is_fixed_and_what_is_declined_keeps_its_reason(tmp_path: Path) -> None:
    result = Bench(tmp_path, {"a.py": bad_lines(2)}).verify(Writer({"x0": 'x0 = "good"'}))
    assert outcomes(result) == {"a.py:1": OutcomeKind.FIXED, "a.py:2": OutcomeKind.NO_FIX}
    assert result.outcomes[1].reason == "x1 needs a person"
    assert result.files == {"a.py": b'x0 = "good"\nx1 = "bad"\n'}


def test_a_fix_after_which_the_finding_is_still_there_is_dropped(tmp_path: Path) -> None:
    result = Bench(tmp_path, {"a.py": bad_lines(1)}).verify(Writer({"x0": 'x0 = "still bad"'}))
    assert outcomes(result) == {"a.py:1": OutcomeKind.DROPPED}
    assert "still there" in result.outcomes[0].reason
    assert result.files == {}


def test_a_fix_that_brings_a_new_finding_is_dropped_and_its_neighbours_stay(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a.py": bad_lines(8), "b.py": bad_lines(8)})
    result = bench.verify(Writer({f"x{n}": 'x5 = "worse"' if n == 5 else f'x{n} = "good"' for n in range(8)}))
    dropped = {place for place, outcome in outcomes(result).items() if outcome is OutcomeKind.DROPPED}
    assert dropped == {"a.py:6", "b.py:6"}
    assert not result.introduced
    assert "lint:worse at a.py:6" in next(o.reason for o in result.outcomes if o.outcome is OutcomeKind.DROPPED)


def test_a_fix_that_breaks_a_test_is_found_by_bisection(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a.py": bad_lines(64)}, passes=lambda text: 'x41 = "good"' not in text)
    result = bench.verify(Writer({f"x{n}": f'x{n} = "good"' for n in range(64)}))
    assert [place for place, outcome in outcomes(result).items() if outcome is OutcomeKind.DROPPED] == ["a.py:42"]
    assert "tests/test_a.py::test" in next(o.reason for o in result.outcomes if o.outcome is OutcomeKind.DROPPED)
    assert not result.regressed
    assert bench.suites <= 2 * math.log2(64) + 3


def test_without_tests_fixes_that_may_change_behaviour_are_held_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a.py": bad_lines(1)})
    none = SuiteRun("base", SuiteStatus.NO_TESTS, reason="no tests")
    result = bench.verify(Writer({"x0": 'x0 = "good"'}, FixSafety.UNSAFE), none)
    assert (result.held_back, outcomes(result), result.files) == (1, {"a.py:1": OutcomeKind.DROPPED}, {})
    assert "held back" in result.outcomes[0].reason


def test_a_fix_that_does_not_parse_or_silences_a_tool_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a.py": bad_lines(3)})
    result = bench.verify(Writer({"x0": "x0 = (", "x1": "x1 = 1  # noqa", "x2": 'x2 = "good"'}))
    assert list(outcomes(result).values()) == [OutcomeKind.DROPPED, OutcomeKind.DROPPED, OutcomeKind.FIXED]
    assert "does not parse" in result.outcomes[0].reason
    assert "silences a tool" in result.outcomes[1].reason


def test_a_tool_that_failed_on_the_untouched_tree_has_no_say_afterwards(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a.py": bad_lines(1)})
    plain_scan, failing = bench.scan, True

    def scan(tree: SourceTree, tools: frozenset[str] | None = None) -> Scan:
        nonlocal failing
        runs = plain_scan(tree).runs
        status = RunStatus.ERROR if failing else RunStatus.OK
        failing = False
        extra = ToolRun("moody", "1", status, tuple(with_fingerprints([Finding("moody", "r", "m", "a.py", 1)], lambda p, n: "")))
        return Scan(tree.digest, (*runs, extra), (), (), False)

    bench.scan = scan  # type: ignore[method-assign]
    bench.work = Workbench(bench.base, tmp_path / "candidate", scan, bench.test)
    result = bench.verify(Writer({"x0": 'x0 = "good"'}))
    assert (list(outcomes(result).values()), result.introduced) == ([OutcomeKind.FIXED], ())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["good", "bad", "worse", "breaks", "declined"]), min_size=1, max_size=24))
def test_whatever_the_fixes_do_the_counts_add_up_and_nothing_unproven_lands(tmp_path_factory, kinds: list[str]) -> None:
    folder = tmp_path_factory.mktemp("bench")
    bench = Bench(folder, {"a.py": bad_lines(len(kinds))}, passes=lambda text: "breaks" not in text)
    rewrites = {f"x{n}": f'x{n} = "{kind}"' for n, kind in enumerate(kinds) if kind != "declined"}
    result = bench.verify(Writer(rewrites))
    assert len(result.outcomes) == len(kinds)
    fixed = [o.finding.line - 1 for o in result.outcomes if o.outcome is OutcomeKind.FIXED]
    assert fixed == [n for n, kind in enumerate(kinds) if kind == "good"]
    final = result.files.get("a.py", bench.base.read("a.py")).decode()
    assert len(re.findall("good", final)) == len(fixed)
    assert "worse" not in final
    assert "breaks" not in final
    assert (result.introduced, result.regressed) == ((), ())
