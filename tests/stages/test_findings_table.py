import pytest

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.finding import FindingOutcome, OutcomeKind, Severity
from orchestrator_assets.stages.findings_table import findings_of, findings_schema, findings_table, read_parquet, summarise, write_parquet
from tests.builders import a_finding

FINDINGS = [
    a_finding(cwe=(79, 80), also=("pylint:unused-import",), context="import os", fingerprint="a1", end_line=3),
    a_finding("bandit", "B602", severity=Severity.CRITICAL, message="ä"),
]
OUTCOMES = [
    FindingOutcome(FINDINGS[0], OutcomeKind.FIXED, "rules", "gone"),
    FindingOutcome(FINDINGS[1], OutcomeKind.NO_FIX, "", "needs a person"),
    FindingOutcome(FINDINGS[0], OutcomeKind.FIXED, "rules", "gone"),
]


def test_findings_come_back_equal_from_parquet() -> None:
    assert findings_of(read_parquet(write_parquet(findings_table(FINDINGS)))) == FINDINGS


def test_outcomes_are_columns_and_null_before_verification() -> None:
    assert findings_table(OUTCOMES).column("outcome").to_pylist() == ["fixed", "no_fix", "fixed"]
    assert findings_table(FINDINGS).column("outcome").null_count == 2


def test_the_same_table_gives_the_same_bytes() -> None:
    assert write_parquet(findings_table(OUTCOMES)) == write_parquet(findings_table(OUTCOMES))


def test_no_findings_make_an_empty_table_of_the_same_columns() -> None:
    table = read_parquet(write_parquet(findings_table([])))
    assert table.num_rows == 0
    assert table.schema.equals(findings_schema())
    assert summarise(table).empty


def test_other_bytes_and_other_tables_are_refused() -> None:
    with pytest.raises(ArtifactError, match="not Parquet"):
        read_parquet(b"PAR1 nonsense")
    with pytest.raises(ArtifactError, match="other columns"):
        read_parquet(write_parquet(findings_table(FINDINGS).drop_columns(["cwe"])))


def test_the_summary_counts_outcomes_by_severity_and_by_tool() -> None:
    counts = summarise(findings_table([*OUTCOMES, FINDINGS[1]]))
    assert list(counts.loc["severity"].index) == ["critical", "low"]
    assert counts.loc[("severity", "critical")].to_dict() == {
        "fixed": 0, "dropped": 0, "no_fix": 1, "not_reproduced": 0, "open": 1, "total": 2,
    }  # fmt: skip
    assert counts.loc[("tool", "ruff"), "fixed"] == 2
    assert counts.loc["tool", "total"].sum() == counts.loc["severity", "total"].sum() == 4
