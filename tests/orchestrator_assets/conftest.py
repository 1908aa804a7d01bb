"""The platform of the process, in a home of the test's own and with plain subprocesses for a sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.code_host import GitCodeHost
from resources.platform import Platform, shared_platform
from tests.fakes import LocalSandbox


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ORCHESTRATOR_DATABASE_URL", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home" / "dagster"))
    monkeypatch.chdir(tmp_path)
    shared_platform.cache_clear()
    made = shared_platform()
    # `cached_property`: what is there already is not looked for.
    made.__dict__.update(sandbox=LocalSandbox(), code_host=GitCodeHost(LocalSandbox()))
    yield made
    shared_platform.cache_clear()
