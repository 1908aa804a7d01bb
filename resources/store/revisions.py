"""Which schema the store has, and bringing it up to date."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from orchestrator_assets.domain.errors import SchemaError
from resources.store.engine import reading, take_turns, writing_unchecked

# Kept here, so that a process whose store is up to date need not import Alembic (80 ms) to know it.
REVISIONS = ("0001",)
HEAD = REVISIONS[-1]

_UPGRADE_LOCK = 7_201_000_001


def upgrade(engine: Engine) -> None:
    """Create or migrate the tables; does nothing when they are up to date, and waits while another process does it.

    Raises:
        SchemaError: A newer release has migrated the store.
    """
    with reading(engine) as connection:
        found = _revision(connection)
    if found == HEAD:
        return
    _refuse_newer(found)
    with writing_unchecked(engine) as connection:
        take_turns(connection, _UPGRADE_LOCK)
        found = _revision(connection)
        _refuse_newer(found)
        if found != HEAD:
            _migrate(connection)


def check(engine: Engine) -> None:
    """Make sure that this release can write to the store.

    Raises:
        SchemaError: The store's schema is older or newer than this release's.
    """
    with reading(engine) as connection:
        _check(connection)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction; a process that was started before a migration refuses here instead of writing old rows.

    Raises:
        SchemaError: The store's schema is older or newer than this release's.
    """
    with writing_unchecked(engine) as connection:
        _check(connection)
        yield connection


def _check(connection: Connection) -> None:
    found = _revision(connection)
    if found == HEAD:
        return
    _refuse_newer(found)
    raise SchemaError(f"store schema is {found or 'missing'}, this release needs {HEAD}; run an upgrade of the store first")


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in REVISIONS:
        raise SchemaError(
            f"store schema is {found}, newer than {HEAD} which this release knows; nothing was written, install the newer release here, too"
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
