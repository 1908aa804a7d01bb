"""Find out what the job is about: the findings that came with the order, or all that the scan shows.

Reading is split by format (`findings_sarif`, `findings_rows`, `findings_native`), merging and holding against the scan are
`findings_merge` and `reconcile`; this module is the one that others import.
"""

from collections.abc import Collection

from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.stages.findings_given import MAX_BYTES, Note, NoteKind, ReadFindings, place_offsets, wrong
from orchestrator_assets.stages.findings_merge import Merged, MergedFinding, merge_findings, merge_groups
from orchestrator_assets.stages.findings_native import mypy_rows, native_rows
from orchestrator_assets.stages.findings_rows import REQUIRED, read_csv, read_objects, read_rows
from orchestrator_assets.stages.findings_sarif import read_sarif
from orchestrator_assets.stages.json_node import Node, parse_json
from orchestrator_assets.stages.reconcile import RERUNNABLE_TOOLS, Target, TargetStatus, discovered, find_targets, reconcile
from orchestrator_assets.stages.rule_names import extra_ruff_rules

__all__ = [
    "RERUNNABLE_TOOLS",
    "Merged",
    "MergedFinding",
    "Note",
    "NoteKind",
    "ReadFindings",
    "Target",
    "TargetStatus",
    "discovered",
    "extra_ruff_rules",
    "find_targets",
    "merge_findings",
    "merge_groups",
    "place_offsets",
    "placed_findings",
    "read_findings",
    "reconcile",
]

_FOREIGN_STARTS = {
    b"\x1f\x8b": "compressed with gzip",
    b"PK\x03\x04": "a ZIP archive",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\x00": "UTF-16",
    b"\x00{": "UTF-16",
}


def read_findings(content: bytes, name: str, tree_files: Collection[str]) -> ReadFindings:
    """Read SARIF 2.1.0, CSV or JSON rows, or the own JSON of bandit, ruff, pylint or mypy; the content tells which.

    Args:
        content: The file, at most 64 MiB.
        name: How messages call it.
        tree_files: Paths of the repository's files at the commit in question.

    Raises:
        FindingsError: The file can't be read, or places a finding outside the repository; the message says where, what and how to mend.
    """
    text = _decoded(content, name)
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        rows = mypy_rows(text, name) if start == "{" else None
        return read_rows(rows, name, tree_files) if rows is not None else _read_json(text, name, tree_files)
    if name.lower().endswith((".sarif", ".json")):
        parse_json(text, name)
        raise wrong(name, "/", "is neither an object nor an array", "give SARIF 2.1.0, or rows as JSON")
    if name.lower().endswith((".csv", ".tsv")) or "path" in text.split("\n", 1)[0].lower():
        return read_csv(text, name, tree_files)
    raise wrong(name, "", "is neither SARIF nor JSON nor CSV", f"give SARIF 2.1.0, or CSV with the header {','.join(REQUIRED)}")


def _read_json(text: str, name: str, tree_files: Collection[str]) -> ReadFindings:
    document = Node(parse_json(text, name), name)
    rows = native_rows(document)
    if rows is not None:
        return read_rows(rows, name, tree_files)
    if isinstance(document.value, list):
        return read_objects(document, name, tree_files)
    if "findings" in document.value and "runs" not in document.value:
        return read_objects(document.need("findings"), name, tree_files)
    return read_sarif(document, tree_files)


def _decoded(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        size = f"{len(content) / (1 << 20):.0f} MiB, over {MAX_BYTES >> 20} MiB"
        raise wrong(name, "", size, "split it by folder, or leave out the style rules and embedded sources")
    for start, what in _FOREIGN_STARTS.items():
        if content.startswith(start):
            raise wrong(name, "", f"is {what}", "give it as plain UTF-8 text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong(name, f"byte {error.start}", "not UTF-8", "save the file as UTF-8") from error
    if not text.strip():
        raise wrong(name, "", "is empty", "give a findings file, or none to have the findings discovered")
    return text


def placed_findings(read: ReadFindings | None, tree: SourceTree) -> ReadFindings | None:
    """The findings with a line each, also where their file gives a character offset alone."""
    if read is None or not read.offsets:
        return read
    return place_offsets(read, lambda path: tree.read(path).decode("utf-8", "replace") if path in tree.files else "")
