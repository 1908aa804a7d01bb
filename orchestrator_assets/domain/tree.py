"""A checked-out tree, and which of its files are judged, tests, or left alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

PYTHON_SUFFIXES = frozenset({".py", ".pyi"})
TYPESCRIPT_SUFFIXES = frozenset({".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"})

_TEST_FOLDERS = frozenset({"test", "tests", "testing", "__tests__", "e2e", "spec"})
_VENDORED_FOLDERS = frozenset({"vendor", "vendored", "_vendor", "third_party", "node_modules", "site-packages", ".venv", "venv"})


@dataclass(frozen=True, slots=True)
class SourceTree:
    """Files on this machine's disk, under one digest.

    Attributes:
        root: The folder; it belongs to the run and is never the customer's own.
        digest: Names the content: equal digests mean equal files.
        files: POSIX paths of the regular files, sorted; links leading out, submodules and oversized files are not among them.
    """

    root: Path
    digest: str
    files: tuple[str, ...]

    def read(self, path: str) -> bytes:
        """The bytes of one of `files`."""
        return (self.root / path).read_bytes()


@dataclass(frozen=True, slots=True)
class Scope:
    """Which files the order is about: `include` and `exclude` are glob patterns on whole paths, or folders."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Whether the order covers the file."""
        if any(_matches(path, pattern) for pattern in self.exclude):
            return False
        return not self.include or any(_matches(path, pattern) for pattern in self.include)


def is_test_file(path: str) -> bool:
    """Whether the file belongs to the tests: never judged, never edited."""
    pure = PurePosixPath(path)
    name = pure.name
    if any(part.lower() in _TEST_FOLDERS for part in pure.parts[:-1]):
        return True
    if name == "conftest.py":
        return True
    if pure.suffix in PYTHON_SUFFIXES:
        return name.startswith("test_") or pure.stem.endswith("_test") or name in {"test.py", "tests.py"}
    return ".test." in name or ".spec." in name


def is_vendored(path: str) -> bool:
    """Whether the file was copied in from elsewhere: not judged, not edited."""
    return any(part in _VENDORED_FOLDERS for part in PurePosixPath(path).parts[:-1])


def judged_python_files(tree: SourceTree, scope: Scope) -> tuple[str, ...]:
    """The Python files that findings and gates are about, sorted."""
    return tuple(path for path in _judged(tree.files, scope) if PurePosixPath(path).suffix == ".py")


def python_test_files(tree: SourceTree) -> tuple[str, ...]:
    """The tests' Python files, sorted."""
    return tuple(p for p in tree.files if PurePosixPath(p).suffix == ".py" and is_test_file(p) and not is_vendored(p))


def _judged(paths: Iterable[str], scope: Scope) -> Iterable[str]:
    return (p for p in paths if scope.covers(p) and not is_test_file(p) and not is_vendored(p))


def _matches(path: str, pattern: str) -> bool:
    pattern = pattern.rstrip("/")
    return fnmatchcase(path, pattern) or path.startswith(pattern + "/")
