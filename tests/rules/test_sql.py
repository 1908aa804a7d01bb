import pytest

from orchestrator_assets.rules.sql import PARAMETRISED_SQL
from tests.rule_cases import rewritten


def changed(statement: str, head: str = "import sqlite3\n", parameters: str = "db, name: str, number: int, other") -> str | None:
    return rewritten(PARAMETRISED_SQL, f"{head}\n\ndef f({parameters}):\n    return db.execute({statement})\n")


@pytest.mark.parametrize(
    "statement",
    [
        'f"SELECT * FROM {name}"',
        'f"SELECT * FROM t ORDER BY {name}"',
        'f"SELECT * FROM t WHERE {name} = 1"',
        'f"SELECT * FROM t WHERE a = {other}"',
        "f\"SELECT * FROM t WHERE a LIKE '%{name}%'\"",
        "f\"SELECT * FROM t WHERE a = '{name}' AND b = {other}\"",
        "f\"SELECT '?' FROM t WHERE a = '{name}'\"",
        "f\"SELECT * FROM t WHERE a = '{name!r}'\"",
        "f\"SELECT * FROM t WHERE a = '{name}'\", ()",
    ],
)
def test_whatever_may_be_more_than_a_value_is_left_alone(statement: str) -> None:
    assert changed(statement) is None


@pytest.mark.parametrize("head", ["import psycopg2\n", "import sqlite3\nimport psycopg2\n", ""])
def test_drivers_with_other_placeholders_are_left_alone(head: str) -> None:
    assert changed("f\"SELECT * FROM t WHERE a = '{name}'\"", head) is None


def test_several_values_become_one_tuple_in_order() -> None:
    made = changed("f\"INSERT INTO t VALUES ('{name}', {number}, '{other}')\"")
    assert made is not None and 'execute("INSERT INTO t VALUES (?, ?, ?)", (name, number, other))' in made


def test_a_statement_assigned_in_the_line_above_is_followed() -> None:
    text = "import sqlite3\n\n\ndef f(db, a):\n    q = f\"DELETE FROM t WHERE a = '{a}'\"\n    db.execute(q)\n"
    assert rewritten(PARAMETRISED_SQL, text) == (
        'import sqlite3\n\n\ndef f(db, a):\n    q = "DELETE FROM t WHERE a = ?"\n    db.execute(q, (a,))\n'
    )


def test_a_statement_that_is_used_twice_is_left_alone() -> None:
    text = "import sqlite3\n\n\ndef f(db, a):\n    q = f\"DELETE FROM t WHERE a = '{a}'\"\n    db.execute(q)\n    print(q)\n"
    assert rewritten(PARAMETRISED_SQL, text) is None
