"""The ten gates over one tree alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates import GATES, run_gate
from orchestrator_assets.domain.gate import Evidence, FixTally, Gate, Verdict
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.score import Score, calculate_quality_score
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.stages.inspect import scan_baseline, test_baseline
from orchestrator_assets.stages.snapshot import lay_out_once
from resources.platform import Platform


@dataclass(frozen=True, slots=True)
class TreeScore:
    """A tree's score and the gates' verdicts, in the brief's order."""

    commit: str
    score: Score
    rows: tuple[tuple[Gate, Verdict], ...]

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        gates = [
            {
                "name": gate.name,
                "status": verdict.status.value,
                "score": round(verdict.fraction * gate.max_score, 2),
                "max_score": gate.max_score,
                "summary": verdict.summary,
                "details": verdict.details,
            }
            for gate, verdict in self.rows
        ]
        return {"commit": self.commit, "score": self.score.value, "vetoes": list(self.score.vetoes), "gates": gates}


def score_tree(order: JobOrder, snapshot: Snapshot, platform: Platform, folder: Path) -> TreeScore:
    """Scan and test the snapshot's tree and pass it through the gates; nothing is fixed, so nothing is compared."""
    tree = lay_out_once(snapshot, platform.code_host, platform.artifacts, folder)
    cache = platform.cache(order.customer)
    environment = platform.environments(order.customer).prepare(tree, order.options.setup_command)
    scan = scan_baseline(tree, order, None, environment, platform.sandbox, cache)
    suite = test_baseline(tree, order, environment, platform.sandbox, cache)
    evidence = Evidence(scan, suite, FixTally(0, 0, 0, 0))
    rows = tuple((gate, run_gate(gate, evidence, evidence).after) for gate in GATES)
    return TreeScore(snapshot.commit, calculate_quality_score([(gate.max_score, verdict) for gate, verdict in rows]), rows)
