"""Bandit over the judged files; it is the authority on security."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gates.analyzers.classification import weigh_bandit
from gates.analyzers.per_file import examine_by_file, file_keys
from gates.analyzers.subject import Examination, Subject
from gates.analyzers.toolchain import MALFORMED, Command, chunks, own_words, python_module, python_version, run_tool, version_of
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Category, Finding

_OPTIONS = ("-q", "-f", "json", "--ignore-nosec")


def version() -> str:
    """Bandit's version."""
    return version_of("bandit")


def examine(subject: Subject) -> Examination:
    """Findings of bandit. `# nosec` is ignored: suppressing is not a fix."""
    keys = file_keys(subject, subject.judged, version(), python_version(), _OPTIONS)
    return examine_by_file(subject, "bandit", keys, lambda paths: _ask(subject, paths))


def _ask(subject: Subject, paths: Sequence[str]) -> Examination:
    findings: list[Finding] = []
    unread: dict[str, str] = {}
    seen: set[str] = set()
    for part in chunks(paths):
        command = Command(python_module("bandit", *_OPTIONS, "--", *part))
        result = run_tool(subject.sandbox, subject.tree.root, command, subject.settings.timeout_seconds)
        try:
            answer = json.loads(result.stdout)
            findings += [_finding(subject, row) for row in answer["results"]]
            unread |= {subject.relative(row["filename"]): row["reason"] for row in answer["errors"]}
            seen |= {subject.relative(path) for path in answer["metrics"]}
        except MALFORMED as error:
            raise ToolError(f"bandit: its answer is not the JSON that it promises; {own_words(result)}") from error
        if result.exit_code not in {0, 1}:
            raise ToolError(f"bandit: did not finish; {own_words(result)}")
    # Bandit leaves out paths that contain .git, CVS, .tox, ... even when they are named to it.
    left_out = {path: "its path is among bandit's default exclusions" for path in paths if path not in seen and path not in unread}
    return Examination(tuple(findings), unread, left_out)


def _finding(subject: Subject, row: Mapping[str, Any]) -> Finding:
    path = subject.relative(row["filename"])
    cwe = (int(row["issue_cwe"]["id"]),) if row.get("issue_cwe") else ()
    severity, confidence = weigh_bandit(row["issue_severity"], row["issue_confidence"], cwe)
    line = row["line_number"]
    end_line = max([line, *row.get("line_range", ())])
    return Finding(
        tool="bandit",
        rule_id=row["test_id"],
        message=row["issue_text"],
        path=path,
        line=line,
        column=subject.column(path, line, row.get("col_offset")),
        end_line=end_line,
        end_column=subject.column(path, end_line, row.get("end_col_offset")),
        severity=severity,
        confidence=confidence,
        category=Category.SECURITY,
        cwe=cwe,
    )
