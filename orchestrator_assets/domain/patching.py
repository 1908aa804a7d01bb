"""Fixes applied to a file's text: non-overlapping, imports placed once, imports left unused removed, parsed in the end."""

import ast
import bisect
import re
import sys
import warnings
from collections.abc import Iterable, Sequence

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.fix import Edit, Fix, ImportNeed
from orchestrator_assets.domain.source_text import line_starts

_WORD = re.compile(r"\w+")

# Where import sorters begin to break lines, unless a project says otherwise.
_MAX_IMPORT_LINE = 88


def overlap(first: Fix, second: Fix) -> bool:
    """Whether two fixes of one file touch the same characters, or insert at the same place."""
    return any(_edits_collide(a, b) for a in first.edits for b in second.edits)


def select_disjoint(fixes: Iterable[Fix]) -> tuple[list[Fix], list[Fix]]:
    """Split into fixes that can be applied together, first come first served per file, and the rest in order."""
    taken: dict[str, list[Edit]] = {}
    chosen: list[Fix] = []
    deferred: list[Fix] = []
    for fix in fixes:
        edits = taken.setdefault(fix.path, [])
        if any(_collides_with_any(edit, edits) for edit in fix.edits):
            deferred.append(fix)
        else:
            for edit in fix.edits:
                bisect.insort(edits, edit)
            chosen.append(fix)
    return chosen, deferred


def _collides_with_any(edit: Edit, taken: Sequence[Edit]) -> bool:
    """Look at the neighbours only: the edits taken are sorted and disjoint, so those farther away cannot touch it."""
    right = bisect.bisect_left(taken, Edit(edit.end + 1, 0, ""))
    for index in range(right - 1, -1, -1):
        if _edits_collide(edit, taken[index]):
            return True
        if taken[index].end < edit.start:
            return False
    return False


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
    touched = _words_taken_out(text, edits)
    dropped = _orphaned_imports(_parse(text, path), tree, touched) if touched else set()
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
        with warnings.catch_warnings():
            # Invalid escapes in the customer's strings are no concern of the patch.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise PatchError(f"{path}: the changed file does not parse ({error})") from error


def _bindings(tree: ast.Module) -> dict[str, tuple[ast.Import | ast.ImportFrom, ast.alias]]:
    """Module-level imports by the name that they bind."""
    found: dict[str, tuple[ast.Import | ast.ImportFrom, ast.alias]] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", None) != "__future__":
            for alias in node.names:
                found[_bound_name(alias)] = (node, alias)
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


def _words_taken_out(text: str, edits: Sequence[Edit]) -> set[str]:
    """Words that some edit removes: only imports of these can have become unused."""
    return {word for edit in edits for word in set(_WORD.findall(text[edit.start : edit.end])) - set(_WORD.findall(edit.replacement))}


def _orphaned_imports(before: ast.Module, after: ast.Module, touched: set[str]) -> set[str]:
    """Imported names among the touched words that the old text used and the new one does not."""
    candidates = touched & set(_bindings(before)) & set(_bindings(after))
    if not candidates:
        return set()
    return (candidates & _used_names(before)) - _used_names(after)


def _remove_imports(text: str, tree: ast.Module, names: set[str]) -> str:
    """Take imports out that nothing uses any more; one that shares its lines with other code or a comment stays."""
    starts = line_starts(text)
    edits: list[Edit] = []
    statements = {id(node): node for name, (node, _) in _bindings(tree).items() if name in names}
    for node in statements.values():
        kept = [a for a in node.names if _bound_name(a) not in names]
        start, end = starts[node.lineno - 1], starts[node.end_lineno or node.lineno]
        own_lines = text[start : _offset(text, starts, node.lineno, node.col_offset)].strip() == ""
        if not own_lines or ";" in text[start:end] or "#" in text[start:end] or _is_relative(node):
            continue
        if not kept:
            if not text[:start].strip():
                end += len(text[end:]) - len(text[end:].lstrip("\r\n"))
            edits.append(Edit(start, end, ""))
        elif (node.end_lineno or node.lineno) == node.lineno:
            clone = ast.Import(kept) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, kept, node.level)
            edits.append(Edit(start, end, ast.unparse(clone) + _own_line_end(text[start:end])))
        else:
            edits += _remove_aliases(text, starts, [a for a in node.names if a not in kept])
    return _apply_edits(text, sorted(edits))


def _bound_name(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _offset(text: str, starts: list[int], line: int, byte_column: int) -> int:
    """Characters before a place that `ast` gives as a 1-based line and a column in UTF-8 bytes."""
    content = text[starts[line - 1] : starts[line]].encode("utf-8", "surrogatepass")
    return starts[line - 1] + len(content[:byte_column].decode("utf-8", "surrogatepass"))


def _own_line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _remove_aliases(text: str, starts: list[int], aliases: Sequence[ast.alias]) -> list[Edit]:
    """Take names out of a parenthesised import, each with the comma and the line that were its own."""
    edits: list[Edit] = []
    for alias in aliases:
        first, last = starts[alias.lineno - 1], starts[alias.end_lineno or alias.lineno]
        begin = _offset(text, starts, alias.lineno, alias.col_offset)
        end = _offset(text, starts, alias.end_lineno or alias.lineno, alias.end_col_offset or 0)
        if not text[first:begin].strip() and text[end:last].strip() in {"", ","}:
            edits.append(Edit(first, last, ""))
    return edits


def _is_imported(tree: ast.Module, need: ImportNeed) -> bool:
    for node in tree.body:
        if isinstance(node, ast.Import) and need.name is None:
            if any(alias.name == need.module and alias.asname is None for alias in node.names):
                return True
        elif (
            isinstance(node, ast.ImportFrom)
            and (node.level, node.module) == (0, need.module)
            and any(alias.name == need.name and alias.asname is None for alias in node.names)
        ):
            return True
    return False


def _insert_imports(text: str, tree: ast.Module, needs: Sequence[ImportNeed]) -> str:
    """Join names to the import that their module has already, and add a line for each other need.

    A new line goes in sorted place within the first block of imports, else after docstring and `__future__`.
    """
    joined, needs = _join_imports(text, tree, needs)
    if joined:
        text = _apply_edits(text, joined)
        tree = _parse(text, "imports")
    starts = line_starts(text)
    places: dict[int, list[str]] = {}
    lead, tail = "", ""
    for need in needs:
        line = f"import {need.module}" if need.name is None else f"from {need.module} import {need.name}"
        block = _import_block(tree)
        if block:
            at = _place_in_block(text, starts, block, need)
        else:
            at, lead, tail = _place_without_block(text, tree, starts)
        places.setdefault(at, []).append(line)
    end = _line_end(text)
    edits = [Edit(at, at, f"{_break_before(text, at)}{lead}{end.join(lines)}{end}{tail}") for at, lines in sorted(places.items())]
    return _apply_edits(text, edits)


def _join_imports(text: str, tree: ast.Module, needs: Sequence[ImportNeed]) -> tuple[list[Edit], list[ImportNeed]]:
    """Edits for the needs that an existing one-line `from module import ...` can take in, and the needs left."""
    starts = line_starts(text)
    homes: dict[str, ast.ImportFrom] = {}
    for node in _import_block(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module and _is_plain_line(text, starts, node):
            homes.setdefault(node.module, node)
    edits: list[Edit] = []
    left = [need for need in needs if need.name is None or need.module not in homes]
    for module in sorted({need.module for need in needs if need not in left}):
        home = homes[module]
        names = [f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in home.names]
        wanted = [need.name for need in needs if need.module == module and need.name is not None]
        for name in wanted:
            names.insert(next((i for i, other in enumerate(names) if _member_key(other) > _member_key(name)), len(names)), name)
        line = f"from {module} import {', '.join(names)}"
        if len(line) > _MAX_IMPORT_LINE:
            left += [need for need in needs if need.module == module and need.name is not None]
            continue
        start = starts[home.lineno - 1]
        edits.append(Edit(start, start + len(text[start : starts[home.lineno]].rstrip("\r\n")), line))
    return sorted(edits), left


def _is_plain_line(text: str, starts: list[int], node: ast.ImportFrom) -> bool:
    line = text[starts[node.lineno - 1] : starts[node.lineno]]
    return node.end_lineno == node.lineno and line.startswith("from ") and not any(mark in line for mark in "#;(\\*")


def _member_key(name: str) -> tuple[int, str]:
    """The order that import sorters keep: constants, classes, the rest, each without regard to case."""
    bare = name.partition(" ")[0]
    kind = 0 if bare.isupper() and len(bare) > 1 else 1 if bare[:1].isupper() else 2
    return (kind, bare.lower())


def _break_before(text: str, at: int) -> str:
    """A line end where the text's last line has none."""
    return _line_end(text) if at and text[at - 1] not in "\r\n" else ""


def _header_length(tree: ast.Module) -> int:
    """How many statements the docstring and the `__future__` imports make."""
    body = tree.body
    length = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
        length = 1
    while length < len(body) and isinstance(node := body[length], ast.ImportFrom) and node.module == "__future__":
        length += 1
    return length


def _import_block(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    """The imports that follow the header without another statement between them."""
    block: list[ast.Import | ast.ImportFrom] = []
    for node in tree.body[_header_length(tree) :]:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            break
        block.append(node)
    return block


def _place_in_block(text: str, starts: list[int], block: Sequence[ast.Import | ast.ImportFrom], need: ImportNeed) -> int:
    """Before the first absolute import of the same section and kind that sorts after it, else after the last that sorts before it."""
    before: int | None = None
    for node in block:
        if isinstance(node, ast.Import) != (need.name is None) or _is_relative(node) or _shares_lines(text, starts, node):
            continue
        if (_section(_module_of(node)), _module_of(node)) > (_section(need.module), need.module):
            if before is None and _section(_module_of(node)) == _section(need.module):
                return starts[node.lineno - 1]
            break
        before = starts[node.end_lineno or node.lineno]
    if before is not None:
        return before
    usable = [node for node in block if not _shares_lines(text, starts, node)]
    if not usable:
        return starts[block[-1].end_lineno or block[-1].lineno]
    same = [node for node in usable if _section(_module_of(node)) == _section(need.module) and not _is_relative(node)]
    if same and need.name is not None:
        return starts[same[-1].end_lineno or same[-1].lineno]
    return starts[(same or usable)[0].lineno - 1]


def _section(module: str) -> int:
    """0 for the standard library, 1 for everything else: the order that import sorters use."""
    return 0 if module.partition(".")[0] in sys.stdlib_module_names else 1


def _shares_lines(text: str, starts: list[int], node: ast.stmt) -> bool:
    begin = _offset(text, starts, node.lineno, node.col_offset)
    end = _offset(text, starts, node.end_lineno or node.lineno, node.end_col_offset or 0)
    rest = text[end : starts[node.end_lineno or node.lineno]].strip()
    return bool(text[starts[node.lineno - 1] : begin].strip()) or bool(rest and not rest.startswith("#"))


def _place_without_block(text: str, tree: ast.Module, starts: list[int]) -> tuple[int, str, str]:
    """Where the file's first imports go, and the blank lines before and after them."""
    end = _line_end(text)
    length = _header_length(tree)
    if length:
        last = tree.body[length - 1]
        at = starts[last.end_lineno or last.lineno]
        docstring = isinstance(last, ast.Expr)
    else:
        at, docstring = _after_header(text, starts), False
    rest = text[at:]
    blank = len(rest) - len(rest.lstrip("\r\n"))
    if not rest.strip():
        return at, end if docstring else "", ""
    following = tree.body[length] if length < len(tree.body) else None
    wanted = 2 if isinstance(following, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else 1
    have = rest[:blank].count("\n")
    return at, end if docstring else "", end * max(wanted - have, 0)


def _is_relative(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and node.level > 0


def _module_of(node: ast.Import | ast.ImportFrom) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else node.module or ""


def _after_header(text: str, starts: list[int]) -> int:
    """Past the shebang, the coding line and the first comment block."""
    for number in range(len(starts) - 1):
        line = text[starts[number] : starts[number + 1]]
        if not line.startswith("#"):
            return starts[number]
    return starts[-1]


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
