"""Finding a repository's test suite and the command that runs it."""

import base64
import configparser
import json
import re
import shlex
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from orchestrator_assets.domain.job import JobOptions
from orchestrator_assets.domain.suite import TestEnvironment
from orchestrator_assets.domain.tree import Scope, SourceTree, judged_python_files, python_test_files

_ENV_CHUNK = 100_000
_PYTEST_WORD = re.compile(r"(?:^|[\s/;&|])(?:pytest|py\.test)(?=$|[\s;&|])")
# Options of pytest itself that shape which tests there are; all others (reports, parallelism, plug-ins' own) would only break the run.
_KEPT_OPTIONS = ("--import-mode", "--ignore", "--ignore-glob", "--deselect", "--doctest-modules", "--doctest-glob", "--pyargs", "-m", "-k")
_FLAGS = frozenset({"--doctest-modules", "--pyargs"})
_PYTEST = ("-q", "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:randomly", "--continue-on-collection-errors", "--rootdir=/w")

# $1 overlay, $2 set-up command, then the suite's command.
_PRELUDE = """
overlay=$1 setup=$2; shift 2
[ -d "$overlay" ] && cp -rn "$overlay"/. /w/ 2>/dev/null
if [ -n "$setup" ]; then sh -c "$setup" || { echo "the set-up command failed" >&2; exit 97; }; fi
exec "$@"
"""
SETUP_FAILED = 97


@dataclass(frozen=True, slots=True)
class SuiteCommand:
    """A way to run the tests: `runner` for reports, `argv` inside the sandbox, and what goes into its environment."""

    runner: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tests, and whether their coverage is measured."""

    only: tuple[str, ...] | None
    measure: bool


def find_command(tree: SourceTree, environment: TestEnvironment, options: JobOptions, selection: Selection) -> SuiteCommand | None:
    """The command to run the suite; None when the repository has no tests."""
    settings = {
        "only": list(selection.only) if selection.only is not None else None,
        "judged": list(judged_python_files(tree, Scope(options.include, options.exclude))) if selection.measure else [],
        "measure": selection.measure and environment.has("coverage"),
    }
    bare = _environment(environment, settings)
    argv: tuple[str, ...]
    if options.test_command is not None:
        argv, runner = ("sh", "-c", options.test_command), options.test_command
        if _PYTEST_WORD.search(options.test_command):
            quiet = " --no-cov" if environment.has("pytest-cov") else ""
            bare["PYTEST_ADDOPTS"] = f"-p orchestrator_results --rootdir=/w{quiet}"
    elif not has_tests(tree):
        return None
    elif environment.has("pytest"):
        places = _files_of(selection.only, tree) if selection.only is not None else _places(tree)
        argv, runner = ("python", "-m", "pytest", "-p", "orchestrator_results", *_PYTEST, *_kept_options(tree), *places), "pytest"
    else:
        folder = next(iter(_test_folders(tree)), ".")
        argv, runner = ("python", "/in/orchestrator_results.py", folder, _top_level(tree, folder)), "unittest"
    prelude = ("sh", "-c", _PRELUDE, "suite", str(environment.overlay), options.setup_command or "")
    return SuiteCommand(runner, (*prelude, *argv), bare)


def has_tests(tree: SourceTree) -> bool:
    """Whether there is anything that pytest or unittest would look at."""
    names = [PurePosixPath(path).name for path in python_test_files(tree)]
    if any(name.startswith("test") or name.endswith("_test.py") or name == "conftest.py" for name in names):
        return True
    return bool(names) and bool(pytest_settings(tree))


def pytest_settings(tree: SourceTree) -> Mapping[str, Any]:
    """The repository's pytest configuration, from the first of the files that pytest reads."""
    for path in ("pytest.toml", ".pytest.toml"):
        if path in tree.files:
            return _table(_toml(tree, path), "pytest") or {"testpaths": []}
    for path, section in (
        ("pytest.ini", "pytest"),
        (".pytest.ini", "pytest"),
        ("pyproject.toml", ""),
        ("tox.ini", "pytest"),
        ("setup.cfg", "tool:pytest"),
    ):
        if path not in tree.files:
            continue
        found = _table(_toml(tree, path), "tool", "pytest", "ini_options") if not section else _ini(tree, path, section)
        if found:
            return found
    return {}


def _environment(environment: TestEnvironment, settings: Mapping[str, object]) -> dict[str, str]:
    packed = base64.b64encode(zlib.compress(json.dumps(settings).encode())).decode()
    chunks = [packed[start : start + _ENV_CHUNK] for start in range(0, len(packed), _ENV_CHUNK)]
    roots = ["/w" if not root else f"/w/{root}" for root in environment.import_roots]
    return {
        "PATH": f"{environment.prefix / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": str(environment.prefix),
        "PYTHONPATH": ":".join(["/in", *roots]),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "CI": "1",
        **{f"ORCHESTRATOR_SUITE_{index}": chunk for index, chunk in enumerate(chunks)},
    }


def _places(tree: SourceTree) -> list[str]:
    """Nothing where the configuration says where to look; otherwise the usual folders, or the whole tree."""
    if _words(pytest_settings(tree).get("testpaths")):
        return []
    return _test_folders(tree)


def _test_folders(tree: SourceTree) -> list[str]:
    tops = {path.split("/")[0] for path in python_test_files(tree) if "/" in path}
    return [name for name in ("tests", "test") if name in tops]


def _top_level(tree: SourceTree, folder: str) -> str:
    return "." if f"{folder}/__init__.py" in tree.files else folder


def _files_of(only: Sequence[str], tree: SourceTree) -> list[str]:
    """The files of the ids; ids themselves may hold what differs from run to run, so the plugin picks them."""
    known = set(tree.files)
    return sorted({path for case_id in only if (path := case_id.split("::")[0]) in known})


def _kept_options(tree: SourceTree) -> list[str]:
    """Of the configured `addopts` those that say which tests there are."""
    words = iter(_words(pytest_settings(tree).get("addopts")))
    kept: list[str] = []
    for word in words:
        name, equals, _ = word.partition("=")
        if name not in _KEPT_OPTIONS:
            continue
        kept.append(word)
        if not equals and name not in _FLAGS:
            kept += [value for value in [next(words, None)] if value is not None]
    return kept


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            return []
    return [str(item) for item in value] if isinstance(value, list) else []


def _table(value: object, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _toml(tree: SourceTree, path: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(tree.read(path).decode("utf-8", "replace"))
    except tomllib.TOMLDecodeError:
        return {}


def _ini(tree: SourceTree, path: str, section: str) -> Mapping[str, Any]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(tree.read(path).decode("utf-8", "replace"))
    except configparser.Error:
        return {}
    return dict(parser.items(section)) if parser.has_section(section) else {}
