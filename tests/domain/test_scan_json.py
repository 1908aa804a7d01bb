import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.scan import FileMetrics, FunctionMetrics, Scan, ToolRun
from orchestrator_assets.domain.scan_json import (
    findings_from_json,
    findings_to_json,
    run_from_json,
    run_to_json,
    scan_from_json,
    scan_to_json,
)

TEXT = st.text(max_size=8) | st.just("\udce9\n\0")
NUMBER = st.floats(0, 1e6, allow_nan=False)
WORDS = st.lists(st.text(string.ascii_letters, max_size=5), max_size=3).map(tuple)

st.register_type_strategy(float, NUMBER)
FINDINGS = st.builds(
    Finding, TEXT, TEXT, TEXT, TEXT, st.integers(0, 10**6), cwe=st.lists(st.integers(1, 2000), max_size=3).map(tuple), also=WORDS
)
RUNS = st.builds(ToolRun, TEXT, TEXT, findings=st.lists(FINDINGS, max_size=3).map(tuple))
FILES = st.builds(FileMetrics, functions=st.lists(st.builds(FunctionMetrics), max_size=2).map(tuple), module_names=WORDS, imports=WORDS)
SCANS = st.builds(Scan, runs=st.lists(RUNS, max_size=2).map(tuple), files=st.lists(FILES, max_size=2).map(tuple), test_files=WORDS)


@given(SCANS)
def test_a_scan_reads_back_equal(scan: Scan) -> None:
    assert scan_from_json(scan_to_json(scan)) == scan


@given(RUNS)
def test_a_run_reads_back_equal(run: ToolRun) -> None:
    assert run_from_json(run_to_json(run)) == run


@given(st.lists(FINDINGS, max_size=3))
def test_findings_read_back_equal(findings: list[Finding]) -> None:
    assert findings_from_json(findings_to_json(findings)) == findings


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"tree": 1}', b"\xff", b'[{"tool": "x"}]', b"[3]"])
def test_bytes_that_are_no_scan_are_refused_with_the_mend(content: bytes) -> None:
    with pytest.raises(ArtifactError, match="scan: cannot be read back"):
        scan_from_json(content)


def test_a_torn_list_of_findings_is_refused() -> None:
    with pytest.raises(ArtifactError, match="delete it"):
        findings_from_json(b'[{"tool": "ruff"}]')
