"""Text that is put together the old way."""

import re

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import FixSafety
from orchestrator_assets.rules.call_sites import constant
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule
from orchestrator_assets.rules.source_file import SourceFile

_CONVERSIONS = frozenset({"str", "repr", "len", "int", "float", "round", "hex", "oct", "bin", "chr", "ascii"})
_FIELD = re.compile(r"%(?:(?P<spec>\.\d+f|0?\d*d)|(?P<kind>[sr%]))")
_SIMPLE = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)


def _percent(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    def matches(node: cst.CSTNode) -> bool:
        return isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo) and isinstance(node.left, cst.BaseString)

    node = source.locate(finding, cst.BinaryOperation, where=matches)
    if not isinstance(node, cst.BinaryOperation):
        return Decline("the string is put together in a way that no rule undoes", try_ruff=finding.tool == "pylint")
    if not isinstance(node.left, cst.SimpleString) or not isinstance(constant(node.left), str) or node.left.lpar:
        return Decline("the template is no plain string; write the f-string by hand")
    if node.left.prefix or len(node.left.quote) != 1 or any(mark in node.left.raw_value for mark in "{}\\"):
        return Decline("the template holds braces, escapes or a prefix; write the f-string by hand")
    fields = list(_FIELD.finditer(node.left.raw_value))
    if node.left.raw_value.count("%") != sum(match[0].count("%") for match in fields):
        return Decline("a placeholder has a form that f-strings write otherwise; write the f-string by hand")
    values = _values(source, node)
    slots = [match for match in fields if match["kind"] != "%"]
    if values is None or len(values) != len(slots):
        return Decline("what is filled in may be a tuple or a mapping; write the f-string by hand")
    if any("d" in (slot["spec"] or "") and not _is_integer(source, value) for slot, value in zip(slots, values, strict=True)):
        return Decline("%d cuts off decimals, which f-strings refuse; write the f-string by hand if the value is an integer")
    codes = [source.code(value) for value in values]
    if not all(_fits(value, code, node.left.quote) for value, code in zip(values, codes, strict=True)):
        return Decline("a value would be hard to read, or not allowed, within an f-string")
    text = _filled(node.left.raw_value, codes)
    end = source.span(node)[1]
    first = source.line_text(source.place(node)[0])
    width = source.place(node)[1] - 1 + len(text) + 3 + source.end_of_line(end) - end
    if width > max(100, len(first)):
        return Decline("the line would become too long; break the text by hand")
    why = "The same text for strings, numbers and everything that formats as it prints."
    return Rewrite((source.replace(node, f"f{node.left.quote}{text}{node.left.quote}"),), why)


def _values(source: SourceFile, node: cst.BinaryOperation) -> list[cst.BaseExpression] | None:
    """What is filled in; None where it may be a tuple, whose items % would spread over the placeholders."""
    if isinstance(node.right, cst.Tuple):
        if any(isinstance(element, cst.StarredElement) for element in node.right.elements):
            return None
        return [element.value for element in node.right.elements]
    return [node.right] if _is_single(source, node.right) else None


def _is_single(source: SourceFile, value: cst.BaseExpression) -> bool:
    """Whether the value is certainly no tuple: made by a built-in conversion, or a parameter annotated as text or number."""
    if isinstance(value, cst.Call):
        return source.qualified(value.func) in _CONVERSIONS
    return isinstance(value, cst.Name) and any(_annotation_of(source, value) == name for name in ("str", "int", "float", "bool"))


def _is_integer(source: SourceFile, value: cst.BaseExpression) -> bool:
    """Whether the value is an int for certain: len(...), int(...), or a parameter annotated as one."""
    if isinstance(value, cst.Call):
        return source.qualified(value.func) in {"len", "int", "round"} and len(value.args) == 1
    return isinstance(value, cst.Name) and _annotation_of(source, value) == "int"


def _annotation_of(source: SourceFile, name: cst.Name) -> str:
    """What the enclosing function says of the parameter of this name; empty when it says nothing or there is none."""
    function = source.function_of(name)
    if function is None:
        return ""
    params = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    found = [source.code(p.annotation.annotation) for p in params if p.name.value == name.value and p.annotation is not None]
    return found[0] if found else ""


def _fits(value: cst.BaseExpression, code: str, quote: str) -> bool:
    """Before Python 3.12 a placeholder holds neither the string's quote nor a backslash nor a line end."""
    awkward = (quote, "\\", "\n", "{", "}", "#", "lambda", ":=")
    return isinstance(value, _SIMPLE) and len(code) <= 40 and not any(mark in code for mark in awkward)


def _filled(template: str, codes: list[str]) -> str:
    remaining = iter(codes)

    def fill(match: re.Match[str]) -> str:
        if match["kind"] == "%":
            return "%"
        mark = {"r": "!r", "s": ""}.get(match["kind"] or "", f":{match['spec']}")
        return f"{{{next(remaining)}{mark}}}"

    return _FIELD.sub(fill, template)


PERCENT_TO_FSTRING = Rule(
    name="percent-to-fstring",
    answers=(("ruff", "UP031"), ("pylint", "consider-using-f-string")),
    cwe=(),
    safety=FixSafety.UNSAFE,
    precondition="A plain literal % names, attributes, items or calls, with %s, %r, %.2f, or %d for a certain integer.",
    title="Write the text as an f-string",
    before="def label(name, grams: int):\n    return '%s weighs %d g' % (name, grams)\n",
    after="def label(name, grams: int):\n    return f'{name} weighs {grams:d} g'\n",
    leaves_alone="Bytes, raw and triple-quoted strings, named placeholders, values over several lines or with quotes of the same kind.",
    fix=_percent,
    nodes=(cst.BinaryOperation,),
)

RULES = (PERCENT_TO_FSTRING,)
