"""The rules tier: each finding gets a fix by one rule, or a reason why not."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Declined, Edit, Fix, FixSafety, ImportNeed
from orchestrator_assets.domain.patching import apply_fixes, select_disjoint
from orchestrator_assets.domain.ports import Sandbox
from orchestrator_assets.domain.source_text import decode_python
from orchestrator_assets.domain.tree import PYTHON_SUFFIXES, TYPESCRIPT_SUFFIXES, SourceTree, is_test_file, is_vendored
from orchestrator_assets.rules.imports import ImportUse
from orchestrator_assets.rules.intent import reason_of
from orchestrator_assets.rules.registry import REGISTRY
from orchestrator_assets.rules.ruff_fixes import Diagnostic, RuffFixes, match, rewrite_of
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule
from orchestrator_assets.rules.source_file import SourceFile

_NO_RULE = "no-rule"
Answer = Fix | Declined


@dataclass(slots=True)
class _Job:
    """One call of `propose`: the tree, and what has been read of it."""

    tree: SourceTree
    listed: frozenset[str]
    sources: dict[str, SourceFile | PatchError] = field(default_factory=dict)


class RulesFixWriter:
    """Proposes fixes by our own rules first, and by ruff's where none of ours answers the finding."""

    def __init__(self, sandbox: Sandbox, target_version: tuple[int, int] = (3, 9), registry: tuple[Rule, ...] = REGISTRY) -> None:
        """Prepare the rules.

        Args:
            sandbox: Where ruff reads the customer's files.
            target_version: The lowest Python that the code has to run on.
            registry: The rules, first come first served per finding.
        """
        self._target_version = target_version
        self._ruff = RuffFixes(sandbox, target_version)
        self._rules = {answer: rule for rule in reversed(registry) for answer in rule.answers}

    def propose(self, tree: SourceTree, findings: Sequence[Finding]) -> tuple[list[Fix], list[Declined]]:
        """Fixes and refusals, each in the order of the findings; equal edits of one file become one fix."""
        job = _Job(tree, frozenset(tree.files))
        answers: list[Answer | None] = [self._own_answer(job, finding) for finding in findings]
        open_ones = [(number, findings[number]) for number, answer in enumerate(answers) if answer is None]
        for number, answer in self._ruff_answers(job, open_ones):
            answers[number] = answer
        fixes = _merged(answer for answer in answers if isinstance(answer, Fix))
        declined = [answer for answer in answers if isinstance(answer, Declined)]
        sound, broken = self._vetted(job, fixes)
        order = {finding.fingerprint: number for number, finding in reversed(list(enumerate(findings)))}
        declined = sorted([*declined, *broken], key=lambda item: order[item.fingerprint])
        return sound, declined

    def _own_answer(self, job: _Job, finding: Finding) -> Answer | None:
        """The answer of our own rules and refusals; None leaves the finding to ruff."""
        refusal = _out_of_reach(job, finding)
        if refusal is not None:
            return Declined(finding.fingerprint, _NO_RULE, refusal)
        rule = self._rules.get((finding.tool, finding.rule_id))
        if rule is None:
            if self._ruff.rules_for(finding, job.tree.root):
                return None
            return Declined(finding.fingerprint, _NO_RULE, reason_of(finding) or _no_rule(finding))
        source = self._source(job, finding.path)
        if isinstance(source, PatchError):
            return Declined(finding.fingerprint, rule.name, str(source))
        try:
            made = rule.fix(source, finding)
        except PatchError as error:
            return Declined(finding.fingerprint, rule.name, str(error))
        if isinstance(made, Decline):
            if made.try_ruff and self._ruff.rules_for(finding, job.tree.root):
                return None
            return Declined(finding.fingerprint, rule.name, made.reason)
        return _fix(finding, rule.name, rule.title, made, rule.safety)

    def _ruff_answers(self, job: _Job, findings: Sequence[tuple[int, Finding]]) -> Iterable[tuple[int, Answer]]:
        wanted = {number: self._ruff.rules_for(finding, job.tree.root) for number, finding in findings}
        diagnostics = self._ruff.diagnose(job.tree, itertools.chain(*wanted.values()), (f.path for _, f in findings))
        by_path = {path: list(group) for path, group in itertools.groupby(sorted(diagnostics, key=lambda d: d.path), key=lambda d: d.path)}
        use = ImportUse(job.tree)
        for number, finding in findings:
            yield number, self._ruff_answer(job, finding, wanted[number], by_path.get(finding.path, []), use)

    def _ruff_answer(self, job: _Job, finding: Finding, rules: Sequence[str], found: Sequence[Diagnostic], use: ImportUse) -> Answer:
        name = f"ruff:{rules[0]}"
        source = self._source(job, finding.path)
        if isinstance(source, PatchError):
            return Declined(finding.fingerprint, name, str(source))
        if "F401" in rules and (kept := use.refusal(source, ())) is not None:
            return Declined(finding.fingerprint, name, kept)
        diagnostic = match(finding, rules, found, source)
        if isinstance(diagnostic, Decline):
            return Declined(finding.fingerprint, name, diagnostic.reason)
        if diagnostic.rule == "F401":
            names = [d.message.split("`")[1] for d in found if d.rule == "F401" and d.edits == diagnostic.edits and "`" in d.message]
            refusal = use.refusal(source, names)
            if refusal is not None:
                return Declined(finding.fingerprint, name, refusal)
        made = rewrite_of(diagnostic, source)
        if isinstance(made, Decline):
            return Declined(finding.fingerprint, name, made.reason)
        return _fix(finding, f"ruff:{diagnostic.rule}", diagnostic.title, made, FixSafety.UNSAFE)

    def _source(self, job: _Job, path: str) -> SourceFile | PatchError:
        if path not in job.sources:
            try:
                text = decode_python(job.tree.read(path), path).text
                job.sources[path] = SourceFile(path, text, self._target_version)
            except PatchError as error:
                job.sources[path] = error
        return job.sources[path]

    def _vetted(self, job: _Job, fixes: Sequence[Fix]) -> tuple[list[Fix], list[Declined]]:
        """Leave out fixes whose result does not parse, trying those of a file together first."""
        broken: dict[str, str] = {}
        for path in {fix.path for fix in fixes}:
            source = self._source(job, path)
            if isinstance(source, SourceFile):
                broken |= _broken(source.text, [fix for fix in fixes if fix.path == path])
        sound = [fix for fix in fixes if fix.id not in broken]
        declined = [Declined(mark, fix.rule, broken[fix.id]) for fix in fixes if fix.id in broken for mark in fix.fingerprints]
        return sound, declined


def _out_of_reach(job: _Job, finding: Finding) -> str | None:
    """Why the file is not edited at all, or None."""
    suffix = PurePosixPath(finding.path).suffix
    if finding.path not in job.listed:
        return f"{finding.path} is not among the files of the repository that can be edited"
    if is_test_file(finding.path):
        return "test files are never edited"
    if is_vendored(finding.path):
        return "vendored files are never edited; fix it where they come from"
    if suffix in TYPESCRIPT_SUFFIXES:
        return "no rule for TypeScript or JavaScript; it needs a model or a person"
    if suffix not in PYTHON_SUFFIXES:
        return f"no rule for {suffix or 'such'} files; it needs a model or a person"
    return None


def _no_rule(finding: Finding) -> str:
    return f"no deterministic rule answers {finding.tool}:{finding.rule_id}; it needs a model or a person"


def _fix(finding: Finding, rule: str, title: str, made: Rewrite, safety: FixSafety) -> Fix:
    return Fix(
        fingerprints=(finding.fingerprint,),
        path=finding.path,
        edits=tuple(sorted(made.edits)),
        rule=rule,
        title=title,
        safety=made.safety or safety,
        imports=made.imports,
        evidence=made.evidence,
    )


def _merged(fixes: Iterable[Fix]) -> list[Fix]:
    """One fix for equal edits of a file, at the place of the first; it is as unsafe as any of them."""
    kept: dict[tuple[str, tuple[Edit, ...], tuple[ImportNeed, ...]], Fix] = {}
    for fix in fixes:
        key = (fix.path, fix.edits, fix.imports)
        first = kept.get(key)
        if first is None:
            kept[key] = fix
            continue
        marks = tuple(dict.fromkeys((*first.fingerprints, *fix.fingerprints)))
        unsafe = FixSafety.UNSAFE in {first.safety, fix.safety}
        kept[key] = replace(first, fingerprints=marks, safety=FixSafety.UNSAFE if unsafe else FixSafety.SAFE)
    return list(kept.values())


def _broken(text: str, fixes: Sequence[Fix]) -> dict[str, str]:
    """Fix id -> what is wrong with it, for those that cannot be applied alone."""
    found: dict[str, str] = {}
    doubtful: list[Fix] = []
    left = list(fixes)
    while left:
        together, left = select_disjoint(left)
        try:
            apply_fixes(text, together)
        except PatchError:
            doubtful += together
    for fix in doubtful:
        try:
            apply_fixes(text, [fix])
        except PatchError as error:
            found[fix.id] = f"the fix was withdrawn: {error}"
    return found
