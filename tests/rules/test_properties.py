"""Every rule over real source files: the result parses, nothing outside the edits changes, and a second pass finds nothing to do."""

import ast
import random
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import FixSafety
from orchestrator_assets.domain.patching import apply_fixes
from orchestrator_assets.rules import REGISTRY
from orchestrator_assets.rules.rule import Rewrite, Rule
from orchestrator_assets.rules.source_file import SourceFile
from tests.rule_cases import as_fix, findings_everywhere

LIBRARY = Path(sysconfig.get_path("stdlib"))
# Chosen for their size and for what they are full of: processes, files, logging calls, dates, defaults, handlers, asserts.
NAMES = ("shutil", "shelve", "smtplib", "cgi", "timeit", "zipapp", "ftplib", "profile", "netrc", "getpass", "uuid", "trace")
SOURCES = [(LIBRARY / f"{name}.py").read_text(encoding="utf-8") for name in NAMES if (LIBRARY / f"{name}.py").exists()]


@pytest.fixture(scope="module")
def parsed() -> list[SourceFile]:
    return [SourceFile(f"lib/f{number}.py", text, (3, 11)) for number, text in enumerate(SOURCES)]


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.name)
def test_a_rule_leaves_code_that_parses_changes_its_target_only_and_is_done_after_one_pass(rule: Rule, parsed: list[SourceFile]) -> None:
    chance = random.Random(rule.name)
    for source in chance.sample(parsed, 3):
        found = findings_everywhere(rule, source)
        found = sorted(chance.sample(found, min(len(found), 60)), key=lambda finding: finding.sort_key)
        made = [(f, answer) for f in found if isinstance(answer := rule.fix(source, f), Rewrite)]
        for _, rewrite in made[:4]:
            changed = apply_fixes(source.text, [as_fix(rule, rewrite)])
            assert ast.dump(ast.parse(changed)) != "" and changed != source.text
            _assert_untouched_outside(source.text, rewrite)
        for finding, rewrite in made[:4]:
            _assert_done(rule, source, finding, rewrite)


def _assert_done(rule: Rule, source: SourceFile, finding: Finding, rewrite: Rewrite) -> None:
    """Among the nodes that begin where the edits were, none is rewritten again."""
    changed = SourceFile(source.path, _edited(source.text, rewrite), (3, 11))
    first, last = _lines(source.text, rewrite)
    first, last = min(first, finding.line), max(last, finding.line)
    grown = changed.text.count("\n") - source.text.count("\n")
    before = sum(isinstance(rule.fix(source, f), Rewrite) for f in findings_everywhere(rule, source) if first <= f.line <= last)
    after = sum(isinstance(rule.fix(changed, f), Rewrite) for f in findings_everywhere(rule, changed) if first <= f.line <= last + grown)
    assert after < before


def _edited(text: str, rewrite: Rewrite) -> str:
    for edit in sorted(rewrite.edits, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def _lines(text: str, rewrite: Rewrite) -> tuple[int, int]:
    first = text.count("\n", 0, min(edit.start for edit in rewrite.edits)) + 1
    return first, text.count("\n", 0, max(edit.end for edit in rewrite.edits)) + 1


def _assert_untouched_outside(text: str, rewrite: Rewrite) -> None:
    """Statements that no edit touches have the same syntax tree afterwards."""
    changed = _edited(text, rewrite)
    first, last = _lines(text, rewrite)
    before, after = ast.parse(text), ast.parse(changed)
    kept = [ast.dump(node) for node in before.body if (node.end_lineno or 0) < first or node.lineno > last]
    whole = [ast.dump(node) for node in after.body]
    assert [dump for dump in whole if dump in set(kept)] == kept


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(REGISTRY), st.text("äé😀 \t", max_size=6), st.booleans())
def test_rules_count_characters_not_bytes(rule: Rule, noise: str, windows: bool) -> None:
    header = f"# {noise.strip()}ü😀\nNOISE = 'ß{noise.replace(chr(9), '')}'; "
    text = f"{header}LAST = 1\n" + rule.before
    if windows:
        text = text.replace("\n", "\r\n")
    source = SourceFile("app/core.py", text, (3, 11))
    made = [a for finding in findings_everywhere(rule, source) if isinstance(a := rule.fix(source, finding), Rewrite)]
    for rewrite in made:
        assert "NOISE" in apply_fixes(text, [as_fix(rule, rewrite)])
        assert all(edit.start >= len(header) for edit in rewrite.edits)


def test_a_safe_rule_that_calls_a_place_riskier_says_so() -> None:
    rule = next(rule for rule in REGISTRY if rule.name == "assert-to-raise")
    text = "def f(x):\n    assert x < 3\n"
    source = SourceFile("app/core.py", text, (3, 11))
    made = rule.fix(source, findings_everywhere(rule, source)[0])
    assert isinstance(made, Rewrite) and made.safety is FixSafety.UNSAFE
