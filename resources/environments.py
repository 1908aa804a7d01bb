"""Customers' test environments: built once per set of declarations, found again by key.

Dependencies come as wheels only, which run nothing when installed; the project's own build runs in the sandbox. An environment's
interpreter is started in the sandbox alone.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.ports import Sandbox, SandboxRun
from orchestrator_assets.domain.suite import TestEnvironment
from orchestrator_assets.domain.tree import SourceTree
from resources.declared_requirements import Declared, RequirementGroup, imported_by_tests, read_declared
from resources.project_build import BuiltProject, build_environment, install_metadata, run_backend, stand_in, take_apart
from resources.requirement_texts import Wanted
from resources.wheel_installer import BASE_RANGES, WheelInstaller, base_interpreter

_VERSION = 1
_PARTIAL_SECONDS = 600
_COMPILE_SECONDS = 300
_RECORD = "environment.json"
_BUILD_BASE = ("wheel",)
# Whatever the declarations and the build are read from; Python sources change with every candidate fix and don't count.
_INPUT_NAMES = frozenset(
    {"pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "tox.ini", "noxfile.py", "MANIFEST.in", "PKG-INFO", "Cargo.toml", "meson.build"}
)
_INPUT_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".h", ".hpp", ".pyx", ".pxd", ".rs", ".f90", ".in"})
_REQUIREMENTS = re.compile(r".*requirements.*\.(?:txt|in)|(?:.*/)?requirements/.*\.(?:txt|in)")


@dataclass(frozen=True, slots=True)
class EnvironmentBuilder:
    """Builds into `root/<key>`; `root` belongs to one customer.

    Attributes:
        root: Made when missing; must not lie inside a customer's tree.
        sandbox: Where the project's own build runs.
        wheelhouse: Wheels to be tried before the package index, or None.
    """

    root: Path
    sandbox: Sandbox
    wheelhouse: Path | None = None

    def prepare(self, tree: SourceTree, setup_command: str | None = None) -> TestEnvironment:
        """See `domain.ports.TestEnvironments`.

        The order's `setup_command` runs before the tests, in their sandbox; here it is only a part of the key.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        key = environment_key(tree, setup_command)
        found = self._find(key)
        if found is None:
            with _locked(self.root / f"{key}.lock"):
                found = self._find(key) or self._build(tree, key)
        return _load(found)

    def _find(self, key: str) -> Path | None:
        """The finished environment, or one that lacks packages because the index was out of reach a moment ago."""
        whole = self.root.resolve() / key
        if (whole / _RECORD).exists():
            return whole
        partial = sorted(whole.parent.glob(f"{key}-partial-*/{_RECORD}"), key=lambda path: path.stat().st_mtime)
        young = [path.parent for path in partial if time.time() - path.stat().st_mtime < _PARTIAL_SECONDS]
        return young[-1] if young else None

    def _build(self, tree: SourceTree, key: str) -> Path:
        """Build in a folder of its own and rename it; the caller holds the key's lock."""
        for stale in self.root.glob(f"{key}.tmp-*"):
            # What a killed builder left.
            shutil.rmtree(stale, ignore_errors=True)
        work = self.root.resolve() / f"{key}.tmp-{secrets.token_hex(4)}"
        work.mkdir(mode=0o755)
        try:
            target = self._fill(tree, key, work)
            _open_for_reading(work)
            work.rename(target)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
        return target

    def _fill(self, tree: SourceTree, key: str, work: Path) -> Path:
        """Put everything into `work` as it will be under the path that is returned."""
        declared = read_declared(tree)
        installer = WheelInstaller(self.wheelhouse)
        notes = list(declared.notes)
        project = self._build_project(tree, declared, installer, work, notes) if declared.buildable else BuiltProject()
        pins = installer.resolve(_distinct([RequirementGroup("runtime", project.requires), *declared.groups]), work)
        target = work.with_name(f"{key}-partial-{secrets.token_hex(4)}" if installer.offline else key)
        prefix = work / "venv"
        installer.install(pins.pins, prefix)
        site_packages = next((prefix / "lib").glob("python*/site-packages"))
        _open_for_reading(work)
        self._compile(site_packages)
        # Launchers and the like hold the path of the environment: the final one, since the folder is renamed.
        _move_paths(prefix, str(work), str(target))
        install_metadata(project, site_packages, prefix / "bin", target / "venv" / "bin" / "python")
        overlay = project.overlay or {}
        (work / "overlay").mkdir()
        for path, content in overlay.items():
            place = work / "overlay" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        record = {
            "key": target.name,
            "overlay": sorted(overlay),
            "import_roots": _import_roots(tree, project),
            "packages": sorted(pins.pins),
            "notes": list(dict.fromkeys([*notes, *pins.notes])),
        }
        (work / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        return target

    def _compile(self, site_packages: Path) -> None:
        """Byte-compile the packages, as every test run would otherwise do it anew: the environment is read-only there.

        In the sandbox, because a compiler fed by strangers is no place for trust; what fails to compile is left as it is.
        """
        command = (
            str(base_interpreter()),
            "-I",
            "-S",
            "-X",
            "pycache_prefix=/out",
            "-m",
            "compileall",
            "-q",
            "-j",
            "2",
            str(site_packages),
        )
        read_only = (site_packages, Path(sys.base_prefix))
        done = self.sandbox.run(SandboxRun(argv=command, tree=site_packages, read_only=read_only, timeout_seconds=_COMPILE_SECONDS))
        inside = f"{site_packages}/".lstrip("/")
        for name, content in done.outputs.items():
            if name.startswith(inside) and name.endswith(".pyc"):
                place = site_packages / name.removeprefix(inside)
                if place.parent.is_dir():
                    (place.parent / "__pycache__").mkdir(exist_ok=True)
                    (place.parent / "__pycache__" / place.name).write_bytes(content)

    def _build_project(self, tree: SourceTree, declared: Declared, installer: WheelInstaller, work: Path, notes: list[str]) -> BuiltProject:
        """Build with what is declared; when that fails once more with what the backend asks for; otherwise metadata from the text."""
        wanted: tuple[str, ...] = (*declared.build, *_BUILD_BASE)
        environment = build_environment(declared)
        words = ""
        for attempt in ("declared", "asked"):
            folder = work / f"build-{attempt}"
            folder.mkdir()
            try:
                pins = installer.resolve([RequirementGroup("build", wanted)], folder)
                installer.install(pins.pins, folder / "venv")
                _open_for_reading(folder)
                python = folder / "venv" / "bin" / "python"
                read_only = (folder / "venv", Path(sys.base_prefix))
                built = run_backend(self.sandbox, tree, python, read_only, "build", environment)
                wheel = next((content for name, content in built.outputs.items() if name.endswith(".whl")), b"")
                project = take_apart(wheel, tree, declared.extras) if wheel else None
                if project is not None:
                    return project
                words = built.stderr.decode("utf-8", "replace").strip()[-300:].replace("\n", " | ")
                if attempt == "declared":
                    wanted = _asked(run_backend(self.sandbox, tree, python, read_only, "requires", environment).outputs, wanted)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        notes.append(f"the project could not be built, so compiled or generated files are missing ({words})")
        return stand_in(declared)


def environment_key(tree: SourceTree, setup_command: str | None = None) -> str:
    """Digest of all that an environment depends on."""
    state = hashlib.sha256(json.dumps([_VERSION, sys.version, sys.base_prefix, BASE_RANGES, setup_command]).encode())
    for path in tree.files:
        pure = PurePosixPath(path)
        if pure.name in _INPUT_NAMES or pure.suffix in _INPUT_SUFFIXES or _REQUIREMENTS.fullmatch(path):
            state.update(f"\0{path}\0".encode("utf-8", "surrogateescape") + hashlib.sha256(tree.read(path)).digest())
    state.update(json.dumps(sorted(imported_by_tests(tree))).encode())
    return state.hexdigest()[:24]


def _load(target: Path) -> TestEnvironment:
    try:
        record = json.loads((target / _RECORD).read_text(encoding="utf-8"))
        return TestEnvironment(
            python=target / "venv" / "bin" / "python",
            prefix=target / "venv",
            read_only=(target, Path(sys.base_prefix)),
            overlay=target / "overlay",
            overlay_files=tuple(record["overlay"]),
            import_roots=tuple(record["import_roots"]),
            packages=tuple(record["packages"]),
            key=record["key"],
            notes=tuple(record["notes"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(
            f"test environment {target}: its record cannot be read ({error}); remove the folder to have it built again"
        ) from error


def _asked(outputs: object, wanted: tuple[str, ...]) -> tuple[str, ...]:
    try:
        lines = json.loads(outputs.get("requires.json", b"[]")) if isinstance(outputs, dict) else []
    except ValueError:
        lines = []
    asked = Wanted()
    asked.add_all(lines if isinstance(lines, list) else [], "build backend")
    return tuple(dict.fromkeys([*wanted, *asked.texts]))


def _distinct(groups: Iterable[RequirementGroup]) -> list[RequirementGroup]:
    """Each text in the first group that has it; no empty groups."""
    seen: set[str] = set()
    distinct: list[RequirementGroup] = []
    for group in groups:
        texts = tuple(text for text in group.texts if text not in seen)
        seen.update(texts)
        if texts:
            distinct.append(RequirementGroup(group.name, texts))
    return distinct


def _import_roots(tree: SourceTree, project: BuiltProject) -> list[str]:
    """The wheel's roots, `src` where it exists, and the tree's root last."""
    usual = ["src"] if any(path.startswith("src/") for path in tree.files) else []
    return list(dict.fromkeys([*(root for root in project.import_roots if root), *usual, ""]))


def _move_paths(prefix: Path, old: str, new: str) -> None:
    """Rewrite the environment's own path in its scripts and its configuration."""
    for path in [*(prefix / "bin").iterdir(), prefix / "pyvenv.cfg"]:
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if old.encode() in content:
            mode = path.stat().st_mode
            # A new file: the old one may be a hard link into uv's cache.
            path.unlink()
            path.write_bytes(content.replace(old.encode(), new.encode()))
            path.chmod(mode)


def _open_for_reading(folder: Path) -> None:
    """The sandbox's uid is nobody's: it needs the permissions of others, whatever the caller's umask."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent) / name
            if not path.is_symlink():
                mode = path.stat().st_mode
                wanted = mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0)
                if wanted != mode:
                    path.chmod(wanted)
    folder.chmod(0o755)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
