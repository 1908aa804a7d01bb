import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.finding import Category, Confidence, Finding, FindingOutcome, OutcomeKind, Severity
from orchestrator_assets.stages.discover import read_findings
from orchestrator_assets.stages.findings_out import outcomes_to_sarif
from tests.builders import a_finding


def outcome(finding: Finding, kind: OutcomeKind = OutcomeKind.FIXED) -> FindingOutcome:
    return FindingOutcome(finding, kind, "rules", "because")


def written(*outcomes: FindingOutcome) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(outcomes_to_sarif(outcomes, {"ruff": "0.17"}))
    return log


def test_every_result_tells_its_outcome_tier_and_reason() -> None:
    log = written(outcome(a_finding(fingerprint="abc", line=4, column=2, severity=Severity.CRITICAL)))
    assert log["version"] == "2.1.0"
    result = log["runs"][0]["results"][0]
    assert {key: result["properties"][key] for key in ("outcome", "tier", "reason")} == {
        "outcome": "fixed",
        "tier": "rules",
        "reason": "because",
    }
    assert result["level"] == "error"
    assert result["partialFingerprints"] == {"orchestrator/v1": "abc"}
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/core.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 4, "startColumn": 2}


def test_there_is_one_run_a_tool_with_its_version_and_rules() -> None:
    log = written(outcome(a_finding("pylint", "fixme")), outcome(a_finding("ruff", "F401")), outcome(a_finding("ruff", "E501")))
    drivers = [run["tool"]["driver"] for run in log["runs"]]
    assert [(d["name"], d.get("version"), [r["id"] for r in d["rules"]]) for d in drivers] == [
        ("ruff", "0.17", ["E501", "F401"]),
        ("pylint", None, ["fixme"]),
    ]
    assert [r["ruleIndex"] for r in log["runs"][0]["results"]] == [1, 0]


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
FINDINGS = st.builds(
    Finding,
    tool=st.sampled_from(["bandit", "ruff", "mypy", "house-tool"]),
    rule_id=WORDS.filter(lambda text: text == text.strip() and text.strip()),
    message=WORDS,
    path=st.sampled_from(["src/a b.py", "ä/#x?%20.py", "a:b.py", "C:/x.py"]),
    line=st.integers(1, 99),
    column=st.integers(1, 9),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    category=st.sampled_from(Category),
    cwe=st.lists(st.integers(1, 900), unique=True, max_size=2).map(lambda numbers: tuple(sorted(numbers))),
    context=st.sampled_from(["", "x = eval(y)"]),
    fingerprint=st.sampled_from(["", "0123abcd"]),
    also=st.sampled_from([(), ("ruff:S1", "x:y")]),
)


@given(FINDINGS, st.booleans())
def test_what_is_written_reads_back_equal(finding: Finding, spanning: bool) -> None:
    if spanning:
        finding = replace(finding, end_line=finding.line + 1, end_column=3)
    content = outcomes_to_sarif([outcome(finding)], {})
    assert read_findings(content, "f.sarif", [finding.path]).findings == (finding,)


def test_no_outcomes_make_a_valid_log_without_runs() -> None:
    assert written() == {"$schema": written()["$schema"], "version": "2.1.0", "runs": []}
