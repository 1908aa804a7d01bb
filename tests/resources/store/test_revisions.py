import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

import resources.store.revisions as revisions
from orchestrator_assets.domain.errors import InputError, SchemaError
from resources.store.engine import open_engine, reading, writing_unchecked
from resources.store.revisions import HEAD, REVISIONS, check, upgrade, writing
from resources.store.schema import METADATA


def test_the_migrations_lead_to_the_schema_in_code(engine: Engine) -> None:
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrated_and_freshly_made_tables_have_the_same_columns_and_constraints(engine: Engine, tmp_path: Path) -> None:
    fresh = open_engine(f"sqlite:///{tmp_path}/fresh.db")
    METADATA.create_all(fresh)
    assert _definitions(engine) == _definitions(fresh)


def _definitions(engine: Engine) -> dict[str, list[str]]:
    with reading(engine) as connection:
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"))
        return {name: sorted(line.strip(" ,\t") for line in sql.splitlines()) for name, sql in found}


def test_the_revisions_in_code_are_those_of_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(revisions.__file__).with_name("migrations")))
    walked = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(walked)) == REVISIONS


def test_an_upgraded_store_opens_fast_and_without_alembic(engine: Engine, store_url: str) -> None:
    code = (
        "import sys; from resources.store.engine import open_engine; from resources.store.revisions import upgrade; "
        f"upgrade(open_engine({store_url!r})); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    started = time.process_time()
    upgrade(engine)
    assert time.process_time() - started < 0.02


def test_upgrading_says_nothing(store_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    upgrade(open_engine(store_url))
    assert capfd.readouterr() == ("", "")


def test_a_folder_with_a_percent_sign_or_blank_is_no_trouble(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/50%25 of it/store.db")
    upgrade(engine)
    check(engine)


def test_processes_that_start_at_once_upgrade_once(store_url: str) -> None:
    code = (
        "from resources.store.engine import open_engine; from resources.store.revisions import check, upgrade; "
        f"engine = open_engine({store_url!r}); upgrade(engine); check(engine)"
    )
    started = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(6)]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in started] == [("", 0)] * 6


def test_a_migration_that_breaks_leaves_nothing_behind(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(store_url)

    def break_down(connection: object) -> None:
        whole(connection)
        raise RuntimeError("power cut")

    whole = revisions._migrate
    monkeypatch.setattr(revisions, "_migrate", break_down)
    with pytest.raises(RuntimeError):
        upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0
    monkeypatch.undo()
    upgrade(engine)
    check(engine)


def test_an_old_release_refuses_to_touch_a_newer_store(engine: Engine) -> None:
    with writing_unchecked(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for touch in (upgrade, check, lambda newer: writing(newer).__enter__()):
        with pytest.raises(SchemaError, match="9999, newer than"):
            touch(engine)


def test_a_store_without_tables_is_not_written_to(store_url: str) -> None:
    with pytest.raises(SchemaError, match=f"missing, this release needs {HEAD}"):
        check(open_engine(store_url))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql+pymysql://host/db"])
def test_a_database_that_cannot_serve_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="store URL"):
        open_engine(url)


def test_sqlite_is_set_up_to_survive_a_power_cut_and_to_wait_for_its_turn(engine: Engine) -> None:
    with reading(engine) as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_reader_sees_one_state_while_another_writes(engine: Engine) -> None:
    with reading(engine) as reader:
        before = reader.execute(text("SELECT count(*) FROM audit_log")).scalar_one()
        with writing(engine) as writer:
            writer.execute(text("INSERT INTO audit_log (id, action, created_at) VALUES ('a', 'b', '2026-01-01 00:00:00.000000')"))
        assert reader.execute(text("SELECT count(*) FROM audit_log")).scalar_one() == before == 0
