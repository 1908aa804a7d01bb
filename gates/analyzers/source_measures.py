"""The source measurer: parse errors, sizes, complexity, docstrings, names and imports of each Python file."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gates.analyzers.import_closure import Mention, imported_files, reachable_files
from gates.analyzers.mypy_groups import package_root
from gates.analyzers.subject import Subject, digest
from gates.analyzers.toolchain import MALFORMED, Command, own_words, python_script, python_version, run_tool, script_path, version_of
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.ports import SandboxResult
from orchestrator_assets.domain.scan import FileMetrics, FunctionMetrics

Row = Mapping[str, Any]

_SCRIPT = "measure_source.py"
# Files that may kill the interpreter before the rest is given up: each costs a start.
_MAX_CASUALTIES = 5
# Exit codes of a process that a signal ended: negative as Python tells it, from here on as a shell does.
_FIRST_SIGNAL = 128


class SourceMeasures:
    """Measures of one tree; each file's raw measures are kept by its content."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._files = frozenset(subject.tree.files)
        judged_roots = {package_root(path, self._files) for path in subject.judged}
        self._roots = tuple(sorted({"", "src", *judged_roots}))

    def measure(self) -> tuple[tuple[FileMetrics, ...], Mapping[str, frozenset[str]]]:
        """Metrics of the judged files by path, and for every file that they reach the files that it may import.

        Raises:
            ToolError: The measurer did not run.
        """
        rows: dict[str, Row] = {}
        reach: dict[str, frozenset[str]] = {}
        waiting = list(self._subject.judged)
        while waiting:
            fresh = self._rows(waiting)
            rows |= fresh
            reach |= {path: reachable_files(path, _mentions(row), self._files, self._roots) for path, row in fresh.items()}
            waiting = sorted({target for path in fresh for target in reach[path]} - rows.keys())
        return tuple(self._metrics(path, rows[path]) for path in self._subject.judged), reach

    def _rows(self, paths: Sequence[str]) -> dict[str, Row]:
        subject = self._subject
        judged = frozenset(subject.judged)
        keys = {p: digest([version_of("radon"), python_version(), p in judged, subject.hashes[p]]) for p in paths}
        rows: dict[str, Row] = {}
        for path, key in keys.items():
            content = subject.cache.get(f"measures/{key}")
            if content is not None:
                rows[path] = json.loads(content)
        missing = [(path, path in judged) for path in paths if path not in rows]
        for path, row in self._run_over(missing).items():
            rows[path] = row
            if not row.get("killed"):
                subject.cache.put(f"measures/{keys[path]}", json.dumps(row).encode())
        return rows

    def _run_over(self, files: Sequence[tuple[str, bool]]) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        casualties = 0
        while len(rows) < len(files):
            rest = files[len(rows) :]
            result = self._run(rest)
            answered = _read_rows(result.stdout)
            rows |= answered
            if len(answered) < len(rest):
                casualties += 1
                if casualties > _MAX_CASUALTIES or 0 <= result.exit_code < _FIRST_SIGNAL:
                    raise ToolError(f"source measures: did not finish; {own_words(result)}")
                reason = f"measuring it killed the interpreter (exit code {result.exit_code})"
                rows[rest[len(answered)][0]] = {"mentions": [], "parse_error": reason, "killed": True}
        return rows

    def _run(self, files: Sequence[tuple[str, bool]]) -> SandboxResult:
        subject = self._subject
        with tempfile.TemporaryDirectory() as folder:
            request = Path(folder, "request.json")
            request.write_text(json.dumps({"files": files}))
            inputs = {_SCRIPT: script_path(_SCRIPT), "request.json": request}
            command = Command(python_script(_SCRIPT, "/in/request.json"), inputs)
            return run_tool(subject.sandbox, subject.tree.root, command, subject.settings.timeout_seconds)

    def _metrics(self, path: str, row: Row) -> FileMetrics:
        parsed = not row["parse_error"]
        imports = imported_files(path, _mentions(row), self._files, self._roots)
        return FileMetrics(
            path=path,
            language="python",
            code_lines=row["code_lines"] if parsed else _plain_lines(self._subject, path),
            maintainability=row["maintainability"] if parsed else 0.0,
            parse_error=row["parse_error"],
            documented=row["documented"] if parsed else 0,
            documentable=row["documentable"] if parsed else 0,
            functions=tuple(FunctionMetrics(**function) for function in row["functions"]) if parsed else (),
            module_names=tuple(row["module_names"]) if parsed else (),
            imports=tuple(sorted(imports)),
        )


def _read_rows(stdout: bytes) -> dict[str, Row]:
    """The rows up to the first line that is none, which is where a killed measurer stopped."""
    rows: dict[str, Row] = {}
    for line in stdout.splitlines():
        try:
            row = json.loads(line)
            rows[row.pop("path")] = row
        except MALFORMED:
            break
    return rows


def _mentions(row: Row) -> list[Mention]:
    return [Mention(level, module, tuple(names)) for level, module, names in row["mentions"]]


def _plain_lines(subject: Subject, path: str) -> int:
    """Lines that are not blank, for a file that has no tokens."""
    return sum(1 for line in subject.tree.read(path).splitlines() if line.strip())
