"""A job store and a Dagster instance of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from resources.store.job_store import SqlJobStore, open_job_store


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def store(store_url: str) -> SqlJobStore:
    return open_job_store(store_url)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made
