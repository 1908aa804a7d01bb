"""Ask a tier for fixes."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_assets.domain.fix import Declined, Fix
from orchestrator_assets.domain.ports import FixWriter, Sandbox
from orchestrator_assets.domain.python_version import target_version
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.stages.discover import Target, TargetStatus


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one tier says to the findings of one tree."""

    fixes: tuple[Fix, ...]
    declined: tuple[Declined, ...]


def rules_writer(base: SourceTree, sandbox: Sandbox) -> FixWriter:
    """The rules tier for a project: deterministic, at no cost."""
    from orchestrator_assets.rules import RulesFixWriter

    return RulesFixWriter(sandbox=sandbox, target_version=target_version(base))


def propose_fixes(writer: FixWriter, tree: SourceTree, targets: Sequence[Target], scan: Scan) -> Proposal:
    """Let the tier answer the targets that the scan shows, in the scan's order."""
    wanted = {match.fingerprint for target in targets if target.status is TargetStatus.REPRODUCED for match in target.matches}
    fixes, declined = writer.propose(tree, [finding for finding in scan.findings() if finding.fingerprint in wanted])
    return Proposal(tuple(fixes), tuple(declined))
