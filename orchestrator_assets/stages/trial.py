"""The fixes of one round on their way to a set that stands."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from orchestrator_assets.domain.bisection import run_bisections
from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Fix
from orchestrator_assets.domain.matching import Comparison, compare
from orchestrator_assets.domain.patching import apply_fixes
from orchestrator_assets.domain.scan import RunStatus, Scan
from orchestrator_assets.domain.source_text import decode_python
from orchestrator_assets.domain.suite import SuiteRun
from orchestrator_assets.stages.blame import ChangedLines, Mark, changed_lines, mark_of
from orchestrator_assets.stages.guards import objection
from orchestrator_assets.stages.workbench import Workbench

MAX_TRIALS = 48
FAST_TOOLS = frozenset({"ruff", "bandit"})


class Trial:
    """Fixes that are applied together, and dropped until the rest stands.

    Attributes:
        active: The fixes still in.
        dropped: Those out, each with the reason for a person.
        contents: The changed files with the active fixes.
        scan, suite: Of the tree with `contents`; the start's own while nothing is active.
        comparison: The start's scan against `scan`; None while nothing is active.
        scans, suites: How many were made.
    """

    def __init__(self, bench: Workbench, start: Scan, suite: SuiteRun, files: Mapping[str, bytes], fixes: Sequence[Fix]) -> None:
        """Start from the verified files (path -> content, over the workbench's base) with their scan and tests."""
        self._bench = bench
        self._start = start
        self._start_suite = suite
        self._files = files
        self.active = list(fixes)
        self.dropped: list[tuple[Fix, str]] = []
        self.contents: dict[str, bytes] = {}
        self.scan = start
        self.suite = suite
        self.comparison: Comparison | None = None
        self.scans = 0
        self.suites = 0
        self._made: dict[tuple[str, ...], bytes] = {}

    def settle(self) -> None:
        """Drop fixes until the rest stands: it applies, its targets are gone, nothing is new, every test that passed still does."""
        while self.active:
            self.contents = self._build()
            if not self.active:
                break
            # The quick tools first: most of what goes wrong shows in them, and each look costs a tenth of a second instead of ten.
            if self._drop_harmful(self._scan(self.contents, FAST_TOOLS), FAST_TOOLS):
                continue
            self.scan = self._scan(self.contents)
            self.comparison = self._compare(self.scan, self.contents)
            if self._drop_ineffective(self.comparison) or self._drop_harmful(self.scan, None):
                continue
            self.suite = self._test(self.contents, None)
            if not self._drop_breaking():
                return
        self.contents, self.scan, self.suite, self.comparison = {}, self._start, self._start_suite, None

    def before(self, path: str) -> bytes:
        """A file's content at the start of this round."""
        content = self._files.get(path)
        return self._bench.base.read(path) if content is None else content

    def contents_with(self, fixes: Sequence[Fix]) -> dict[str, bytes]:
        """Contents with a part of the fixes; a file whose part only goes in with the rest is left out."""
        contents = {}
        for path, part in _by_path(fixes).items():
            try:
                contents[path] = self._patched(path, part)
            except PatchError:
                continue
        return contents

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
        """A file with these fixes; trials differ in few files, so each content is made once."""
        key = (path, *(fix.id for fix in fixes))
        if key not in self._made:
            self._made[key] = self._patch(path, fixes)
        return self._made[key]

    def _patch(self, path: str, fixes: Sequence[Fix]) -> bytes:
        source = decode_python(self.before(path), path)
        changed = apply_fixes(source.text, fixes)
        if words := objection(path, source.text, changed):
            raise PatchError(words)
        try:
            content = source.encode(changed)
        except UnicodeError as error:
            raise PatchError(f"{path}: the new text has characters that its encoding {source.encoding} lacks") from error
        if decode_python(content, path).text != changed:
            raise PatchError(f"{path}: the new text would be read in another encoding than {source.encoding}")
        return content

    def _scan(self, contents: Mapping[str, bytes], tools: frozenset[str] | None = None) -> Scan:
        self.scans += 1
        return self._bench.scan({**self._files, **contents}, tools)

    def _test(self, contents: Mapping[str, bytes], only: tuple[str, ...] | None) -> SuiteRun:
        self.suites += 1
        return self._bench.test({**self._files, **contents}, only)

    def _compare(self, scan: Scan, contents: Mapping[str, bytes], tools: frozenset[str] | None = None) -> Comparison:
        return compare_scans(self._start, scan, {path: self._texts(path, content) for path, content in contents.items()}, tools)

    def _texts(self, path: str, content: bytes) -> tuple[str, str]:
        return decode_python(self.before(path), path).text, decode_python(content, path).text

    def _drop_ineffective(self, comparison: Comparison) -> bool:
        """Drop fixes none of whose findings is gone."""
        gone = {finding.fingerprint for finding in comparison.gone}
        useless = [fix for fix in self.active if not gone.intersection(fix.fingerprints)]
        self._drop(useless, "after the fix the finding was still there on re-scan")
        return bool(useless)

    def _drop_harmful(self, scan: Scan, tools: frozenset[str] | None) -> bool:
        """Drop the fixes that bring new findings by the tools, or that one of them can't read any more."""
        asked = [run for run in self._start.runs if tools is None or run.tool in tools]
        lost = [run.tool for run in asked if run.status is RunStatus.OK and not _worked(scan, run.tool)]
        if lost:
            guilty = run_bisections({"": self.active}, lambda trial: self._unreadable(trial[""], lost), MAX_TRIALS)[""]
            self._drop(guilty, f"{lost[0]} cannot read the tree with the fix")
            return True
        introduced = self._compare(scan, self.contents, tools).introduced
        if not introduced:
            return False
        lines = {
            path: changed_lines(*self._texts(path, content), [fix for fix in self.active if fix.path == path])
            for path, content in self.contents.items()
        }
        return self._drop_sole_authors(lines, introduced) or any(
            self._drop_from(circle, introduced) for circle in self._circles(lines, introduced)
        )

    def _drop_sole_authors(self, lines: Mapping[str, ChangedLines], introduced: Sequence[Finding]) -> bool:
        """Drop, without a trial, every fix that alone wrote the line of something new."""
        guilty: dict[str, tuple[Fix, list[Finding]]] = {}
        for finding in introduced:
            authors = lines[finding.path].authors(finding) if finding.path in lines else []
            if len(authors) == 1:
                guilty.setdefault(authors[0].id, (authors[0], []))[1].append(finding)
        for fix, findings in guilty.values():
            self._drop([fix], _introduces(findings))
        return bool(guilty)

    def _circles(self, lines: Mapping[str, ChangedLines], introduced: Sequence[Finding]) -> Iterator[dict[Mark, list[Fix]]]:
        """Suspects per new finding: first who wrote on its line or near it, then the whole file's fixes, in the end everyone."""
        near: dict[Mark, list[Fix]] = defaultdict(list)
        for finding in introduced:
            if finding.path in lines:
                suspects = lines[finding.path].authors(finding) or lines[finding.path].neighbours(finding)
                known = near[mark_of(finding)]
                known += [fix for fix in suspects if fix not in known]
        yield near
        yield {mark_of(f): list(lines[f.path].fixes) for f in introduced if f.path in lines}
        yield {mark_of(f): self.active for f in introduced}

    def _drop_from(self, circle: Mapping[Mark, Sequence[Fix]], introduced: Sequence[Finding]) -> bool:
        """Drop the culprits among the suspects; False when none of the new findings goes with them."""
        circle = {mark: suspects for mark, suspects in circle.items() if suspects}
        if not circle:
            return False
        tools = frozenset(mark[0] for mark in circle)
        still = self._new_marks({mark: [] for mark in circle}, circle, tools)
        searched = {mark: suspects for mark, suspects in circle.items() if mark not in still}
        culprits = run_bisections(searched, lambda trial: self._new_marks(trial, circle, tools), MAX_TRIALS)
        before = len(self.active)
        for mark, guilty in culprits.items():
            self._drop(guilty, _introduces([finding for finding in introduced if mark_of(finding) == mark]))
        return len(self.active) < before

    def _new_marks(self, trial: Mapping[Mark, Sequence[Fix]], circle: Mapping[Mark, Sequence[Fix]], tools: frozenset[str]) -> set[Mark]:
        """What is new when each finding's suspects are in only as far as its own trial has them."""
        out = {fix.id for mark, chosen in trial.items() for fix in circle[mark] if fix not in chosen}
        contents = self.contents_with([fix for fix in self.active if fix.id not in out])
        return {mark_of(finding) for finding in self._compare(self._scan(contents, tools), contents, tools).introduced}

    def _unreadable(self, fixes: Sequence[Fix], tools: Sequence[str]) -> set[str]:
        scan = self._scan(self.contents_with(fixes), frozenset(tools))
        return set() if all(_worked(scan, tool) for tool in tools) else {""}

    def _drop_breaking(self) -> bool:
        """Drop the fixes that break a test which passed before."""
        broken = regressed(self._start_suite, self.suite)
        if not broken:
            return False
        files = tuple(sorted({case.partition("::")[0] for case in broken}))

        def bad(trial: Mapping[str, Sequence[Fix]]) -> set[str]:
            run = self._test(self.contents_with(trial[""]), files)
            return {""} if broken - run.passed_ids() else set()

        culprits = run_bisections({"": self.active}, bad, MAX_TRIALS)[""]
        with_others = "" if len(culprits) == 1 else f", together with {len(culprits) - 1} other fix(es) found by bisection,"
        self._drop(culprits, f"the fix{with_others} makes {len(broken)} test(s) fail that passed before, e.g. {sorted(broken)[0]}")
        return True


def regressed(before: SuiteRun, after: SuiteRun) -> frozenset[str]:
    """Tests that passed before and don't any more; flaky ones prove nothing."""
    return before.passed_ids() - frozenset(before.flaky) - after.passed_ids()


def compare_scans(before: Scan, after: Scan, texts: Mapping[str, tuple[str, str]], tools: frozenset[str] | None = None) -> Comparison:
    """Hold the scans against each other for the tools (of those named) that worked on the tree before: one that failed there has no say."""
    able = {run.tool for run in before.runs if run.status is RunStatus.OK and (tools is None or run.tool in tools)}
    return compare([f for f in before.findings() if f.tool in able], [f for f in after.findings() if f.tool in able], texts)


def _worked(scan: Scan, tool: str) -> bool:
    run = scan.run_of(tool)
    return run is not None and run.status is RunStatus.OK


def _by_path(fixes: Sequence[Fix]) -> dict[str, list[Fix]]:
    paths: dict[str, list[Fix]] = defaultdict(list)
    for fix in fixes:
        paths[fix.path].append(fix)
    return paths


def _introduces(findings: Sequence[Finding]) -> str:
    shown = sorted({f"{f.tool}:{f.rule_id} at {f.path}:{f.line}" for f in findings})
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return f"the fix would bring in what was not there: {', '.join(shown[:3])}{more}"
