"""Domain objects for tests: sensible by default, each test names only what it is about."""

import hashlib
from dataclasses import replace
from pathlib import Path

from orchestrator_assets.domain.finding import Category, Finding, FindingOutcome, OutcomeKind, Severity
from orchestrator_assets.domain.fix import AppliedGroup, Edit, Fix, FixSafety
from orchestrator_assets.domain.gate import Evidence, FixTally, GateResult, GateStatus, Verdict
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState, RepoRef
from orchestrator_assets.domain.report import ReportInputs
from orchestrator_assets.domain.scan import FileMetrics, FunctionMetrics, RunStatus, Scan, ToolRun
from orchestrator_assets.domain.score import Decision, score_after, score_before
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus
from orchestrator_assets.domain.tree import SourceTree

PYTHON_TOOLS = ("bandit", "ruff", "pylint", "mypy")


def a_finding(tool: str = "ruff", rule_id: str = "F401", **changes: object) -> Finding:
    """A low quality finding of ruff in `app/core.py:1`."""
    return replace(Finding(tool, rule_id, "message", "app/core.py", 1), **changes)  # type: ignore[arg-type]


def a_file(path: str = "app/core.py", **changes: object) -> FileMetrics:
    """A clean, documented file of 1,000 code lines."""
    plain = FileMetrics(
        path=path,
        language="python",
        code_lines=1000,
        maintainability=80.0,
        parse_error="",
        documented=10,
        documentable=10,
        functions=(FunctionMetrics("f", 1, 3, True, True),),
        module_names=("f",),
        imports=(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def a_scan(
    *findings: Finding, files: tuple[FileMetrics, ...] | None = None, failed: dict[str, str] | None = None, **changes: object
) -> Scan:
    """A scan by the four Python tools; `failed` maps a tool to its last words."""
    failed = failed or {}
    runs = tuple(
        ToolRun(tool, "1.0", RunStatus.ERROR, message=failed[tool])
        if tool in failed
        else ToolRun(tool, "1.0", RunStatus.OK, tuple(f for f in findings if f.tool == tool))
        for tool in PYTHON_TOOLS
    )
    plain = Scan("tree", runs, (a_file(),) if files is None else files, ("tests/integration/test_core.py",), True)
    return replace(plain, **changes)  # type: ignore[arg-type]


def a_suite(passed: int = 10, failed: int = 0, **changes: object) -> SuiteRun:
    """A suite that ran, with 90 % coverage."""
    cases = [(f"t::p{n}", CaseResult.PASSED) for n in range(passed)] + [(f"t::f{n}", CaseResult.FAILED) for n in range(failed)]
    return replace(SuiteRun("tree", SuiteStatus.RAN, "pytest", tuple(sorted(cases)), 90.0), **changes)  # type: ignore[arg-type]


def evidence(
    *findings: Finding,
    scan: Scan | None = None,
    suite: SuiteRun | None = None,
    tally: FixTally | None = None,
    **scan_changes: object,
) -> Evidence:
    """Evidence of a flawless tree with these findings, and an order of ten of which all are fixed."""
    return Evidence(
        scan or a_scan(*findings, **scan_changes),  # type: ignore[arg-type]
        suite or a_suite(),
        tally or FixTally(10, 10, 0, 0),
    )


def a_security_finding(severity: Severity = Severity.MEDIUM, **changes: object) -> Finding:
    """A bandit finding."""
    return a_finding("bandit", "B602", severity=severity, category=Category.SECURITY, **changes)


GATES = {
    "syntax": 10,
    "type_safety": 10,
    "security": 15,
    "code_quality": 10,
    "test_coverage": 10,
    "performance": 10,
    "architecture": 10,
    "documentation": 10,
    "best_practices": 10,
    "functional_correctness": 5,
}


def an_outcome(
    kind: OutcomeKind = OutcomeKind.FIXED, finding: Finding | None = None, tier: str = "rules", reason: str = ""
) -> FindingOutcome:
    """A finding's outcome; without a finding, one whose fingerprint is made of its content."""
    about = finding or a_finding()
    about = about if about.fingerprint else replace(about, fingerprint=f"{about.tool}-{about.rule_id}-{about.path}-{about.line}")
    return FindingOutcome(about, kind, tier, reason or ("re-scan is clean" if kind is OutcomeKind.FIXED else "no rule applies"))


def a_verdict(fraction: float = 1.0, status: GateStatus | None = None, *vetoes: str, **changes: object) -> Verdict:
    """A verdict that passes with full points and fails with fewer."""
    told = status or (GateStatus.PASSED if fraction == 1.0 else GateStatus.FAILED)
    return replace(Verdict(told, fraction, "12 findings in 1,000 lines", {"findings": 12}, vetoes), **changes)  # type: ignore[arg-type]


def a_gate_result(name: str = "code_quality", before: float | Verdict = 0.6, after: float | Verdict = 0.8) -> GateResult:
    """A gate of the brief, by its name; fractions stand for plain verdicts."""
    then = before if isinstance(before, Verdict) else a_verdict(before)
    now = after if isinstance(after, Verdict) else a_verdict(after)
    return GateResult(name, GATES[name], then, now)


def a_fix(path: str = "app/core.py", *fingerprints: str, **changes: object) -> Fix:
    """A safe fix of the rules tier that answers one finding."""
    plain = Fix(
        fingerprints or ("f1",),
        path,
        (Edit(0, 3, "new"),),
        "ruff:F401",
        "Remove an unused import",
        FixSafety.SAFE,
        evidence="Nothing uses it.",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def a_diff(path: str = "app/core.py", removed: str = "import os", added: str = "import sys", line: int = 1) -> str:
    """A unified diff that replaces one line."""
    return f"diff --git a/{path} b/{path}\nindex 1..2 100644\n--- a/{path}\n+++ b/{path}\n@@ -{line} +{line} @@\n-{removed}\n+{added}\n"


def an_applied_group(*fixes: Fix, **changes: object) -> AppliedGroup:
    """A commit of one fix."""
    plain = AppliedGroup("ruff:F401", "Remove an unused import", "c" * 40, fixes or (a_fix(),), a_diff())
    return replace(plain, **changes)  # type: ignore[arg-type]


def report_inputs(**changes: object) -> ReportInputs:
    """A delivered job of customer `acme`: one finding fixed, one left; ten gates that rose from 60 to 80 %."""
    gates = changes.pop("gates", [a_gate_result(name) for name in GATES])
    plain = ReportInputs(
        job=JobId("0198a6b2-0000-7000-8000-000000000001"),
        order=JobOrder(CustomerId("acme"), RepoRef(path="/srv/repos/shop", branch="main")),
        commit_before="a" * 40,
        commit_after="b" * 40,
        decision=Decision(JobState.DELIVERED, ("The score rose from 60.00 to 80.00 and no gate got worse.",)),
        score_before=score_before(gates),  # type: ignore[arg-type]
        score_after=score_after(gates),  # type: ignore[arg-type]
        gates=gates,  # type: ignore[arg-type]
        outcomes=[an_outcome(), an_outcome(OutcomeKind.NO_FIX, a_finding("bandit", "B602", line=7))],
        introduced=(),
        suite_before=a_suite(),
        suite_after=a_suite(),
        groups=(an_applied_group(),),
        tool_runs=tuple(ToolRun(tool, "1.0", RunStatus.OK, seconds=0.5) for tool in PYTHON_TOOLS),
        stage_seconds={"snapshot": 0.25, "baseline": 4.5, "verification": 7.25},
        sandbox="bubblewrap: no network, no host files",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def a_source_tree(root: Path, files: dict[str, str | bytes]) -> SourceTree:
    """Write the files into the folder; the digest is of paths and contents."""
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        data = content.encode() if isinstance(content, str) else content
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        digest.update(path.encode() + b"\0" + data + b"\0")
    return SourceTree(root, digest.hexdigest(), tuple(sorted(files)))
