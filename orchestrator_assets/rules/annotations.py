"""Annotations that follow from the code alone."""

import re

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety, ImportNeed
from orchestrator_assets.rules.call_sites import positional
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_STUB_DECORATORS = frozenset({"abstractmethod", "overload", "abstractproperty", "property", "cached_property", "contextmanager", "fixture"})


def _function_at(source: SourceFile, finding: Finding) -> cst.FunctionDef | None:
    """The function whose `def` (or first decorator) begins at the finding's line."""
    for node in source.nodes(cst.FunctionDef):
        if isinstance(node, cst.FunctionDef):
            lines = {source.place(node.name)[0], source.place(node)[0], *(source.place(mark)[0] for mark in node.decorators)}
            if finding.line in lines:
                return node
    return None


def _returns_none(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    function = _function_at(source, finding)
    if function is None:
        return not_found("a function's definition")
    if function.returns is not None:
        return Decline("its return type is there; its parameters' types have to come from someone who knows what callers pass")
    if any(param.annotation is None for param in _parameters(source, function)):
        return Decline("its parameters have no types either; they have to come from someone who knows what callers pass")
    refusal = _not_certainly_none(source, function)
    if refusal is not None:
        return Decline(refusal)
    at = source.after_parameters(function)
    return Rewrite((Edit(at, at, " -> None"),), "No path through it returns a value.")


def _parameters(source: SourceFile, function: cst.FunctionDef) -> list[cst.Param]:
    """All parameters but a method's self or cls."""
    params = function.params
    plain = [*params.posonly_params, *params.params]
    static = any(source.code(mark.decorator) == "staticmethod" for mark in function.decorators)
    if isinstance(source.enclosing(function, cst.FunctionDef, cst.ClassDef), cst.ClassDef) and not static:
        plain = plain[1:]
    stars = [param for param in (params.star_arg, params.star_kwarg) if isinstance(param, cst.Param)]
    return [*plain, *params.kwonly_params, *stars]


# Python ignores or forbids what these return.
_ALWAYS_NONE = frozenset({"__init__", "__del__", "__setattr__", "__delattr__", "__setitem__", "__delitem__", "__post_init__"})


def _not_certainly_none(source: SourceFile, function: cst.FunctionDef) -> str | None:
    """Why it is not certain that it returns None, or None if it is."""
    decorators = {source.code(mark.decorator).partition("(")[0].rpartition(".")[2] for mark in function.decorators}
    if decorators & _STUB_DECORATORS:
        return "its decorator gives the return type a meaning of its own"
    if _returns_something(source, function):
        return "it yields, or returns a value whose type has to be said by someone who knows it"
    if function.name.value in _ALWAYS_NONE:
        return None
    if _is_placeholder(function):
        return "its body is a placeholder, so what it returns is up to those who override it"
    last = function.body.body[-1]
    if isinstance(last, cst.While) or (isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise)):
        return "it may never return, so NoReturn or the overriding methods' type may be meant"
    for other in source.nodes(cst.FunctionDef):
        same_name = isinstance(other, cst.FunctionDef) and other is not function and other.name.value == function.name.value
        if same_name and isinstance(other, cst.FunctionDef) and _returns_something(source, other):
            return "another function of that name in the file returns a value; it may override this one"
    return None


def _returns_something(source: SourceFile, function: cst.FunctionDef) -> bool:
    return any(
        isinstance(node, cst.Yield) or (isinstance(node, cst.Return) and node.value is not None and source.code(node.value) != "None")
        for node in source.within(function.body, cst.Yield, cst.Return, nested=False)
    )


def _is_placeholder(function: cst.FunctionDef) -> bool:
    """Whether it holds nothing but a docstring, `...` or `pass`."""
    body: list[cst.CSTNode] = []
    for line in function.body.body:
        body += list(line.body) if isinstance(line, cst.SimpleStatementLine) else [line]
    return all(
        isinstance(node, cst.Pass) or (isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString | cst.Ellipsis))
        for node in body
    )


RETURNS_NONE = Rule(
    name="returns-none",
    answers=(("mypy", "no-untyped-def"),),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="A function with typed parameters (or none) that never returns a value, is no generator and no placeholder.",
    title="Say that the function returns nothing",
    before="""\
class Desk:
    def __init__(self, name: str):
        self.name = name
""",
    after="""\
class Desk:
    def __init__(self, name: str) -> None:
        self.name = name
""",
    leaves_alone="Functions with untyped parameters, abstract, overloaded or placeholder ones, generators, functions that always raise.",
    fix=_returns_none,
    nodes=(cst.FunctionDef,),
    example_message="Function is missing a return type annotation",
)


_DEFAULT = re.compile(r'Incompatible default for (?:parameter|argument) "(?P<name>\w+)" \(default has type "None"')


def optional_of(source: SourceFile, annotation: str) -> tuple[str, tuple[ImportNeed, ...]] | None:
    """The annotation widened by None, as the file's minimum Python can say it; None where a name is taken or a string is in the way."""
    if source.target_version >= (3, 10):
        if annotation[:1] in {"'", '"'}:
            return f"{annotation[:-1]} | None{annotation[-1]}", ()
        return f"{annotation} | None", ()
    known = source.imported_name("typing", "Optional")
    return (f"{known[0]}[{annotation}]", known[1]) if known is not None else None


def allows_none(annotation: str) -> bool:
    """Whether an annotation already lets None through."""
    return "Optional[" in annotation or "None" in annotation or annotation in {"Any", "typing.Any", "object"}


def _implicit_optional(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    match = _DEFAULT.match(finding.message)
    if match is None:
        return Decline("which of the two types is meant has to be said by someone who knows the values")
    name = match["name"]
    params = [
        node
        for node in source.nodes(cst.Param)
        if isinstance(node, cst.Param)
        and node.name.value == name
        and node.default is not None
        and source.code(node.default) == "None"
        and source.place(node)[0] <= finding.line <= source.end_line(node)
    ]
    if len(params) != 1 or params[0].annotation is None:
        return not_found("a typed parameter with None as its default")
    return widened(source, params[0].annotation.annotation)


def widened(source: SourceFile, annotation: cst.BaseExpression) -> Rewrite | Decline:
    """Add None to a parameter's annotation."""
    if not isinstance(annotation, cst.Name | cst.Attribute | cst.Subscript | cst.SimpleString | cst.BinaryOperation):
        return Decline("its annotation is of an unusual form; add None by hand")
    if allows_none(source.full_code(annotation)):
        return Decline("the annotation allows None already")
    made = optional_of(source, source.full_code(annotation))
    if made is None:
        return Decline("the name Optional is taken in this file")
    start, end = source.full_span(annotation)
    why = "The default says that None is allowed; PEP 484 no longer reads that into the type."
    return Rewrite((Edit(start, end, made[0]),), why, made[1])


IMPLICIT_OPTIONAL = Rule(
    name="implicit-optional",
    answers=(("mypy", "assignment"),),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="A parameter with None as its default whose annotation leaves None out.",
    title="Let the type say that None is allowed",
    before="""\
def premium(cents: int = None) -> int:
    return cents or 0
""",
    after="""\
def premium(cents: int | None = None) -> int:
    return cents or 0
""",
    leaves_alone="Every other clash between a value and a declared type.",
    fix=_implicit_optional,
    nodes=(cst.Param,),
    example_message='Incompatible default for argument "cents" (default has type "None", argument has type "int")',
)


_IGNORE = re.compile(r"#\s*type:\s*ignore(?:\[(?P<codes>[^\]]*)\])?")
_UNUSED = re.compile(r'Unused "type: ignore(?:\[(?P<codes>[^\]]*)\])?" comment')


def _codes(text: str | None) -> list[str]:
    return [code.strip() for code in (text or "").split(",") if code.strip()]


def _unused_ignore(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    comments = [node for node in source.nodes(cst.Comment) if isinstance(node, cst.Comment) and source.place(node)[0] == finding.line]
    found = _IGNORE.search(comments[0].value) if len(comments) == 1 else None
    unused = _UNUSED.match(finding.message)
    if found is None or unused is None:
        return not_found('a "type: ignore" comment on that line')
    start, end = source.span(comments[0])
    present, dead = _codes(found["codes"]), _codes(unused["codes"])
    alive = [code for code in present if code not in dead] if dead else []
    why = "mypy finds nothing to ignore on this line any more."
    if alive:
        return Rewrite((Edit(start + found.start("codes"), start + found.end("codes"), ", ".join(alive)),), why)
    rest = comments[0].value[: found.start()].rstrip() + comments[0].value[found.end() :]
    if rest.strip():
        if not rest.lstrip().startswith("#"):
            return Decline("the comment holds more than the ignore; take it out by hand")
        return Rewrite((Edit(start, end, rest.strip()),), why)
    line = source.starts[finding.line - 1]
    code = source.text[line:start].rstrip()
    if not code:
        return Decline("the comment stands on a line of its own and is about the whole file; take it out by hand")
    return Rewrite((Edit(line + len(code), end, ""),), why)


UNUSED_IGNORE = Rule(
    name="unused-type-ignore",
    answers=(("mypy", "unused-ignore"),),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="A type: ignore comment after code, with the codes that mypy says are unused.",
    title="Remove a type: ignore that ignores nothing",
    before="total = int('3')  # type: ignore[arg-type]\n",
    after="total = int('3')\n",
    leaves_alone="Comments about the whole file, codes that are still in use.",
    fix=_unused_ignore,
    nodes=(cst.Comment,),
    example_message='Unused "type: ignore" comment',
)


def _redundant_cast(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    def matches(node: cst.CSTNode) -> bool:
        return (
            isinstance(node, cst.Call) and source.qualified(node.func) in {"typing.cast", "typing_extensions.cast"} and len(node.args) == 2
        )

    call = source.locate(finding, cst.Call, where=matches)
    value = positional(call, 1) if isinstance(call, cst.Call) else None
    if not isinstance(call, cst.Call) or value is None:
        return not_found("a call of typing.cast")
    if "#" in source.code(call):
        return Decline("a comment stands within the cast")
    code = source.full_code(value.value)
    simple = isinstance(value.value, cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.BaseNumber | cst.SimpleString)
    edit = source.replace(call, code if simple or value.value.lpar or call.lpar else f"({code})")
    return Rewrite((edit,), "The value has that type already; cast does nothing while the program runs.")


REDUNDANT_CAST = Rule(
    name="redundant-cast",
    answers=(("mypy", "redundant-cast"),),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="typing.cast to the type that the value has already.",
    title="Drop a cast that changes nothing",
    before="""\
from typing import cast


def double(number: int) -> int:
    return cast(int, number) * 2
""",
    after="""\
def double(number: int) -> int:
    return number * 2
""",
    leaves_alone="Casts with comments inside.",
    fix=_redundant_cast,
    nodes=(cst.Call,),
    example_message='Redundant cast to "int"',
)

RULES = (RETURNS_NONE, IMPLICIT_OPTIONAL, UNUSED_IGNORE, REDUNDANT_CAST)
