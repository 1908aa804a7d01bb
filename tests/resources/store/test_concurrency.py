"""Real processes on one SQLite file."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from sqlalchemy import Engine

from orchestrator_assets.domain.errors import LeaseError
from orchestrator_assets.domain.job import JobId, JobState
from resources.store.job_store import SqlJobStore
from resources.store.workers import worker_identity

pytestmark = pytest.mark.slow

PRELUDE = """
import json, sys, time
from orchestrator_assets.domain.errors import LeaseError
from orchestrator_assets.domain.job import CustomerId, JobOrder, RepoRef
from resources.store.job_store import open_job_store
from resources.store.workers import worker_identity
store = open_job_store(sys.argv[1])
me = worker_identity()
print("ready", flush=True)
sys.stdin.readline()
"""

CLAIM_ALL = """
won = []
for record in store.queued_after("", 1000):
    try:
        won.append(store.claim(record.id, owner=me, run_id=me, lease_seconds=600).job)
    except LeaseError:
        pass
print(json.dumps(won))
"""

SUBMIT = """
print(json.dumps(store.submit(JobOrder(CustomerId("acme"), RepoRef(path="/x")), actor=me, idempotency_key="once")))
"""

HOLD = """
store.claim(store.queued_after("", 1)[0].id, owner=me, run_id=me, lease_seconds=600)
print("held", flush=True)
time.sleep(600)
"""


def start(count: int, url: str, code: str) -> list[subprocess.Popen[str]]:
    """Processes that have opened the store; all go on at `go`."""
    command = [sys.executable, "-c", PRELUDE + code, url]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    return started


def go(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def submit(store: SqlJobStore) -> JobId:
    from tests.resources.store.test_job_store import submit

    return submit(store)


def test_twenty_processes_claim_each_of_fifty_jobs_once(engine: Engine, store_url: str) -> None:
    store = SqlJobStore(engine)
    jobs = [submit(store) for _ in range(50)]
    workers = start(20, store_url, CLAIM_ALL)
    go(workers)
    won = Counter(job for worker in workers for job in json.loads(worker.communicate(timeout=120)[0]))
    assert won == Counter(jobs)
    assert {record.attempt for record in store.jobs(state=JobState.RUNNING)} == {1}


def test_sixteen_processes_that_submit_the_same_order_make_one_job(engine: Engine, store_url: str) -> None:
    workers = start(16, store_url, SUBMIT)
    go(workers)
    answers = {json.loads(worker.communicate(timeout=120)[0]) for worker in workers}
    assert answers == {record.id for record in SqlJobStore(engine).jobs()}
    assert len(answers) == 1


def test_a_killed_worker_is_noticed_at_once_and_its_job_goes_on(engine: Engine, store_url: str) -> None:
    store = SqlJobStore(engine)
    job = submit(store)
    (worker,) = start(1, store_url, HOLD)
    go([worker])
    assert worker.stdout is not None
    assert worker.stdout.readline() == "held\n"
    assert store.release_dead() == []
    os.kill(worker.pid, signal.SIGKILL)
    # Not waited for yet: what is left is a zombie, as under a parent that does not look.
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
    assert store.release_dead() == [job]
    worker.communicate()
    lease = store.claim(job, owner=worker_identity(), run_id="second", lease_seconds=600)
    assert store.get(job).attempt == 2
    assert store.release_dead() == []
    with pytest.raises(LeaseError):
        store.claim(job, owner="late", run_id="late", lease_seconds=1)
    store.heartbeat(lease, lease_seconds=600)
