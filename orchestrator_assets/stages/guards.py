"""What no fix may do to a file, whoever wrote it: silence a tool, delete code or change what others call."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

_SUPPRESSION = re.compile(
    r"#\s*(?:noqa|nosec|type:\s*ignore|pylint:\s*(?:disable|skip-file)|pragma:\s*no\s*cover|mypy:|pyright:|ruff:\s*noqa|flake8:\s*noqa|fmt:\s*off)",
    re.IGNORECASE,
)


def objection(path: str, before: str, after: str) -> str:
    """Why the change must not stand, in one sentence; empty when there is nothing against it.

    The texts are the whole file before and after; both parse.
    """
    if len(_SUPPRESSION.findall(after)) > len(_SUPPRESSION.findall(before)):
        return "it adds a comment that silences a tool, which is not a fix"
    old, new = ast.parse(before), ast.parse(after)
    for check in (_lost_definition, _lost_parameter):
        if words := check(old, new):
            return words
    return _lost_export(path, old, new)


def _lost_definition(old: ast.Module, new: ast.Module) -> str:
    missing = Counter(name for name, _ in _definitions(old)) - Counter(name for name, _ in _definitions(new))
    return f"it deletes {sorted(missing)[0]}, and deleting code is not a fix" if missing else ""


def _lost_parameter(old: ast.Module, new: ast.Module) -> str:
    now = {name: node for name, node in _definitions(new) if not isinstance(node, ast.ClassDef)}
    for name, node in _definitions(old):
        if isinstance(node, ast.ClassDef) or name not in now:
            continue
        gone = _parameters(node) - _parameters(now[name])
        if gone:
            return f"it takes the parameter {sorted(gone)[0]} from {name}, which callers may pass"
    return ""


def _lost_export(path: str, old: ast.Module, new: ast.Module) -> str:
    """A name that other modules may import from here. Absolute imports of another package's names are no such name."""
    package = path.split("/")[1 if path.startswith("src/") and "/" in path[4:] else 0].removesuffix(".py")
    foreign = {
        name for name, origin in _imported(old) if origin and origin.partition(".")[0] != package and not path.endswith("__init__.py")
    }
    lost = _module_names(old) - _module_names(new) - foreign
    return f"it removes {sorted(lost)[0]} from the module's names, which others may import" if lost else ""


def _definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield prefix + node.name, node
            yield from _definitions(node, f"{prefix}{node.name}.")
        else:
            yield from _definitions(node, prefix)


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    arguments = node.args
    named = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return {*named, *(f"*{a.arg}" for a in (arguments.vararg, arguments.kwarg) if a is not None)}


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(bound name, module it comes from; empty for relative imports) of the imports at module level, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, "" if node.level else node.module or ""


def _module_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            pending += ast.iter_child_nodes(node)
    return names
