"""Times without a zone."""

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety, ImportNeed
from orchestrator_assets.rules.call_sites import append_argument, is_starred, keyword
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_NOW = "datetime.datetime.now"
_UTCNOW = "datetime.datetime.utcnow"
_UTCFROM = "datetime.datetime.utcfromtimestamp"
_WRITTEN = frozenset({"isoformat", "replace", "utctimetuple", "timetuple"})


def _call(source: SourceFile, finding: Finding, name: str) -> cst.Call | None:
    def matches(node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Call) and source.qualified(node.func) == name

    found = source.locate(finding, cst.Call, where=matches)
    return found if isinstance(found, cst.Call) else None


def _utc(source: SourceFile, call: cst.Call) -> tuple[str, tuple[ImportNeed, ...]] | None:
    """How to write the zone UTC beside this call."""
    if isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Attribute):
        return f"{source.code(call.func.value.value)}.timezone.utc", ()
    known = source.imported_name("datetime", "timezone")
    return (f"{known[0]}.utc", known[1]) if known is not None else None


def _mixes(source: SourceFile, call: cst.Call) -> str | None:
    """Why an aware value would not do in this place, or None."""
    above = source.parent(call)
    if isinstance(above, cst.BinaryOperation | cst.ComparisonTarget | cst.Comparison):
        return "it is compared with or subtracted from a time that may have no zone; give both a zone"
    if isinstance(above, cst.Attribute) and above.attr.value in _WRITTEN:
        return f"what {above.attr.value} gives would change its form; give the time a zone where its readers know about it"
    stored = isinstance(above, cst.Assign) and any(not isinstance(target.target, cst.Name) for target in above.targets)
    if stored or isinstance(above, cst.Return | cst.Lambda):
        return "other code gets hold of the time and may compare it with one that has no zone; change them together"
    if isinstance(above, cst.Assign) and _reckoned_with(source, above):
        return "the value is compared or reckoned with further down; give all times of that reckoning a zone"
    if isinstance(above, cst.FormattedStringExpression):
        return "the text that is made of it would change its form; give the time a zone where its readers know about it"
    return None


def _reckoned_with(source: SourceFile, assign: cst.Assign) -> bool:
    """Whether the assigned name is compared, added or subtracted within its function."""
    names = {source.code(target.target) for target in assign.targets}
    scope = source.function_of(assign) or source.module
    for node in source.within(scope, cst.Name, cst.Attribute):
        above = source.parent(node)
        if source.code(node) in names and isinstance(above, cst.BinaryOperation | cst.Comparison | cst.ComparisonTarget | cst.AugAssign):
            return True
    return False


def _utcnow(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    call = _call(source, finding, _UTCNOW) or _call(source, finding, _UTCFROM)
    if call is None or not isinstance(call.func, cst.Attribute):
        return not_found("a call of datetime.utcnow or utcfromtimestamp")
    refusal = _mixes(source, call)
    if refusal is not None:
        return Decline(refusal)
    zone = _utc(source, call)
    if zone is None or is_starred(call):
        return Decline("the name timezone is taken in this file, or the arguments are hidden")
    name = "now" if call.func.attr.value == "utcnow" else "fromtimestamp"
    edit = append_argument(source, call, f"tz={zone[0]}")
    if edit is None:
        return Decline("the argument cannot be added in place; pass tz by hand")
    why = "The same moment, with its zone: nobody can take it for local time. Comparing it with a time without a zone raises from now on."
    return Rewrite((source.replace(call.func.attr, name), edit), why, zone[1])


UTCNOW = Rule(
    name="aware-utcnow",
    answers=(("ruff", "DTZ003"), ("ruff", "DTZ004"), ("pylint", "deprecated-method"), ("mypy", "deprecated")),
    cwe=(),
    safety=FixSafety.UNSAFE,
    precondition="datetime.utcnow() or utcfromtimestamp() whose value is not compared, reckoned with, written as text, stored or returned.",
    title="Give the UTC time its zone",
    before="""\
from datetime import datetime


def note(book, text):
    book.add(text, at=datetime.utcnow())
""",
    after="""\
from datetime import datetime, timezone


def note(book, text):
    book.add(text, at=datetime.now(tz=timezone.utc))
""",
    leaves_alone="Comparisons and differences with other times, texts whose form would change, times that other code gets hold of.",
    fix=_utcnow,
    nodes=(cst.Call,),
)


def _now(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    call = _call(source, finding, _NOW)
    if call is None or call.args or keyword(call, "tz") is not None:
        return not_found("a call of datetime.now() without a zone")
    refusal = _mixes(source, call)
    if refusal is not None:
        return Decline(refusal)
    at = source.full_span(call)[1]
    above = source.parent(call)
    if isinstance(above, cst.Attribute) and above.attr.value == "astimezone":
        return Decline("the time is given its offset already")
    kept = isinstance(above, cst.Attribute) and above.attr.value in {"timestamp", "date", "time", "year", "month", "day", "hour", "weekday"}
    why = "The same local time, now with its offset."
    if kept:
        return Rewrite((Edit(at, at, ".astimezone()"),), f"{why} What is taken from it stays the same.", safety=FixSafety.SAFE)
    return Rewrite((Edit(at, at, ".astimezone()"),), f"{why} Comparing it with a time without a zone raises from now on.")


LOCAL_NOW = Rule(
    name="aware-now",
    answers=(("ruff", "DTZ005"),),
    cwe=(),
    safety=FixSafety.UNSAFE,
    precondition="datetime.now() whose value is not compared, reckoned with, written as text, stored or returned.",
    title="Give the local time its offset",
    before="""\
from datetime import datetime


def note(book, text):
    book.add(text, at=datetime.now())
""",
    after="""\
from datetime import datetime


def note(book, text):
    book.add(text, at=datetime.now().astimezone())
""",
    leaves_alone="Comparisons and differences with other times, texts whose form would change, times that other code gets hold of.",
    fix=_now,
    nodes=(cst.Call,),
)

RULES = (UTCNOW, LOCAL_NOW)
