"""Fixes applied to a file's text: non-overlapping, imports placed once, imports left unused removed, parsed in the end."""

import ast
from collections.abc import Iterable, Sequence

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.fix import Edit, Fix, ImportNeed
from orchestrator_assets.domain.source_text import line_starts


def overlap(first: Fix, second: Fix) -> bool:
    """Whether two fixes of one file touch the same characters, or insert at the same place."""
    return any(_edits_collide(a, b) for a in first.edits for b in second.edits)


def select_disjoint(fixes: Iterable[Fix]) -> tuple[list[Fix], list[Fix]]:
    """Split into fixes that can be applied together, first come first served per file, and the rest in order."""
    taken: dict[str, list[Fix]] = {}
    chosen: list[Fix] = []
    deferred: list[Fix] = []
    for fix in fixes:
        others = taken.setdefault(fix.path, [])
        if any(overlap(fix, other) for other in others):
            deferred.append(fix)
        else:
            others.append(fix)
            chosen.append(fix)
    return chosen, deferred


def apply_fixes(text: str, fixes: Sequence[Fix]) -> str:
    """Apply all fixes of one Python file to its text.

    Raises:
        PatchError: Edits overlap or lie outside the text, or the result does not parse.
    """
    edits = sorted({edit for fix in fixes for edit in fix.edits})
    changed = _apply_edits(text, edits)
    path = fixes[0].path if fixes else "file"
    tree = _parse(changed, path)
    needs = sorted({need for fix in fixes for need in fix.imports})
    dropped = _orphaned_imports(_parse(text, path), tree)
    if dropped:
        changed = _remove_imports(changed, tree, dropped)
        tree = _parse(changed, path)
    missing = [need for need in needs if not _is_imported(tree, need)]
    if missing:
        changed = _insert_imports(changed, tree, missing)
        _parse(changed, path)
    return changed


def _edits_collide(a: Edit, b: Edit) -> bool:
    if a == b:
        return False
    if a.start == a.end or b.start == b.end:
        return a.start <= b.end and b.start <= a.end
    return a.start < b.end and b.start < a.end


def _apply_edits(text: str, edits: Sequence[Edit]) -> str:
    parts: list[str] = []
    position = 0
    for edit in edits:
        if edit.start < position or edit.end < edit.start or edit.end > len(text):
            raise PatchError(f"edit [{edit.start}, {edit.end}) overlaps another or lies outside the text of {len(text)} characters")
        parts += (text[position : edit.start], edit.replacement)
        position = edit.end
    return "".join((*parts, text[position:]))


def _parse(text: str, path: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise PatchError(f"{path}: the changed file does not parse ({error})") from error


def _bindings(tree: ast.Module) -> dict[str, tuple[ast.Import | ast.ImportFrom, ast.alias]]:
    """Module-level imports by the name that they bind."""
    found: dict[str, tuple[ast.Import | ast.ImportFrom, ast.alias]] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", None) != "__future__":
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (node, alias)
    return found


def _used_names(tree: ast.Module) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    # Names in string annotations and __all__ count as used: better an import too many than one too few.
    return names | {
        word
        for text in strings
        if len(text) < 500
        for word in text.replace(".", " ").replace("[", " ").replace("]", " ").replace(",", " ").split()
    }


def _orphaned_imports(before: ast.Module, after: ast.Module) -> set[str]:
    """Imported names that the old text used and the new one does not."""
    return (set(_bindings(before)) & _used_names(before) & set(_bindings(after))) - _used_names(after)


def _remove_imports(text: str, tree: ast.Module, names: set[str]) -> str:
    starts = line_starts(text)
    edits: list[Edit] = []
    statements = {id(node): node for name, (node, _) in _bindings(tree).items() if name in names}
    for node in statements.values():
        kept = [a for a in node.names if (a.asname or a.name.partition(".")[0]) not in names]
        if kept == node.names:
            continue
        start, end = starts[node.lineno - 1], starts[node.end_lineno or node.lineno]
        shared = text[start:end].count(";") > 0
        if shared or "#" in text[start:end]:
            continue
        if not kept:
            edits.append(Edit(start, end, ""))
        else:
            clone = ast.copy_location(
                ast.Import(kept) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, kept, node.level),
                node,
            )
            if (node.end_lineno or node.lineno) == node.lineno:
                edits.append(Edit(start, end, ast.unparse(clone) + _line_end(text)))
            else:
                edits += _remove_aliases(text, starts, [a for a in node.names if a not in kept])
    return _apply_edits(text, sorted(edits))


def _remove_aliases(text: str, starts: list[int], aliases: Sequence[ast.alias]) -> list[Edit]:
    """Take names out of a parenthesised import, each with the comma and the line that were its own."""
    edits: list[Edit] = []
    for alias in aliases:
        first, last = starts[alias.lineno - 1], starts[alias.lineno]
        if text[first:last].strip().rstrip(",") == text[starts[alias.lineno - 1] + alias.col_offset : last].strip().rstrip(","):
            edits.append(Edit(first, last, ""))
    return edits


def _is_imported(tree: ast.Module, need: ImportNeed) -> bool:
    for node in tree.body:
        if isinstance(node, ast.Import) and need.name is None:
            if any(alias.name == need.module and alias.asname is None for alias in node.names):
                return True
        elif isinstance(node, ast.ImportFrom) and need.name is not None and node.level == 0 and node.module == need.module:
            if any(alias.name == need.name and alias.asname is None for alias in node.names):
                return True
    return False


def _insert_imports(text: str, tree: ast.Module, needs: Sequence[ImportNeed]) -> str:
    """Add one line per import: in sorted place within the first block of imports, else after docstring and `__future__`."""
    starts = line_starts(text)
    edits: list[Edit] = []
    for need in needs:
        line = f"import {need.module}" if need.name is None else f"from {need.module} import {need.name}"
        at, suffix = _import_place(text, tree, starts, need)
        edits.append(Edit(at, at, line + _line_end(text) + suffix))
    return _apply_edits(text, _merge_inserts(edits))


def _merge_inserts(edits: Sequence[Edit]) -> list[Edit]:
    merged: dict[int, str] = {}
    for edit in sorted(edits):
        merged[edit.start] = merged.get(edit.start, "") + edit.replacement
    return [Edit(at, at, text) for at, text in sorted(merged.items())]


def _import_place(text: str, tree: ast.Module, starts: list[int], need: ImportNeed) -> tuple[int, str]:
    body = tree.body
    index = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
        index = 1
    after_future = index
    while after_future < len(body) and isinstance(node := body[after_future], ast.ImportFrom) and node.module == "__future__":
        after_future += 1
    block = []
    for node in body[after_future:]:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            break
        block.append(node)
    if block:
        plain = need.name is None
        for node in block:
            same_kind = isinstance(node, ast.Import) == plain
            if same_kind and _module_of(node) > need.module and getattr(node, "level", 0) == 0:
                return starts[node.lineno - 1], ""
        same = [n for n in block if isinstance(n, ast.Import) == plain and getattr(n, "level", 0) == 0 and _module_of(n) <= need.module]
        anchor = same[-1] if same else None
        if anchor is not None:
            return starts[anchor.end_lineno or anchor.lineno], ""
        return starts[block[0].lineno - 1], ""
    if after_future:
        last = body[after_future - 1]
        return starts[last.end_lineno or last.lineno], _line_end(text)
    return _after_header(text, starts), ""


def _module_of(node: ast.Import | ast.ImportFrom) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else node.module or ""


def _after_header(text: str, starts: list[int]) -> int:
    """Past the shebang, the coding line and the first comment block."""
    for number in range(len(starts) - 1):
        if not text[starts[number] : starts[number + 1]].startswith("#"):
            return starts[number]
    return starts[-1]


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
