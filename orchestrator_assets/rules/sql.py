"""SQL statements with values pasted into their text."""

import re
from typing import cast

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety
from orchestrator_assets.rules.call_sites import is_starred
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_OTHER_DRIVERS = frozenset(
    [
        "psycopg",
        "psycopg2",
        "MySQLdb",
        "pymysql",
        "mysql",
        "oracledb",
        "cx_Oracle",
        "pyodbc",
        "asyncpg",
        "aiosqlite",
        "duckdb",
        "sqlalchemy",
        "django",
        "peewee",
    ]
)
# What may stand before a value: a comparison, or the bracket or comma of an IN or VALUES list.
_BEFORE = re.compile(r"(?:=|<|>|\blike|\blimit|\boffset|\b(?:in|values)\s*\((?:\s*'?\?'?\s*,)*)\s*'?$", re.IGNORECASE)
_SCALARS = frozenset({"str", "int", "float", "bytes", "str | None", "int | None", "Optional[str]", "Optional[int]"})
_ADVICE = "write ? in the statement and pass the values as the second argument"


def _sql(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    statement = source.locate(finding, cst.FormattedString, where=lambda node: not isinstance(source.parent(node), cst.ConcatenatedString))
    if not isinstance(statement, cst.FormattedString):
        return Decline(f"the statement is put together in a way that no rule undoes; {_ADVICE} (as your database driver spells it)")
    tops = {name.split(".")[0] for names in source.imported.values() for name in names}
    if "sqlite3" not in tops or tops & _OTHER_DRIVERS:
        return Decline("which placeholders the database driver takes is not certain in this file; pass the values as parameters")
    call = _execution(source, statement)
    if call is None:
        return Decline(f"the statement is not handed to execute on the spot; {_ADVICE}")
    made = _parametrised(source, statement)
    if isinstance(made, Decline):
        return made
    text, values = made
    at = source.full_span(call.args[0].value)[1]
    parameters = f"({values[0]},)" if len(values) == 1 else f"({', '.join(values)})"
    edits: tuple[Edit, ...] = (source.replace(statement, text), Edit(at, at, f", {parameters}"))
    if call.args[0].value is statement and not statement.lpar:
        edits = (source.replace(statement, f"{text}, {parameters}"),)
    return Rewrite(edits, "The values no longer pass through the SQL parser, so none of them can change the statement.")


def _execution(source: SourceFile, statement: cst.FormattedString) -> cst.Call | None:
    """The call of execute that takes the statement: directly, or by a variable assigned in the line above."""
    above = source.parent(statement)
    if isinstance(above, cst.Arg):
        return _execute_call(source.parent(above), above)
    line = source.parent(above) if above is not None else None
    if not isinstance(above, cst.Assign) or len(above.targets) != 1 or not isinstance(above.targets[0].target, cst.Name):
        return None
    function = source.function_of(statement)
    if function is None or line is None:
        return None
    name = above.targets[0].target.value
    uses = [node for node in source.within(function, cst.Name) if isinstance(node, cst.Name) and node.value == name]
    arg = source.parent(uses[1]) if len(uses) == 2 else None
    call = _execute_call(source.parent(arg), arg) if isinstance(arg, cst.Arg) else None
    after = source.statement_of(call) if call is not None else None
    block = source.parent(line)
    if after is None or not isinstance(block, cst.IndentedBlock):
        return None
    here = next((number for number, node in enumerate(block.body) if node is line), -2)
    follows = here + 1 < len(block.body) and here >= 0 and block.body[here + 1] is after
    return call if follows else None


def _execute_call(node: cst.CSTNode | None, arg: cst.Arg) -> cst.Call | None:
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or node.func.attr.value != "execute":
        return None
    return node if len(node.args) == 1 and node.args[0] is arg and not is_starred(node) and arg.keyword is None else None


def _parametrised(source: SourceFile, statement: cst.FormattedString) -> tuple[str, list[str]] | Decline:
    """The statement with `?` for each value, and the values; only where each placeholder surely is a value."""
    parts = list(statement.parts)
    text = ""
    values: list[str] = []
    for number, part in enumerate(parts):
        if isinstance(part, cst.FormattedStringText):
            if any(mark in part.value for mark in ("?", "{{", "}}")):
                return Decline(f"the statement holds question marks or braces already; {_ADVICE}")
            text += part.value
            continue
        expression = cast(cst.FormattedStringExpression, part)
        following = parts[number + 1] if number + 1 < len(parts) else None
        quoted = text.endswith("'") and isinstance(following, cst.FormattedStringText) and following.value.startswith("'")
        plain = expression.conversion is None and expression.format_spec is None and expression.equal is None
        if not plain or not _BEFORE.search(text) or (not quoted and not _is_scalar(source, expression.expression)):
            return Decline(f"a placeholder may stand for a name or a part of the statement instead of a value; {_ADVICE}")
        if quoted and isinstance(following, cst.FormattedStringText):
            text = text[:-1]
            parts[number + 1] = following.with_changes(value=following.value[1:])
        text += "?"
        values.append(source.full_code(expression.expression))
    if not values:
        return not_found("a statement with values in it")
    prefix = statement.start.replace("f", "").replace("F", "")
    return f"{prefix}{text}{statement.end}", values


def _is_scalar(source: SourceFile, node: cst.BaseExpression) -> bool:
    """Whether the value is one scalar for certain: int(...), or a parameter annotated as one."""
    if isinstance(node, cst.Call):
        return source.qualified(node.func) in {"int", "float"}
    function = source.function_of(node)
    if function is None or not isinstance(node, cst.Name):
        return False
    params = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    return any(
        param.name.value == node.value and param.annotation is not None and source.code(param.annotation.annotation) in _SCALARS
        for param in params
    )


PARAMETRISED_SQL = Rule(
    name="sql-parameters",
    answers=(("bandit", "B608"), ("ruff", "S608")),
    cwe=(89,),
    safety=FixSafety.UNSAFE,
    precondition="An f-string handed to sqlite3's execute, whose placeholders are all values: quoted, or scalars after a comparison.",
    title="Pass the values to SQLite as parameters",
    before="""\
import sqlite3


def find(desk: sqlite3.Connection, name: str):
    return desk.execute(f"SELECT * FROM parcel WHERE name = '{name}'")
""",
    after="""\
import sqlite3


def find(desk: sqlite3.Connection, name: str):
    return desk.execute("SELECT * FROM parcel WHERE name = ?", (name,))
""",
    leaves_alone="Other drivers, table and column names, statements built step by step, LIKE patterns with text around the value.",
    fix=_sql,
    nodes=(cst.FormattedString,),
)

RULES = (PARAMETRISED_SQL,)
