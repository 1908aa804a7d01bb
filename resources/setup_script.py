"""What a `setup.py` declares in plain sight, read from its syntax tree; it is never executed here."""

import ast
from collections.abc import Mapping

_KEYWORDS = ("name", "version", "install_requires", "tests_require", "setup_requires", "extras_require")

Literal = str | list[str] | dict[str, list[str]]


def read_setup_script(source: bytes) -> dict[str, Literal]:
    """The keywords of `setup(...)` whose values are literals, or names of module-level literals."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    names = {
        target.id: statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, Literal] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _called(node) == "setup":
            for keyword in node.keywords:
                if keyword.arg in _KEYWORDS and (value := _value(keyword.value, names, depth=0)) is not None:
                    found[keyword.arg] = value
    return found


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _value(node: ast.expr, names: Mapping[str, ast.expr], depth: int) -> Literal | None:
    if depth > 8:
        return None
    if isinstance(node, ast.Name):
        return _value(names[node.id], names, depth + 1) if node.id in names else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return _items(node.elts, names, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _value(node.left, names, depth + 1), _value(node.right, names, depth + 1)
        return left + right if isinstance(left, list) and isinstance(right, list) else None
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    if isinstance(node, ast.Dict):
        pairs = list(zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.Call) and _called(node) == "dict":
        pairs = [(ast.Constant(value=keyword.arg), keyword.value) for keyword in node.keywords]
    else:
        return None
    return _table(pairs, names, depth)


def _items(nodes: list[ast.expr], names: Mapping[str, ast.expr], depth: int) -> list[str]:
    items: list[str] = []
    for node in nodes:
        inner = node.value if isinstance(node, ast.Starred) else node
        value = _value(inner, names, depth + 1)
        if isinstance(value, str):
            items.append(value)
        elif isinstance(value, list) and isinstance(node, ast.Starred):
            items += value
    return items


def _table(pairs: list[tuple[ast.expr | None, ast.expr]], names: Mapping[str, ast.expr], depth: int) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for key, node in pairs:
        value = _value(node, names, depth + 1)
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and value is not None:
            table[key.value] = value.splitlines() if isinstance(value, str) else list(value)
    return table
