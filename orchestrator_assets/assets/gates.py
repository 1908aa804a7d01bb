"""The ten gates: an asset each with its score and its check, so that the UI shows them one by one, made in a single step."""

from collections.abc import Iterator

import dagster as dg

from gates import GATES, run_gate
from orchestrator_assets.assets.intake import OWNERS
from orchestrator_assets.domain.gate import Gate, GateResult, GateStatus
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.suite import SuiteRun
from orchestrator_assets.domain.verification import Verification
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.stages.judgement import gather_evidence

CHECK = "passes"


def gate_asset_name(gate: Gate) -> str:
    """The asset that holds a gate's result."""
    return f"gate_{gate.name}"


def _out(gate: Gate) -> dg.AssetOut:
    description = f"{gate.measures} ({gate.max_score} points)"
    return dg.AssetOut(description=description, group_name="gates", owners=OWNERS, kinds={"python"}, is_required=False)


# Ten steps of a few milliseconds each cost Dagster 130 events, and those 3 s on a busy disk; one step with ten outputs costs 40.
@dg.multi_asset(
    partitions_def=JOBS,
    outs={gate_asset_name(gate): _out(gate) for gate in GATES},
    check_specs=[
        dg.AssetCheckSpec(CHECK, asset=gate_asset_name(gate), partitions_def=JOBS, description=gate.measures, blocking=False)
        for gate in GATES
    ],
    can_subset=True,
)
def quality_gates(
    context: dg.AssetExecutionContext, baseline_scans: Scan, baseline_tests: SuiteRun, verified_fixes: Verification
) -> Iterator[dg.Output[GateResult] | dg.AssetCheckResult]:
    """Every gate over the tree before and the tree after; the decision blocks, the gates don't."""
    evidence = gather_evidence(baseline_scans, baseline_tests, verified_fixes)
    for gate in GATES:
        name = gate_asset_name(gate)
        key = dg.AssetKey(name)
        if key not in context.selected_asset_keys:
            continue
        result = run_gate(gate, *evidence)
        facts = {"status": result.after.status.value, "summary": result.after.summary, "max_score": gate.max_score}
        scores = {"score_before": result.score_before, "score_after": result.score_after}
        measures = {f"measure_{measure}": value for measure, value in result.after.details.items()}
        yield dg.Output(result, output_name=name, metadata={**scores, **facts, **measures})
        passed = result.after.status in {GateStatus.PASSED, GateStatus.NOT_APPLICABLE}
        severity = dg.AssetCheckSeverity.ERROR if result.after.vetoes else dg.AssetCheckSeverity.WARN
        yield dg.AssetCheckResult(asset_key=key, passed=passed, check_name=CHECK, severity=severity, metadata={**scores, **facts})
