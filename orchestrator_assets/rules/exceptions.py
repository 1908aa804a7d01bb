"""Handlers that lose what went wrong, and checks that vanish under `python -O`."""

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety
from orchestrator_assets.rules.call_sites import constant
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_BROAD = frozenset({"Exception", "BaseException"})


def _raise_from(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    def matches(node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Raise) and node.exc is not None and node.cause is None

    statement = source.locate(finding, cst.Raise, where=matches)
    if not isinstance(statement, cst.Raise) or statement.exc is None:
        return not_found("a raise without from")
    handler = source.enclosing(statement, cst.ExceptHandler, *(cst.FunctionDef, cst.Lambda, cst.ClassDef))
    if not isinstance(handler, cst.ExceptHandler):
        return Decline("the raise is not directly in an except block")
    at = source.full_span(statement.exc)[1]
    why = "The original error stays attached as the cause; which error is raised does not change."
    if handler.name is not None:
        name = source.code(handler.name.name)
        if _rebound(source, handler, name):
            return Decline(f"{name} is assigned again in the handler; chain the right error by hand")
        if source.code(statement.exc) == name:
            return Decline("it raises the caught error itself; a bare raise would do")
        return Rewrite((Edit(at, at, f" from {name}"),), why)
    if handler.type is None:
        return Decline("the handler catches everything without naming a type; name the errors that are meant first")
    fresh = next((n for n in ("error", "exc", "err", "caught") if n not in source.used_names and n not in source.imported), None)
    if fresh is None:
        return Decline("the usual names for the caught error are taken in this file; chain it by hand")
    after_type = source.full_span(handler.type)[1]
    return Rewrite((Edit(after_type, after_type, f" as {fresh}"), Edit(at, at, f" from {fresh}")), why)


def _rebound(source: SourceFile, handler: cst.ExceptHandler, name: str) -> bool:
    for node in source.within(handler.body, cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.AsName, cst.NamedExpr, cst.Del):
        target = node.name if isinstance(node, cst.AsName) else getattr(node, "target", None)
        if target is None or source.code(target) == name or name in source.code(target).replace(",", " ").split():
            return True
    return False


RAISE_FROM = Rule(
    name="raise-from",
    answers=(("ruff", "B904"), ("pylint", "raise-missing-from")),
    cwe=(),
    safety=FixSafety.SAFE,
    precondition="A raise of a new error directly inside an except block that names its type.",
    title="Chain the original error",
    before="""\
def port(text):
    try:
        return int(text)
    except ValueError:
        raise RuntimeError('not a port')
""",
    after="""\
def port(text):
    try:
        return int(text)
    except ValueError as error:
        raise RuntimeError('not a port') from error
""",
    leaves_alone="Bare excepts, handlers that reassign the caught error, raises inside nested functions.",
    fix=_raise_from,
    nodes=(cst.Raise,),
)


def _handler_at(source: SourceFile, finding: Finding) -> cst.ExceptHandler | None:
    found = source.locate(finding, cst.ExceptHandler)
    return found if isinstance(found, cst.ExceptHandler) else None


def _body(block: cst.BaseSuite) -> list[cst.CSTNode]:
    """The statements of a block, one small statement each."""
    found: list[cst.CSTNode] = []
    for statement in block.body:
        found += list(statement.body) if isinstance(statement, cst.SimpleStatementLine) else [statement]
    return found


def _only_imports(source: SourceFile, handler: cst.ExceptHandler) -> bool:
    guarded = source.parent(handler)
    return isinstance(guarded, cst.Try) and all(isinstance(node, cst.Import | cst.ImportFrom) for node in _body(guarded.body))


def _reraises(source: SourceFile, handler: cst.ExceptHandler) -> bool:
    """Whether the handler always ends by raising the caught error again."""
    statements = _body(handler.body)
    last = statements[-1] if statements else None
    leaves = any(True for _ in source.within(handler.body, cst.Return, cst.Continue, cst.Break, nested=False))
    return isinstance(last, cst.Raise) and last.exc is None and not leaves


def _bare_except(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    handler = _handler_at(source, finding)
    if handler is None or handler.type is not None:
        return not_found("a bare except")
    at = source.span(handler)[0] + len("except")
    if source.assigned & {"ImportError", *_BROAD}:
        return Decline("the file gives the builtin errors' names another meaning")
    if _only_imports(source, handler):
        return Rewrite((Edit(at, at, " ImportError"),), "Only imports are guarded; a missing module raises ImportError.")
    if _reraises(source, handler):
        why = "The handler raises everything again, so BaseException says what it did all along."
        return Rewrite((Edit(at, at, " BaseException"),), why, safety=FixSafety.SAFE)
    return Rewrite(
        (Edit(at, at, " Exception"),), "KeyboardInterrupt and SystemExit are no longer swallowed; every other error is caught as before."
    )


BARE_EXCEPT = Rule(
    name="bare-except",
    answers=(("ruff", "E722"), ("pylint", "bare-except")),
    cwe=(703,),
    safety=FixSafety.UNSAFE,
    precondition="except: without a type.",
    title="Say which errors the handler is for",
    before="""\
def load(path, default):
    try:
        return read(path)
    except:
        return default
""",
    after="""\
def load(path, default):
    try:
        return read(path)
    except Exception:
        return default
""",
    leaves_alone="Handlers with a type.",
    fix=_bare_except,
    nodes=(cst.ExceptHandler,),
)


def _broad_import(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    handler = _handler_at(source, finding)
    if handler is None or handler.type is None or source.code(handler.type) not in _BROAD:
        return not_found("a handler of Exception")
    if not _only_imports(source, handler):
        return Decline("which errors the block may raise depends on what it calls; name those that are expected")
    return Rewrite((source.replace(handler.type, "ImportError"),), "Only imports are guarded; a missing module raises ImportError.")


BROAD_IMPORT_GUARD = Rule(
    name="import-guard",
    answers=(("pylint", "broad-exception-caught"), ("ruff", "BLE001")),
    cwe=(703,),
    safety=FixSafety.UNSAFE,
    precondition="except Exception around nothing but imports.",
    title="Catch ImportError around optional imports",
    before="""\
try:
    import ujson as json
except Exception:
    import json
""",
    after="""\
try:
    import ujson as json
except ImportError:
    import json
""",
    leaves_alone="Every other broad handler: which errors are expected depends on intent.",
    fix=_broad_import,
    nodes=(cst.ExceptHandler,),
)


def _swallowed(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    handler = _handler_at(source, finding)
    if handler is None:
        return not_found("an except block")
    statements = _body(handler.body)
    if len(statements) != 1 or not isinstance(statements[0], cst.Pass | cst.Continue):
        return not_found("a handler that does nothing")
    if handler.type is None:
        return Decline("the handler swallows every error, SystemExit included; name the errors that may be ignored")
    if _only_imports(source, handler) and source.code(handler.type) in _BROAD:
        return Rewrite((source.replace(handler.type, "ImportError"),), "Only imports are guarded; a missing module raises ImportError.")
    log = _logger(source)
    if log is None:
        return Decline("whether the error may be lost depends on intent: narrow the type to what is expected, or log it")
    if isinstance(statements[0], cst.Pass):
        edit = source.replace(statements[0], f'{log}.debug("Ignored an error", exc_info=True)')
    elif isinstance(handler.body, cst.IndentedBlock):
        at = source.span(statements[0])[0]
        edit = Edit(at, at, f'{log}.debug("Ignored an error", exc_info=True){source.line_end}{source.indent_of(statements[0])}')
    else:
        return Decline("the handler stands on one line; log the error by hand")
    return Rewrite((edit,), "The error is still ignored, but it leaves a trace at debug level in the module's own logger.")


def _logger(source: SourceFile) -> str | None:
    """The module's logger: a module-level name assigned once from logging.getLogger."""
    for statement in source.module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for node in statement.body:
            if (
                isinstance(node, cst.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0].target, cst.Name)
                and isinstance(node.value, cst.Call)
                and source.qualified(node.value.func) == "logging.getLogger"
            ):
                return node.targets[0].target.value
    return None


LOG_SWALLOWED = Rule(
    name="log-swallowed-error",
    answers=(("bandit", "B110"), ("bandit", "B112"), ("ruff", "S110"), ("ruff", "S112")),
    cwe=(703,),
    safety=FixSafety.UNSAFE,
    precondition="A handler with a type whose body is pass or continue, in a module that has a logger.",
    title="Leave a trace of the ignored error",
    before="""\
import logging

log = logging.getLogger(__name__)


def tidy(path):
    try:
        path.unlink()
    except Exception:
        pass
""",
    after="""\
import logging

log = logging.getLogger(__name__)


def tidy(path):
    try:
        path.unlink()
    except Exception:
        log.debug("Ignored an error", exc_info=True)
""",
    leaves_alone="Bare excepts, modules without a logger: whether the error may be lost is the author's to say.",
    fix=_swallowed,
    nodes=(cst.ExceptHandler,),
)


def _assert(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    statement = source.locate(finding, cst.Assert)
    if not isinstance(statement, cst.Assert):
        return not_found("an assert")
    line = source.parent(statement)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or not source.owns_its_lines(line):
        return Decline("other statements share its line; put it on a line of its own first")
    if not isinstance(source.parent(line), cst.IndentedBlock | cst.Module):
        return Decline("it stands on the line of its block; put it on a line of its own first")
    if isinstance(statement.test, cst.Tuple):
        return Decline("it asserts a tuple, which is always true; write the condition that was meant")
    if "AssertionError" in source.assigned:
        return Decline("the file gives AssertionError another meaning")
    raised = "raise AssertionError"
    if statement.msg is not None:
        whole = source.full_code(statement.msg)
        raised += whole if statement.msg.lpar and not isinstance(statement.msg, cst.Tuple | cst.GeneratorExp) else f"({whole})"
    condition, exact = _negated(source, statement.test)
    indent = source.indent_of(line)
    text = f"if {condition}:{source.line_end}{indent}{source.module.default_indent}{raised}"
    if constant(statement.test) in (False, 0, None) and not statement.test.lpar:
        text = raised
    edit = source.replace(statement, text)
    why = "The same error under the same condition, also when Python runs with -O."
    if exact:
        return Rewrite((edit,), why)
    return Rewrite((edit,), f"{why} The order is turned round, which differs for NaN only.", safety=FixSafety.UNSAFE)


_OPPOSITES: dict[type[cst.BaseCompOp], str] = {
    cst.Equal: "!=",
    cst.NotEqual: "==",
    cst.Is: "is not",
    cst.IsNot: "is",
    cst.In: "not in",
    cst.NotIn: "in",
    cst.LessThan: ">=",
    cst.LessThanEqual: ">",
    cst.GreaterThan: "<=",
    cst.GreaterThanEqual: "<",
}
# Classes may define == and != apart from each other, and with NaN no order has an exact opposite.
_INEXACT = (cst.Equal, cst.NotEqual, cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)


def _negated(source: SourceFile, test: cst.BaseExpression) -> tuple[str, bool]:
    """The opposite condition as code, and whether it is the exact opposite for every value."""
    code = source.full_code(test)
    if test.lpar:
        return f"not {code}", True
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return source.full_code(test.expression), True
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        target = test.comparisons[0]
        operator = _OPPOSITES[type(target.operator)]
        return f"{source.full_code(test.left)} {operator} {source.full_code(target.comparator)}", not isinstance(target.operator, _INEXACT)
    loose = isinstance(test, cst.BooleanOperation | cst.IfExp | cst.Lambda | cst.NamedExpr | cst.Comparison)
    return (f"not ({code})" if loose else f"not {code}"), True


ASSERT_TO_RAISE = Rule(
    name="assert-to-raise",
    answers=(("bandit", "B101"), ("ruff", "S101")),
    cwe=(703,),
    safety=FixSafety.SAFE,
    precondition="An assert on a line of its own, outside the tests.",
    title="Keep the check when Python runs with -O",
    before="""\
def half(number):
    assert number % 2 == 0, 'odd'
    return number // 2
""",
    after="""\
def half(number):
    if number % 2 != 0:
        raise AssertionError('odd')
    return number // 2
""",
    leaves_alone="Asserts of a tuple, several statements on one line.",
    fix=_assert,
    nodes=(cst.Assert,),
)

RULES = (RAISE_FROM, BARE_EXCEPT, BROAD_IMPORT_GUARD, LOG_SWALLOWED, ASSERT_TO_RAISE)
