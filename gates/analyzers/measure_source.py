"""Measures Python files. Stand-alone: it is started inside the sandbox and imports nothing of the platform.

Request (JSON file named by the first argument): `files`, a list of `[path, judged]`. One JSON line per file on standard output, in order:
where a file kills the interpreter, the caller sees which. Files that are not judged get their imports only.
"""

import ast
import io
import json
import re
import signal
import sys
import tokenize
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

from radon.complexity import ComplexityVisitor
from radon.metrics import mi_visit

# A file that takes longer is made to. A second is plenty for 20,000 lines.
_SECONDS_PER_FILE = 30
# Only for visitors written in Python: the parser's own limit stays, it guards the C stack.
_VISITOR_RECURSION = 15_000
_NO_CODE = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
)
_UNDOCUMENTED_DECORATORS = frozenset({"overload", "setter", "deleter", "getter"})

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documentable = ast.Module | ast.ClassDef | Function


class TookTooLong(Exception):
    """The file's time is up."""


def main(request_path: str) -> None:
    """Answer one request."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _stop)
    request = json.loads(Path(request_path).read_bytes())
    for path, judged in request["files"]:
        sys.stdout.write(json.dumps(_measure_within_limits(path, judged)) + "\n")
        sys.stdout.flush()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TookTooLong(f"measuring it takes longer than {_SECONDS_PER_FILE} s")


def _measure_within_limits(path: str, judged: bool) -> dict[str, Any]:
    signal.alarm(_SECONDS_PER_FILE)
    try:
        return {"path": path, **_measure(path, judged)}
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError, OSError, TookTooLong) as error:
        return {"path": path, "mentions": [], "parse_error": _words(error)}
    finally:
        signal.alarm(0)


def _words(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}" if error.lineno else str(error.msg)
    if isinstance(error, MemoryError):
        return "too complex to parse"
    return str(error) or type(error).__name__


def _measure(path: str, judged: bool) -> dict[str, Any]:
    content = Path(path).read_bytes()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding)
    tree = ast.parse(content, path)
    found = {"mentions": [mention for node in ast.walk(tree) for mention in _mentions(node)], "parse_error": ""}
    if not judged:
        return found
    documentable = _documentable(tree)
    return {
        **found,
        "code_lines": _code_lines(text, tree),
        "documented": sum(1 for node in documentable if ast.get_docstring(node, clean=False)),
        "documentable": len(documentable),
        "module_names": sorted(_module_names(tree.body)),
        **_complexity(text, tree),
    }


def _complexity(text: str, tree: ast.Module) -> dict[str, Any]:
    """Radon's measures. A file too deep for radon, though not for Python, counts as unmaintainable and not as broken."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_VISITOR_RECURSION)
    try:
        return {"maintainability": round(float(mi_visit(text, multi=True)), 2), "functions": _functions(tree)}
    except RecursionError:
        return {"maintainability": 0.0, "functions": []}
    finally:
        sys.setrecursionlimit(limit)


def _mentions(node: ast.AST) -> list[tuple[int, str, list[str]]]:
    if isinstance(node, ast.Import):
        return [(0, alias.name, []) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.level, node.module or "", [alias.name for alias in node.names])]
    return []


def _code_lines(text: str, tree: ast.Module) -> int:
    """Lines with a token that is neither a comment nor part of a docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if isinstance(node, Documentable) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            lines.difference_update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)


def _documentable(tree: ast.Module) -> list[Documentable]:
    """The module, its public classes and functions, and the public methods of those classes; nothing that lies within a function."""
    found: list[Documentable] = [tree]
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef):
            if _is_public(node.name):
                found.append(node)
                waiting += node.body
        elif isinstance(node, Function):
            if _is_public(node.name) and not _decorators(node) & _UNDOCUMENTED_DECORATORS:
                found.append(node)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            waiting += ast.iter_child_nodes(node)
        elif isinstance(node, ast.ExceptHandler):
            waiting += node.body
    return found


def _decorators(node: Function) -> set[str]:
    return {re.split(r"\.", ast.unparse(decorator))[-1] for decorator in node.decorator_list}


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _functions(tree: ast.Module) -> list[dict[str, Any]]:
    nodes = {(node.name, node.lineno): node for node in ast.walk(tree) if isinstance(node, Function)}
    rows = []
    for block in ComplexityVisitor.from_ast(tree, no_assert=False).blocks:
        members = [block] if hasattr(block, "is_method") else _methods(block)
        for function in members:
            node = nodes.get((function.name, function.lineno))
            rows.append(
                {
                    "name": function.fullname,
                    "line": function.lineno,
                    "complexity": function.complexity,
                    "public": _is_public(function.name),
                    "documented": node is not None and ast.get_docstring(node, clean=False) is not None,
                }
            )
    return sorted(rows, key=lambda row: (row["line"], row["name"]))


def _methods(block: Any) -> list[Any]:
    return [*block.methods, *(method for inner in block.inner_classes for method in _methods(inner))]


def _module_names(body: list[ast.stmt]) -> set[str]:
    """Names that importing the module binds in it, those within `if`, `try`, `with` and loops included."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                names.add(node.id)
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            waiting += ast.iter_child_nodes(node)
    return names


if __name__ == "__main__":
    main(sys.argv[1])
