"""Log messages that are put together before anyone asks for them."""

import re
from typing import cast

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety
from orchestrator_assets.rules.call_sites import constant, is_starred
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"})
# Format specifications that mean the same after a per cent sign (integers and floats with a type letter).
_SPEC = re.compile(r"0?\d*(?:\.\d+)?[dfeExX]")
_PERCENT = re.compile(r"%(?:\([^)]*\))?[#0\- +]*\d*(?:\.\d+)?([a-zA-Z%])")


def _message_slot(call: cst.Call) -> int | None:
    """Index of the message among the arguments of a logger's method."""
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else None
    if name not in _METHODS:
        return None
    return 1 if name == "log" else 0


def _logging_call(source: SourceFile, finding: Finding) -> tuple[cst.Call, cst.Arg] | None:
    def matches(node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Call):
            return False
        slot = _message_slot(node)
        if slot is None or is_starred(node) or len(node.args) <= slot or node.args[slot].keyword is not None:
            return False
        return _is_built(node.args[slot].value)

    call = source.locate(finding, cst.Call, where=matches)
    if isinstance(call, cst.Call):
        slot = _message_slot(call)
        return (call, call.args[slot]) if slot is not None else None
    return _by_message(source, finding)


def _by_message(source: SourceFile, finding: Finding) -> tuple[cst.Call, cst.Arg] | None:
    """Ruff points at the message, not at the call."""
    message = source.locate(finding, cst.FormattedString, cst.ConcatenatedString, cst.BinaryOperation, cst.Call, where=_is_built)
    arg = source.parent(message) if message is not None else None
    call = source.parent(arg) if arg is not None else None
    if not isinstance(arg, cst.Arg) or not isinstance(call, cst.Call) or is_starred(call):
        return None
    slot = _message_slot(call)
    return (call, arg) if slot is not None and len(call.args) > slot and call.args[slot] is arg else None


def _is_built(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Attribute) and node.func.attr.value == "format"
    if isinstance(node, cst.ConcatenatedString):
        return _is_built(node.left) or _is_built(node.right)
    return isinstance(node, cst.FormattedString) or (isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo))


def _lazy(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = _logging_call(source, finding)
    if found is None:
        return not_found("a logging call with a message that is put together in place")
    call, message = found
    slot = call.args.index(message)
    if any(arg.keyword is None for arg in call.args[slot + 1 :]):
        return Decline("the call has arguments besides the message that is put together; merge them by hand")
    if any("\n" in source.code(node) and "#" in source.code(node) for node in (message.value,)):
        return Decline("a comment stands within the message")
    parts = _template(source, message.value)
    if isinstance(parts, Decline):
        return parts
    text, values = parts
    end = source.full_span(message.value)[1]
    edits: tuple[Edit, ...] = (source.replace(message.value, text), Edit(end, end, "".join(f", {value}" for value in values)))
    if not message.value.lpar:
        edits = (source.replace(message.value, _spread(source, message.value, text, values)),)
    why = "The same text; it is put together only when the level is on, and log tools can group by the template."
    if _may_be_tuple(message.value):
        return Rewrite(edits, f"{why} Should the one value be a tuple, it is now printed whole.", safety=FixSafety.UNSAFE)
    if isinstance(message.value, cst.Call):
        return Rewrite(edits, f"{why} A value with a format of its own is now printed as text.", safety=FixSafety.UNSAFE)
    return Rewrite(edits, why)


def _spread(source: SourceFile, node: cst.BaseExpression, text: str, values: list[str]) -> str:
    """Template and values, the values on a line of their own where one line would become too long."""
    joined = ", ".join((text, *values))
    column = source.place(node)[1] - 1
    end = source.span(node)[1]
    width = column + len(joined) + source.end_of_line(end) - end
    if not values or "\n" in joined or width <= max(100, len(source.line_text(source.place(node)[0]))):
        return joined
    return f"{text},{source.line_end}{' ' * column}{', '.join(values)}"


def _may_be_tuple(node: cst.BaseExpression) -> bool:
    """Whether `template % value` might spread a tuple over the placeholders."""
    if not isinstance(node, cst.BinaryOperation):
        return False
    return not isinstance(node.right, cst.Tuple | cst.SimpleString | cst.Integer | cst.FormattedString)


def _template(source: SourceFile, node: cst.BaseExpression) -> tuple[str, list[str]] | Decline:
    if isinstance(node, cst.FormattedString):
        return _from_fstring(source, node)
    if isinstance(node, cst.ConcatenatedString):
        return _from_concatenated(source, node)
    if isinstance(node, cst.BinaryOperation):
        return _from_percent(source, node)
    return _from_format(source, cast(cst.Call, node))


def _from_fstring(source: SourceFile, node: cst.FormattedString) -> tuple[str, list[str]] | Decline:
    text = ""
    values: list[str] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            text += part.value.replace("{{", "{").replace("}}", "}").replace("%", "%%")
            continue
        expression = cast(cst.FormattedStringExpression, part)
        mark = _mark(expression)
        if mark is None:
            return Decline("a placeholder has a format that logging's per cent style cannot say; write it by hand")
        text += mark
        code = source.full_code(expression.expression)
        loose = isinstance(expression.expression, cst.Yield | cst.NamedExpr | cst.Lambda | cst.Tuple | cst.GeneratorExp)
        values.append(f"({code})" if loose and not expression.expression.lpar else code)
    if not values:
        text = text.replace("%%", "%")
    prefix = node.start.replace("f", "").replace("F", "")
    return f"{prefix}{text}{node.end}", values


def _from_concatenated(source: SourceFile, node: cst.ConcatenatedString) -> tuple[str, list[str]] | Decline:
    """Each piece keeps its line; a plain piece has its per cent signs doubled."""
    pieces: list[tuple[cst.BaseExpression, str]] = []
    values: list[str] = []
    for piece in _pieces(node):
        if isinstance(piece, cst.FormattedString):
            made = _from_fstring(source, piece)
            if isinstance(made, Decline):
                return made
            pieces.append((piece, made[0] if made[1] else made[0].replace("%", "%%")))
            values += made[1]
        else:
            pieces.append((piece, source.code(piece).replace("%", "%%")))
    if not values:
        return Decline("the message has no placeholders; drop the f by hand")
    start = source.span(node)[0]
    text = source.code(node)
    for piece, changed in reversed(pieces):
        first, last = source.span(piece)
        text = text[: first - start] + changed + text[last - start :]
    return text, values


def _pieces(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(node, cst.ConcatenatedString):
        return [*_pieces(node.left), *_pieces(node.right)]
    return [node]


def _mark(part: cst.FormattedStringExpression) -> str | None:
    if part.equal is not None:
        return None
    if part.format_spec:
        spec = "".join(piece.value for piece in part.format_spec if isinstance(piece, cst.FormattedStringText))
        constant_spec = all(isinstance(piece, cst.FormattedStringText) for piece in part.format_spec)
        return f"%{spec}" if constant_spec and not part.conversion and _SPEC.fullmatch(spec) else None
    return {None: "%s", "s": "%s", "r": "%r", "a": "%a"}.get(part.conversion)


def _from_percent(source: SourceFile, node: cst.BinaryOperation) -> tuple[str, list[str]] | Decline:
    template = constant(node.left)
    if not isinstance(template, str):
        return Decline("the template is no literal; write the logging call by hand")
    wanted = [match for match in _PERCENT.finditer(template) if match[1] != "%"]
    if any("(" in match[0] for match in wanted):
        return Decline("the template uses named placeholders; write the logging call by hand")
    text = source.full_code(node.left)
    if isinstance(node.right, cst.Tuple):
        if any(isinstance(element, cst.StarredElement) for element in node.right.elements) or len(wanted) != len(node.right.elements):
            return Decline("the placeholders and the values do not match one to one")
        return text, [source.full_code(element.value) for element in node.right.elements]
    if len(wanted) != 1 or isinstance(node.right, cst.Dict | cst.DictComp):
        return Decline("what is filled in may be a tuple or a mapping; write the logging call by hand")
    return text, [source.full_code(node.right)]


def _from_format(source: SourceFile, node: cst.Call) -> tuple[str, list[str]] | Decline:
    template = constant(node.func.value) if isinstance(node.func, cst.Attribute) else ...
    if not isinstance(template, str) or not isinstance(node.func, cst.Attribute) or not isinstance(node.func.value, cst.SimpleString):
        return Decline("the template is no plain literal; write the logging call by hand")
    literal = node.func.value
    fields = re.findall(r"\{[^}]*\}", literal.raw_value)
    plain = all(field == "{}" for field in fields) and "{{" not in literal.raw_value and "}}" not in literal.raw_value
    if not plain or len(fields) != len(node.args) or any(arg.keyword is not None or arg.star for arg in node.args):
        return Decline("the placeholders are more than {} in order; write the logging call by hand")
    text = literal.raw_value.replace("%", "%%") if fields else literal.raw_value
    quoted = f"{literal.prefix}{literal.quote}{text.replace('{}', '%s')}{literal.quote}"
    return quoted, [source.full_code(arg.value) for arg in node.args]


LAZY_LOGGING = Rule(
    name="lazy-logging",
    answers=(
        ("ruff", "G001"),
        ("ruff", "G002"),
        ("ruff", "G004"),
        ("pylint", "logging-fstring-interpolation"),
        ("pylint", "logging-not-lazy"),
        ("pylint", "logging-format-interpolation"),
    ),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="A logger's message made by an f-string, %, or str.format with placeholders that the per cent style can say.",
    title="Let logging put the message together",
    before="""\
import logging

log = logging.getLogger(__name__)


def done(name, size):
    log.info(f'{name!r} has {size} bytes (100%)')
""",
    after="""\
import logging

log = logging.getLogger(__name__)


def done(name, size):
    log.info('%r has %s bytes (100%%)', name, size)
""",
    leaves_alone="Alignments and computed formats, named placeholders, messages that have arguments already, concatenation.",
    fix=_lazy,
    nodes=(cst.Call,),
)

RULES = (LAZY_LOGGING,)
