"""Pylint over the judged files: asked again only about files that a change can affect.

What it says of a file depends on the file, on the repository's files that it imports, directly or not, and on which files there are. All of
that is in the key. What only the whole list shows (import cycles, duplicates) is asked again whenever anything changed.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gates.analyzers.classification import confidence_of_pylint, cwe_of_pylint, weigh_pylint
from gates.analyzers.import_closure import closures
from gates.analyzers.per_file import recall, remember
from gates.analyzers.subject import Examination, Subject, digest, in_place_order
from gates.analyzers.toolchain import MALFORMED, Command, own_words, python_script, python_version, run_tool, script_path, version_of
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.scan_json import findings_to_json

CROSS_RULES = ("cyclic-import", "duplicate-code")

_DRIVER = "pylint_driver.py"
_UNREAD = frozenset({"fatal", "astroid-error", "parse-error", "method-check-failed"})


def version() -> str:
    """Pylint's version with astroid's."""
    return version_of("pylint", "astroid")


def examine(subject: Subject) -> Examination:
    """Findings of pylint."""
    surroundings = digest([version(), python_version(), subject.judged, subject.layout])
    whole = digest([surroundings, subject.content])
    known = recall(subject, "pylint", whole)
    if known is not None:
        return Examination(tuple(known))
    first_time = subject.cache.get(f"pylint-seen/{surroundings}") is None
    # Without answers to reuse there is no need to wait for the imports before the start.
    keys = {} if first_time else _keys(subject, surroundings)
    reused = {path: found for path, key in keys.items() if (found := recall(subject, "pylint-file", key)) is not None}
    missing = [path for path in subject.judged if path not in reused]
    answer = _ask(subject, missing)
    findings = in_place_order([*answer.findings, *(f for found in reused.values() for f in found)])
    if not answer.unread:
        local = Examination(tuple(f for f in answer.findings if f.rule_id not in CROSS_RULES and f.path in set(missing)))
        remember(subject, "pylint-file", keys or _keys(subject, surroundings), missing, local)
        subject.cache.put(f"pylint/{whole}", findings_to_json(findings))
        subject.cache.put(f"pylint-seen/{surroundings}", b"1")
    return Examination(findings, answer.unread)


def _keys(subject: Subject, surroundings: str) -> dict[str, str]:
    reached = closures(subject.judged, subject.imports())
    return {path: digest([surroundings, path, [(p, subject.hashes[p]) for p in sorted(reached[path])]]) for path in subject.judged}


def _ask(subject: Subject, missing: Sequence[str]) -> Examination:
    parts = _parts(subject, missing)
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder, "request.json")
        request.write_text(json.dumps({"files": subject.judged, "parts": parts, "cross": True, "cross_rules": CROSS_RULES}))
        inputs = {_DRIVER: script_path(_DRIVER), "request.json": request}
        command = Command(python_script(_DRIVER, "/in/request.json"), inputs)
        result = run_tool(subject.sandbox, subject.tree.root, command, subject.settings.timeout_seconds)
    try:
        answer = json.loads(result.stdout)
        if answer["crashed"]:
            raise ToolError(f"pylint: {'; '.join(answer['crashed'])}; {own_words(result)}")
        return _examination(subject, answer["messages"])
    except MALFORMED as error:
        raise ToolError(f"pylint: did not finish; {own_words(result)}") from error


def _parts(subject: Subject, paths: Sequence[str]) -> list[list[str]]:
    """Split among the workers by size, the largest file first to the one with the least; each part in the files' order."""
    loads = [(0, number) for number in range(max(1, subject.settings.processes - 1))]
    parts: list[list[str]] = [[] for _ in loads]
    sizes = {path: (subject.tree.root / path).stat().st_size for path in paths}
    for path in sorted(paths, key=lambda name: (-sizes[name], name)):
        load, number = min(loads)
        parts[number].append(path)
        loads[number] = (load + sizes[path] + 1, number)
    return [sorted(part) for part in parts if part]


def _examination(subject: Subject, messages: Iterable[Mapping[str, Any]]) -> Examination:
    findings = []
    unread = {}
    for row in messages:
        path = subject.relative(row["path"])
        if row["symbol"] in _UNREAD:
            unread[path] = row["message"].removeprefix(f"{path}: ").partition(". Please open an issue")[0][:300]
        else:
            findings.append(_finding(subject, path, row))
    return Examination(tuple(findings), unread)


def _finding(subject: Subject, path: str, row: Mapping[str, Any]) -> Finding:
    weight = weigh_pylint(row["type"], row["symbol"])
    end_line = row["endLine"] or 0
    return Finding(
        tool="pylint",
        rule_id=row["symbol"],
        message=row["message"],
        path=path,
        line=row["line"],
        column=subject.column(path, row["line"], row["column"]),
        end_line=end_line,
        end_column=subject.column(path, end_line, row["endColumn"]),
        severity=weight.severity,
        confidence=confidence_of_pylint(row["confidence"]),
        category=weight.category,
        cwe=cwe_of_pylint(row["symbol"]),
    )
