from pathlib import Path

import pytest

from orchestrator_assets.domain.finding import Finding, with_fingerprints
from orchestrator_assets.domain.fix import Declined, Fix, FixSafety
from orchestrator_assets.domain.patching import apply_fixes
from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.rules import RulesFixWriter
from tests.fakes import LocalSandbox


def proposed(
    folder: Path, files: dict[str, str | bytes], findings: list[Finding], target: tuple[int, int] = (3, 11)
) -> tuple[list[Fix], list[Declined], list[Finding]]:
    """Write the files, and ask the real writer; the findings come back with their fingerprints."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    tree = SourceTree(folder, "digest", tuple(sorted(files)))
    marked = with_fingerprints(findings, lambda path, line: f"{path}:{line}")
    fixes, declined = RulesFixWriter(LocalSandbox(), target).propose(tree, marked)
    return fixes, declined, marked


def reason(folder: Path, files: dict[str, str | bytes], finding: Finding) -> str:
    fixes, declined, _ = proposed(folder, files, [finding])
    assert fixes == []
    return declined[0].reason


def test_every_finding_gets_exactly_one_answer_in_order(tmp_path: Path) -> None:
    text = "import os\nimport yaml\n\nx = yaml.load(h)\nassert x\nif x == None:\n    pass\n"
    findings = [
        Finding("ruff", "E711", "m", "a.py", 6, 9),
        Finding("pylint", "too-many-branches", "m", "a.py", 1, 1),
        Finding("bandit", "B506", "m", "a.py", 4, 5),
        Finding("bandit", "B101", "m", "a.py", 5, 1),
    ]
    fixes, declined, marked = proposed(tmp_path, {"a.py": text}, findings)
    assert [fix.fingerprints for fix in fixes] == [(marked[n].fingerprint,) for n in (0, 2, 3)]
    assert [item.fingerprint for item in declined] == [marked[1].fingerprint]
    assert [fix.rule for fix in fixes] == ["ruff:E711", "yaml-safe-load", "assert-to-raise"]
    changed = apply_fixes(text, fixes)
    assert "yaml.safe_load(h)" in changed and "x is None" in changed and "if not x:" in changed


def test_findings_of_two_tools_with_the_same_cure_become_one_fix(tmp_path: Path) -> None:
    text = "import os\n\nprint(1)\n"
    findings = [
        Finding("ruff", "F401", "`os` imported but unused", "a.py", 1, 8),
        Finding("pylint", "unused-import", "Unused import os", "a.py", 1, 1),
    ]
    fixes, declined, marked = proposed(tmp_path, {"a.py": text}, findings)
    assert declined == []
    assert [fix.fingerprints for fix in fixes] == [tuple(finding.fingerprint for finding in marked)]


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("tests/test_a.py", "assert 1\n", "test files are never edited"),
        ("vendor/a.py", "assert 1\n", "vendored files are never edited"),
        ("web/a.ts", "x\n", "no rule for TypeScript"),
        ("setup.cfg", "x\n", "no rule for .cfg files"),
        ("a.py", b"# \xff\nassert 1\n", "cannot be decoded"),
        ("a.py", "assert (\n", "does not parse"),
    ],
)
def test_files_that_are_not_edited_say_why(tmp_path: Path, path: str, content: str | bytes, words: str) -> None:
    assert words in reason(tmp_path, {path: content}, Finding("bandit", "B101", "m", path, 1, 1))


def test_a_path_outside_the_tree_is_declined(tmp_path: Path) -> None:
    assert "is not among the files" in reason(tmp_path, {"a.py": ""}, Finding("bandit", "B101", "m", "../b.py", 1, 1))


@pytest.mark.parametrize(
    ("tool", "rule_id", "words"),
    [
        ("mypy", "attr-defined", "no deterministic rule answers mypy:attr-defined"),
        ("pylint", "too-many-branches", "no deterministic rule answers pylint:too-many-branches"),
        ("bandit", "B105", "if this is a real secret"),
        ("ruff", "D103", "written by someone who knows"),
        ("ruff", "NOSUCH999", "no deterministic rule answers ruff:NOSUCH999"),
        ("semgrep", "x.y", "no deterministic rule answers semgrep:x.y"),
    ],
)
def test_a_finding_without_a_rule_says_what_it_needs(tmp_path: Path, tool: str, rule_id: str, words: str) -> None:
    assert words in reason(tmp_path, {"a.py": "x = 1\n"}, Finding(tool, rule_id, "m", "a.py", 1, 1))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"pkg/__init__.py": "from os import path\n"}, "public names"),
        ({"pkg/__init__.py": "", "pkg/a.py": "from pkg.b import thing\n", "pkg/b.py": "thing = 1\n"}, "comes from this project"),
        ({"pkg/__init__.py": "", "pkg/a.py": "from .b import thing\n"}, "comes from this project"),
        ({"pkg/__init__.py": "", "pkg/a.py": "from os import path\n", "pkg/b.py": "from pkg.a import path\n"}, "another file"),
        ({"pkg/__init__.py": "", "pkg/a.py": "from os import path\n", "b.py": "import pkg.a\npkg.a.path\n"}, "another file"),
    ],
)
def test_an_import_that_others_may_use_from_here_stays(tmp_path: Path, files: dict[str, str | bytes], words: str) -> None:
    path = "pkg/a.py" if "pkg/a.py" in files else "pkg/__init__.py"
    assert words in reason(tmp_path, files, Finding("ruff", "F401", "m", path, 1, str(files[path]).index("import ") + 8))


def test_ruffs_columns_are_characters(tmp_path: Path) -> None:
    text = "x = '😀ä'; y = x == None\n"
    fixes, _, _ = proposed(tmp_path, {"a.py": text}, [Finding("ruff", "E711", "m", "a.py", 1, text.index("None") + 1)])
    assert apply_fixes(text, fixes) == "x = '😀ä'; y = x is None\n"


def test_a_byte_order_mark_does_not_shift_the_edits(tmp_path: Path) -> None:
    text = "y = x == None\n"
    fixes, _, _ = proposed(tmp_path, {"a.py": b"\xef\xbb\xbf" + text.encode()}, [Finding("ruff", "E711", "m", "a.py", 1, 10)])
    assert apply_fixes(text, fixes) == "y = x is None\n"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("try:\n    f()\nexcept Exception:\n    pass\n", Finding("ruff", "SIM105", "m", "a.py", 1, 1)),
        ("def f():\n    __tracebackhide__ = True\n", Finding("ruff", "F841", "m", "a.py", 2, 5)),
        ("print('x')\n", Finding("ruff", "T201", "m", "a.py", 1, 1)),
        ("class A:\n    def f(this):\n        return this\n", Finding("ruff", "N805", "m", "a.py", 2, 11)),
        ("x = y == None  # why\n", Finding("ruff", "F401", "m", "a.py", 1, 1)),
    ],
)
def test_fixes_of_ruff_that_hide_or_guess_are_refused(tmp_path: Path, text: str, finding: Finding) -> None:
    assert reason(tmp_path, {"a.py": text}, finding)


@pytest.mark.parametrize(
    ("text", "finding", "after"),
    [
        (
            "def f(a):\n    if a:\n        return 1\n    else:\n        return 2\n",
            Finding("pylint", "no-else-return", "m", "a.py", 2, 5),
            "def f(a):\n    if a:\n        return 1\n    return 2\n",
        ),
        ("x = not a in b\n", Finding("pylint", "unnecessary-negation", "m", "a.py", 1, 5), "x = a not in b\n"),
        ("def f():\n    print()\n    return\n", Finding("pylint", "useless-return", "m", "a.py", 1, 1), "def f():\n    print()\n"),
        ("x = 'a {}'.format(b)\n", Finding("pylint", "consider-using-f-string", "m", "a.py", 1, 5), "x = f'a {b}'\n"),
    ],
)
def test_messages_of_pylint_take_the_equal_fix_of_ruff(tmp_path: Path, text: str, finding: Finding, after: str) -> None:
    fixes, _, _ = proposed(tmp_path, {"a.py": text}, [finding])
    assert apply_fixes(text, fixes) == after


def test_the_target_version_reaches_ruff(tmp_path: Path) -> None:
    text = "from typing import Optional\n\nx: Optional[int] = None\n"
    finding = Finding("ruff", "UP045", "m", "a.py", 3, 4)
    old, declined, _ = proposed(tmp_path, {"a.py": text}, [finding], target=(3, 8))
    new, _, _ = proposed(tmp_path, {"a.py": text}, [finding], target=(3, 11))
    assert old == [] and "Python 3.8" in declined[0].reason
    assert len(new) == 1


def test_nothing_on_disk_changes_and_ruff_reads_no_configuration_of_the_customer(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.py": "x = y == None\n", "ruff.toml": "lint.ignore = ['E711']\nexclude = ['*']\n"}
    fixes, _, _ = proposed(tmp_path, files, [Finding("ruff", "E711", "m", "a.py", 1, 10)])
    assert len(fixes) == 1 and fixes[0].safety is FixSafety.UNSAFE
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == files


def test_the_same_order_gives_the_same_fixes(tmp_path: Path) -> None:
    findings = [Finding("bandit", "B101", "m", "a.py", line, 1) for line in (1, 2, 3)]
    first = proposed(tmp_path, {"a.py": "assert a\nassert b\nassert c\n"}, findings)
    second = proposed(tmp_path, {"a.py": "assert a\nassert b\nassert c\n"}, findings)
    assert first == second
