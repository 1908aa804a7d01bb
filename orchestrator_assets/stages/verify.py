"""Apply fixes, and keep only what a re-scan and the tests prove.

All fixes that don't overlap are applied together; a scan and a test run judge them together. Only what goes wrong is searched for, by
bisection, so the number of scans and test runs grows with the logarithm of what goes wrong and not with the number of fixes.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator_assets.domain.bisection import run_bisections
from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.finding import Finding, FindingOutcome, OutcomeKind
from orchestrator_assets.domain.fix import Fix, FixSafety, FixTier
from orchestrator_assets.domain.matching import Comparison, compare
from orchestrator_assets.domain.patching import apply_fixes, select_disjoint
from orchestrator_assets.domain.ports import FixWriter
from orchestrator_assets.domain.scan import RunStatus, Scan
from orchestrator_assets.domain.source_text import decode_python
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus
from orchestrator_assets.domain.verification import Effort, FixGroup, Verification
from orchestrator_assets.stages.discover import Target, TargetStatus
from orchestrator_assets.stages.guards import objection
from orchestrator_assets.stages.propose import Proposal
from orchestrator_assets.stages.workbench import Workbench

MAX_ROUNDS = 4
MAX_TRIALS = 48


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
    held_back: int = 0
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
        for _ in range(MAX_ROUNDS):
            if not _round(bench, progress, writer, blocked):
                break
    return _conclude(bench, progress, targets, scan, suite)


def _round(bench: Workbench, progress: _Progress, writer: FixWriter, blocked: set[tuple[str, int]]) -> bool:
    """One round of fixes against the verified state; False when there was nothing to try."""
    owner = {mark: number for number, marks in progress.open.items() for mark in marks}
    wanted = [finding for finding in progress.scan.findings() if finding.fingerprint in owner]
    if not wanted:
        return False
    proposal, progress.proposal = progress.proposal, None
    if proposal is None:
        fixes, declined = writer.propose(bench.candidate(progress.files), wanted)
        proposal = Proposal(tuple(fixes), tuple(declined))
    for word in proposal.declined:
        if (number := owner.get(word.fingerprint)) is not None and number not in progress.reasons:
            progress.reasons[number] = (OutcomeKind.NO_FIX, word.reason)
    tried = [fix for fix in proposal.fixes if not _numbers(fix, owner) <= {n for rule, n in blocked if rule == fix.rule}]
    tried = _hold_back_unproven(progress, tried, owner)
    active, _ = select_disjoint(tried)
    if not active:
        return False
    progress.rounds += 1
    trial = _Trial(bench, progress, sorted(active, key=_review_order))
    trial.settle()
    for fix, reason in trial.dropped:
        for number in _numbers(fix, owner):
            blocked.add((fix.rule, number))
            progress.reasons[number] = (OutcomeKind.DROPPED, reason)
    _accept(progress, trial, owner)
    return True


def _hold_back_unproven(progress: _Progress, fixes: Sequence[Fix], owner: Mapping[str, int]) -> list[Fix]:
    """Without tests nothing can prove a fix whose rule does not vouch for the meaning."""
    if progress.suite.status is SuiteStatus.RAN:
        return list(fixes)
    kept = [fix for fix in fixes if fix.safety is FixSafety.SAFE]
    for fix in fixes:
        if fix.safety is FixSafety.UNSAFE:
            progress.held_back += 1
            for number in _numbers(fix, owner):
                why = f"held back: the fix by {fix.rule} can change behaviour and no test could be run to prove that it does not"
                progress.reasons[number] = (OutcomeKind.DROPPED, why)
    return kept


class _Trial:
    """The fixes of one round on their way to a set that stands."""

    def __init__(self, bench: Workbench, progress: _Progress, active: list[Fix]) -> None:
        self._bench = bench
        self._progress = progress
        self.active = active
        self.dropped: list[tuple[Fix, str]] = []
        self.contents: dict[str, bytes] = {}
        self.scan = progress.scan
        self.suite = progress.suite
        self.comparison: Comparison | None = None

    def settle(self) -> None:
        """Drop fixes until the rest stands: it applies, its targets are gone, nothing is new, every test that passed still does."""
        while self.active:
            self.contents = self._build()
            if not self.active:
                return
            self.scan = self._scan(self.contents)
            self.comparison = self._compare(self.scan, self.contents)
            if self._drop_ineffective(self.comparison) or self._drop_harmful(self.comparison):
                continue
            self.suite = self._test(self.contents, None)
            if not self._drop_breaking():
                return
        self.contents, self.scan, self.suite, self.comparison = {}, self._progress.scan, self._progress.suite, None

    def _drop(self, fixes: Sequence[Fix], reason: str) -> None:
        gone = {fix.id for fix in fixes}
        self.dropped += [(fix, reason) for fix in self.active if fix.id in gone]
        self.active = [fix for fix in self.active if fix.id not in gone]

    def _build(self) -> dict[str, bytes]:
        """The changed files' contents; fixes that don't go in are dropped."""
        contents = {}
        for path, fixes in _by_path(self.active).items():
            try:
                contents[path] = self._patched(path, fixes)
            except PatchError:
                standing: list[Fix] = []
                for fix in fixes:
                    try:
                        contents[path] = self._patched(path, [*standing, fix])
                        standing.append(fix)
                    except PatchError as error:
                        self._drop([fix], f"the fix was refused: {error}")
        return {path: content for path, content in contents.items() if any(fix.path == path for fix in self.active)}

    def _patched(self, path: str, fixes: Sequence[Fix]) -> bytes:
        source = decode_python(self._before(path), path)
        changed = apply_fixes(source.text, fixes)
        if words := objection(path, source.text, changed):
            raise PatchError(words)
        try:
            return source.encode(changed)
        except UnicodeEncodeError as error:
            raise PatchError(f"{path}: the new text has characters that its encoding {source.encoding} lacks") from error

    def _before(self, path: str) -> bytes:
        return self._progress.files.get(path) or self._bench.base.read(path)

    def _scan(self, contents: Mapping[str, bytes]) -> Scan:
        self._progress.scans += 1
        return self._bench.scan({**self._progress.files, **contents})

    def _test(self, contents: Mapping[str, bytes], only: tuple[str, ...] | None) -> SuiteRun:
        self._progress.suites += 1
        return self._bench.test({**self._progress.files, **contents}, only)

    def _compare(self, scan: Scan, contents: Mapping[str, bytes]) -> Comparison:
        texts = {
            path: (decode_python(self._before(path), path).text, decode_python(content, path).text) for path, content in contents.items()
        }
        return _compare_scans(self._progress.scan, scan, texts)

    def _drop_ineffective(self, comparison: Comparison) -> bool:
        """Drop fixes none of whose findings is gone."""
        gone = {finding.fingerprint for finding in comparison.gone}
        useless = [fix for fix in self.active if not gone.intersection(fix.fingerprints)]
        self._drop(useless, "after the fix the finding was still there on re-scan")
        return bool(useless)

    def _drop_harmful(self, comparison: Comparison) -> bool:
        """Drop the fixes that bring new findings, or that a tool can't read any more."""
        lost = [run.tool for run in self._progress.scan.runs if run.status is RunStatus.OK and not _worked(self.scan, run.tool)]
        if not comparison.introduced and not lost:
            return False
        new: dict[str, list[Finding]] = defaultdict(list)
        for finding in comparison.introduced:
            new[finding.path].append(finding)
        suspects = {path: self._suspects(path) for path in new if self._suspects(path)}
        words = {path: _introduces(found) for path, found in new.items()}
        if suspects and not lost:
            # What stays new with all of a file's fixes left out was caused from elsewhere.
            elsewhere = self._paths_with_new_findings({path: [] for path in suspects})
            suspects = {path: fixes for path, fixes in suspects.items() if path not in elsewhere}
        if suspects and not lost:
            culprits = run_bisections(suspects, self._paths_with_new_findings, MAX_TRIALS)
            for path, guilty in culprits.items():
                self._drop(guilty, words[path])
            return True
        # New findings only where nothing was changed (or a tool gave up): any fix may be behind it.
        everyone = run_bisections({"": self.active}, self._anything_new, MAX_TRIALS)
        self._drop(everyone[""], "; ".join(sorted(words.values())) or f"{lost[0]} could not read the changed tree")
        return True

    def _suspects(self, path: str) -> list[Fix]:
        return [fix for fix in self.active if fix.path == path]

    def _paths_with_new_findings(self, trial: Mapping[str, Sequence[Fix]]) -> set[str]:
        fixes = [fix for fix in self.active if fix.path not in trial] + [fix for part in trial.values() for fix in part]
        return {finding.path for finding in self._introduced_by(fixes)}

    def _anything_new(self, trial: Mapping[str, Sequence[Fix]]) -> set[str]:
        contents = self._contents_of(trial[""])
        scan = self._scan(contents)
        lost = any(run.status is RunStatus.OK and not _worked(scan, run.tool) for run in self._progress.scan.runs)
        return {""} if lost or self._compare(scan, contents).introduced else set()

    def _introduced_by(self, fixes: Sequence[Fix]) -> list[Finding]:
        contents = self._contents_of(fixes)
        return self._compare(self._scan(contents), contents).introduced

    def _contents_of(self, fixes: Sequence[Fix]) -> dict[str, bytes]:
        """Contents with a part of the active fixes; a part that only goes in with the rest changes nothing."""
        contents = {}
        for path, part in _by_path(fixes).items():
            try:
                contents[path] = self._patched(path, part)
            except PatchError:
                continue
        return contents

    def _drop_breaking(self) -> bool:
        """Drop the fixes that break a test which passed before."""
        broken = _regressed(self._progress.suite, self.suite)
        if not broken:
            return False
        files = tuple(sorted({case.partition("::")[0] for case in broken}))

        def bad(trial: Mapping[str, Sequence[Fix]]) -> set[str]:
            run = self._test(self._contents_of(trial[""]), files)
            return {""} if broken - run.passed_ids() else set()

        culprits = run_bisections({"": self.active}, bad, MAX_TRIALS)[""]
        with_others = "" if len(culprits) == 1 else f", together with {len(culprits) - 1} other fix(es) found by bisection,"
        self._drop(culprits, f"the fix{with_others} makes {len(broken)} test(s) fail that passed before, e.g. {sorted(broken)[0]}")
        return True


def _accept(progress: _Progress, trial: _Trial, owner: Mapping[str, int]) -> None:
    """Make what stands the new verified state."""
    if trial.comparison is None or not trial.active:
        return
    progress.groups += _group(trial, progress.files, trial.contents)
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


def _group(trial: _Trial, files: Mapping[str, bytes], contents: Mapping[str, bytes]) -> list[FixGroup]:
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
        after = trial._contents_of([fix for fix in (*applied, *pending) if fix.path in touched])
        if set(after) != touched and not last:
            continue
        after = {path: contents[path] for path in contents} if last else after
        changed = {
            path: content
            for path, content in after.items()
            if content != (state.get(path) or files.get(path) or trial._bench.base.read(path))
        }
        state |= changed
        applied, done, pending = [*applied, *pending], tuple(pending), []
        groups.append(FixGroup(rule, done[-1].title, done, tuple(sorted(changed.items()))))
    return groups


def _conclude(bench: Workbench, progress: _Progress, targets: Sequence[Target], scan: Scan, suite: SuiteRun) -> Verification:
    """Judge the end against the beginning once more, apart from how it came about."""
    texts = {}
    for path, content in progress.files.items():
        texts[path] = (decode_python(bench.base.read(path), path).text, decode_python(content, path).text)
    comparison = _compare_scans(scan, progress.scan, texts)
    gone = {finding.fingerprint for finding in comparison.gone}
    outcomes = [_outcome(number, target, progress, gone) for number, target in enumerate(targets)]
    return Verification(
        groups=tuple(progress.groups),
        outcomes=tuple(outcomes),
        scan=progress.scan,
        suite=progress.suite,
        introduced=tuple(comparison.introduced),
        regressed=tuple(sorted(_regressed(suite, progress.suite))),
        held_back=progress.held_back,
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


def _regressed(before: SuiteRun, after: SuiteRun) -> frozenset[str]:
    return before.passed_ids() - frozenset(before.flaky) - after.passed_ids()


def _compare_scans(before: Scan, after: Scan, texts: Mapping[str, tuple[str, str]]) -> Comparison:
    """Hold the scans against each other for the tools that worked on the tree before: a tool that failed there has no say."""
    tools = {run.tool for run in before.runs if run.status is RunStatus.OK}
    return compare(list(before.findings()), [finding for finding in after.findings() if finding.tool in tools], texts)


def _worked(scan: Scan, tool: str) -> bool:
    run = scan.run_of(tool)
    return run is not None and run.status is RunStatus.OK


def _numbers(fix: Fix, owner: Mapping[str, int]) -> set[int]:
    return {owner[mark] for mark in fix.fingerprints if mark in owner}


def _by_path(fixes: Sequence[Fix]) -> dict[str, list[Fix]]:
    paths: dict[str, list[Fix]] = defaultdict(list)
    for fix in fixes:
        paths[fix.path].append(fix)
    return paths


def _review_order(fix: Fix) -> tuple[bool, str, str, int]:
    """Safe rules first, the riskiest last; fixes of one rule side by side, so that bisection meets a bad rule at once."""
    return (fix.safety is FixSafety.UNSAFE, fix.rule, fix.path, fix.edits[0].start)


def _introduces(findings: Sequence[Finding]) -> str:
    shown = sorted({f"{f.tool}:{f.rule_id} at {f.path}:{f.line}" for f in findings})
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return f"the fix would bring in what was not there: {', '.join(shown[:3])}{more}"
