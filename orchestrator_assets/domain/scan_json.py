"""Scans as JSON bytes, for the cache and for artifacts: what is written reads back equal."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.finding import Category, Confidence, Finding, Severity
from orchestrator_assets.domain.scan import FileMetrics, FunctionMetrics, RunStatus, Scan, ToolRun

_Row = Mapping[str, Any]
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError)


def scan_to_json(scan: Scan) -> bytes:
    """Write a scan."""
    return _write(
        {
            "tree": scan.tree,
            "runs": [_run_row(run) for run in scan.runs],
            "files": [_metrics_row(file) for file in scan.files],
            "test_files": scan.test_files,
            "has_readme": scan.has_readme,
        }
    )


def scan_from_json(content: bytes) -> Scan:
    """Read a scan.

    Raises:
        ArtifactError: The bytes are not a scan.
    """
    try:
        row = json.loads(content)
        return Scan(
            tree=row["tree"],
            runs=tuple(_run(run) for run in row["runs"]),
            files=tuple(_metrics(file) for file in row["files"]),
            test_files=tuple(row["test_files"]),
            has_readme=row["has_readme"],
        )
    except _MALFORMED as error:
        raise _unreadable("scan", error) from error


def run_to_json(run: ToolRun) -> bytes:
    """Write one analyzer's run."""
    return _write(_run_row(run))


def run_from_json(content: bytes) -> ToolRun:
    """Read one analyzer's run.

    Raises:
        ArtifactError: The bytes are not a run.
    """
    try:
        return _run(json.loads(content))
    except _MALFORMED as error:
        raise _unreadable("analyzer run", error) from error


def findings_to_json(findings: Iterable[Finding]) -> bytes:
    """Write findings, in their order."""
    return _write([_finding_row(finding) for finding in findings])


def findings_from_json(content: bytes) -> list[Finding]:
    """Read findings.

    Raises:
        ArtifactError: The bytes are not findings.
    """
    try:
        return [_finding(row) for row in json.loads(content)]
    except _MALFORMED as error:
        raise _unreadable("list of findings", error) from error


def metrics_to_json(metrics: FileMetrics) -> bytes:
    """Write one file's measures."""
    return _write(_metrics_row(metrics))


def metrics_from_json(content: bytes) -> FileMetrics:
    """Read one file's measures.

    Raises:
        ArtifactError: The bytes are not measures.
    """
    try:
        return _metrics(json.loads(content))
    except _MALFORMED as error:
        raise _unreadable("file's measures", error) from error


def _write(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _unreadable(kind: str, error: Exception) -> ArtifactError:
    return ArtifactError(f"{kind}: cannot be read back ({type(error).__name__}: {error}); delete it, it will be made anew")


def _plain(item: Finding | FunctionMetrics | FileMetrics) -> dict[str, Any]:
    return {f.name: getattr(item, f.name) for f in fields(item)}


def _finding_row(finding: Finding) -> dict[str, Any]:
    return _plain(finding)


def _finding(row: _Row) -> Finding:
    return Finding(
        **{
            **row,
            "severity": Severity(row["severity"]),
            "confidence": Confidence(row["confidence"]),
            "category": Category(row["category"]),
            "cwe": tuple(row["cwe"]),
            "also": tuple(row["also"]),
        }
    )


def _run_row(run: ToolRun) -> dict[str, Any]:
    return {
        "tool": run.tool,
        "version": run.version,
        "status": run.status,
        "findings": [_finding_row(finding) for finding in run.findings],
        "seconds": run.seconds,
        "message": run.message,
    }


def _run(row: _Row) -> ToolRun:
    return ToolRun(
        tool=row["tool"],
        version=row["version"],
        status=RunStatus(row["status"]),
        findings=tuple(_finding(finding) for finding in row["findings"]),
        seconds=row["seconds"],
        message=row["message"],
    )


def _metrics_row(file: FileMetrics) -> dict[str, Any]:
    return {**_plain(file), "functions": [_plain(function) for function in file.functions]}


def _metrics(row: _Row) -> FileMetrics:
    return FileMetrics(
        **{
            **row,
            "functions": tuple(FunctionMetrics(**function) for function in row["functions"]),
            "module_names": tuple(row["module_names"]),
            "imports": tuple(row["imports"]),
        }
    )
