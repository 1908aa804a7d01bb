from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.errors import ReportError
from orchestrator_assets.domain.finding import OutcomeKind, Severity
from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.score import Score
from orchestrator_assets.stages.report import build_report
from tests.builders import GATES, a_finding, a_gate_result, a_verdict, an_outcome, report_inputs

CONTRACT = [
    "job_id",
    "customer",
    "commit_before",
    "commit_after",
    "status",
    "policy",
    "score_before",
    "score_after",
    "gates",
    "findings",
    "tests",
    "cost_usd",
    "duration_seconds",
    "outcomes",
]

fractions = st.floats(0, 1)
statuses = st.sampled_from(list(GateStatus))


@st.composite
def verdicts(draw: st.DrawFn):  # type: ignore[no-untyped-def]
    status = draw(statuses)
    unmeasured = status in {GateStatus.ERROR, GateStatus.NOT_APPLICABLE}
    vetoes = ("critical: shell injection",) if draw(st.integers(0, 9)) == 0 else ()
    return a_verdict(0.0 if unmeasured else draw(fractions), status, *vetoes)


@st.composite
def jobs(draw: st.DrawFn):  # type: ignore[no-untyped-def]
    kinds = draw(
        st.lists(st.tuples(st.sampled_from(list(OutcomeKind)), st.sampled_from(list(Severity)), st.sampled_from(["rules", "model", ""])))
    )
    outcomes = [an_outcome(kind, a_finding(line=n + 1, severity=severity), tier) for n, (kind, severity, tier) in enumerate(kinds)]
    introduced = [
        a_finding(line=n + 1, severity=severity) for n, severity in enumerate(draw(st.lists(st.sampled_from(list(Severity)), max_size=3)))
    ]
    gates = [a_gate_result(name, draw(verdicts()), draw(verdicts())) for name in GATES]
    cost = MicroUsd(draw(st.integers(0, 10**12)))
    stages = draw(st.dictionaries(st.sampled_from(["snapshot", "baseline", "verify"]), st.floats(0, 1e5)))
    return report_inputs(gates=gates, outcomes=outcomes, introduced=introduced, cost=cost, stage_seconds=stages)


@given(jobs())
@settings(max_examples=150, deadline=None)
def test_the_counts_of_a_report_add_up(inputs) -> None:  # type: ignore[no-untyped-def]
    report = build_report(inputs).to_dict()
    findings = report["findings"]
    assert findings["total"] == len(report["outcomes"]) == findings["fixed"] + findings["remaining"]
    assert findings["remaining"] == findings["dropped"] + findings["no_fix"] + findings["not_reproduced"]
    assert sum(findings["by_tier"].values()) == findings["fixed"]
    for key in ("total", "fixed", "remaining", "introduced", "not_reproduced"):
        assert sum(row[key] for row in findings["by_severity"].values()) == findings[key]
    assert sum(row["outcome"] == "fixed" for row in report["outcomes"]) == findings["fixed"]
    assert report["duration_seconds"]["total"] == pytest.approx(sum(report["duration_seconds"]["by_stage"].values()), abs=0.001)


@given(jobs())
@settings(max_examples=150, deadline=None)
def test_the_gates_points_give_the_score_unless_it_is_vetoed(inputs) -> None:  # type: ignore[no-untyped-def]
    report = build_report(inputs).to_dict()
    judged = [gate for gate in report["gates"] if gate["status"] != "not_applicable"]
    possible = sum(gate["max_score"] for gate in judged)
    expected = 100 * sum(gate["score_after"] for gate in judged) / possible if possible else 0
    assert report["score_unvetoed_after"] == pytest.approx(expected, abs=0.0051)
    assert report["score_after"] == (0 if report["vetoes"] else report["score_unvetoed_after"])


def test_the_contract_s_keys_come_first_and_in_order() -> None:
    report = build_report(report_inputs()).to_dict()
    assert list(report)[: len(CONTRACT)] == CONTRACT
    gate, outcome = report["gates"][0], report["outcomes"][0]
    assert list(gate)[:7] == ["name", "status", "score_before", "score_after", "max_score", "summary", "details"]
    assert list(outcome)[:9] == ["fingerprint", "rule_id", "tool", "path", "line", "severity", "outcome", "tier", "reason"]
    assert list(report["findings"])[:5] == ["total", "fixed", "remaining", "introduced", "by_tier"]
    assert {"passed", "failed"} <= set(report["tests"]["before"])
    assert set(report["duration_seconds"]) == {"total", "by_stage"}


def test_a_finding_that_could_not_be_reproduced_is_remaining_and_counted_beside_it() -> None:
    outcomes = [an_outcome(OutcomeKind.NOT_REPRODUCED, a_finding(line=1)), an_outcome(OutcomeKind.FIXED, a_finding(line=2))]
    findings = build_report(report_inputs(outcomes=outcomes)).to_dict()["findings"]
    assert (findings["total"], findings["fixed"], findings["remaining"], findings["not_reproduced"]) == (2, 1, 1, 1)


def test_a_finding_with_two_outcomes_is_refused() -> None:
    with pytest.raises(ReportError, match=r"'ruff-F401-app/core.py-1' has 2 outcomes"):
        build_report(report_inputs(outcomes=[an_outcome(OutcomeKind.FIXED), an_outcome(OutcomeKind.NO_FIX)]))


def test_a_score_that_its_gates_do_not_give_is_refused() -> None:
    with pytest.raises(ReportError, match=r"gates after give 80.00, the score says 99.00"):
        build_report(report_inputs(score_after=Score(99.0, 99.0, (), 0)))


def test_a_veto_beside_a_score_above_zero_is_refused() -> None:
    with pytest.raises(ReportError, match="without 1 vetoes; one makes it 0"):
        build_report(report_inputs(score_after=Score(80.0, 80.0, ("critical: B602",), 0)))


def test_negative_costs_and_times_are_refused() -> None:
    with pytest.raises(ReportError, match="below zero"):
        build_report(report_inputs(cost=MicroUsd(-1)))
    with pytest.raises(ReportError, match="below zero"):
        build_report(report_inputs(stage_seconds={"verify": -0.1}))


@given(st.integers(0, 10**9))
def test_the_cost_has_six_decimals_and_no_noise(micro: int) -> None:
    cost = build_report(report_inputs(cost=MicroUsd(micro))).to_dict()["cost_usd"]
    assert Decimal(repr(cost)) == Decimal(micro) / 1_000_000


def test_gates_that_do_not_apply_give_their_points_to_the_others() -> None:
    idle = a_verdict(0.0, GateStatus.NOT_APPLICABLE)
    gates = [a_gate_result("security", 1.0, 1.0), a_gate_result("test_coverage", idle, idle)]
    report = build_report(replace(report_inputs(gates=gates)))
    assert report.score_after == 100.0
