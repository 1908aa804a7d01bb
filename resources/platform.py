"""Every adapter of this machine's platform, opened from one set of settings; nothing is opened before it is asked for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_assets.domain.job import CustomerId
from orchestrator_assets.domain.ports import ArtifactStore, CodeHost, ContentCache, JobStore, Sandbox

if TYPE_CHECKING:
    from resources.environments import EnvironmentBuilder
    from resources.worker import JobWorker


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the platform keeps its things.

    Attributes:
        home: Folder of the embedded platform: job store, artifacts, environments, work folders, Dagster's own storage.
        database_url: The job store, as SQLAlchemy names it.
        wheelhouse: Folder of wheels for the base of the test environments; None = from the package index alone.
    """

    home: Path
    database_url: str
    wheelhouse: Path | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read `ORCHESTRATOR_HOME`, `ORCHESTRATOR_DATABASE_URL` and `ORCHESTRATOR_WHEELHOUSE`, each with its default."""
        given = os.environ if environment is None else environment
        data = Path(given.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        home = Path(given.get("ORCHESTRATOR_HOME") or data / "orchestrator").expanduser().absolute()
        beside = Path(__file__).resolve().parent.parent / ".wheelhouse"
        wheelhouse = Path(given["ORCHESTRATOR_WHEELHOUSE"]) if given.get("ORCHESTRATOR_WHEELHOUSE") else beside
        url = given.get("ORCHESTRATOR_DATABASE_URL") or f"sqlite:///{home / 'orchestrator.db'}"
        return cls(home, url, wheelhouse if wheelhouse.is_dir() else None)

    @property
    def work_root(self) -> Path:
        """Below it, one folder per running job."""
        return self.home / "work"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder."""
        return self.home / "dagster"


class Platform:
    """The adapters, each opened on first use."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; opens nothing."""
        self.settings = settings

    @cached_property
    def store(self) -> JobStore:
        """The job store, at the newest schema."""
        from resources.store.job_store import open_job_store

        self.settings.home.mkdir(parents=True, exist_ok=True)
        return open_job_store(self.settings.database_url)

    @cached_property
    def artifacts(self) -> ArtifactStore:
        """The artifact store."""
        from resources.artifact_store import LocalArtifactStore

        return LocalArtifactStore(self.settings.home / "artifacts")

    @cached_property
    def sandbox(self) -> Sandbox:
        """The sandbox.

        Raises:
            SandboxError: There is none on this machine.
        """
        from resources.sandbox import find_sandbox

        return find_sandbox()

    @cached_property
    def code_host(self) -> CodeHost:
        """Git."""
        from resources.code_host import GitCodeHost

        return GitCodeHost(self.sandbox)

    def cache(self, customer: CustomerId) -> ContentCache:
        """A customer's own cache of scans and test runs."""
        from resources.artifact_store import CustomerCache

        return CustomerCache(self.artifacts, customer)

    def environments(self, customer: CustomerId) -> "EnvironmentBuilder":
        """A customer's own test environments."""
        from resources.environments import EnvironmentBuilder

        return EnvironmentBuilder(self.settings.home / "environments" / customer, self.sandbox, self.settings.wheelhouse)

    def worker(self) -> "JobWorker":
        """A new hold on jobs, for one run."""
        from resources.store.workers import worker_identity
        from resources.worker import JobWorker, interrupt_run

        return JobWorker(self.store, self.settings.work_root, worker_identity(), interrupt_run)


@cache
def shared_platform() -> Platform:
    """This process's platform, by the environment's settings."""
    return Platform(Settings.from_environment())
