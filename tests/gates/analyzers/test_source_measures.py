from pathlib import Path

import pytest

from gates.analyzers import ScanSettings
from gates.analyzers.source_measures import SourceMeasures
from gates.analyzers.subject import Subject
from orchestrator_assets.domain.ports import SandboxResult, SandboxRun
from orchestrator_assets.domain.scan import FileMetrics
from orchestrator_assets.domain.tree import Scope
from tests.builders import a_source_tree
from tests.fakes import LocalSandbox, MemoryCache

pytestmark = pytest.mark.slow

SHOP = '''"""A shop.

With two paragraphs.
"""

import os, sys
from typing import overload

# A comment.
LIMIT = 3
first, (second, *rest) = 1, (2, 3)
if LIMIT:
    flag: bool = True


class Cart:
    """Documented."""

    def add(self, item):
        if item and item.price > LIMIT:
            return 1
        return 0

    @property
    def size(self):
        """Documented."""
        return 0

    @size.setter
    def size(self, value):
        pass

    def _hidden(self):
        pass


def pay(cart):
    def inner():
        pass
    text = """not
    a docstring"""
    return text


async def ship():
    """Documented."""
'''


def _measure(root: Path, files: dict[str, str | bytes], sandbox: LocalSandbox | None = None) -> dict[str, FileMetrics]:
    tree = a_source_tree(root, files)
    subject = Subject(tree, ScanSettings(Scope(), (3, 11)), sandbox or LocalSandbox(), MemoryCache(), dict)
    return {file.path: file for file in SourceMeasures(subject).measure()[0]}


def test_a_file_is_measured(tmp_path: Path) -> None:
    shop = _measure(tmp_path, {"shop.py": SHOP})["shop.py"]

    # Documentable: module, Cart, add, size (not its setter), pay, ship. Documented: module, Cart, size, ship.
    assert (shop.documented, shop.documentable) == (4, 6)
    assert shop.module_names == ("Cart", "LIMIT", "first", "flag", "os", "overload", "pay", "rest", "second", "ship", "sys")
    assert shop.code_lines == 26
    assert 0 < shop.maintainability <= 100
    functions = {function.name: function for function in shop.functions}
    assert functions["Cart.add"].complexity == 3
    assert (functions["ship"].documented, functions["pay"].documented, functions["Cart._hidden"].public) == (True, False, False)


def test_imports_are_paths_of_this_repository(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "src/pkg/__init__.py": "",
        "src/pkg/a.py": "import os\nfrom . import b\n\n\ndef f():\n    import pkg.c\n",
        "src/pkg/b.py": "",
        "src/pkg/c.py": "from pkg.a import f\nfrom missing import g\n",
    }
    measured = _measure(tmp_path, files)

    assert measured["src/pkg/a.py"].imports == ("src/pkg/b.py", "src/pkg/c.py")
    assert measured["src/pkg/c.py"].imports == ("src/pkg/a.py",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"def f(:\n", "line 1"),
        (b"x = 1\0\n", "null"),
        (b"x = '\xff'\n", "encoding"),
        (b"# coding: klingon\n", "klingon"),
        (b"x = " + b"(" * 5000 + b")" * 5000 + b"\n", "parenthes"),
        (b"x = " + b"-" * 20000 + b"1\n", ""),
        (b"  x = 1\n", "indent"),
    ],
)
def test_a_file_that_does_not_parse_says_why_and_spares_the_others(tmp_path: Path, content: bytes, words: str) -> None:
    measured = _measure(tmp_path, {"a.py": content, "b.py": "X = 1\n"})

    assert words in measured["a.py"].parse_error.lower()
    assert measured["a.py"].parse_error != ""
    assert (measured["b.py"].parse_error, measured["b.py"].code_lines) == ("", 1)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbfX = 1\n", b"# coding: latin-1\nX = '\xe9'\n", b"X = 1\r\nY = 2\r\n", b"#\n"])
def test_odd_but_valid_files_parse(tmp_path: Path, content: bytes) -> None:
    assert _measure(tmp_path, {"a.py": content})["a.py"].parse_error == ""


def test_a_long_sum_is_not_taken_for_a_syntax_error(tmp_path: Path) -> None:
    assert _measure(tmp_path, {"a.py": "X = " + " + ".join(["1"] * 2000) + "\n"})["a.py"].parse_error == ""


def test_a_huge_line_is_measured_in_time(tmp_path: Path) -> None:
    assert _measure(tmp_path, {"a.py": "X = [" + "1, " * 200_000 + "]\n"})["a.py"].code_lines == 1


class Dying(LocalSandbox):
    """Cuts the measurer's answer off at the file `evil.py`, as a killed interpreter would."""

    def run(self, request: SandboxRun) -> SandboxResult:
        answer = super().run(request)
        before, found, _ = answer.stdout.partition(b'{"path": "evil.py"')
        return SandboxResult(-11 if found else 0, before, b"", answer.outputs, False, answer.seconds)


def test_a_file_that_kills_the_interpreter_is_named_and_the_others_are_measured(tmp_path: Path) -> None:
    measured = _measure(tmp_path, {"a.py": "X = 1\n", "evil.py": "X = 1\n", "z.py": "X = 1\n"}, Dying())

    assert "killed the interpreter" in measured["evil.py"].parse_error
    assert [measured[path].parse_error for path in ("a.py", "z.py")] == ["", ""]
