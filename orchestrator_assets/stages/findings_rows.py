"""Findings as rows: CSV with a header, JSON objects with the same fields, and what other formats are translated to."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from orchestrator_assets.domain.errors import FindingsError
from orchestrator_assets.domain.finding import Category, Confidence, Finding, Severity, normalise_context
from orchestrator_assets.stages.finding_paths import PathProblem, PathResolver, Place, place_of_path
from orchestrator_assets.stages.findings_given import MAX_RESULTS, Note, NoteKind, ReadFindings, shown, wrong
from orchestrator_assets.stages.json_node import Node, clean_text
from orchestrator_assets.stages.rule_names import (
    category_of,
    confidence_of_word,
    cwe_numbers,
    rule_name,
    severity_of_rule,
    severity_of_word,
    tool_name,
    tool_of_rule,
)

REQUIRED = ("path", "line", "rule_id", "message")
OPTIONAL = ("tool", "severity", "column", "cwe", "confidence", "category", "end_line", "end_column", "context", "fingerprint")

_SYNONYMS = {"file": "path", "filename": "path", "rule": "rule_id", "ruleid": "rule_id", "col": "column", "text": "message"}
_MAX_INTEGER = 2**31 - 1

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Row:
    """One finding's fields as text, empty where absent; `where` is its JSON pointer or line in the file."""

    where: str
    fields: Mapping[str, str]


def read_csv(text: str, name: str, tree_files: Collection[str]) -> ReadFindings:
    """Read CSV; the separator (comma, semicolon or tab) is taken from the header.

    Raises:
        FindingsError: A column is unknown or missing, or a row is wrong.
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [_field(column) for column in next(reader, [])]
        missing = [column for column in REQUIRED if column not in header]
        if missing:
            raise wrong(name, "row 1", f"has no column {', '.join(missing)}", f"begin with the header {','.join(REQUIRED)}")
        _check_fields(header, "row 1", name)
        return read_rows(_csv_rows(reader, header, name), name, tree_files)
    except csv.Error as error:
        raise wrong(
            name, f"line {reader.line_num}", f"not CSV ({error})", "quote texts that hold separators, quotes or line ends"
        ) from error


def read_objects(items: Node, name: str, tree_files: Collection[str]) -> ReadFindings:
    """Read a JSON array of objects.

    Raises:
        FindingsError: A field is unknown or missing or has the wrong type.
    """
    return read_rows((_object_row(item, name) for item in items.items()), name, tree_files)


def read_rows(rows: Iterable[Row], name: str, tree_files: Collection[str]) -> ReadFindings:
    """Turn rows into findings.

    Raises:
        FindingsError: There are too many rows, or a field's value is wrong.
    """
    taken: list[tuple[Row, Place]] = []
    for row in rows:
        if len(taken) == MAX_RESULTS:
            raise wrong(name, row.where, f"more than {MAX_RESULTS:,} findings", "split the file by folder or leave the style rules out")
        for required in REQUIRED:
            if required != "message" and not row.fields.get(required, "").strip():
                raise wrong(name, row.where, f"has no {required}", f"give {required}")
        try:
            taken.append((row, place_of_path(row.fields["path"].strip())))
        except PathProblem as error:
            raise _path_error(name, row, error) from error
    files = frozenset(tree_files)
    resolver = PathResolver(files, [place for _, place in taken])
    findings: list[Finding] = []
    remarks: list[Note] = []
    for row, place in taken:
        try:
            path = resolver.resolve(place)
        except PathProblem as error:
            raise _path_error(name, row, error) from error
        if path not in files:
            remarks.append(Note(NoteKind.NOT_IN_TREE, row.where, f"{path} is not a file of the repository at this commit"))
        findings.append(_finding(row, path, name))
    return ReadFindings(tuple(findings), tuple(remarks), missing_paths=tuple(sorted({f.path for f in findings} - files)))


def _finding(row: Row, path: str, name: str) -> Finding:
    fields = row.fields
    rule_id = clean_text(fields["rule_id"].strip(), 200)
    tool = tool_name(fields["tool"]) if fields.get("tool", "").strip() else tool_of_rule(rule_id)
    rule_id = rule_name(tool, rule_id)
    cwe = _cwe(row, name)
    return Finding(
        tool=tool,
        rule_id=rule_id,
        message=clean_text(fields.get("message", "").strip(), 4000),
        path=path,
        line=_number(row, "line", name, least=1),
        column=_number(row, "column", name),
        end_line=_number(row, "end_line", name),
        end_column=_number(row, "end_column", name),
        severity=_chosen(row, "severity", name, severity_of_word, Severity) or severity_of_rule(tool, rule_id),
        confidence=_chosen(row, "confidence", name, confidence_of_word, Confidence) or Confidence.MEDIUM,
        category=_chosen(row, "category", name, _category_of_word, Category) or category_of(tool, rule_id, (), cwe),
        cwe=cwe,
        context=normalise_context(clean_text(fields.get("context", ""), 2000)),
        fingerprint=clean_text(fields.get("fingerprint", "").strip(), 64),
    )


def _number(row: Row, field: str, name: str, least: int = 0) -> int:
    text = row.fields.get(field, "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12):
        raise wrong(name, row.where, f"{field} {shown(text, 40)} is not a whole number", f"give the {field} as a number")
    if not least <= int(text) <= _MAX_INTEGER:
        raise wrong(name, row.where, f"{field} {text} is out of range", f"count from {least}")
    return int(text)


def _chosen(row: Row, field: str, name: str, reading: Callable[[str], _Word | None], kind: type[_Word]) -> _Word | None:
    text = row.fields.get(field, "").strip()
    if not text:
        return None
    value = reading(text)
    if value is None:
        raise wrong(name, row.where, f"{field} {shown(text, 40)} is unknown", f"use one of {', '.join(kind)}")
    return value


def _category_of_word(word: str) -> Category | None:
    return next((category for category in Category if category.value == word.strip().lower()), None)


def _cwe(row: Row, name: str) -> tuple[int, ...]:
    words = row.fields.get("cwe", "").replace(",", " ").replace(";", " ").split()
    numbers: set[int] = set()
    for word in words:
        found = cwe_numbers([f"CWE-{word}" if word.isdigit() else word])
        if not found:
            raise wrong(name, row.where, f"cwe {shown(word, 40)} is not a CWE number", "give numbers such as 79 or CWE-79")
        numbers.update(found)
    return tuple(sorted(numbers))


def _field(column: str) -> str:
    plain = column.strip().lower().replace("-", "_").replace(" ", "_")
    return _SYNONYMS.get(plain, plain)


def _check_fields(fields: Sequence[str], where: str, name: str) -> None:
    known = (*REQUIRED, *OPTIONAL)
    unknown = [field for field in fields if field not in known]
    if unknown:
        raise wrong(name, where, f"unknown field {shown(unknown[0], 40)}", f"use {', '.join(known)}")
    twice = [field for field in fields if fields.count(field) > 1]
    if twice:
        raise wrong(name, where, f"field {twice[0]!r} is there twice", "name each once")


def _csv_rows(reader: Iterable[list[str]], header: Sequence[str], name: str) -> Iterator[Row]:
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problem = f"has {len(cells)} cells where the header has {len(header)}"
            raise wrong(name, f"row {number}", problem, "quote texts that hold separators")
        yield Row(f"row {number}", dict(zip(header, cells, strict=True)))


def _object_row(item: Node, name: str) -> Row:
    if not isinstance(item.value, dict):
        raise item.wrong(f"{shown(item.value)} is not an object", f"give objects with {', '.join(REQUIRED)}")
    fields = [_field(key) for key in item.value]
    _check_fields(fields, item.pointer, name)
    return Row(item.pointer, {field: _cell(item, key) for field, key in zip(fields, item.value, strict=True)})


def _cell(item: Node, key: str) -> str:
    value = item.value[key]
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(entry, str | int) and not isinstance(entry, bool) for entry in value):
        return " ".join(str(entry)[:40] for entry in value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise item.need(key).wrong(f"{shown(value)} is neither text nor a whole number", "give one of those")
    # A number of thousands of digits can't be printed at all.
    return value if isinstance(value, str) else str(max(min(value, _MAX_INTEGER + 1), -_MAX_INTEGER))


def _path_error(name: str, row: Row, error: PathProblem) -> FindingsError:
    problem, _, mend = str(error).rpartition("; ")
    return wrong(name, row.where, problem, mend)
