"""Apply fixes, and keep only what a re-scan and the tests prove.

All fixes that don't overlap are applied together; a scan and a test run judge them together. Only what goes wrong is searched for, by
bisection, so the number of scans and test runs grows with the logarithm of what goes wrong and not with the number of fixes.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator_assets.domain.finding import FindingOutcome, OutcomeKind
from orchestrator_assets.domain.fix import Fix, FixSafety, FixTier
from orchestrator_assets.domain.patching import select_disjoint
from orchestrator_assets.domain.ports import FixWriter
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.source_text import decode_python
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus
from orchestrator_assets.domain.verification import Effort, FixGroup, Verification
from orchestrator_assets.stages.discover import Target, TargetStatus
from orchestrator_assets.stages.executed import executed_fixes
from orchestrator_assets.stages.propose import Proposal
from orchestrator_assets.stages.trial import Trial, compare_scans, regressed
from orchestrator_assets.stages.workbench import Workbench

MAX_ROUNDS = 4


@dataclass(slots=True)
class _Progress:
    """The verified state so far: everything in it has been scanned and tested together."""

    scan: Scan
    suite: SuiteRun
    # What the next round starts from, when the tier has been asked already.
    proposal: Proposal | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    groups: list[FixGroup] = field(default_factory=list)
    # Target number -> fingerprints, in the current scan, of what it still stands for.
    open: dict[int, set[str]] = field(default_factory=dict)
    reasons: dict[int, tuple[OutcomeKind, str]] = field(default_factory=dict)
    answered: dict[int, Fix] = field(default_factory=dict)
    held_back: set[str] = field(default_factory=set)
    executed: frozenset[str] = frozenset()
    rounds: int = 0
    scans: int = 0
    suites: int = 0


@dataclass(frozen=True, slots=True)
class Baseline:
    """The untouched tree's scan and tests, and the first tier's proposal for it."""

    scan: Scan
    suite: SuiteRun
    proposal: Proposal


def verify_fixes(bench: Workbench, targets: Sequence[Target], baseline: Baseline, writers: Sequence[FixWriter]) -> Verification:
    """Let the writers propose fixes for the targets, in rounds, and keep the proven ones.

    Args:
        bench: Its base is the tree of the baseline.
        writers: The tiers, the cheapest first; each is asked for what the ones before it left open. The first one's answer for the
            untouched tree is `baseline.proposal`.
    """
    scan, suite = baseline.scan, baseline.suite
    progress = _Progress(scan, suite, proposal=baseline.proposal)
    for number, target in enumerate(targets):
        if target.status is TargetStatus.REPRODUCED:
            progress.open[number] = {match.fingerprint for match in target.matches}
    for writer in writers:
        blocked: set[tuple[str, int]] = set()
        asked: dict[int, bytes] = {}
        for _ in range(MAX_ROUNDS):
            if not _round(bench, progress, writer, blocked, asked):
                break
    return _conclude(bench, progress, targets, scan, suite)


def _round(bench: Workbench, progress: _Progress, writer: FixWriter, blocked: set[tuple[str, int]], asked: dict[int, bytes]) -> bool:
    """One round of fixes against the verified state; False when there was nothing to try.

    Args:
        blocked: (rule, target) of fixes that did not stand.
        asked: Target -> the content of its file when the writer declined it.
    """
    owner = {mark: number for number, marks in progress.open.items() for mark in marks}
    current = _current(bench, progress)
    wanted = [f for f in progress.scan.findings() if f.fingerprint in owner and asked.get(owner[f.fingerprint]) != current(f.path)]
    if not wanted:
        return False
    proposal, progress.proposal = progress.proposal, None
    if proposal is None:
        fixes, declined = writer.propose(bench.candidate(progress.files), wanted)
        proposal = Proposal(tuple(fixes), tuple(declined))
    place = {finding.fingerprint: finding.path for finding in wanted}
    for word in proposal.declined:
        if (number := owner.get(word.fingerprint)) is not None:
            progress.reasons.setdefault(number, (OutcomeKind.NO_FIX, word.reason))
            # The same rules say the same of the same file: it is asked again only when the file has changed.
            asked[number] = current(place[word.fingerprint])
    tried = [fix for fix in proposal.fixes if not _numbers(fix, owner) <= {n for rule, n in blocked if rule == fix.rule}]
    tried = _hold_back_unproven(progress, tried, owner)
    active, _ = select_disjoint(tried)
    if not active:
        return False
    progress.rounds += 1
    trial = Trial(bench, progress.scan, progress.suite, progress.files, sorted(active, key=_review_order))
    trial.settle()
    progress.scans += trial.scans
    progress.suites += trial.suites
    for fix, reason in trial.dropped:
        for number in _numbers(fix, owner):
            blocked.add((fix.rule, number))
            progress.reasons[number] = (OutcomeKind.DROPPED, reason)
    _accept(progress, trial, owner)
    return True


def _current(bench: Workbench, progress: _Progress) -> Callable[[str], bytes]:
    return lambda path: progress.files[path] if path in progress.files else bench.base.read(path)


def _hold_back_unproven(progress: _Progress, fixes: Sequence[Fix], owner: Mapping[str, int]) -> list[Fix]:
    """Without tests nothing can prove a fix whose rule does not vouch for the meaning."""
    if progress.suite.status is SuiteStatus.RAN:
        return list(fixes)
    kept = [fix for fix in fixes if fix.safety is FixSafety.SAFE]
    for fix in fixes:
        if fix.safety is FixSafety.UNSAFE:
            progress.held_back.add(fix.id)
            for number in _numbers(fix, owner):
                why = f"held back: the fix by {fix.rule} can change behaviour and no test could be run to prove that it does not"
                progress.reasons[number] = (OutcomeKind.DROPPED, why)
    return kept


def _accept(progress: _Progress, trial: Trial, owner: Mapping[str, int]) -> None:
    """Make what stands the new verified state."""
    if trial.comparison is None or not trial.active:
        return
    progress.executed |= executed_fixes(trial.active, trial.before, progress.suite)
    progress.groups += _group(trial)
    for fix in trial.active:
        for number in _numbers(fix, owner):
            progress.answered.setdefault(number, fix)
    still = {before.fingerprint: after.fingerprint for before, after in trial.comparison.kept}
    for number, marks in list(progress.open.items()):
        left = {still[mark] for mark in marks if mark in still}
        if left:
            progress.open[number] = left
        else:
            del progress.open[number]
    progress.files |= trial.contents
    progress.scan, progress.suite = trial.scan, trial.suite


def _group(trial: Trial) -> list[FixGroup]:
    """One group per rule, each with the contents of its files after it; the last state of each file is the verified one."""
    by_rule: dict[str, list[Fix]] = defaultdict(list)
    for fix in trial.active:
        by_rule[fix.rule].append(fix)
    groups: list[FixGroup] = []
    applied: list[Fix] = []
    pending: list[Fix] = []
    state: dict[str, bytes] = {}
    for position, (rule, fixes) in enumerate(by_rule.items()):
        pending += fixes
        last = position == len(by_rule) - 1
        touched = {fix.path for fix in pending}
        after = trial.contents_with([fix for fix in (*applied, *pending) if fix.path in touched])
        if set(after) != touched and not last:
            continue
        after = trial.contents if last else after
        changed = {path: content for path, content in after.items() if content != (state[path] if path in state else trial.before(path))}
        state |= changed
        applied, done, pending = [*applied, *pending], tuple(pending), []
        groups.append(FixGroup(rule, done[-1].title, done, tuple(sorted(changed.items()))))
    return groups


def _conclude(bench: Workbench, progress: _Progress, targets: Sequence[Target], scan: Scan, suite: SuiteRun) -> Verification:
    """Judge the end against the beginning once more, apart from how it came about."""
    texts = {}
    for path, content in progress.files.items():
        texts[path] = (decode_python(bench.base.read(path), path).text, decode_python(content, path).text)
    comparison = compare_scans(scan, progress.scan, texts)
    gone = {finding.fingerprint for finding in comparison.gone}
    outcomes = [_outcome(number, target, progress, gone) for number, target in enumerate(targets)]
    return Verification(
        groups=tuple(progress.groups),
        outcomes=tuple(outcomes),
        scan=progress.scan,
        suite=progress.suite,
        introduced=tuple(comparison.introduced),
        regressed=tuple(sorted(regressed(suite, progress.suite))),
        held_back=len(progress.held_back),
        executed=progress.executed,
        effort=Effort(progress.rounds, progress.scans, progress.suites),
    )


def _outcome(number: int, target: Target, progress: _Progress, gone: set[str]) -> FindingOutcome:
    finding = target.finding
    if target.status is TargetStatus.NOT_REPRODUCED:
        return FindingOutcome(finding, OutcomeKind.NOT_REPRODUCED, "", target.reason)
    if target.status is TargetStatus.CANNOT_RESCAN:
        return FindingOutcome(finding, OutcomeKind.NO_FIX, "", target.reason)
    if all(match.fingerprint in gone for match in target.matches):
        fix = progress.answered.get(number)
        if fix is None:
            return FindingOutcome(finding, OutcomeKind.FIXED, FixTier.RULES, "gone on re-scan, by a verified fix of another finding")
        return FindingOutcome(finding, OutcomeKind.FIXED, fix.tier, fix.evidence or fix.title)
    kind, reason = progress.reasons.get(
        number, (OutcomeKind.NO_FIX, "a part of the fix was not enough: the finding is still there on re-scan")
    )
    return FindingOutcome(finding, kind, "", reason)


def _numbers(fix: Fix, owner: Mapping[str, int]) -> set[int]:
    return {owner[mark] for mark in fix.fingerprints if mark in owner}


def _review_order(fix: Fix) -> tuple[bool, str, str, int]:
    """Safe rules first, the riskiest last; fixes of one rule side by side, so that bisection meets a bad rule at once."""
    return (fix.safety is FixSafety.UNSAFE, fix.rule, fix.path, fix.edits[0].start)
