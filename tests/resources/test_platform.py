from pathlib import Path

import pytest

from orchestrator_assets.domain.job import CustomerId
from resources.platform import Platform, Settings


def settings(tmp_path: Path, **environment: str) -> Settings:
    return Settings.from_environment({"XDG_DATA_HOME": str(tmp_path / "data"), **environment})


def test_everything_lies_below_one_folder_of_the_users_data(tmp_path: Path) -> None:
    told = settings(tmp_path)
    home = tmp_path / "data" / "orchestrator"
    assert (told.home, told.work_root, told.dagster_home) == (home, home / "work", home / "dagster")
    assert told.database_url == f"sqlite:///{home}/orchestrator.db"


def test_the_environment_names_another_home_database_and_wheelhouse(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    told = settings(
        tmp_path,
        ORCHESTRATOR_HOME=str(tmp_path / "h"),
        ORCHESTRATOR_DATABASE_URL="postgresql+psycopg://db.example/jobs",
        ORCHESTRATOR_WHEELHOUSE=str(tmp_path / "wheels"),
    )
    assert told == Settings(tmp_path / "h", "postgresql+psycopg://db.example/jobs", tmp_path / "wheels")


def test_a_home_may_be_relative_or_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert settings(tmp_path, ORCHESTRATOR_HOME="here").home == tmp_path / "here"
    assert settings(tmp_path, ORCHESTRATOR_HOME="~/there").home == tmp_path / "me" / "there"


def test_a_wheelhouse_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert settings(tmp_path, ORCHESTRATOR_WHEELHOUSE=str(tmp_path / "absent")).wheelhouse is None


def test_empty_values_count_as_not_given(tmp_path: Path) -> None:
    assert settings(tmp_path, ORCHESTRATOR_HOME="", ORCHESTRATOR_DATABASE_URL="", ORCHESTRATOR_WHEELHOUSE="") == settings(tmp_path)


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    platform = Platform(settings(tmp_path))
    assert not platform.settings.home.exists()
    assert platform.store.jobs() == []
    assert platform.store is platform.store
    assert (platform.settings.home / "orchestrator.db").is_file()


def test_customers_share_neither_cache_nor_environments(tmp_path: Path) -> None:
    platform = Platform(settings(tmp_path))
    platform.cache(CustomerId("acme")).put("key", b"acme's")
    assert platform.cache(CustomerId("globex")).get("key") is None
    assert platform.cache(CustomerId("acme")).get("key") == b"acme's"
    assert platform.artifacts.keys("customers/globex/") == []
