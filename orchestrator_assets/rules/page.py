"""The page that documents the rules, made from the registry."""

import difflib
import sys

from orchestrator_assets.rules.registry import REGISTRY
from orchestrator_assets.rules.ruff_fixes import EQUIVALENTS
from orchestrator_assets.rules.rule import Rule

_HEAD = """# The rules tier

Deterministic fixers, cost 0. Each rule answers findings of the tools named, at the place of the finding and nowhere else; where the right
answer depends on intent it declines and says what a person has to decide. `safe` keeps the meaning for certain, `unsafe` leaves the last
word to the tests. Everything below is made by `rules_page()` from the registry; the examples are run by the tests.

To add a rule: a `Rule` in the module of its family, listed in that module's `RULES`; then write this page anew with
`python -m orchestrator_assets.rules.page > orchestrator_assets/rules/README.md`.

| rule | answers | CWE | safety | when |
|---|---|---|---|---|
"""


def rules_page() -> str:
    """The text of `README.md` beside this module."""
    rows = "".join(_row(rule) for rule in REGISTRY)
    details = "\n".join(_details(rule) for rule in REGISTRY)
    pairs = "".join(f"| `{message}` | {', '.join(f'`{rule}`' for rule in rules)} |\n" for message, rules in sorted(EQUIVALENTS.items()))
    return f"{_HEAD}{rows}\n{details}\n{_RUFF_HEAD}{pairs}"


_RUFF_HEAD = """## Ruff's own fixes

Any other finding of ruff is answered by ruff's own fix, if it has one that applies (never one that only suppresses or
deletes: see `REFUSED`).
These messages of pylint mean the same as a rule of ruff on the same line and take its fix:

| pylint | ruff |
|---|---|
"""


def _row(rule: Rule) -> str:
    answers = ", ".join(f"{tool} `{rule_id}`" for tool, rule_id in rule.answers)
    cwe = ", ".join(str(number) for number in rule.cwe) or "-"
    return f"| [{rule.name}](#{rule.name}) | {answers} | {cwe} | {rule.safety} | {rule.precondition} |\n"


def _details(rule: Rule) -> str:
    parts = (
        f"### {rule.name}\n\n{rule.title}. {rule.precondition}\n",
        f"Leaves alone: {rule.leaves_alone}\n",
        f"```diff\n{_difference(rule)}```\n",
    )
    return "\n".join(parts)


def _difference(rule: Rule) -> str:
    """Before and after as one listing; as a diff it is also out of reach of formatters."""
    lines = difflib.ndiff(rule.before.splitlines(), rule.after.splitlines())
    return "".join(f"{line.rstrip()}\n" for line in lines if not line.startswith("?"))


if __name__ == "__main__":
    sys.stdout.write(rules_page())
