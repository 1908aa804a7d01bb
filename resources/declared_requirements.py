"""Which packages a repository says that it and its tests need, read from its files without running any of them."""

import ast
import configparser
import posixpath
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from packaging.utils import canonicalize_name

from orchestrator_assets.domain.tree import SourceTree, python_test_files
from resources.known_packages import DISTRIBUTION_OF_IMPORT, WORKSHOP
from resources.requirement_texts import Wanted, name_of, poetry_requirements
from resources.setup_script import read_setup_script

_TEST_NAMES = ("test", "tests", "testing")
# Only looked at where nothing is named after tests: they tend to hold the whole workshop.
_DEVELOPMENT_NAMES = ("dev", "develop", "development")
_TEST_FILE = re.compile(r"(?:^|[-_./])(?:tests?|testing)(?:[-_.]|$)")
_DEVELOPMENT_FILE = re.compile(r"(?:^|[-_./])(?:dev|develop|development|ci)(?:[-_.]|$)")
_REQUIREMENTS_FILE = re.compile(r"(?:[\w.-]*requirements[\w.-]*|requirements/[\w.-]+)\.(?:txt|in)")
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_MAX_FILE_BYTES = 1 << 20
_MAX_NESTING = 8


@dataclass(frozen=True, slots=True)
class RequirementGroup:
    """Requirements that stand or fall together when they cannot all be installed; earlier groups matter more."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """All that the tree declares.

    Attributes:
        project: The distribution's name where it can be read, empty otherwise.
        version: Its version where it can be read, empty otherwise.
        build: What the build needs beyond the base set.
        groups: `runtime` first, then what tests ask for, then the rest.
        extras: Extras of the project that tests need.
        buildable: Whether there is something to build.
        notes: What was left out.
    """

    project: str
    version: str
    build: tuple[str, ...]
    groups: tuple[RequirementGroup, ...]
    extras: tuple[str, ...]
    buildable: bool
    notes: tuple[str, ...]


def read_declared(tree: SourceTree) -> Declared:
    """Read pyproject, setup.cfg, setup.py, Pipfile, tox, nox and requirement files."""
    return _Reader(tree).read()


def imported_by_tests(tree: SourceTree) -> frozenset[str]:
    """Top-level names that the test files import."""
    names: set[str] = set()
    for path in python_test_files(tree):
        names.update(match.decode() for match in _IMPORT.findall(tree.read(path)))
    return frozenset(names)


class _Reader:
    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._files = frozenset(tree.files)
        self._runtime, self._tests, self._listed, self._build = Wanted(), Wanted(), Wanted(), Wanted()
        self._wanted = (self._runtime, self._tests, self._listed, self._build)
        self._pyproject = self._toml("pyproject.toml")
        self._setup_cfg = self._ini("setup.cfg")
        self._setup_py = read_setup_script(self._bytes("setup.py"))
        self._imports = imported_by_tests(tree)

    def read(self) -> Declared:
        self._read_pyproject()
        self._read_setuptools()
        self._read_tool_tables()
        self._read_tox_and_nox()
        self._read_requirement_files()
        extras = self._extras()
        self._add_extras(extras)
        mine = canonicalize_name(self._project_text("name") or "?")
        seen: set[str] = {text for wanted in self._wanted for text in wanted.texts if name_of(text) == mine}
        runtime = self._unseen(self._runtime.texts, seen)
        tests = self._unseen(self._without_workshop(self._tests.texts), seen)
        listed = self._unseen(self._without_workshop(self._listed.texts), seen)
        groups = [RequirementGroup("runtime", runtime), RequirementGroup("tests", tests), RequirementGroup("requirements", listed)]
        named = {name_of(text) for text in seen}
        groups.append(RequirementGroup("undeclared", self._undeclared(named)))
        notes = [note for wanted in self._wanted for note in wanted.notes]
        return Declared(
            project=self._project_text("name"),
            version=self._project_text("version"),
            build=tuple(self._build.texts),
            groups=tuple(group for group in groups if group.texts),
            extras=extras,
            buildable=self._buildable(),
            notes=tuple(dict.fromkeys(notes)),
        )

    def _buildable(self) -> bool:
        if "setup.py" in self._files or "build-system" in self._pyproject or "project" in self._pyproject:
            return True
        return self._setup_cfg.has_option("metadata", "name")

    def _project_text(self, field: str) -> str:
        project = _table(self._pyproject, "project")
        poetry = _table(self._pyproject, "tool", "poetry")
        cfg = self._setup_cfg.get("metadata", field, fallback="", raw=True)
        for value in (project.get(field), poetry.get(field), cfg, self._setup_py.get(field), self._package_info(field)):
            if isinstance(value, str) and value and not value.startswith(("attr:", "file:")):
                return value.strip()
        return ""

    def _package_info(self, field: str) -> str:
        """The field of a source distribution's PKG-INFO."""
        match = re.search(rf"^{field}:[ \t]*(\S+)", self._text("PKG-INFO"), re.MULTILINE | re.IGNORECASE)
        return match.group(1) if match else ""

    def _read_pyproject(self) -> None:
        project = _table(self._pyproject, "project")
        self._runtime.add_all(_list(project.get("dependencies")), "pyproject.toml")
        self._build.add_all(_list(_table(self._pyproject, "build-system").get("requires")), "pyproject.toml")
        groups = _table(self._pyproject, "dependency-groups")
        for name in _test_groups(groups):
            self._tests.add_all(_dependency_group(groups, name, 0), f"dependency group {name}")
        minimum = _table(self._pyproject, "tool", "pytest", "ini_options").get("minversion")
        if isinstance(minimum, str | float | int):
            self._tests.add(f"pytest>={minimum}", "pytest's minversion")

    def _read_setuptools(self) -> None:
        options = "options"
        self._runtime.add_all(self._cfg_lines(options, "install_requires"), "setup.cfg")
        self._tests.add_all(self._cfg_lines(options, "tests_require"), "setup.cfg")
        self._build.add_all(self._cfg_lines(options, "setup_requires"), "setup.cfg")
        self._runtime.add_all(_list(self._setup_py.get("install_requires")), "setup.py")
        self._tests.add_all(_list(self._setup_py.get("tests_require")), "setup.py")

    def _read_tool_tables(self) -> None:
        poetry = _table(self._pyproject, "tool", "poetry")
        self._runtime.add_all(poetry_requirements(_table(poetry, "dependencies")), "poetry")
        self._tests.add_all(poetry_requirements(_table(poetry, "dev-dependencies")), "poetry")
        groups = _table(poetry, "group")
        for name in _test_groups(groups):
            self._tests.add_all(poetry_requirements(_table(groups[name], "dependencies")), f"poetry group {name}")
        self._tests.add_all(_list(_table(self._pyproject, "tool", "uv").get("dev-dependencies")), "uv")
        pdm = _table(self._pyproject, "tool", "pdm", "dev-dependencies")
        for name in _test_groups(pdm):
            self._tests.add_all(_list(pdm[name]), f"pdm group {name}")
        environments = _table(self._pyproject, "tool", "hatch", "envs")
        for name in ("default", "hatch-test", *_test_groups(environments)):
            for field in ("dependencies", "extra-dependencies"):
                self._tests.add_all(_list(_table(environments, name).get(field)), f"hatch environment {name}")
        pipfile = self._toml("Pipfile")
        self._runtime.add_all(poetry_requirements(_table(pipfile, "packages")), "Pipfile")
        self._tests.add_all(poetry_requirements(_table(pipfile, "dev-packages")), "Pipfile")

    def _read_tox_and_nox(self) -> None:
        for config in (self._ini("tox.ini"), self._setup_cfg):
            deps = config.get("testenv", "deps", fallback="", raw=True)
            for line in deps.splitlines():
                self._tests.add(_without_factor(line), "tox")
            extras = config.get("testenv", "extras", fallback="", raw=True)
            self._tests.extras += [name for name in re.split(r"[\s,]+", extras) if name]
        for line in _nox_installs(self._bytes("noxfile.py")):
            self._tests.add(line, "nox")

    def _read_requirement_files(self) -> None:
        files = [path for path in self._tree.files if _REQUIREMENTS_FILE.fullmatch(path)]
        purpose = {path: PurePosixPath(path).with_suffix("").as_posix().replace("requirements", "") for path in files}
        named = [path for path in files if _TEST_FILE.search(purpose[path])]
        for path in named or [path for path in files if _DEVELOPMENT_FILE.search(purpose[path])]:
            self._follow(path, self._tests, 0)
        for path in files:
            if path in {"requirements.txt", "requirements.in", "requirements/base.txt", "requirements/main.txt"}:
                self._follow(path, self._listed, 0)
        for path in self._tests.files:
            self._follow(path, self._tests, 0)

    def _follow(self, path: str, into: Wanted, depth: int) -> None:
        path = posixpath.normpath(path)
        if path not in self._files or depth > _MAX_NESTING:
            into.notes.append(f"requirement file {path}: not in the repository; left out")
            return
        own = Wanted()
        own.add_all(self._text(path).replace("\\\n", " ").splitlines(), path)
        into.merge(own)
        for nested in own.files:
            self._follow(posixpath.join(posixpath.dirname(path), nested), into, depth + 1)

    def _extras(self) -> tuple[str, ...]:
        tables = self._extra_tables()
        asked = [*_test_groups(tables), *self._tests.extras, *self._listed.extras]
        known = {canonicalize_name(name): name for name in tables}
        return tuple(dict.fromkeys(known[canonicalize_name(name)] for name in asked if canonicalize_name(name) in known))

    def _add_extras(self, extras: Iterable[str]) -> None:
        """The named extras whole; of the other extras what the tests import."""
        tables = self._extra_tables()
        mine = canonicalize_name(self._project_text("name") or "?")
        for extra in extras:
            self._add_extra(extra, tables, mine, 0)
        for extra, lines in tables.items():
            other = Wanted()
            other.add_all(lines, f"extra {extra}")
            for text in other.texts:
                if name_of(text).replace("-", "_") in {name.lower() for name in self._imports}:
                    self._tests.add(text, f"extra {extra}")

    def _add_extra(self, extra: str, tables: Mapping[str, list[str]], mine: str, depth: int) -> None:
        for line in tables.get(extra, []):
            own = re.match(r"\s*([\w.-]+)\s*\[([^\]]+)\]", line)
            if own and canonicalize_name(own.group(1)) == mine and depth < _MAX_NESTING:
                for inner in own.group(2).split(","):
                    self._add_extra(inner.strip(), tables, mine, depth + 1)
            else:
                self._tests.add(line, f"extra {extra}")

    def _extra_tables(self) -> dict[str, list[str]]:
        tables: dict[str, list[str]] = {}
        if self._setup_cfg.has_section("options.extras_require"):
            for name in self._setup_cfg.options("options.extras_require"):
                tables[name] = self._cfg_lines("options.extras_require", name)
        script = self._setup_py.get("extras_require")
        if isinstance(script, dict):
            tables.update(script)
        for name, lines in _table(self._pyproject, "project", "optional-dependencies").items():
            tables[name] = [line for line in _list(lines) if isinstance(line, str)]
        return tables

    def _undeclared(self, named: set[str]) -> tuple[str, ...]:
        """Well-known packages that the tests import and nothing declares or provides."""
        own = {PurePosixPath(path).parts[-2] for path in self._files if path.endswith("/__init__.py")}
        own |= {PurePosixPath(path).stem for path in self._files if path.endswith(".py")}
        own.add(canonicalize_name(self._project_text("name") or "?"))
        wanted = {DISTRIBUTION_OF_IMPORT[name] for name in self._imports - own if name in DISTRIBUTION_OF_IMPORT}
        return tuple(sorted(name for name in wanted if name not in named))

    def _without_workshop(self, texts: Iterable[str]) -> list[str]:
        imports = {name.lower() for name in self._imports}
        return [text for text in texts if name_of(text) not in WORKSHOP or name_of(text).replace("-", "_") in imports]

    @staticmethod
    def _unseen(texts: Iterable[str], seen: set[str]) -> tuple[str, ...]:
        fresh = tuple(text for text in texts if text not in seen)
        seen.update(fresh)
        return fresh

    def _cfg_lines(self, section: str, option: str) -> list[str]:
        return self._setup_cfg.get(section, option, fallback="", raw=True).splitlines()

    def _bytes(self, path: str) -> bytes:
        if path not in self._files:
            return b""
        content = self._tree.read(path)
        return content if len(content) <= _MAX_FILE_BYTES else b""

    def _text(self, path: str) -> str:
        return self._bytes(path).decode("utf-8-sig", "replace")

    def _toml(self, path: str) -> Mapping[str, Any]:
        try:
            return tomllib.loads(self._text(path))
        except tomllib.TOMLDecodeError:
            return {}

    def _ini(self, path: str) -> configparser.RawConfigParser:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(self._text(path))
        except configparser.Error:
            return configparser.RawConfigParser()
        return parser


def _table(value: object, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _test_groups(names: Iterable[str]) -> list[str]:
    """Those named after tests, or else those named after development."""
    by_name: dict[str, str] = {canonicalize_name(name): name for name in names}
    tests = [by_name[name] for name in _TEST_NAMES if name in by_name]
    return tests or [by_name[name] for name in _DEVELOPMENT_NAMES if name in by_name]


def _dependency_group(groups: Mapping[str, Any], name: str, depth: int) -> Iterator[str]:
    for item in _list(groups.get(name)):
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping) and isinstance(item.get("include-group"), str) and depth < _MAX_NESTING:
            wanted = canonicalize_name(item["include-group"])
            for other in groups:
                if canonicalize_name(other) == wanted:
                    yield from _dependency_group(groups, other, depth + 1)


def _without_factor(line: str) -> str:
    """The requirement of tox's `py{310,311}: ipython` without its condition; empty when the condition does not mean this interpreter."""
    match = re.match(r"\s*([\w{},.!-]+)\s*:\s+(\S.*)$", line)
    if not match:
        return line
    mine = f"{sys.version_info.major}{sys.version_info.minor}"
    factors = match.group(1)
    return match.group(2) if factors.startswith("py") and re.search(rf"(?<!\d){mine}(?!\d)|^py3?$", factors) else ""


def _nox_installs(source: bytes) -> Iterator[str]:
    """Literal arguments of `session.install(...)` in the functions named after tests."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for function in module.body:
        if not isinstance(function, ast.FunctionDef) or "test" not in function.name:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "install":
                words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                yield from _joined_options(words)


def _joined_options(words: list[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        yield f"{word} {next(rest, '')}" if word in {"-r", "-c", "-e", "--requirement", "--editable"} else word
