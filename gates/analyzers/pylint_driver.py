"""Runs pylint in forked workers that share the parsed modules. Stand-alone: it is started inside the sandbox and imports nothing of ours.

Request (JSON file named by the first argument): `files` (all judged), `parts` (those to report on, split among workers), `cross` (bool:
also look for what only the whole list shows), `cross_rules`. Answer on standard output: `{"crashed": [...], "messages": [...]}`.

Pylint itself parses all files first and reports on one after another then; this does the same with the second half spread over processes.
Compared message by message with `pylint FILES` on real code: equal, where `pylint -j` gains nothing.
"""

import gc
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from pylint.lint import Run
from pylint.reporters.json_reporter import JSON2Reporter

_OPTIONS = ("--rcfile=/dev/null", "--persistent=n")
# With Python's default pylint gives up on a file with a sum of 300 terms. A level takes up to 2 KB of the 8 MB stack.
_RECURSION = 4000
_NO_CHECKS = ("--disable=all", "--enable=trailing-newlines")


class PlatformOnly(DistributionFinder):
    """Imports from the platform's folders alone.

    Pylint puts the customer's folders on `sys.path`, for astroid's own search. Its later imports (`multiprocessing`, or `enchant`,
    which is not installed) then ran the customer's file of that name.
    """

    def __init__(self) -> None:
        self._folders = [*sys.path]

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As the import system's own finder, over these folders."""
        return PathFinder.find_spec(fullname, self._folders if path is None else path, target)

    def find_distributions(self, context: DistributionFinder.Context | None = None) -> Iterable[Distribution]:
        """As above, for `importlib.metadata`."""
        name = context.name if context is not None else None
        return MetadataPathFinder.find_distributions(DistributionFinder.Context(name=name, path=self._folders))


def main(request_path: str) -> None:
    """Answer one request."""
    request = json.loads(Path(request_path).read_bytes())
    files, rules = _safe(request["files"]), ",".join(request["cross_rules"])
    # Syntax trees are never garbage: with the default thresholds a third of the time went into looking for some (2026-11-23).
    gc.set_threshold(100_000, 50, 1000)
    sys.setrecursionlimit(_RECURSION)
    sys.meta_path[:] = [PlatformOnly() if finder is PathFinder else finder for finder in sys.meta_path]
    sys.path[:] = [*_package_roots(files), *sys.path]
    _run([*_NO_CHECKS, *files])
    gc.freeze()
    work = [[f"--disable={rules}", *_safe(part)] for part in request["parts"]]
    if request["cross"]:
        work.insert(0, ["--disable=all", f"--enable={rules}", *files])
    workers = [_start(partial(_run, arguments)) for arguments in work]
    answers = [_collect(*worker) for worker in workers]
    if request["cross"] and request["parts"] and not isinstance(answers[0], str):
        # Errors of parsing can't be switched off: the workers that report on the files say them already.
        answers[0] = [row for row in answers[0] if row["symbol"] in set(request["cross_rules"])]
    crashed = [answer for answer in answers if isinstance(answer, str)]
    json.dump({"crashed": crashed, "messages": [row for answer in answers if not isinstance(answer, str) for row in answer]}, sys.stdout)


def _safe(paths: Sequence[str]) -> list[str]:
    """Pylint takes `-x.py` for an option, even after `--`."""
    return [f"./{path}" if path.startswith("-") else path for path in paths]


def _run(arguments: Sequence[str]) -> list[dict[str, Any]]:
    text = io.StringIO()
    Run([*_OPTIONS, *arguments], reporter=JSON2Reporter(text), exit=False)
    messages: list[dict[str, Any]] = json.loads(text.getvalue())["messages"]
    return messages


def _start(task: Callable[[], list[dict[str, Any]]]) -> tuple[int, int]:
    """Do the task in a forked process; gives its id and the end of the pipe to read from."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    status = 1
    try:
        os.close(reader)
        content = json.dumps(task()).encode()
        with os.fdopen(writer, "wb") as stream:
            stream.write(content)
        status = 0
    finally:
        if status:
            sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(status)


def _collect(pid: int, reader: int) -> list[dict[str, Any]] | str:
    with os.fdopen(reader, "rb") as stream:
        content = stream.read()
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code:
        return f"a worker ended with {code}"
    messages: list[dict[str, Any]] = json.loads(content)
    return messages


def _package_roots(files: Sequence[str]) -> list[str]:
    """The folders that pylint puts on `sys.path` for these files, in its order: the first one up without an `__init__.py`."""
    roots: dict[str, None] = {}
    for file in files:
        folder = Path(file).resolve().parent
        while (folder / "__init__.py").exists() and folder != folder.parent:
            folder = folder.parent
        roots[str(folder)] = None
    return list(roots)


if __name__ == "__main__":
    main(sys.argv[1])
