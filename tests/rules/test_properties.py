"""Every rule over real source files: the result parses, nothing outside the edits changes, and a second pass finds nothing to do."""

import ast
import random
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_assets.domain.fix import FixSafety
from orchestrator_assets.domain.patching import apply_fixes, select_disjoint
from orchestrator_assets.rules import REGISTRY
from orchestrator_assets.rules.rule import Rewrite, Rule
from orchestrator_assets.rules.source_file import SourceFile
from tests.rule_cases import as_fix, findings_everywhere

LIBRARY = Path(sysconfig.get_path("stdlib"))
# Chosen for their size and for what they are full of: processes, files, logging calls, dates, defaults, handlers, asserts.
NAMES = ("tarfile", "shelve", "smtplib", "cgi", "timeit", "webbrowser", "imaplib", "profile", "mailbox", "getpass", "uuid", "trace")
SOURCES = [(LIBRARY / f"{name}.py").read_text(encoding="utf-8") for name in NAMES if (LIBRARY / f"{name}.py").exists()]


@pytest.fixture(scope="module")
def parsed() -> list[SourceFile]:
    return [SourceFile(f"lib/f{number}.py", text, (3, 11)) for number, text in enumerate(SOURCES)]


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.name)
def test_a_rule_leaves_code_that_parses_changes_its_target_only_and_is_done_after_one_pass(rule: Rule, parsed: list[SourceFile]) -> None:
    for source in random.Random(rule.name).sample(parsed, 3):
        made = [answer for finding in findings_everywhere(rule, source) if isinstance(answer := rule.fix(source, finding), Rewrite)]
        for rewrite in made[:4]:
            changed = apply_fixes(source.text, [as_fix(rule, rewrite)])
            assert ast.dump(ast.parse(changed)) != "" and changed != source.text
            _assert_untouched_outside(source.text, rewrite)
        chosen, _ = select_disjoint([as_fix(rule, rewrite) for rewrite in made])
        once = apply_fixes(source.text, chosen)
        if len(made) == len(chosen) and not any(fix.imports for fix in chosen):
            again = SourceFile(source.path, once, (3, 11))
            left = [a for finding in findings_everywhere(rule, again) if isinstance(a := rule.fix(again, finding), Rewrite)]
            assert left == []


def _assert_untouched_outside(text: str, rewrite: Rewrite) -> None:
    """Statements that no edit touches have the same syntax tree afterwards."""
    changed = text
    for edit in sorted(rewrite.edits, reverse=True):
        changed = changed[: edit.start] + edit.replacement + changed[edit.end :]
    first = text.count("\n", 0, min(edit.start for edit in rewrite.edits)) + 1
    last = text.count("\n", 0, max(edit.end for edit in rewrite.edits)) + 1
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
