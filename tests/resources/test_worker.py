"""A run's hold on its job, over a real store."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from orchestrator_assets.domain.errors import LeaseError, StateError
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState, RepoRef
from orchestrator_assets.domain.ports import JobResult, Lease
from resources import worker as worker_module
from resources.store.job_store import SqlJobStore, open_job_store
from resources.worker import JobWorker, own_folder, sweep_work_folders

ORDER = JobOrder(CustomerId("acme"), RepoRef(path="/srv/x"))


class Store(SqlJobStore):
    """Counts heartbeats, and fails those that it is told to, once they may."""

    beats = 0
    broken: Exception | None = None
    answers = threading.Event()

    def heartbeat(self, lease: Lease, *, lease_seconds: int) -> None:
        self.beats += 1
        if self.broken is not None:
            self.answers.wait(10)
            raise self.broken
        super().heartbeat(lease, lease_seconds=lease_seconds)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(worker_module, "HEARTBEAT_SECONDS", 0.01)
    return Store(open_job_store(f"sqlite:///{tmp_path}/store.db")._engine)


@pytest.fixture
def worker(store: Store, tmp_path: Path) -> Iterator[JobWorker]:
    made = JobWorker(store, tmp_path / "work", "host:1:1")
    yield made
    made.release()


@pytest.fixture
def job(store: Store) -> JobId:
    return store.submit(ORDER, actor="ann")


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def refuses(worker: JobWorker, job: JobId) -> bool:
    try:
        worker.hold(job, "r1")
    except LeaseError:
        return True
    return False


def test_a_run_claims_its_job_once_however_often_it_asks(worker: JobWorker, store: Store, job: JobId) -> None:
    first = worker.hold(job, "r1")
    assert worker.hold(job, "r1") == first
    assert (store.get(job).state, store.get(job).attempt, store.get(job).run_id) == (JobState.RUNNING, 1, "r1")


def test_the_lease_is_extended_while_the_run_lives_and_no_longer(worker: JobWorker, store: Store, job: JobId) -> None:
    worker.hold(job, "r1")
    eventually(lambda: store.beats >= 3)
    worker.release()
    time.sleep(0.05)
    beats = store.beats
    time.sleep(0.1)
    assert store.beats == beats
    assert store.get(job).state is JobState.RUNNING


def test_a_run_whose_job_was_taken_away_may_do_nothing_more(worker: JobWorker, store: Store, job: JobId) -> None:
    worker.hold(job, "r1")
    store.cancel(job, actor="ann")
    eventually(lambda: refuses(worker, job))
    with pytest.raises(LeaseError, match="the job is cancelled"):
        worker.hold(job, "r1")


def test_a_store_that_cannot_be_reached_for_a_while_does_not_end_the_heartbeat(worker: JobWorker, store: Store, job: JobId) -> None:
    worker.hold(job, "r1")
    store.answers.set()
    store.broken = OperationalError("UPDATE jobs", {}, Exception("the server closed the connection"))
    eventually(lambda: store.beats >= 3)
    store.broken = None
    beats = store.beats
    eventually(lambda: store.beats >= beats + 3)
    assert not refuses(worker, job)


def test_a_late_heartbeat_of_a_finished_job_does_not_spoil_the_next_one(store: Store, tmp_path: Path, job: JobId) -> None:
    worker = JobWorker(store, tmp_path / "work", "host:1:1")
    store.answers = threading.Event()
    store.broken = LeaseError("job is delivered")
    worker.hold(job, "r1")
    eventually(lambda: store.beats)
    [beating] = [thread for thread in threading.enumerate() if thread.name == f"heartbeat-{job}"]
    worker.release()
    store.answers.set()
    beating.join(10)
    store.broken = None
    other = store.submit(ORDER, actor="ann")
    assert worker.hold(other, "r2").job == other
    worker.release()


def test_a_job_that_another_run_holds_is_refused_and_one_that_is_unknown_too(worker: JobWorker, store: Store, job: JobId) -> None:
    store.claim(job, owner="host:2:2", run_id="other", lease_seconds=60)
    with pytest.raises(LeaseError, match="holds it for run other"):
        worker.hold(job, "r1")
    with pytest.raises(StateError):
        worker.hold(JobId("unknown"), "r1")


def test_the_stages_times_add_up_in_the_order_in_which_they_began(worker: JobWorker) -> None:
    for stage in ("scan", "test", "scan"):
        with worker.timed(stage):
            time.sleep(0.01)
    with pytest.raises(ZeroDivisionError), worker.timed("broken"):
        _ = 1 // 0
    assert list(worker.seconds) == ["scan", "test", "broken"]
    assert worker.seconds["scan"] >= 0.02
    assert worker.seconds["test"] < worker.seconds["scan"]


def test_another_job_starts_its_own_clock(worker: JobWorker, store: Store, job: JobId) -> None:
    worker.hold(job, "r1")
    with worker.timed("scan"):
        pass
    worker.hold(store.submit(ORDER, actor="ann"), "r2")
    assert worker.seconds == {}


def test_a_work_folder_is_gone_when_the_run_is_over(worker: JobWorker, tmp_path: Path, job: JobId) -> None:
    folder = worker.folder(job)
    (folder / "base").mkdir()
    (folder / "base" / "a.py").write_text("1\n")
    assert worker.folder(job) == folder
    worker.release()
    assert list((tmp_path / "work").iterdir()) == []


def test_only_the_folders_of_processes_that_are_gone_are_swept(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    alive = own_folder(tmp_path, "job")
    for name in (f"job.{gone.pid}", "job.unknown", "keep"):
        (tmp_path / name).mkdir()
    (tmp_path / f"job.{gone.pid}" / "a.py").write_text("1\n")
    (tmp_path / f"file.{gone.pid}").write_text("no folder\n")
    assert sweep_work_folders(tmp_path) == [f"job.{gone.pid}"]
    assert {path.name for path in tmp_path.iterdir()} == {alive.name, "job.unknown", "keep", f"file.{gone.pid}"}
    assert alive.name == f"job.{os.getpid()}"
    assert sweep_work_folders(tmp_path / "absent") == []


def test_a_cancelled_job_s_run_is_ended_and_a_finished_one_s_is_not(store: Store, job: JobId, tmp_path: Path) -> None:
    ended: list[str] = []
    worker = JobWorker(store, tmp_path / "work", "host:1:1", lambda: ended.append("now"))
    lease = worker.hold(job, "r1")
    store.finish(lease, JobResult(JobState.DELIVERED, 90.0, 0, (), (), {}))
    beats = store.beats
    eventually(lambda: store.beats > beats or not any(t.name.startswith("heartbeat") and t.is_alive() for t in threading.enumerate()))
    eventually(lambda: not any(t.name == f"heartbeat-{job}" and t.is_alive() for t in threading.enumerate()))
    assert ended == []
    worker.release()

    other = store.submit(ORDER, actor="ann")
    worker.hold(other, "r2")
    store.cancel(other, actor="ann")
    eventually(lambda: ended)
    assert refuses(worker, other)
    worker.release()
