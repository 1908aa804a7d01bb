import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gates.analyzers import ANALYZERS, ScanSettings, scan_tree
from gates.analyzers.ruff import RULES
from orchestrator_assets.domain.errors import SandboxError
from orchestrator_assets.domain.finding import Category, Severity
from orchestrator_assets.domain.ports import SandboxResult, SandboxRun
from orchestrator_assets.domain.scan import RunStatus, Scan
from orchestrator_assets.domain.tree import Scope, SourceTree, judged_python_files
from tests.builders import a_source_tree
from tests.fakes import LocalSandbox, MemoryCache

SETTINGS = ScanSettings(Scope(), (3, 11), processes=2)
Place = tuple[str, str, str, int, int]


class RoteSandbox:
    """Gives every command the same answer."""

    def __init__(self, answer: SandboxResult | SandboxError) -> None:
        self.answer = answer

    def run(self, request: SandboxRun) -> SandboxResult:
        if isinstance(self.answer, SandboxError):
            raise self.answer
        return self.answer


def _result(stdout: bytes = b"", exit_code: int = 0, stderr: bytes = b"", *, timed_out: bool = False) -> SandboxResult:
    return SandboxResult(exit_code, stdout, stderr, {}, timed_out, 0.1)


def _statuses(scan: Scan) -> dict[str, RunStatus]:
    return {run.tool: run.status for run in scan.runs}


def _places(scan: Scan) -> Counter[Place]:
    return Counter((f.tool, f.rule_id, f.path, f.line, f.column) for f in scan.findings())


def _bare(tree: SourceTree, *arguments: str) -> str:
    files = judged_python_files(tree, Scope())
    command = [sys.executable, "-P", "-m", *arguments, *files]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "HOME": str(tree.root.parent)}
    return subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False, env=environment).stdout


def _bare_places(tree: SourceTree) -> Counter[Place]:
    """What the tools say when a person runs them."""
    ruff = ("ruff", "check", "--isolated", "--ignore-noqa", "--no-cache", "--output-format", "json", "--target-version", "py311")
    found: Counter[Place] = Counter()
    for row in json.loads(_bare(tree, *ruff, "--select", RULES)):
        path = str(Path(row["filename"]).relative_to(tree.root.resolve()))
        found["ruff", row["code"], path, row["location"]["row"], row["location"]["column"]] += 1
    for row in json.loads(_bare(tree, "bandit", "-q", "-f", "json", "--ignore-nosec"))["results"]:
        found["bandit", row["test_id"], row["filename"][2:], row["line_number"], row["col_offset"] + 1] += 1
    for row in json.loads(_bare(tree, "pylint", "--rcfile=/dev/null", "--persistent=n", "-f", "json2"))["messages"]:
        found["pylint", row["symbol"], row["path"], row["line"], row["column"] + 1] += 1
    for line in _bare(tree, "mypy", "--config-file=", "--strict", "--output", "json", "--no-incremental").splitlines():
        row = json.loads(line)
        if row["severity"] == "error":
            found["mypy", row["code"], row["file"], row["line"], row["column"] + 1] += 1
    return found


@pytest.mark.parametrize(
    "answer",
    [
        _result(b"Segmentation fault", -11),
        _result(b"{}"),
        _result(b"[1]"),
        _result(b"", 1, b"usage: no such option"),
        _result(b"[]", 124, timed_out=True),
        SandboxError("no bubblewrap here"),
    ],
    ids=["crash", "empty object", "wrong shape", "no output", "time limit", "no sandbox"],
)
def test_a_tool_that_does_not_answer_is_an_error_and_never_an_empty_pass(tmp_path: Path, answer: SandboxResult | SandboxError) -> None:
    tree = a_source_tree(tmp_path, {"app.py": "import os\n"})

    scan = scan_tree(tree, SETTINGS, RoteSandbox(answer), MemoryCache())

    assert set(_statuses(scan)) >= {analyzer.name for analyzer in ANALYZERS}
    assert set(_statuses(scan).values()) == {RunStatus.ERROR}
    assert all(run.message for run in scan.runs)
    assert [bool(file.parse_error) for file in scan.files] == [True]


def test_a_failed_tools_message_quotes_it_briefly(tmp_path: Path) -> None:
    tree = a_source_tree(tmp_path, {"app.py": "import os\n"})

    scan = scan_tree(tree, SETTINGS, RoteSandbox(_result(b"", 1, b"x" * 100_000 + b" the last words")), MemoryCache())

    assert all(run.message.endswith("the last words") and len(run.message) <= 1000 for run in scan.runs[:4])


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    cache = MemoryCache()
    scan_tree(a_source_tree(tmp_path, {"app.py": "import os\n"}), SETTINGS, RoteSandbox(_result(b"", 1)), cache)

    assert cache.entries == {}


def test_a_tree_without_python_files_starts_no_tool(tmp_path: Path) -> None:
    sandbox = LocalSandbox()

    scan = scan_tree(a_source_tree(tmp_path, {"a.ts": "x", "readme.rst": "x", "tests/test_a.py": ""}), SETTINGS, sandbox, MemoryCache())

    assert sandbox.requests == []
    assert set(_statuses(scan).values()) == {RunStatus.OK}
    assert (scan.files, scan.test_files, scan.has_readme) == ((), ("tests/test_a.py",), True)


@pytest.mark.slow
def test_findings_are_those_of_the_bare_tools_before_and_after_a_change(tmp_path: Path, flawed: dict[str, str | bytes]) -> None:
    cache, sandbox = MemoryCache(), LocalSandbox()
    tree = a_source_tree(tmp_path / "w", flawed)
    first = scan_tree(tree, SETTINGS, sandbox, cache)
    assert _places(first) == _bare_places(tree)

    flawed["src/shop/prices.py"] = '"""Prices."""\n\n\ndef price(order: dict[str, str], unused: int) -> str:\n    return order["price"]\n'
    changed = a_source_tree(tmp_path / "w", flawed)
    second = scan_tree(changed, SETTINGS, sandbox, cache)

    assert _places(second) == _bare_places(changed) != _places(first)


@pytest.mark.slow
def test_an_unchanged_tree_is_answered_from_the_cache(tmp_path: Path, flawed: dict[str, str | bytes]) -> None:
    cache = MemoryCache()
    first = scan_tree(a_source_tree(tmp_path / "a", flawed), SETTINGS, LocalSandbox(), cache)
    sandbox = LocalSandbox()

    again = scan_tree(a_source_tree(tmp_path / "b", flawed), SETTINGS, sandbox, cache)

    assert sandbox.requests == []
    assert (again.files, list(again.findings())) == (first.files, list(first.findings()))


@pytest.mark.slow
def test_every_finding_says_how_bad_it_is_and_can_be_told_apart(tmp_path: Path, flawed: dict[str, str | bytes]) -> None:
    scan = scan_tree(a_source_tree(tmp_path, flawed), SETTINGS, LocalSandbox(), MemoryCache())

    findings = list(scan.findings())
    assert len({f.fingerprint for f in findings}) == len(findings)
    assert {f.path for f in findings} <= {file.path for file in scan.files}
    shell = next(f for f in findings if f.rule_id == "B602")
    assert (shell.severity, shell.category, shell.cwe) == (Severity.CRITICAL, Category.SECURITY, (78,))
    assert shell.context == "subprocess.call(command, shell=True)"
    assert {f.category for f in findings if f.tool == "mypy"} == {Category.TYPES}


@pytest.mark.slow
def test_modules_named_like_the_standard_librarys_are_neither_run_nor_in_the_way(tmp_path: Path) -> None:
    names = (
        "ast",
        "logging",
        "sitecustomize",
        "usercustomize",
        "json",
        "tokenize",
        "bandit",
        "pylint",
        "mypy",
        "radon",
        "ruff",
        "typing_extensions",
        "multiprocessing",
        "enchant",
        "isort",
        "colorsys",
    )
    files: dict[str, str | bytes] = {f"{n}.py": f"open({str(tmp_path / 'ran')!r}, 'a').write({n!r})\nraise SystemExit(3)\n" for n in names}
    files["pylintrc"] = f"[MAIN]\ninit-hook=open({str(tmp_path / 'ran')!r}, 'w')\n"
    files["mypy.ini"] = "[mypy]\nplugins = evil.py\n"
    files["app.py"] = "import logging\n\nX = eval('1')\n"

    scan = scan_tree(a_source_tree(tmp_path / "w", files), SETTINGS, LocalSandbox(), MemoryCache())

    assert not (tmp_path / "ran").exists()
    assert {tool: status for tool, status in _statuses(scan).items() if tool != "mypy"} == dict.fromkeys(
        ("ruff", "bandit", "pylint"), RunStatus.OK
    )
    assert {f.rule_id for f in scan.findings() if f.path == "app.py"} >= {"B307", "eval-used"}


@pytest.mark.slow
def test_a_broken_file_shows_as_such_and_stops_only_mypy(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "good.py": "import os\n\n\ndef f(x):\n    return eval(x)\n",
        "bad.py": "def f(:\n",
        "null.py": b"x = 1\0\n",
    }

    scan = scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), MemoryCache())

    errors = {file.path: file.parse_error for file in scan.files}
    assert "line 1" in errors["bad.py"]
    assert errors["null.py"]
    assert errors["good.py"] == ""
    assert _statuses(scan) == {"ruff": RunStatus.OK, "bandit": RunStatus.OK, "pylint": RunStatus.OK, "mypy": RunStatus.ERROR}
    assert "bad.py" in scan.runs[3].message
    assert {f.tool for f in scan.findings() if f.path == "good.py"} == {"ruff", "bandit", "pylint"}
    assert {f.category for f in scan.findings() if f.path == "bad.py"} == {Category.SYNTAX}


@pytest.mark.slow
def test_a_file_that_ruff_cannot_read_is_named_and_the_others_still_count(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"latin.py": b"# coding: latin-1\nNAME = '\xe9'\n", "app.py": "import os\n"}

    scan = scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), MemoryCache())

    ruff = scan.runs[0]
    assert (ruff.status, ruff.message) == (RunStatus.OK, "1 file(s) left out: latin.py (ruff reads UTF-8 only)")
    assert "F401" in {f.rule_id for f in ruff.findings}


@pytest.mark.slow
def test_odd_file_names_keep_no_tool_from_working(tmp_path: Path) -> None:
    names = ("-dash.py", "sp ace.py", "@at.py", "ünï.py", "my-app/__init__.py", "my-app/a.py", "a b/c.py")

    scan = scan_tree(a_source_tree(tmp_path, dict.fromkeys(names, "import os\n")), SETTINGS, LocalSandbox(), MemoryCache())

    assert set(_statuses(scan).values()) == {RunStatus.OK}, [run.message for run in scan.runs]
    for tool in ("ruff", "pylint"):
        assert {f.path for f in scan.findings() if f.tool == tool} == set(names)
    assert scan.runs[3].message.startswith("2 file(s) left out: my-app/__init__.py")


@pytest.mark.slow
def test_a_file_that_nests_too_deeply_for_ruff_silences_it_for_no_other_file(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"m{n}.py": "import os\n" for n in range(5)}
    files["deep.py"] = "x = " + "1 + " * 30_000 + "1\n"
    scan = scan_tree(a_source_tree(tmp_path, files), SETTINGS, LocalSandbox(), MemoryCache(), frozenset({"ruff"}))
    assert _statuses(scan)["ruff"] is RunStatus.OK
    assert [finding.path for finding in scan.findings() if finding.rule_id == "F401"] == [f"m{n}.py" for n in range(5)]
    # Python does not take it either, and so it is not lost: it counts as broken.
    assert next(file.parse_error for file in scan.files if file.path == "deep.py")
