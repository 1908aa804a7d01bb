"""The ten gates, one asset each with its score and its check, so that the UI shows them one by one."""

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


def build_gate_asset(gate: Gate) -> dg.AssetsDefinition:
    """The asset of one gate; its check doesn't block, the decision does."""
    name = gate_asset_name(gate)

    @dg.asset(
        name=name,
        partitions_def=JOBS,
        group_name="gates",
        owners=OWNERS,
        kinds={"python"},
        description=f"{gate.measures} ({gate.max_score} points)",
        check_specs=[dg.AssetCheckSpec(CHECK, asset=name, partitions_def=JOBS, description=gate.measures)],
        output_required=True,
    )
    def gate_result(
        baseline_scans: Scan, baseline_tests: SuiteRun, verified_fixes: Verification
    ) -> Iterator[dg.Output[GateResult] | dg.AssetCheckResult]:
        result = run_gate(gate, *gather_evidence(baseline_scans, baseline_tests, verified_fixes))
        facts = {"status": result.after.status.value, "summary": result.after.summary, "max_score": gate.max_score}
        scores = {"score_before": result.score_before, "score_after": result.score_after}
        yield dg.Output(result, metadata={**scores, **facts, **{f"measure_{name}": value for name, value in result.after.details.items()}})
        passed = result.after.status in {GateStatus.PASSED, GateStatus.NOT_APPLICABLE}
        severity = dg.AssetCheckSeverity.ERROR if result.after.vetoes else dg.AssetCheckSeverity.WARN
        yield dg.AssetCheckResult(passed=passed, check_name=CHECK, severity=severity, metadata={**scores, **facts})

    return gate_result


GATE_ASSETS = [build_gate_asset(gate) for gate in GATES]
