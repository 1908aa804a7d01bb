"""The job's findings as one Arrow table, kept as Parquet and counted with pandas."""

import io
from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.finding import Category, Confidence, Finding, FindingOutcome, OutcomeKind, Severity

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SCHEMA_VERSION = b"1"

_FIELDS = tuple(field.name for field in fields(Finding))
_OUTCOMES = tuple(kind.value for kind in OutcomeKind)


def findings_schema() -> "pa.Schema":
    """The table's columns: a finding's fields under their own names, then what became of it (null before verification).

    fingerprint, tool, rule_id, message, path, severity, confidence, category and context are text; line, column, end_line and end_column
    count from 1, 0 where the tool does not say; cwe is a list of numbers, also a list of `tool:rule_id`; outcome, tier and reason are text.
    """
    import pyarrow as pa

    text, place = pa.string(), pa.int32()
    columns: list[tuple[str, pa.DataType]] = [(name, text) for name in ("fingerprint", "tool", "rule_id", "message", "path")]
    columns += [(name, place) for name in ("line", "column", "end_line", "end_column")]
    columns += [(name, text) for name in ("severity", "confidence", "category")]
    columns += [("cwe", pa.list_(pa.int32())), ("context", text), ("also", pa.list_(text))]
    typed = [pa.field(name, kind, nullable=False) for name, kind in columns]
    typed += [pa.field(name, text) for name in ("outcome", "tier", "reason")]
    return pa.schema(typed, metadata={b"schema_version": SCHEMA_VERSION})


def findings_table(rows: Iterable[Finding | FindingOutcome]) -> "pa.Table":
    """Findings, or findings with their outcomes, as a table in the order given."""
    import pyarrow as pa

    return pa.Table.from_pylist([_row(row) for row in rows], schema=findings_schema())


def findings_of(table: "pa.Table") -> list[Finding]:
    """The findings in a table's rows.

    Raises:
        ArtifactError: The table has other columns or a value that no finding has.
    """
    try:
        return [_finding(row) for row in table.select(findings_schema().names).to_pylist()]
    except (KeyError, ValueError, TypeError) as error:
        raise ArtifactError(f"findings table: {error}; it was written by another version") from error


def write_parquet(table: "pa.Table") -> bytes:
    """Parquet bytes, the same for the same table."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def read_parquet(content: bytes) -> "pa.Table":
    """The table in Parquet bytes.

    Raises:
        ArtifactError: The bytes are not a findings table of this version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise ArtifactError(f"findings table: not Parquet ({error}); run the job again") from error
    if not table.schema.equals(findings_schema()):
        raise ArtifactError("findings table: other columns than this version writes; run the job again")
    return table


def summarise(table: "pa.Table") -> "pd.DataFrame":
    """Counts by severity and by tool, one column an outcome.

    The index is (`by`, `value`): `by` is `severity` (worst first) or `tool` (by name), with a row for each value that occurs. The columns
    are the four outcomes, then `open` (findings without an outcome), then `total`.
    """
    import pandas as pd

    frame = table.select(["severity", "tool", "outcome"]).to_pandas()
    frame["outcome"] = frame["outcome"].astype(object).where(frame["outcome"].notna(), "open")
    frame["severity"] = pd.Categorical(frame["severity"], [severity.value for severity in Severity], ordered=True)
    parts = {by: _counted(frame, by) for by in ("severity", "tool")}
    return pd.concat(parts, names=["by", "value"])


def _counted(frame: "pd.DataFrame", by: str) -> "pd.DataFrame":
    counts = frame.groupby([by, "outcome"], observed=True).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[*_OUTCOMES, "open"], fill_value=0).astype("int64")
    counts.columns.name = None
    counts.index = counts.index.astype(object)
    return counts.assign(total=counts.sum(axis=1))


def _row(row: Finding | FindingOutcome) -> dict[str, Any]:
    finding = row.finding if isinstance(row, FindingOutcome) else row
    values = {name: getattr(finding, name) for name in _FIELDS}
    values |= {"severity": finding.severity.value, "confidence": finding.confidence.value, "category": finding.category.value}
    if isinstance(row, FindingOutcome):
        values |= {"outcome": row.outcome.value, "tier": row.tier, "reason": row.reason}
    return values


def _finding(row: dict[str, Any]) -> Finding:
    values = {name: row[name] for name in _FIELDS}
    values |= {"severity": Severity(row["severity"]), "confidence": Confidence(row["confidence"]), "category": Category(row["category"])}
    return Finding(**values | {"cwe": tuple(row["cwe"]), "also": tuple(row["also"])})
