"""One Python file of the tree: parsed once, then asked by every rule."""

import bisect
import io
import tokenize
from collections.abc import Callable, Iterator
from functools import cached_property

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, ImportNeed
from orchestrator_assets.domain.source_text import line_starts, offset_at

Predicate = Callable[[cst.CSTNode], bool]

FUNCTIONS = (cst.FunctionDef, cst.Lambda)
SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
STATEMENTS: tuple[type[cst.CSTNode], ...] = (
    cst.SimpleStatementLine,
    cst.If,
    cst.For,
    cst.While,
    cst.Try,
    cst.TryStar,
    cst.With,
    cst.FunctionDef,
    cst.ClassDef,
    cst.Match,
)


class SourceFile:
    """A file's text with its syntax tree, positions and imports.

    Offsets are characters of `text`. A node's own parentheses are not part of its span (`(a)` has the span of `a`); `full_span` includes
    them.
    """

    def __init__(self, path: str, text: str, target_version: tuple[int, int]) -> None:
        """Parse nothing yet; the first question does."""
        self.path = path
        self.text = text
        self.target_version = target_version
        self.starts = line_starts(text)
        self._by_types: dict[tuple[type[cst.CSTNode], ...], list[cst.CSTNode]] = {}

    @cached_property
    def module(self) -> cst.Module:
        """The syntax tree.

        Raises:
            PatchError: The file does not parse, or its tree does not give the text back.
        """
        try:
            module = cst.parse_module(self.text)
        except (cst.ParserSyntaxError, RecursionError) as error:
            raise PatchError(f"{self.path}: the file does not parse; repair its syntax first") from error
        if module.code != self.text:
            raise PatchError(f"{self.path}: the parser does not give the text back unchanged (unusual line ends?)")
        return module

    @cached_property
    def _positions(self) -> dict[cst.CSTNode, CodeRange]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return dict(wrapper.resolve(PositionProvider))

    @cached_property
    def _index(self) -> tuple[list[cst.CSTNode], dict[cst.CSTNode, cst.CSTNode]]:
        order: list[cst.CSTNode] = []
        parents: dict[cst.CSTNode, cst.CSTNode] = {}
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            order.append(node)
            for child in reversed(node.children):
                parents[child] = node
                stack.append(child)
        return order, parents

    def nodes(self, *types: type[cst.CSTNode]) -> Iterator[cst.CSTNode]:
        """All nodes of the types, in document order."""
        if types not in self._by_types:
            self._by_types[types] = [node for node in self._index[0] if isinstance(node, types)]
        return iter(self._by_types[types])

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that holds it."""
        return self._index[1].get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """From its parent up to the module."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def enclosing(self, node: cst.CSTNode, *types: type[cst.CSTNode]) -> cst.CSTNode | None:
        """The nearest ancestor of one of the types."""
        return next((above for above in self.ancestors(node) if isinstance(above, types)), None)

    def function_of(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function in whose body the node runs, if it is not in a lambda or directly in a class."""
        scope = self.enclosing(node, *SCOPES)
        return scope if isinstance(scope, cst.FunctionDef) else None

    def within(self, root: cst.CSTNode, *types: type[cst.CSTNode], nested: bool = True) -> Iterator[cst.CSTNode]:
        """Nodes of the types below `root`, in order; with `nested=False` without those of inner functions and classes."""
        stack = list(reversed(root.children))
        while stack:
            node = stack.pop()
            if not types or isinstance(node, types):
                yield node
            if nested or not isinstance(node, SCOPES):
                stack.extend(reversed(node.children))

    def place(self, node: cst.CSTNode) -> tuple[int, int]:
        """1-based line and column of the node's first character."""
        start = self._positions[node].start
        return start.line, start.column + 1

    def end_line(self, node: cst.CSTNode) -> int:
        """1-based line of the node's last character."""
        return bisect.bisect_right(self.starts, max(self.span(node)[1] - 1, 0))

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """`[start, end)` without the node's own parentheses."""
        where = self._positions[node]
        start = offset_at(self.starts, where.start.line, where.start.column + 1)
        end = offset_at(self.starts, where.end.line, where.end.column + 1)
        last = _closing_part(node)
        return start, end if last is None else max(end, self.full_span(last)[1])

    def full_span(self, node: cst.CSTNode) -> tuple[int, int]:
        """`[start, end)` with the node's own parentheses."""
        if not isinstance(node, cst.BaseExpression) or not node.lpar:
            return self.span(node)
        return self.span(node.lpar[0])[0], self.span(node.rpar[-1])[1]

    def code(self, node: cst.CSTNode) -> str:
        """The node's source without its own parentheses."""
        start, end = self.span(node)
        return self.text[start:end]

    def full_code(self, node: cst.CSTNode) -> str:
        """The node's source with its own parentheses."""
        start, end = self.full_span(node)
        return self.text[start:end]

    def replace(self, node: cst.CSTNode, replacement: str) -> Edit:
        """Put other text in the node's place, inside its own parentheses."""
        start, end = self.span(node)
        return Edit(start, end, replacement)

    def line_text(self, line: int) -> str:
        """A 1-based line without its line end."""
        if not 1 <= line < len(self.starts):
            return ""
        return self.text[self.starts[line - 1] : self.starts[line]].rstrip("\r\n")

    def indent_of(self, node: cst.CSTNode) -> str:
        """The white space before the first character of the line on which the node begins."""
        line = self.line_text(self.place(node)[0])
        return line[: len(line) - len(line.lstrip(" \t"))]

    def end_of_line(self, offset: int) -> int:
        """Offset of the line end that follows an offset."""
        line = bisect.bisect_right(self.starts, offset)
        return self.starts[line - 1] + len(self.line_text(line))

    @property
    def line_end(self) -> str:
        r"""`\r\n` when the file uses it."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def statement_of(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The simple statement line or compound statement that the node belongs to."""
        return node if isinstance(node, STATEMENTS) else self.enclosing(node, *STATEMENTS)

    def owns_its_lines(self, node: cst.CSTNode) -> bool:
        """Whether nothing but white space and a comment shares the lines with the statement."""
        start, end = self.span(node)
        first, last = self.place(node)[0], self.end_line(node)
        before = self.text[self.starts[first - 1] : start]
        after = self.text[end : self.starts[min(last, len(self.starts) - 1)]].strip()
        return not before.strip() and (not after or after.startswith("#"))

    def after_parameters(self, function: cst.FunctionDef) -> int:
        """Offset just past the parenthesis that closes the parameters."""
        name_end = self.span(function.name)[1]
        line = self.end_line(function.name)
        depth = 0
        for token in tokenize.generate_tokens(io.StringIO(self.text[name_end:], newline="").readline):
            if token.type == tokenize.OP and token.string in "([{":
                depth += 1
            elif token.type == tokenize.OP and token.string in ")]}":
                depth -= 1
                if depth == 0 and token.string == ")":
                    row, column = token.end
                    return name_end + column if row == 1 else self.starts[line + row - 2] + column
        raise PatchError(f"{self.path}: the parameters of {function.name.value} are not closed")

    # -- finding a finding's node ------------------------------------------------------------------------------------------------------

    def locate(self, finding: Finding, *types: type[cst.CSTNode], where: Predicate | None = None) -> cst.CSTNode | None:
        """The one node of the types that the finding means, None where that is not certain.

        Tools differ: columns counted from zero, the line of an argument instead of the call's. So: the exact place first, then the
        column before it, then the only candidate that begins on the line, then the only one that covers the line.
        """
        line, column = finding.line, finding.column
        on_line = [node for node in self.nodes(*types) if self.place(node)[0] == line and (where is None or where(node))]
        if column:
            for wanted in (column, column + 1):
                exact = [node for node in on_line if wanted in {self.place(node)[1], self._full_column(node)}]
                if exact:
                    return exact[0] if len(exact) == 1 else None
        if len(on_line) == 1:
            return on_line[0]
        if on_line:
            return None
        covering = [
            node for node in self.nodes(*types) if self.place(node)[0] < line <= self.end_line(node) and (where is None or where(node))
        ]
        return covering[0] if len(covering) == 1 else None

    def _full_column(self, node: cst.CSTNode) -> int:
        start = self.full_span(node)[0]
        line = self.place(node)[0]
        return max(start - self.starts[line - 1] + 1, 0)

    # -- names -------------------------------------------------------------------------------------------------------------------------

    @cached_property
    def imported(self) -> dict[str, set[str]]:
        """Local name -> the dotted names that imports anywhere in the file bind to it."""
        found: dict[str, set[str]] = {}
        for node in self.nodes(cst.Import, cst.ImportFrom):
            if isinstance(node, cst.Import):
                for alias in node.names:
                    full = get_full_name_for_node(alias.name) or ""
                    if alias.asname is None:
                        found.setdefault(full.partition(".")[0], set()).add(full.partition(".")[0])
                    else:
                        found.setdefault(get_full_name_for_node(alias.asname.name) or "", set()).add(full)
            elif isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
                module = "." * len(node.relative) + (get_full_name_for_node(node.module) or "" if node.module else "")
                for alias in node.names:
                    local = alias.asname.name if alias.asname else alias.name
                    full = f"{module}.{get_full_name_for_node(alias.name)}"
                    found.setdefault(get_full_name_for_node(local) or "", set()).add(full)
        return found

    @cached_property
    def star_imports(self) -> bool:
        """Whether any `from x import *` may bind names unseen."""
        return any(isinstance(node, cst.ImportFrom) and isinstance(node.names, cst.ImportStar) for node in self.nodes(cst.ImportFrom))

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Names bound in the file by other means than an import: assignments, parameters, functions, classes, handlers."""
        names: set[str] = set()
        for node in self._index[0]:
            if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Param):
                names.add(node.name.value)
            elif isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.AugAssign | cst.For | cst.CompFor | cst.NamedExpr):
                names |= _target_names(node.target)
            elif isinstance(node, cst.AsName):
                if not isinstance(self.parent(node), cst.ImportAlias):
                    names |= _target_names(node.name)
            elif isinstance(node, cst.MatchAs | cst.MatchStar) and node.name is not None:
                names.add(node.name.value)
        return frozenset(names)

    @cached_property
    def used_names(self) -> frozenset[str]:
        """Every identifier that is read or bound in the file; attributes and keywords of calls are none."""
        return frozenset(node.value for node in self.nodes(cst.Name) if isinstance(node, cst.Name) and self._is_variable(node))

    def _is_variable(self, node: cst.Name) -> bool:
        above = self.parent(node)
        if isinstance(above, cst.Attribute):
            return above.value is node
        return not (isinstance(above, cst.Arg) and above.keyword is node) and not isinstance(above, cst.ImportAlias)

    def qualified(self, node: cst.CSTNode) -> str | None:
        """The dotted name that an expression surely means: through the file's imports, or a builtin's bare name.

        None for anything else, and where the first name is bound in more than one way.
        """
        dotted = get_full_name_for_node(node) if isinstance(node, cst.Name | cst.Attribute) else None
        if dotted is None or not _is_dotted(node):
            return None
        first, _, rest = dotted.partition(".")
        if first in self.assigned:
            return None
        meanings = self.imported.get(first)
        if meanings is None:
            return dotted if not rest and not self.star_imports else None
        if len(meanings) > 1:
            return None
        return ".".join(filter(None, (next(iter(meanings)), rest)))

    def reference(self, module: str, name: str) -> tuple[str, tuple[ImportNeed, ...]] | None:
        """How to write `module.name` in this file and the import it needs; None where the name is taken by something else."""
        for local, meanings in self._module_level_imports.items():
            if meanings == {f"{module}.{name}"} and local not in self.assigned and len(self.imported[local]) == 1:
                return local, ()
        for local, meanings in self._module_level_imports.items():
            if meanings == {module} and local not in self.assigned and len(self.imported[local]) == 1:
                return f"{local}.{name}", ()
        first = module.partition(".")[0]
        if first != module:
            if name in self.used_names or name in self.imported:
                return None
            return name, (ImportNeed(module, name),)
        if first in self.used_names or first in self.imported:
            return None
        return f"{module}.{name}", (ImportNeed(module),)

    def imported_name(self, module: str, name: str) -> tuple[str, tuple[ImportNeed, ...]] | None:
        """As `reference`, but `from module import name` where nothing is imported yet."""
        for local, meanings in self._module_level_imports.items():
            if meanings in ({f"{module}.{name}"}, {module}) and local not in self.assigned and len(self.imported[local]) == 1:
                return (local if meanings == {f"{module}.{name}"} else f"{local}.{name}"), ()
        if name in self.used_names or name in self.imported:
            return None
        return name, (ImportNeed(module, name),)

    @cached_property
    def _module_level_imports(self) -> dict[str, set[str]]:
        """As `imported`, only of statements directly in the module's body."""
        top: dict[str, set[str]] = {}
        whole = self.imported
        for statement in self.module.body:
            if not isinstance(statement, cst.SimpleStatementLine):
                continue
            for node in statement.body:
                if isinstance(node, cst.Import | cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
                    for alias in node.names:
                        local = get_full_name_for_node(alias.asname.name if alias.asname else alias.name) or ""
                        key = local if isinstance(node, cst.ImportFrom) or alias.asname else local.partition(".")[0]
                        if key in whole:
                            top[key] = whole[key]
        return top


def _closing_part(node: cst.CSTNode) -> cst.CSTNode | None:
    """The part with which a statement ends; LibCST's position of a statement leaves out the parentheses of its last expression."""
    if isinstance(node, cst.BaseSmallStatement):
        expressions = [child for child in node.children if isinstance(child, cst.BaseExpression)]
        return expressions[-1] if expressions else None
    if isinstance(node, cst.SimpleStatementLine | cst.SimpleStatementSuite | cst.IndentedBlock):
        return node.body[-1] if node.body else None
    if isinstance(node, cst.If | cst.Try | cst.TryStar | cst.For | cst.While):
        blocks = [
            child for child in node.children if isinstance(child, cst.BaseSuite | cst.Else | cst.Finally | cst.ExceptHandler | cst.If)
        ]
        return blocks[-1]
    if isinstance(node, cst.Else | cst.Finally | cst.ExceptHandler | cst.With | cst.FunctionDef | cst.ClassDef | cst.MatchCase):
        return node.body
    return node.cases[-1] if isinstance(node, cst.Match) and node.cases else None


def _is_dotted(node: cst.CSTNode) -> bool:
    """Whether it is names joined by dots alone (`a.b`, not `a().b`)."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _target_names(target: cst.CSTNode) -> set[str]:
    if isinstance(target, cst.Name):
        return {target.value}
    if isinstance(target, cst.Tuple | cst.List):
        return set().union(*(_target_names(element.value) for element in target.elements))
    if isinstance(target, cst.StarredElement):
        return _target_names(target.value)
    return set()
