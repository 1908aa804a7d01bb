import dagster as dg

from orchestrator_assets.domain.job import MAX_ATTEMPTS, CustomerId, JobOrder, JobState, RepoRef
from resources.store.job_store import SqlJobStore
from resources.store.workers import worker_identity
from sensors.reaper import reaper

ORDER = JobOrder(CustomerId("acme"), RepoRef(path="/srv/x"))


def tick(store: SqlJobStore) -> str:
    told = reaper(dg.build_sensor_context(resources={"job_store": store}))
    assert isinstance(told, dg.SkipReason)
    return told.skip_message or ""


def test_a_job_whose_worker_died_is_queued_again_and_one_whose_worker_lives_is_not(store: SqlJobStore) -> None:
    dead, alive = store.submit(ORDER, actor="ann"), store.submit(ORDER, actor="ann")
    host = worker_identity().rpartition(":")[0].rpartition(":")[0]
    store.claim(dead, owner=f"{host}:4194305:1", run_id="r1", lease_seconds=3600)
    store.claim(alive, owner=worker_identity(), run_id="r2", lease_seconds=3600)
    assert tick(store).startswith("1 job(s)")
    assert (store.get(dead).state, store.get(dead).error_code) == (JobState.QUEUED, "worker_lost")
    assert store.get(alive).state is JobState.RUNNING
    assert tick(store).startswith("0 job(s)")


def test_a_job_that_died_as_often_as_it_may_is_failed(store: SqlJobStore) -> None:
    job = store.submit(ORDER, actor="ann")
    for attempt in range(MAX_ATTEMPTS):
        store.claim(job, owner="elsewhere:1:1", run_id=f"r{attempt}", lease_seconds=0)
        tick(store)
    assert (store.get(job).state, store.get(job).error_code) == (JobState.FAILED, "attempts_exhausted")
