"""Reading and changing the arguments of a call."""

import ast

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit
from orchestrator_assets.rules.source_file import SourceFile

# A line is broken rather than let grow past the width that the line kept until now: PEP 8's, ruff's and pylint's limits.
_WIDTHS = (79, 88, 100)


def keyword(call: cst.Call, name: str) -> cst.Arg | None:
    """The call's argument of that keyword."""
    return next((arg for arg in call.args if arg.keyword is not None and arg.keyword.value == name), None)


def positional(call: cst.Call, index: int) -> cst.Arg | None:
    """The positional argument of that index; None when a starred one comes before it."""
    for number, arg in enumerate(call.args):
        if arg.star or arg.keyword is not None:
            return None
        if number == index:
            return arg
    return None


def argument(call: cst.Call, index: int, name: str) -> cst.Arg | None:
    """The argument given by position or by keyword."""
    return positional(call, index) or keyword(call, name)


def is_starred(call: cst.Call) -> bool:
    """Whether `*args` or `**kwargs` hide some of the arguments."""
    return any(arg.star for arg in call.args)


def constant(node: cst.CSTNode | None) -> object:
    """The value of a literal (numbers, strings, True, None, tuples of these); `...` where it is no literal."""
    if isinstance(node, cst.BaseExpression):
        try:
            return ast.literal_eval(cst.Module([]).code_for_node(node).strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return ...
    return ...


def is_true(arg: cst.Arg | None) -> bool:
    """Whether the argument is the literal True (or another true constant)."""
    value = constant(arg.value) if arg is not None else ...
    return value is not ... and bool(value)


def arguments_span(source: SourceFile, call: cst.Call) -> tuple[int, int]:
    """What lies between the call's parentheses."""
    end = source.span(call)[1] - 1
    return source.text.index("(", source.full_span(call.func)[1]) + 1, end


def append_argument(source: SourceFile, call: cst.Call, text: str) -> Edit | None:
    """Insert an argument after the last one, on a line of its own where the others have theirs or the line would become too long.

    None where it cannot be put there: a bare generator expression, or a comment in the way.
    """
    start, end = arguments_span(source, call)
    if not call.args:
        return Edit(start, start, text) if not source.text[start:end].strip() else None
    last = call.args[-1]
    if len(call.args) == 1 and isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
        return None
    at = source.full_span(last.value)[1]
    first = source.span(last)[0]
    line_start = source.starts[source.place(last)[0] - 1]
    lead = source.text[line_start:first]
    if not lead.strip() and source.place(last)[0] != source.place(call)[0]:
        return Edit(at, at, f",{source.line_end}{lead}{text}")
    line_number = source.end_line(last)
    width = len(source.line_text(line_number))
    if any(width <= limit < width + len(text) + 2 for limit in _WIDTHS[1:]) and source.place(call)[0] == line_number:
        column = start - source.starts[line_number - 1]
        return Edit(at, at, f",{source.line_end}{' ' * column}{text}")
    return Edit(at, at, f", {text}")


def remove_argument(source: SourceFile, call: cst.Call, arg: cst.Arg) -> Edit | None:
    """Take an argument out together with the comma that separated it; None where a comment would go with it."""
    start, end = arguments_span(source, call)
    index = next(number for number, other in enumerate(call.args) if other is arg)
    if index + 1 < len(call.args):
        cut = source.span(arg)[0], source.span(call.args[index + 1])[0]
    elif index:
        cut = source.full_span(call.args[index - 1].value)[1], source.full_span(arg.value)[1]
    else:
        cut = start, end
    if "#" in source.text[cut[0] : cut[1]].replace(source.code(arg), ""):
        return None
    return Edit(*cut, "")


def call_of(source: SourceFile, finding: Finding, *names: str) -> tuple[cst.Call, str] | None:
    """The finding's call of one of the dotted names, and which one it is; None where that is not certain."""

    def matches(node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Call) and source.qualified(node.func) in names

    call = source.locate(finding, cst.Call, where=matches)
    if not isinstance(call, cst.Call):
        return None
    return call, source.qualified(call.func) or ""
