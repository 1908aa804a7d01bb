"""Connections and transactions.

On SQLite the driver's own transaction control is switched off and BEGIN is sent here: otherwise the driver begins late (at the
first write, not at the first read), and a transaction that read first and then writes fails with "database is locked" at once,
whatever the busy timeout. Writers say BEGIN IMMEDIATE and wait their turn instead.
"""

import os
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from orchestrator_assets.domain.errors import InputError

BUSY_TIMEOUT_MS = 30_000

_WRITES = "store_writes"


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///<file>` (the folder is made) or `postgresql+psycopg://...`.

    Raises:
        InputError: The URL names another database.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed)
    if backend == "postgresql":
        return create_engine(parsed, pool_pre_ping=True)
    raise InputError(f"store URL begins with {parsed.drivername!r}; use sqlite:///<file> or postgresql+psycopg://<server>/<database>")


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise InputError("store URL names no file; several processes share the store, so give sqlite:///<file>")
    Path(url.database).resolve().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    _forget_connections_in_children(engine)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    _switch_to_wal(connection)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _switch_to_wal(connection: DBAPIConnection) -> None:
    """Switch once per file; SQLite does not honour the busy timeout while two processes switch at the same time."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    cursor = connection.cursor()
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",):
                break
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _forget_connections_in_children(engine: Engine) -> None:
    """A forked child must not use its parent's SQLite connections: closing one would drop the parent's file locks."""
    reference = weakref.ref(engine)

    def forget() -> None:
        forked = reference()
        if forked is not None:
            forked.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the store and changes nothing."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


@contextmanager
def writing_unchecked(engine: Engine) -> Iterator[Connection]:
    """A write transaction whatever the schema's revision is: for migrations only, everyone else uses `revisions.writing`."""
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection


def take_turns(connection: Connection, lock: int) -> None:
    """Let one transaction at a time pass this point, until it ends. On SQLite a write transaction already is alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
