"""Whether an unused import may go: other modules may import the name from here."""

import ast
import itertools
import re
import warnings
from collections.abc import Iterable
from pathlib import PurePosixPath

from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.rules.source_file import SourceFile

_WORD = re.compile(r"\w+")


class ImportUse:
    """Names that the tree's Python files take from each other, read once."""

    def __init__(self, tree: SourceTree) -> None:
        """Look at nothing yet."""
        self._tree = tree
        self._tops: frozenset[str] = frozenset(_top_modules(tree.files))
        self._used: dict[str, set[str]] | None = None

    def refusal(self, source: SourceFile, names: Iterable[str]) -> str | None:
        """Why the imports of these bound names of a file must stay, or None.

        Args:
            source: The file that imports them.
            names: Dotted names as ruff's message quotes them (`os.path`, `typing.Any`, `a.b as c`).
        """
        if PurePosixPath(source.path).name == "__init__.py":
            return "imports in __init__.py are the package's public names"
        for name in names:
            bound = name.partition(" as ")[2] or (name.rpartition(".")[2])
            if name.startswith(".") or name.partition(".")[0] in self._tops:
                return f"{name} comes from this project, and others may import it from here"
            if bound in self._exported(source) or name.partition(".")[0] in self._exported(source):
                return f"{bound} is listed in __all__ or exported by its alias"
            if bound in self._taken_from(source.path):
                return f"another file of the repository takes {bound} from this module"
        return None

    def _exported(self, source: SourceFile) -> set[str]:
        found: set[str] = set()
        for node in ast.walk(_parsed(source.text)):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
                    found |= {c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
        return found

    def _taken_from(self, path: str) -> set[str]:
        if self._used is None:
            self._used = _uses(self._tree)
        stem = PurePosixPath(path).stem
        return self._used.get(stem, set()) | self._used.get("*" + stem, set())


def _top_modules(files: Iterable[str]) -> set[str]:
    """Names under which the tree's own modules and packages may be imported."""
    tops: set[str] = set()
    for path in files:
        pure = PurePosixPath(path)
        if pure.suffix == ".py":
            parts = pure.parts[1:] if pure.parts[0] in {"src", "lib"} and len(pure.parts) > 1 else pure.parts
            tops.add(PurePosixPath(parts[0]).stem)
    return tops - {"setup", "conftest", "docs", "tests", "test", "examples"}


def _uses(tree: SourceTree) -> dict[str, set[str]]:
    """Module's last name -> names that any file imports from it or reads as its attribute."""
    found: dict[str, set[str]] = {}
    for path in tree.files:
        if not path.endswith(".py"):
            continue
        for node in ast.walk(_parsed(tree.read(path))):
            if isinstance(node, ast.ImportFrom):
                module = (node.module or "").rpartition(".")[2]
                found.setdefault(module, set()).update(alias.name for alias in node.names)
            elif isinstance(node, ast.Attribute):
                base = node.value
                name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
                found.setdefault(name, set()).add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(".") and len(node.value) < 200:
                words = _WORD.findall(node.value)
                for module, name in itertools.pairwise(words):
                    found.setdefault(module, set()).add(name)
    return found


def _parsed(content: str | bytes) -> ast.AST:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])
