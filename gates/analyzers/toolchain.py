"""How the platform's own tools are started inside the sandbox: which interpreter, which mounts, which versions."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.ports import Sandbox, SandboxResult, SandboxRun

# Bytes of file names in one command line. Linux allows 2 MiB for arguments and environment together.
_ARGUMENT_BYTES = 100_000
_QUOTED_CHARACTERS = 600

# What reading an answer of an unexpected shape raises.
MALFORMED = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Command:
    """A tool's command line with what it reads.

    Attributes:
        argv: Without the interpreter; see `python_module` and `python_script`.
        inputs: Name -> host file, readable inside as `/in/<name>`.
        mounts: Host folders that it needs besides the platform's own interpreter.
    """

    argv: tuple[str, ...]
    inputs: Mapping[str, Path] = field(default_factory=dict)
    mounts: tuple[Path, ...] = ()


def python_module(module: str, *arguments: str) -> tuple[str, ...]:
    """Run an installed module.

    `-P` keeps the work tree off `sys.path`: a customer's `logging.py` must neither run nor break the tool. `-I` would do
    so as well, but it ignores PYTHONHASHSEED, without which pylint's answers differ from run to run.
    """
    return (sys.executable, "-P", "-s", "-m", module, *arguments)


def python_script(name: str, *arguments: str) -> tuple[str, ...]:
    """Run a script that was handed in as an input."""
    return (sys.executable, "-P", "-s", f"/in/{name}", *arguments)


def script_path(name: str) -> Path:
    """Where this package's stand-alone script lies on the host."""
    return Path(__file__).with_name(name)


@cache
def version_of(*distributions: str) -> str:
    """The installed version of a tool, with those of the libraries that decide its answers.

    Raises:
        ToolError: It is not installed.
    """
    try:
        return "+".join(metadata.version(name) for name in distributions)
    except metadata.PackageNotFoundError as error:
        raise ToolError(f"{error.name}: not installed beside the platform; install the platform's requirements") from error


def python_version() -> str:
    """The interpreter's version: tools parse with its grammar."""
    return platform.python_version()


def run_tool(sandbox: Sandbox, tree: Path, command: Command, timeout_seconds: float) -> SandboxResult:
    """Run a command over the tree.

    Raises:
        ToolError: It ran into the time limit or was killed.
        SandboxError: The sandbox could not be set up.
    """
    result = sandbox.run(
        SandboxRun(
            argv=command.argv,
            tree=tree,
            read_only=tuple(dict.fromkeys((*_interpreter_folders(), *command.mounts))),
            inputs=command.inputs,
            environment={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "NO_COLOR": "1"},
            timeout_seconds=timeout_seconds,
        )
    )
    if result.timed_out:
        raise ToolError(f"gave no answer within {timeout_seconds:g} s; {own_words(result)}")
    return result


def own_words(result: SandboxResult) -> str:
    """The end of what a tool said, short enough for a report."""
    said = result.stderr.decode("utf-8", "replace").strip() or result.stdout.decode("utf-8", "replace").strip()
    words = said if len(said) <= _QUOTED_CHARACTERS else "... " + said[-_QUOTED_CHARACTERS:]
    return f"exit code {result.exit_code}: {words or 'it said nothing'}"


def chunks(paths: Sequence[str]) -> list[list[str]]:
    """Split a file list so that each part fits on a command line."""
    parts: list[list[str]] = []
    room = 0
    for path in paths:
        need = len(os.fsencode(path)) + 1
        if need > room:
            parts.append([])
            room = _ARGUMENT_BYTES
        parts[-1].append(path)
        room -= need
    return parts


def _interpreter_folders() -> tuple[Path, ...]:
    return tuple(dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix))))


def environment_folders(environment: Path) -> tuple[Path, ...]:
    """A virtual environment and the interpreter that its `python` leads to."""
    real = (environment / "bin" / "python").resolve()
    return (environment, real.parent.parent)


def environment_identity(environment: Path | None) -> str:
    """A virtual environment's path and what is installed in it; empty without one."""
    if environment is None:
        return ""
    installed = sorted(folder.name for folder in environment.glob("lib*/python*/site-packages/*.dist-info"))
    return "\n".join((str(environment), str((environment / "bin" / "python").resolve()), *installed))
