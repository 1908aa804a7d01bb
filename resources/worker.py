"""A run's hold on its job: the lease with its heartbeat, the stages' times, the folder for work in progress."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from orchestrator_assets.domain.errors import LeaseError
from orchestrator_assets.domain.job import JobId, JobState
from orchestrator_assets.domain.ports import JobStore, Lease

LEASE_SECONDS = 300
HEARTBEAT_SECONDS = 3


class JobWorker:
    """Holds one job's lease at a time, for as long as its run lives in this process."""

    def __init__(self, store: JobStore, work_root: Path, owner: str, on_lost: Callable[[], None] = lambda: None) -> None:
        """Take the store, the folder below which work folders are made, this process's identity, and what to do when the job is taken away.

        A job is taken away by its cancellation, or by another worker after this one's lease has run out.
        """
        self._on_lost = on_lost
        self._store = store
        self._work_root = work_root
        self._owner = owner
        self._lease: Lease | None = None
        self._run_id = ""
        self._lost = ""
        self._stop = threading.Event()
        self._seconds: dict[str, float] = {}
        self._folders: set[Path] = set()

    def hold(self, job: JobId, run_id: str) -> Lease:
        """The lease on the job, claimed for this run if it is not held yet.

        Raises:
            LeaseError: Another worker has taken the job over; nothing more may be written.
            AttemptsExhausted, StateError: See `JobStore.claim`.
        """
        if self._lost:
            raise LeaseError(self._lost)
        if self._lease is None or self._lease.job != job or self._run_id != run_id:
            self.release()
            self._lease = self._store.claim(job, owner=self._owner, run_id=run_id, lease_seconds=LEASE_SECONDS)
            self._run_id, self._seconds, self._stop = run_id, {}, threading.Event()
            threading.Thread(target=self._beat, args=(self._lease, self._stop), daemon=True, name=f"heartbeat-{job}").start()
        return self._lease

    def release(self) -> None:
        """Stop the heartbeat and clear the work folder; the job's state is left as it is."""
        self._stop.set()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        self._lease, self._lost, self._folders = None, "", set()

    def folder(self, job: JobId) -> Path:
        """This process's work folder for the job; it is gone when the run is over, and swept when the process has died."""
        folder = own_folder(self._work_root, job)
        self._folders.add(folder)
        return folder

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the wall-clock time of the block to the stage's."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + time.monotonic() - start

    @property
    def seconds(self) -> dict[str, float]:
        """Stage -> seconds so far in this run, in the order in which they began to count."""
        return dict(self._seconds)

    def _taken_away(self, job: JobId) -> bool:
        """Whether the lease ended in another way than by the job's regular end, which this run itself has most likely written."""
        state = self._store.get(job).state
        return state is JobState.CANCELLED or not state.finished

    def _beat(self, lease: Lease, stop: threading.Event) -> None:
        from sqlalchemy.exc import SQLAlchemyError

        while not stop.wait(HEARTBEAT_SECONDS):
            try:
                self._store.heartbeat(lease, lease_seconds=LEASE_SECONDS)
            except LeaseError as error:
                # The last beat of a job that has ended may come late; it says nothing of the next one.
                if not stop.is_set() and self._taken_away(lease.job):
                    self._lost = str(error)
                    self._on_lost()
                return
            except SQLAlchemyError:
                # A store that is away for a moment is asked again: the lease outlasts many missed beats.
                continue


def interrupt_run() -> None:
    """End this process's run at once, with the sandboxes that it has started: as if its user had pressed Ctrl-C."""
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)


def own_folder(work_root: Path, name: str) -> Path:
    """This process's work folder of the name, made if it is missing; the process's id in it tells a sweep whose it is."""
    folder = work_root / f"{name}.{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sweep_work_folders(work_root: Path) -> list[str]:
    """Remove the work folders of processes that are gone; gives their names."""
    swept = []
    for folder in sorted(work_root.iterdir()) if work_root.is_dir() else ():
        pid = folder.name.rpartition(".")[2]
        if folder.is_dir() and pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder.name)
    return swept
