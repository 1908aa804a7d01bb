"""Environments from wheels alone, through uv: nothing of a package runs on this machine when it is installed."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from orchestrator_assets.domain.errors import ToolError
from resources.declared_requirements import RequirementGroup

_NEW_PYTHON = sys.version_info >= (3, 13)
BASE_RANGES = {
    # pytest 8 turned deprecations that old suites live on into errors; pytest 7 does not know Python 3.14.
    "pytest": ("pytest>=8,<9" if _NEW_PYTHON else "pytest>=7,<8"),
    "coverage": "coverage>=7",
    # Later setuptools lack pkg_resources and refuse old metadata; earlier ones lack what new projects ask for.
    "setuptools": "setuptools>=68,<81",
}
_PYTEST_MAJOR = 8 if _NEW_PYTHON else 7
_RESOLVE_SECONDS = 300
_MAX_ATTEMPTS = 60
_NETWORK = re.compile(
    r"Failed to fetch|error sending request|dns error|client error|tunnel error|Connection refused|Network connectivity is disabled"
)


@dataclass(frozen=True, slots=True)
class Pins:
    """Exact versions that go together, `name==version`, and what was given up on the way."""

    pins: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class WheelInstaller:
    """Resolves and installs with uv on the platform's own base interpreter.

    Wheels of the wheelhouse are tried first and alone, so that the base set needs no network. Once the index could not be reached, the
    rest is resolved from the wheelhouse and uv's cache.

    Attributes:
        offline: The index was asked and could not be reached.
    """

    wheelhouse: Path | None
    offline: bool = field(default=False, init=False)
    _last_words: str = field(default="", init=False)
    _attempts: int = field(default=0, init=False)

    def resolve(self, groups: Sequence[RequirementGroup], folder: Path) -> Pins:
        """Pins for the base set and as much of the groups as can be had together; earlier groups win.

        Args:
            groups: In falling order of importance.
            folder: An empty place to start uv in; project settings of a customer's tree must not reach it.

        Raises:
            ToolError: Not even the base set can be had.
        """
        base, texts, notes = _with_base(groups)
        self._attempts = 0
        everything = [text for group in texts for text in group.texts]
        pins = self._try([*base, *everything], folder)
        if pins is not None:
            return Pins(pins, tuple(notes))
        kept = list(base)
        pins = self._try(kept, folder)
        if pins is None:
            raise ToolError(f"test environment: {', '.join(base)} cannot be had ({self._last_words}); {_BASE_MEND}")
        for group in texts:
            pins = self._add_group(group, kept, pins, folder, notes)
        if self.offline:
            notes.append("the package index could not be reached; only packages at hand were installed")
        return Pins(pins, tuple(notes))

    def install(self, pins: Sequence[str], prefix: Path) -> None:
        """Make a virtual environment with exactly these packages.

        One call only: a second one would start the environment's interpreter here, and with it the `.pth` files of its packages.

        Raises:
            ToolError: uv failed.
        """
        made = self._uv(["venv", "--python", str(base_interpreter()), "--no-project", str(prefix)], prefix.parent, "")
        if made.returncode != 0:
            raise ToolError(f"test environment {prefix}: uv venv failed ({_words(made.stderr)})")
        command = ["pip", "install", "--python", str(prefix / "bin" / "python"), "--no-deps", "--only-binary", ":all:", "-r", "-"]
        for source in self._sources():
            done = self._uv([*command, *source], prefix.parent, "\n".join(pins))
            if done.returncode == 0:
                return
        raise ToolError(f"test environment {prefix}: installing {len(pins)} wheels failed ({_words(done.stderr)})")

    def _add_group(
        self, group: RequirementGroup, kept: list[str], pins: tuple[str, ...], folder: Path, notes: list[str]
    ) -> tuple[str, ...]:
        whole = self._try([*kept, *group.texts], folder)
        if whole is not None:
            kept += group.texts
            return whole
        for text in group.texts:
            name = Requirement(text).name
            for choice in dict.fromkeys((text, name)):
                found = self._try([*kept, choice], folder)
                if found is not None:
                    kept.append(choice)
                    pins = found
                    if choice != text:
                        notes.append(f"{text} ({group.name}) has no wheels that fit; another version of {name} was taken")
                    break
            else:
                notes.append(f"{text} ({group.name}) cannot be had as a wheel for this interpreter; left out")
        return pins

    def _try(self, texts: Sequence[str], folder: Path) -> tuple[str, ...] | None:
        """Pins for all the texts, or None."""
        self._attempts += 1
        if self._attempts > _MAX_ATTEMPTS:
            return None
        command = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-progress", "--only-binary", ":all:"]
        command += ["--python", str(base_interpreter()), "-"]
        for source in self._sources():
            done = self._uv([*command, *source], folder, "\n".join(texts))
            if done.returncode == 0:
                return tuple(line for line in done.stdout.splitlines() if "==" in line and not line.startswith("#"))
            if source[:1] != ["--no-index"]:
                self._last_words = _words(done.stderr)
                self.offline = self.offline or _NETWORK.search(done.stderr) is not None
        return None

    def _sources(self) -> list[list[str]]:
        links = ["--find-links", str(self.wheelhouse)] if self.wheelhouse is not None and self.wheelhouse.is_dir() else []
        sources = [["--no-index", *links]] if links else []
        if not self.offline:
            sources.append(links)
        return [*sources, ["--offline", *links]]

    def _uv(self, arguments: Sequence[str], folder: Path, stdin: str) -> "subprocess.CompletedProcess[str]":
        from uv import find_uv_bin

        kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH", "CONDA_PREFIX"}}
        environment = {**kept, "UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "30", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
        try:
            return subprocess.run(
                [find_uv_bin(), *arguments],
                cwd=folder,
                env=environment,
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=_RESOLVE_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"uv {arguments[0]}: no answer within {_RESOLVE_SECONDS} s; check the package index") from error
        except OSError as error:
            raise ToolError(f"uv could not be started ({error}); install the platform's requirements again") from error


_BASE_MEND = "fill the wheelhouse (`make setup`) or give this machine access to a package index"


def base_interpreter() -> Path:
    """The interpreter that the platform's own environment was made from."""
    return Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def _with_base(groups: Sequence[RequirementGroup]) -> tuple[list[str], list[RequirementGroup], list[str]]:
    """The base set's texts, bent where a declaration needs something newer, and the groups without what the base overrules."""
    base = dict(BASE_RANGES)
    notes: list[str] = []
    left: list[RequirementGroup] = []
    for group in groups:
        texts: list[str] = []
        for text in group.texts:
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            if name == "pytest":
                texts += _judge_pytest(requirement, base, notes)
            elif name == "setuptools":
                texts += _judge_setuptools(requirement, base, notes)
            else:
                texts.append(text)
        left.append(RequirementGroup(group.name, tuple(texts)))
    return list(base.values()), [group for group in left if group.texts], notes


def _judge_pytest(requirement: Requirement, base: dict[str, str], notes: list[str]) -> list[str]:
    if _demands_at_least(requirement, _PYTEST_MAJOR + 1):
        base["pytest"] = "pytest>=7"
        return [str(requirement)]
    if any(requirement.specifier.contains(f"{_PYTEST_MAJOR}.{minor}.{patch}") for minor in range(9) for patch in range(5)):
        return [str(requirement)]
    note = f"{requirement} is too old for this interpreter; {base['pytest']} was taken"
    if note not in notes:
        notes.append(note)
    return []


def _judge_setuptools(requirement: Requirement, base: dict[str, str], notes: list[str]) -> list[str]:
    if _demands_at_least(requirement, 81):
        base["setuptools"] = "setuptools>=68"
        return [str(requirement)]
    if any(requirement.specifier.contains(f"{major}.0.0") for major in range(68, 81)):
        return [str(requirement)]
    notes.append(f"{requirement} does not fit this interpreter; {base['setuptools']} was taken")
    return []


def _demands_at_least(requirement: Requirement, major: int) -> bool:
    for specifier in requirement.specifier:
        try:
            version = Version(specifier.version.removesuffix(".*"))
        except InvalidVersion:
            continue
        if specifier.operator in {">=", ">", "==", "===", "~="} and version.major >= major:
            return True
    return False


def _words(text: str) -> str:
    return " ".join(line.strip() for line in text.strip().splitlines()[-4:])[-500:]
