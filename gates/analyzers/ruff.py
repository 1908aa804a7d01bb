"""Ruff over the judged files, with the platform's rules and none of the customer's configuration."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gates.analyzers.classification import cwe_of_ruff, weigh_ruff
from gates.analyzers.per_file import examine_by_file, file_keys
from gates.analyzers.subject import Examination, ScanSettings, Subject
from gates.analyzers.toolchain import MALFORMED, Command, chunks, own_words, python_module, run_tool, version_of
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Confidence, Finding
from orchestrator_assets.domain.ports import SandboxResult

RULES = "F,E,W,B,C4,C90,SIM,RET,PIE,PERF,ASYNC,UP,I,A,BLE,LOG,G,DTZ,RUF,FURB"

# What ruff's `--target-version` knows; it refuses to start with another.
_OLDEST, _NEWEST = (3, 7), (3, 15)

# A shell's word for a command that a signal ended is 128 and the signal.
_KILLED_BY_SIGNAL = 128
_CRASHED = "ruff crashed on it"
_UNREAD = re.compile(r"(?:Failed to lint|Failed to read|Failed to parse) (?P<path>.+?): (?P<reason>.+)")


def version() -> str:
    """Ruff's version."""
    return version_of("ruff")


def examine(subject: Subject) -> Examination:
    """Findings of ruff."""
    # The layout: what isort takes for first-party, and which stdlib module a file shadows.
    keys = file_keys(subject, subject.judged, version(), _options(subject.settings), subject.layout)
    examination = examine_by_file(subject, "ruff", keys, lambda paths: _ask(subject, paths))
    crashes = [words for words in examination.unread.values() if words.startswith(_CRASHED)]
    if crashes and len(crashes) == len(subject.judged):
        raise ToolError(f"ruff: crashed on every file; {crashes[0]}")
    return examination


def _options(settings: ScanSettings) -> tuple[str, ...]:
    major, minor = min(max(settings.target_version, _OLDEST), _NEWEST)
    rules = ",".join((RULES, *settings.extra_ruff_rules))
    fixed = ("check", "--isolated", "--ignore-noqa", "--no-cache", "--output-format", "json")
    return (*fixed, "--target-version", f"py{major}{minor}", "--select", rules)


def _ask(subject: Subject, paths: Sequence[str]) -> Examination:
    findings: list[Finding] = []
    unread: dict[str, str] = {}
    for part in chunks(paths):
        for result, crashed in _answers(subject, part):
            unread |= dict.fromkeys(crashed, f"{_CRASHED}; {own_words(result)}")
            findings += [] if crashed else _read(subject, result)
            for match in _UNREAD.finditer(result.stderr.decode("utf-8", "replace")):
                unread.setdefault(subject.relative(match["path"]), match["reason"])
    unread |= {f.path: f.message for f in findings if f.rule_id == "E902"}
    # Ruff reads UTF-8 only. No fix changes a file's encoding, so that the same files are left out before and after.
    left_out = {path: "ruff reads UTF-8 only" for path in unread if not _is_utf8(subject.tree.read(path))}
    return Examination(tuple(findings), {path: words for path, words in unread.items() if path not in left_out}, left_out)


def _answers(subject: Subject, paths: Sequence[str]) -> Iterator[tuple[SandboxResult, Sequence[str]]]:
    """Ruff's answers, each with the file that it crashed on, if any: one that nests too deeply must not silence it for all others."""
    command = Command(python_module("ruff", *_options(subject.settings), "--", *paths))
    result = run_tool(subject.sandbox, subject.tree.root, command, subject.settings.timeout_seconds)
    crashed = result.exit_code < 0 or result.exit_code > _KILLED_BY_SIGNAL
    if not crashed or len(paths) == 1:
        yield result, paths if crashed else ()
        return
    half = len(paths) // 2
    yield from _answers(subject, paths[:half])
    yield from _answers(subject, paths[half:])


def _read(subject: Subject, result: SandboxResult) -> list[Finding]:
    try:
        rows = json.loads(result.stdout)
        if not isinstance(rows, list):
            raise TypeError(f"a list was expected, not {type(rows).__name__}")
        findings = [_finding(subject, row) for row in rows]
    except MALFORMED as error:
        raise ToolError(f"ruff: its answer is not the JSON that it promises; {own_words(result)}") from error
    if result.exit_code not in {0, 1}:
        raise ToolError(f"ruff: did not finish; {own_words(result)}")
    return findings


def _finding(subject: Subject, row: Mapping[str, Any]) -> Finding:
    code = row["code"] or "invalid-syntax"
    weight = weigh_ruff(code)
    return Finding(
        tool="ruff",
        rule_id=code,
        message=row["message"],
        path=subject.relative(row["filename"]),
        line=row["location"]["row"],
        column=row["location"]["column"],
        end_line=row["end_location"]["row"],
        end_column=row["end_location"]["column"],
        severity=weight.severity,
        confidence=Confidence.HIGH,
        category=weight.category,
        cwe=cwe_of_ruff(code),
    )


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
