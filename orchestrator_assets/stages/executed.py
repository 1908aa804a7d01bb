"""Which fixes change a statement that the tests run: only those can the tests have caught."""

import ast
from collections.abc import Callable, Sequence

from orchestrator_assets.domain.fix import Fix
from orchestrator_assets.domain.source_text import decode_python, line_starts
from orchestrator_assets.domain.suite import SuiteRun


def executed_fixes(fixes: Sequence[Fix], content_of: Callable[[str], bytes], suite: SuiteRun) -> frozenset[str]:
    """Ids of the fixes all of whose edits lie in statements that were run.

    Args:
        fixes: Their edits refer to the contents given.
        content_of: A path's content when the suite ran.
        suite: A run with coverage; without it nothing counts as executed.
    """
    lines = {path: frozenset(numbers) for path, numbers in suite.executed_lines}
    found: set[str] = set()
    for path in {fix.path for fix in fixes} & lines.keys():
        text = decode_python(content_of(path), path).text
        starts, statements = line_starts(text), _statement_lines(text)
        for fix in fixes:
            if fix.path == path and all(_line(starts, statements, edit.start) in lines[path] for edit in fix.edits):
                found.add(fix.id)
    return frozenset(found)


def _line(starts: Sequence[int], statements: Sequence[int], offset: int) -> int:
    """The line by which coverage names the statement at the offset: its first."""
    line = max(number for number, start in enumerate(starts, 1) if start <= offset)
    return statements[line] if line < len(statements) else line


def _statement_lines(text: str) -> list[int]:
    """For each line (index 0 is unused), the first line of the innermost statement on it."""
    owner = list(range(text.count("\n") + 2))
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    for node in sorted(nodes, key=lambda node: node.lineno):
        # Compound statements own their header only; their bodies' statements come later and claim their own lines.
        for line in range(node.lineno, min((node.end_lineno or node.lineno) + 1, len(owner))):
            owner[line] = node.lineno
    return owner
