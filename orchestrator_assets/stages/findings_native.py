"""The JSON that bandit, ruff, pylint and mypy write of their own, told by its shape and translated to rows."""

import json
from collections.abc import Iterator

from orchestrator_assets.stages.findings_rows import Row
from orchestrator_assets.stages.json_node import Node, parse_json


def native_rows(document: Node) -> Iterator[Row] | None:
    """The rows of a tool's own JSON; None where the document is not of that kind."""
    value = document.value
    if isinstance(value, dict) and isinstance(value.get("results"), list) and "metrics" in value:
        return map(_bandit, document.need("results").items())
    if isinstance(value, dict) and isinstance(value.get("messages"), list) and "statistics" in value:
        return map(_pylint, document.need("messages").items())
    if isinstance(value, list) and value and isinstance(value[0], dict):
        if {"code", "filename", "location"} <= value[0].keys():
            return map(_ruff, document.items())
        if {"message-id", "symbol", "path"} <= value[0].keys():
            return map(_pylint, document.items())
    return None


def mypy_rows(text: str, name: str) -> Iterator[Row] | None:
    """The rows of `mypy --output json`, one object a line; None where the text is not of that kind."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    try:
        first = json.loads(lines[0][1]) if lines else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(first, dict) or not {"file", "line", "severity"} <= first.keys():
        return None
    nodes = (Node(parse_json(line, f"{name} line {number}"), f"{name} line {number}") for number, line in lines)
    return (_mypy(node, number) for (number, _), node in zip(lines, nodes, strict=True) if node.text_of("severity") == "error")


def _row(item: Node, fields: dict[str, str]) -> Row:
    return Row(item.pointer, fields)


def _bandit(item: Node) -> Row:
    cwe = item.at("issue_cwe", "id")
    return _row(
        item,
        {
            "tool": "bandit",
            "path": item.need("filename").text(),
            "line": str(item.need("line_number").integer()),
            "column": str((item.integer_of("col_offset") or 0) + 1),
            "rule_id": item.need("test_id").text(),
            "message": item.text_of("issue_text"),
            "severity": item.text_of("issue_severity"),
            "confidence": item.text_of("issue_confidence"),
            "cwe": "" if cwe is None else str(cwe.integer()),
        },
    )


def _ruff(item: Node) -> Row:
    location, end = item.need("location"), item.get("end_location")
    code = item.get("code")
    return _row(
        item,
        {
            "tool": "ruff",
            "path": item.need("filename").text(),
            "line": str(location.need("row").integer()),
            "column": str(location.integer_of("column") or 0),
            "end_line": "" if end is None else str(end.integer_of("row") or 0),
            "end_column": "" if end is None else str(end.integer_of("column") or 0),
            "rule_id": "invalid-syntax" if code is None else code.text(),
            "message": item.text_of("message"),
        },
    )


def _pylint(item: Node) -> Row:
    """Its `json` and `json2`, which differ in the key of the message id; columns count from 0."""
    last = item.integer_of("endColumn")
    return _row(
        item,
        {
            "tool": "pylint",
            "path": item.need("path").text(),
            "line": str(max(item.need("line").integer(), 1)),
            "column": str((item.integer_of("column") or 0) + 1),
            "end_line": str(item.integer_of("endLine") or 0),
            "end_column": "" if last is None else str(last + 1),
            "rule_id": item.text_of("symbol") or item.text_of("messageId") or item.text_of("message-id"),
            "message": item.text_of("message"),
        },
    )


def _mypy(item: Node, number: int) -> Row:
    code = item.get("code")
    return Row(
        f"line {number}",
        {
            "tool": "mypy",
            "path": item.need("file").text(),
            "line": str(max(item.need("line").integer(), 1)),
            "column": str((item.integer_of("column") or 0) + 1),
            "rule_id": "misc" if code is None else code.text(),
            "message": item.text_of("message"),
        },
    )
