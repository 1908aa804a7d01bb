"""Feeding a rule: findings of its own at every place where a tool could report one."""

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Fix, FixSafety
from orchestrator_assets.domain.patching import apply_fixes
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule
from orchestrator_assets.rules.source_file import SourceFile


def findings_everywhere(rule: Rule, source: SourceFile) -> list[Finding]:
    """A finding of the rule's first tool at each node at which it could sit."""
    tool, rule_id = rule.answers[0]
    places = sorted({source.place(node) for node in source.nodes(*rule.nodes)})
    return [Finding(tool, rule_id, rule.example_message, source.path, line, column) for line, column in places]


def answers(rule: Rule, text: str, target: tuple[int, int] = (3, 11), message: str = "") -> list[Rewrite | Decline]:
    """The rule's answer to a finding at each place."""
    source = SourceFile("app/core.py", text, target)
    found = findings_everywhere(rule, source)
    if message:
        found = [Finding(f.tool, f.rule_id, message, f.path, f.line, f.column) for f in found]
    return [rule.fix(source, finding) for finding in found]


def as_fix(rule: Rule, made: Rewrite) -> Fix:
    """The rewrite as the writer would hand it on."""
    return Fix(("f",), "app/core.py", tuple(sorted(made.edits)), rule.name, rule.title, made.safety or FixSafety.SAFE, made.imports)


def rewritten(rule: Rule, text: str, target: tuple[int, int] = (3, 11), message: str = "") -> str | None:
    """The text after the rule's first rewrite; None where it declines everywhere."""
    for made in answers(rule, text, target, message):
        if isinstance(made, Rewrite):
            return apply_fixes(text, [as_fix(rule, made)])
    return None
