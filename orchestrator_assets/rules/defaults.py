"""Default arguments that all calls share."""

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety, ImportNeed
from orchestrator_assets.rules.annotations import allows_none, optional_of
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import FUNCTIONS, SourceFile

_EMPTY_CALLS = frozenset({"list()", "dict()", "set()"})
_CHANGES = frozenset(
    ["append", "add", "extend", "insert", "update", "setdefault", "pop", "popitem", "remove", "discard", "clear", "sort", "reverse"]
)


def _mutable(source: SourceFile, param: cst.Param) -> bool:
    default = param.default
    if isinstance(default, cst.List | cst.Dict | cst.Set | cst.ListComp | cst.DictComp | cst.SetComp):
        return True
    return isinstance(default, cst.Call) and source.code(default) in _EMPTY_CALLS


def _parameter_at(source: SourceFile, finding: Finding) -> tuple[cst.FunctionDef, cst.Param] | None:
    """The one parameter with a mutable default that the finding means: at its default (ruff) or in the named function (pylint)."""
    params = [
        node
        for node in source.nodes(cst.Param)
        if isinstance(node, cst.Param) and _mutable(source, node) and isinstance(source.enclosing(node, *FUNCTIONS), cst.FunctionDef)
    ]
    here = [p for p in params if p.default is not None and source.place(p.default) == (finding.line, finding.column)]
    if not here:
        here = [p for p in params if source.place(p)[0] == finding.line]
    if not here:
        here = [p for p in params if _header_line(source, p) == finding.line]
    function = source.enclosing(here[0], cst.FunctionDef) if len(here) == 1 else None
    return (function, here[0]) if isinstance(function, cst.FunctionDef) else None


def _header_line(source: SourceFile, param: cst.Param) -> int:
    function = source.enclosing(param, cst.FunctionDef)
    return source.place(function.name)[0] if isinstance(function, cst.FunctionDef) else 0


def _mutable_default(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = _parameter_at(source, finding)
    if found is None:
        return not_found("one parameter with a list, dict or set as its default")
    function, param = found
    default = param.default
    name = param.name.value
    if default is None or _is_cache(source, function, name):
        return Decline(f"{name} is both read and changed in the body, so sharing it between calls may be meant as a cache")
    if _handles_none(source, function, param):
        return Decline(f"the body treats a {name} of None as a value of its own; choose another default by hand")
    names = {node.value for node in source.within(default, cst.Name) if isinstance(node, cst.Name)} - {"list", "dict", "set"}
    if names or (isinstance(default, cst.Call) and source.qualified(default.func) is None):
        return Decline("the default is computed from other names when the function is defined; move it by hand")
    if any(isinstance(node, cst.Comment) for node in source.within(default)):
        return Decline("the default holds comments; move it by hand")
    at = _body_start(source, function)
    if at is None:
        return Decline("the function's body stands on the line of its def; put it on a line of its own first")
    edits = [source.replace(default, "None")]
    imports: tuple[ImportNeed, ...] = ()
    if param.annotation is not None:
        annotation = source.full_code(param.annotation.annotation)
        if not allows_none(annotation):
            made = optional_of(source, annotation)
            if made is None:
                return Decline("the name Optional is taken in this file")
            edits.append(Edit(*source.full_span(param.annotation.annotation), made[0]))
            imports = made[1]
    offset, indent = at
    step, end = source.module.default_indent, source.line_end
    edits.append(Edit(offset, offset, f"{indent}if {name} is None:{end}{indent}{step}{name} = {source.code(default)}{end}"))
    return Rewrite(tuple(edits), "Each call gets a value of its own; what callers pass is used as before.", imports)


def _handles_none(source: SourceFile, function: cst.FunctionDef, param: cst.Param) -> bool:
    """Whether None already means something to the function: its annotation allows it, or the body asks for it."""
    if param.annotation is not None and allows_none(source.full_code(param.annotation.annotation)):
        return True
    for node in source.within(function.body, cst.Comparison):
        if isinstance(node, cst.Comparison):
            operands = [node.left, *(target.comparator for target in node.comparisons)]
            words = {operand.value for operand in operands if isinstance(operand, cst.Name)}
            if {param.name.value, "None"} <= words:
                return True
    return False


def _is_cache(source: SourceFile, function: cst.FunctionDef, name: str) -> bool:
    """Whether the body both looks things up in the parameter and puts things into it."""
    changed = looked_up = False
    for node in source.within(function.body, cst.Name):
        if not isinstance(node, cst.Name) or node.value != name:
            continue
        above = source.parent(node)
        if isinstance(above, cst.Subscript):
            stored = isinstance(source.parent(above), cst.AssignTarget | cst.AugAssign | cst.Del)
            changed, looked_up = changed or stored, looked_up or not stored
        elif isinstance(above, cst.Attribute) and above.value is node:
            changed = changed or above.attr.value in _CHANGES
            looked_up = looked_up or above.attr.value in {"get", "setdefault"}
        elif isinstance(above, cst.ComparisonTarget):
            looked_up = looked_up or isinstance(above.operator, cst.In | cst.NotIn)
    return changed and looked_up


def _body_start(source: SourceFile, function: cst.FunctionDef) -> tuple[int, str] | None:
    """Where the body's first statement after the docstring begins: offset of its line, and its indentation."""
    body = function.body
    if not isinstance(body, cst.IndentedBlock):
        return None
    statements = list(body.body)
    first = statements[0]
    is_docstring = (
        isinstance(first, cst.SimpleStatementLine)
        and isinstance(first.body[0], cst.Expr)
        and isinstance(first.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )
    if is_docstring and len(statements) > 1:
        first = statements[1]
    elif is_docstring or not source.owns_its_lines(first):
        return None
    if is_docstring and isinstance(statements[0], cst.SimpleStatementLine) and len(statements[0].body) > 1:
        return None
    line = source.place(first)[0]
    if isinstance(first, cst.FunctionDef | cst.ClassDef) and first.decorators:
        line = min(line, source.place(first.decorators[0])[0])
    return source.starts[line - 1], source.line_text(line)[: len(source.line_text(line)) - len(source.line_text(line).lstrip())]


MUTABLE_DEFAULT = Rule(
    name="mutable-default",
    answers=(("ruff", "B006"), ("pylint", "dangerous-default-value")),
    cwe=(),
    safety=FixSafety.UNSAFE,
    precondition="A parameter whose default is a list, dict or set literal (or an empty list(), dict(), set()).",
    title="Give each call a default of its own",
    before="""\
def collect(item, found=[]):
    found.append(item)
    return found
""",
    after="""\
def collect(item, found=None):
    if found is None:
        found = []
    found.append(item)
    return found
""",
    leaves_alone="Parameters that serve as a cache, defaults computed from other names, one-line functions, lambdas.",
    fix=_mutable_default,
    nodes=(cst.Param,),
)

RULES = (MUTABLE_DEFAULT,)
