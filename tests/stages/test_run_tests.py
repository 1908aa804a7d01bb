"""Suites in the real sandbox, on the platform's own interpreter and pytest."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_assets.domain.job import JobOptions
from orchestrator_assets.domain.ports import Sandbox, SandboxResult, SandboxRun
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus
from orchestrator_assets.domain.suite import TestEnvironment as Environment
from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.stages import run_tests
from orchestrator_assets.stages.run_tests import run_baseline, run_suite
from resources.sandbox import find_sandbox
from tests.fakes import MemoryCache

pytestmark = pytest.mark.slow

ENVIRONMENT = Environment(
    python=Path(sys.executable),
    prefix=Path(sys.prefix),
    read_only=(Path(sys.prefix), Path(sys.base_prefix)),
    overlay=Path("/nowhere"),
    overlay_files=(),
    import_roots=("",),
    packages=("coverage==7", "pytest==9"),
    key="platform",
)
CODE = "def double(x):\n    if x is None:\n        return 0\n    return 2 * x\n"
TESTS = """
import pytest, unittest
from calc import double
def test_good(): assert double(2) == 4
def test_bad(): assert double(2) == 5
@pytest.mark.skip
def test_later(): pass
@pytest.mark.parametrize("x", [object()], ids=repr)
def test_address(x): pass
class Old(unittest.TestCase):
    def test_old(self): self.assertEqual(double(1), 2)
@pytest.fixture
def broken(): raise RuntimeError
def test_setup(broken): pass
"""


class CountingSandbox:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.runs = 0

    def run(self, request: SandboxRun) -> SandboxResult:
        self.runs += 1
        return self.sandbox.run(request)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return find_sandbox()


@pytest.fixture
def tree(tmp_path: Path):
    def make(files: dict[str, str]) -> SourceTree:
        root = tmp_path / "tree"
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return SourceTree(root, f"digest-{hash(tuple(files.items()))}", tuple(sorted(files)))

    return make


def run(tree: SourceTree, sandbox: Sandbox, options: JobOptions | None = None, **arguments: object) -> SuiteRun:
    return run_suite(tree, ENVIRONMENT, options or JobOptions(), sandbox, MemoryCache(), **arguments)


def test_each_test_has_its_own_result_and_lines_are_counted(tree, sandbox: Sandbox) -> None:
    got = run(tree({"calc.py": CODE, "never.py": "a = 1\nb = 2\n", "tests/test_it.py": TESTS}), sandbox)
    assert (got.status, got.runner, got.reason) == (SuiteStatus.RAN, "pytest", "")
    assert dict(got.cases) == {
        "tests/test_it.py::test_good": CaseResult.PASSED,
        "tests/test_it.py::test_bad": CaseResult.FAILED,
        "tests/test_it.py::test_later": CaseResult.SKIPPED,
        "tests/test_it.py::test_address[<object object at 0x0>]": CaseResult.PASSED,
        "tests/test_it.py::Old::test_old": CaseResult.PASSED,
        "tests/test_it.py::test_setup": CaseResult.FAILED,
    }
    assert dict(got.executed_lines) == {"calc.py": (1, 2, 4), "never.py": ()}
    assert got.coverage_percent == 50.0


def test_a_subset_is_run_by_id_or_by_file(tree, sandbox: Sandbox) -> None:
    files = tree({"calc.py": CODE, "tests/test_it.py": TESTS, "tests/test_two.py": "def test_a(): pass\ndef test_b(): pass\n"})
    only = ["tests/test_it.py::test_good", "tests/test_it.py::test_address[<object object at 0x0>]", "tests/test_two.py"]
    got = run(files, sandbox, only=only, measure=False)
    assert [case_id for case_id, _ in got.cases] == sorted([*only[:2], "tests/test_two.py::test_a", "tests/test_two.py::test_b"])
    assert got.coverage_percent is None


def test_the_customers_own_options_do_not_break_the_run(tree, sandbox: Sandbox) -> None:
    config = "[pytest]\naddopts = --cov=nothing --no-such-option -x\n"
    got = run(tree({"calc.py": CODE, "tests/test_it.py": TESTS, "pytest.ini": config}), sandbox)
    assert len(got.cases) == 6


def test_a_file_that_cannot_be_imported_fails_alone(tree, sandbox: Sandbox) -> None:
    got = run(tree({"test_a.py": "def test_a(): pass", "test_b.py": "import no_such_module"}), sandbox)
    assert dict(got.cases) == {"test_a.py::test_a": CaseResult.PASSED, "test_b.py": CaseResult.FAILED}


def test_a_suite_of_which_nothing_can_be_imported_could_not_run(tree, sandbox: Sandbox) -> None:
    got = run(tree({"test_b.py": "import no_such_module"}), sandbox)
    assert got.status is SuiteStatus.COULD_NOT_RUN
    assert "no_such_module" in got.reason
    assert got.cases == ()


def test_a_broken_conftest_is_explained(tree, sandbox: Sandbox) -> None:
    got = run(tree({"conftest.py": "raise RuntimeError('the database is missing')", "test_b.py": "def test_b(): pass"}), sandbox)
    assert got.status is SuiteStatus.COULD_NOT_RUN
    assert "the database is missing" in got.reason


def test_files_without_tests_are_no_tests(tree, sandbox: Sandbox) -> None:
    assert run(tree({"tests/test_nothing.py": "x = 1"}), sandbox).status is SuiteStatus.NO_TESTS


def test_a_crash_names_the_test_and_keeps_the_rest(tree, sandbox: Sandbox) -> None:
    source = "import os\ndef test_a(): pass\ndef test_crash(): os.abort()\ndef test_never(): pass\n"
    got = run(tree({"test_c.py": source}), sandbox)
    assert dict(got.cases) == {"test_c.py::test_a": CaseResult.PASSED, "test_c.py::test_crash": CaseResult.FAILED}
    assert "test_c.py::test_crash" in got.reason


def test_the_time_limit_keeps_what_ended_and_is_not_cached(tree, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tests, "TIME_LIMIT_SECONDS", 2.0)
    cache = MemoryCache()
    files = tree({"test_t.py": "import time\ndef test_a(): pass\ndef test_slow(): time.sleep(60)\n"})
    got = run_suite(files, ENVIRONMENT, JobOptions(), sandbox, cache)
    assert dict(got.cases) == {"test_t.py::test_a": CaseResult.PASSED, "test_t.py::test_slow": CaseResult.FAILED}
    assert "1 tests had ended" in got.reason
    assert cache.entries == {}


def test_a_second_run_of_the_same_tree_comes_from_the_cache(tree, sandbox: Sandbox) -> None:
    counting, cache = CountingSandbox(sandbox), MemoryCache()
    files = tree({"test_a.py": "def test_a(): pass"})
    first = run_suite(files, ENVIRONMENT, JobOptions(), counting, cache)
    assert run_suite(files, ENVIRONMENT, JobOptions(), counting, cache) == first
    assert counting.runs == 1
    run_suite(files, replace(ENVIRONMENT, key="another"), JobOptions(), counting, cache)
    run_suite(files, ENVIRONMENT, JobOptions(test_command="true"), counting, cache)
    run_suite(files, ENVIRONMENT, JobOptions(), counting, cache, only=["test_a.py"])
    assert counting.runs == 4


def test_a_command_of_its_own_is_one_case(tree, sandbox: Sandbox) -> None:
    files = tree({"a.py": ""})
    assert run(files, sandbox, JobOptions(test_command="test -e a.py")).cases == (("command", CaseResult.PASSED),)
    failed = run(files, sandbox, JobOptions(test_command="echo because; exit 3"))
    assert failed.cases == (("command", CaseResult.FAILED),)
    assert "because" in failed.reason


def test_a_pytest_command_of_its_own_reports_each_test(tree, sandbox: Sandbox) -> None:
    files = tree({"calc.py": CODE, "checks/test_it.py": TESTS})
    got = run(files, sandbox, JobOptions(test_command="python -m pytest checks", setup_command="echo made > made.txt"))
    assert len(got.cases) == 6
    assert got.coverage_percent is not None


def test_a_failing_set_up_command_is_the_reason(tree, sandbox: Sandbox) -> None:
    got = run(tree({"test_a.py": "def test_a(): pass"}), sandbox, JobOptions(setup_command="echo no compiler >&2; false"))
    assert got.status is SuiteStatus.COULD_NOT_RUN
    assert "no compiler" in got.reason


def test_the_set_up_command_works_on_the_copy_that_the_tests_see(tree, sandbox: Sandbox) -> None:
    files = tree({"test_a.py": "def test_a(): assert open('made.txt').read() == 'made\\n'"})
    got = run(files, sandbox, JobOptions(setup_command="echo made > made.txt"))
    assert got.count(CaseResult.PASSED) == 1
    assert not (files.root / "made.txt").exists()


def test_generated_files_are_laid_over_the_tree_where_it_lacks_them(tree, sandbox: Sandbox, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    (overlay / "pkg").mkdir(parents=True)
    (overlay / "pkg" / "_version.py").write_text("V = 'generated'")
    (overlay / "pkg" / "__init__.py").write_text("raise RuntimeError('must not replace the tree')")
    environment = replace(ENVIRONMENT, overlay=overlay, read_only=(*ENVIRONMENT.read_only, overlay))
    files = tree({"pkg/__init__.py": "", "test_a.py": "def test_a():\n    from pkg._version import V\n    assert V == 'generated'\n"})
    got = run_suite(files, environment, JobOptions(), sandbox, MemoryCache())
    assert got.count(CaseResult.PASSED) == 1


def test_pytest_processes_that_a_suite_starts_do_not_report(tree, sandbox: Sandbox) -> None:
    inner = "def test_inner(): pass"
    outer = "import subprocess, sys\ndef test_outer(): subprocess.run([sys.executable, '-m', 'pytest', 'inner.py'], check=True)"
    got = run(tree({"inner.py": inner, "test_o.py": outer}), sandbox, JobOptions(test_command="pytest test_o.py"))
    assert [case_id for case_id, _ in got.cases] == ["test_o.py::test_outer"]


def test_without_pytest_unittest_gives_the_same_kind_of_results(tree, sandbox: Sandbox) -> None:
    source = """
import unittest
from calc import double
class Case(unittest.TestCase):
    def test_good(self): self.assertEqual(double(1), 2)
    def test_bad(self): self.assertEqual(double(1), 3)
    @unittest.skip("later")
    def test_later(self): pass
    def test_parts(self):
        for n in (1, 2):
            with self.subTest(n=n): self.assertEqual(n, 1)
"""
    files = tree({"calc.py": CODE, "tests/__init__.py": "", "tests/test_u.py": source})
    environment = replace(ENVIRONMENT, packages=("coverage==7",), key="bare")
    got = run_suite(files, environment, JobOptions(), sandbox, MemoryCache())
    assert got.runner == "unittest"
    short = {case_id.rpartition(".")[2]: case.value for case_id, case in got.cases}
    assert short == {"test_good": "passed", "test_bad": "failed", "test_later": "skipped", "test_parts": "failed"}
    assert got.coverage_percent == 75.0


def test_a_flaky_test_counts_as_failed_and_is_named(tree, sandbox: Sandbox) -> None:
    source = "import sys\ndef test_steady(): pass\ndef test_moody(): assert 'coverage' in sys.modules\n"
    got = run_baseline(tree({"test_f.py": source}), ENVIRONMENT, JobOptions(), sandbox, MemoryCache())
    assert got.flaky == ("test_f.py::test_moody",)
    assert got.passed_ids() == {"test_f.py::test_steady"}
