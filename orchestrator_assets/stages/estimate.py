"""What a job would try, and what it may cost, before anything is spent."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.stages.discover import ReadFindings, find_targets, placed_findings
from orchestrator_assets.stages.inspect import scan_baseline
from orchestrator_assets.stages.propose import propose_fixes, rules_writer
from orchestrator_assets.stages.snapshot import lay_out_once
from resources.platform import Platform


@dataclass(frozen=True, slots=True)
class Estimate:
    """The findings in question, those that some rule answers, candidate fixes per rule, and the cost."""

    findings: int
    answered: int
    rules: tuple[tuple[str, int], ...]
    expected_usd: Decimal
    worst_usd: Decimal

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        costs = {"expected_usd": float(self.expected_usd), "worst_usd": float(self.worst_usd)}
        return {"findings": self.findings, "answered_by_rules": self.answered, "rules": dict(self.rules), **costs}


def estimate(order: JobOrder, snapshot: Snapshot, read: ReadFindings | None, platform: Platform, folder: Path) -> Estimate:
    """Scan the tree and ask the rules for fixes; nothing is applied. The rules tier costs nothing."""
    tree = lay_out_once(snapshot, platform.code_host, platform.artifacts, folder)
    environment = platform.environments(order.customer).prepare(tree, order.options.setup_command)
    scan = scan_baseline(tree, order, read, environment, platform.sandbox, platform.cache(order.customer))
    targets = find_targets(placed_findings(read, tree), scan)
    proposal = propose_fixes(rules_writer(tree, platform.sandbox), tree, targets, scan)
    marks = {mark for fix in proposal.fixes for mark in fix.fingerprints}
    answered = sum(1 for target in targets if any(match.fingerprint in marks for match in target.matches))
    rules = Counter(fix.rule for fix in proposal.fixes).most_common()
    return Estimate(len(targets), answered, tuple(rules), Decimal(0), Decimal(0))
