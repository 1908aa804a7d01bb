from pathlib import Path

import pytest

from orchestrator_assets.domain.tree import Scope, is_test_file, is_vendored, judged_python_files, python_test_files
from tests.builders import a_source_tree


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_a.py", "src/pkg/tests/data/sample.py", "Tests/a.py", "test_a.py", "a_test.py", "pkg/conftest.py", "tests.py",
        "web/src/a.test.ts", "web/a.spec.js", "e2e/a.ts", "pkg/testing/tools.py",
    ],
)  # fmt: skip
def test_what_belongs_to_the_tests_is_known_by_its_place_or_name(path: str) -> None:
    assert is_test_file(path)


@pytest.mark.parametrize(
    "path", ["pkg/a.py", "pkg/contest.py", "pkg/latest.py", "attestation/a.py", "test", "pkg/testimony.py", "web/test.ts"]
)
def test_a_name_that_only_sounds_like_a_test_is_none(path: str) -> None:
    assert not is_test_file(path)


def test_what_was_copied_in_is_vendored() -> None:
    assert is_vendored("pkg/_vendor/six.py")
    assert is_vendored("node_modules/x/index.py")
    assert not is_vendored("pkg/vendors.py")
    assert not is_vendored("vendor")


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(), {"a.py", "pkg/b.py", "pkg/sub/c.py"}),
        (Scope(include=("pkg",)), {"pkg/b.py", "pkg/sub/c.py"}),
        (Scope(include=("pkg/",)), {"pkg/b.py", "pkg/sub/c.py"}),
        (Scope(include=("pkg/*",)), {"pkg/b.py", "pkg/sub/c.py"}),
        (Scope(include=("pkg",), exclude=("pkg/sub",)), {"pkg/b.py"}),
        (Scope(exclude=("*.py",)), set()),
        (Scope(include=("a.py", "pkg/sub/c.py")), {"a.py", "pkg/sub/c.py"}),
        (Scope(include=("pk",)), set()),
        (Scope(include=("PKG",)), set()),
    ],
)
def test_the_scope_is_folders_or_patterns_and_excluding_wins(scope: Scope, covered: set[str]) -> None:
    assert {path for path in ("a.py", "pkg/b.py", "pkg/sub/c.py") if scope.covers(path)} == covered


def test_judged_are_the_python_files_of_the_order_that_are_neither_tests_nor_vendored(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ["z.py", "a.py", "a.pyi", "web/a.ts", "tests/test_a.py", "tests/__init__.py", "vendor/v.py", "vendor/tests/test_v.py", "x/out.py"],
        "",
    )
    tree = a_source_tree(tmp_path, files)
    assert judged_python_files(tree, Scope(exclude=("x",))) == ("a.py", "z.py")
    assert python_test_files(tree) == ("tests/__init__.py", "tests/test_a.py")
