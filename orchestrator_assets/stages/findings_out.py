"""The findings with what became of each, as SARIF 2.1.0 for code hosts and editors."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from orchestrator_assets.domain.equivalence import authority_of
from orchestrator_assets.domain.finding import Finding, FindingOutcome, Severity
from orchestrator_assets.stages.findings_sarif import OWN_FINGERPRINT

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


def outcomes_to_sarif(outcomes: Sequence[FindingOutcome], tool_versions: Mapping[str, str]) -> bytes:
    """Write one run per tool, results in the order given; places are those of the tree before, relative to the repository's root.

    Every result has `properties` `outcome`, `reason`, `tier`, and what SARIF has no field for: `severity`, `confidence`, `category`,
    `also`.
    `read_findings` gives the same findings back, tool by tool.

    Args:
        outcomes: One a finding.
        tool_versions: Tool -> version; a tool that is not listed gets none.
    """
    by_tool: dict[str, list[FindingOutcome]] = {}
    for outcome in outcomes:
        by_tool.setdefault(outcome.finding.tool, []).append(outcome)
    runs = [_run(tool, by_tool[tool], tool_versions.get(tool, "")) for tool in sorted(by_tool, key=authority_of)]
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}
    return (json.dumps(log, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _run(tool: str, outcomes: Sequence[FindingOutcome], version: str) -> dict[str, Any]:
    rules = sorted({outcome.finding.rule_id for outcome in outcomes})
    driver: dict[str, Any] = {"name": tool, "rules": [{"id": rule} for rule in rules]}
    if version:
        driver["version"] = version
    index = {rule: number for number, rule in enumerate(rules)}
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "results": [_result(outcome, index[outcome.finding.rule_id]) for outcome in outcomes],
    }


def _result(outcome: FindingOutcome, rule_index: int) -> dict[str, Any]:
    finding = outcome.finding
    properties: dict[str, Any] = {
        "outcome": outcome.outcome.value,
        "reason": outcome.reason,
        "tier": outcome.tier,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "category": finding.category.value,
    }
    if finding.also:
        properties["also"] = list(finding.also)
    if finding.cwe:
        properties["tags"] = [f"external/cwe/cwe-{number:03d}" for number in finding.cwe]
    result: dict[str, Any] = {
        "ruleId": finding.rule_id,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message or finding.rule_id},
        "locations": [{"physicalLocation": _location(finding)}],
        "properties": properties,
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {OWN_FINGERPRINT: finding.fingerprint}
    return result


def _location(finding: Finding) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(finding.line, 1)}
    known = (("startColumn", finding.column), ("endLine", finding.end_line), ("endColumn", finding.end_column))
    region |= {name: value for name, value in known if value > 0}
    location: dict[str, Any] = {
        "artifactLocation": {"uri": quote(finding.path, safe="/~", errors="replace"), "uriBaseId": _ROOT},
        "region": region,
    }
    if finding.context:
        line = region["startLine"]
        location["contextRegion"] = {"startLine": line, "endLine": line, "snippet": {"text": finding.context}}
    return location
