"""Code whose shape can change without its meaning: parentheses, returns."""

import ast

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_HOLDERS = (
    cst.If,
    cst.While,
    cst.Return,
    cst.Assert,
    cst.UnaryOperation,
    cst.For,
    cst.Yield,
    cst.Del,
    cst.ComparisonTarget,
    cst.Assign,
    cst.AnnAssign,
    cst.Arg,
    cst.Param,
)


def _subjects(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """The expressions that stand right after the node's keyword."""
    if isinstance(node, cst.If | cst.While | cst.Assert):
        return [node.test]
    if isinstance(node, cst.For):
        return [node.iter, node.target]
    if isinstance(node, cst.Return | cst.AnnAssign):
        return [node.value] if node.value is not None else []
    if isinstance(node, cst.Assign) or (isinstance(node, cst.Arg) and node.keyword is not None):
        return [node.value]
    if isinstance(node, cst.Param):
        return [node.default] if node.default is not None else []
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        return [node.expression]
    if isinstance(node, cst.Yield) and isinstance(node.value, cst.BaseExpression):
        return [node.value]
    if isinstance(node, cst.ComparisonTarget) and isinstance(node.operator, cst.In | cst.NotIn):
        return [node.comparator]
    if isinstance(node, cst.Del):
        return [node.target]
    return []


def _parens(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = [
        subject
        for holder in source.nodes(*_HOLDERS)
        for subject in _subjects(holder)
        if len(subject.lpar) == 1
        and source.place(subject)[0] == finding.line
        and not isinstance(subject, cst.Tuple | cst.NamedExpr | cst.Yield)
    ]
    word = finding.message.partition("'")[2].partition("'")[0]
    if word:
        found = [subject for subject in found if source.text[: source.full_span(subject)[0]].rstrip(" ").endswith(word)]
    if len(found) != 1:
        return not_found("one expression in parentheses after a keyword")
    subject = found[0]
    start, end = source.full_span(subject)
    if "\n" in source.text[start:end]:
        return Decline("the parentheses hold several lines together")
    before = " " if source.text[:start][-1:].isalnum() else ""
    after = " " if source.text[end : end + 1].isalnum() else ""
    edits = (Edit(start, source.span(subject)[0], before), Edit(source.span(subject)[1], end, after))
    if not _same_meaning(source, edits):
        return Decline("without the parentheses it would mean something else")
    return Rewrite(edits, "The syntax tree is the same with and without them.")


def _same_meaning(source: SourceFile, edits: tuple[Edit, Edit]) -> bool:
    first, second = edits
    text = source.text
    changed = text[: first.start] + first.replacement + text[first.end : second.start] + second.replacement + text[second.end :]
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(changed))
    except (SyntaxError, ValueError, RecursionError):
        return False


SUPERFLUOUS_PARENS = Rule(
    name="superfluous-parens",
    answers=(("pylint", "superfluous-parens"),),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="One pair of parentheses on one line right after a keyword.",
    title="Drop parentheses that change nothing",
    before="""\
def sign(number):
    if (number < 0):
        return -1
    return 1
""",
    after="""\
def sign(number):
    if number < 0:
        return -1
    return 1
""",
    leaves_alone="Tuples, expressions over several lines, places where the meaning would change.",
    fix=_parens,
    nodes=(cst.If, cst.While, cst.Return, cst.Assert, cst.UnaryOperation, cst.For),
)


def _consistent_returns(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    functions = [
        node
        for node in source.nodes(cst.FunctionDef)
        if isinstance(node, cst.FunctionDef) and finding.line in {source.place(node.name)[0], source.place(node)[0]}
    ]
    if len(functions) != 1:
        return not_found("a function's definition")
    function = functions[0]
    if any(True for _ in source.within(function.body, cst.Yield, nested=False)):
        return Decline("it is a generator, whose return means something else")
    if not isinstance(function.body, cst.IndentedBlock):
        return not_found("a function with a body of its own")
    returns = [node for node in source.within(function.body, cst.Return, nested=False) if isinstance(node, cst.Return)]
    if not any(node.value is not None for node in returns):
        return not_found("a function that returns a value")
    edits = [source.replace(node, "return None") for node in returns if node.value is None]
    last = function.body.body[-1]
    ends = _ends(last)
    if ends is None:
        return Decline("whether its end is reached cannot be told; make each path return a value")
    if not ends:
        line = source.end_line(last)
        at = source.span(last)[1]
        rest = source.text[at : source.starts[min(line, len(source.starts) - 1)]]
        if rest.strip() and not rest.strip().startswith("#"):
            return Decline("other statements share its last line")
        at += len(rest.rstrip("\r\n"))
        indent = source.indent_of(function.body.body[0])
        edits.append(Edit(at, at, f"{source.line_end}{indent}return None"))
    if not edits:
        return not_found("a function with a path that returns nothing")
    return Rewrite(tuple(edits), "Paths that returned None silently now say so; no value changes.")


def _ends(node: cst.CSTNode) -> bool | None:
    """Whether control surely does not pass the end of the statement (True), may pass it (False), or cannot be told (None)."""
    if isinstance(node, cst.SimpleStatementLine):
        return isinstance(node.body[-1], cst.Return | cst.Raise)
    if isinstance(node, cst.If):
        if node.orelse is None:
            return False
        other = node.orelse
        parts = [_block_ends(node.body), _ends(other) if isinstance(other, cst.If) else _block_ends(other.body)]
        return None if None in parts else all(parts)
    if isinstance(node, cst.For | cst.FunctionDef | cst.ClassDef):
        return False if not isinstance(node, cst.For) or node.orelse is None else None
    return None


def _block_ends(block: cst.BaseSuite) -> bool | None:
    last = block.body[-1]
    if isinstance(last, cst.BaseSmallStatement):
        return isinstance(last, cst.Return | cst.Raise)
    return _ends(last)


CONSISTENT_RETURNS = Rule(
    name="consistent-returns",
    answers=(("pylint", "inconsistent-return-statements"),),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="A function of which some paths return a value and others fall off the end or return nothing.",
    title="Say that the other paths return None",
    before="""\
def find(rows, key):
    for row in rows:
        if row == key:
            return row
""",
    after="""\
def find(rows, key):
    for row in rows:
        if row == key:
            return row
    return None
""",
    leaves_alone="Generators, functions that end in a loop or a try whose end cannot be judged.",
    fix=_consistent_returns,
    nodes=(cst.FunctionDef,),
)


def _trailing_newlines(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    kept = source.text.rstrip(" \t\r\n\f")
    end = len(kept) + len(source.line_end)
    if not kept or finding.line < 1 or source.text[len(kept) : end] != source.line_end or end >= len(source.text):
        return not_found("a file that ends in blank lines")
    return Rewrite((Edit(end, len(source.text), ""),), "Blank lines at the end of a file mean nothing.")


TRAILING_NEWLINES = Rule(
    name="trailing-newlines",
    answers=(("pylint", "trailing-newlines"), ("ruff", "W391")),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="A file that ends in more than one line end.",
    title="Drop blank lines at the end of the file",
    before="ANSWER = 42\n\n\n",
    after="ANSWER = 42\n",
    leaves_alone="Files without code.",
    fix=_trailing_newlines,
    nodes=(cst.Module,),
)

RULES = (SUPERFLUOUS_PARENS, CONSISTENT_RETURNS, TRAILING_NEWLINES)
