"""Which runs are requested for queued jobs, tick by tick."""

import dagster as dg

from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, RepoRef
from orchestrator_assets.partitions import JOBS
from resources.store.job_store import SqlJobStore
from sensors.submitted_jobs import PAGE, submitted_jobs

ORDER = JobOrder(CustomerId("acme"), RepoRef(path="/srv/x"))


class Ticks:
    """Evaluates the sensor as the daemon does, the cursor carried from one tick to the next."""

    def __init__(self, store: SqlJobStore, instance: dg.DagsterInstance) -> None:
        self.store, self.instance = store, instance
        self.cursor: str | None = None

    def next(self) -> dg.SensorResult | dg.SkipReason:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor, resources={"job_store": self.store})
        result = submitted_jobs(context)
        assert isinstance(result, dg.SensorResult | dg.SkipReason)
        self.cursor = result.cursor if isinstance(result, dg.SensorResult) else context.cursor
        return result

    def requests(self) -> list[dg.RunRequest]:
        result = self.next()
        return list(result.run_requests or []) if isinstance(result, dg.SensorResult) else []


def job_of(request: dg.RunRequest) -> JobId:
    return JobId(request.tags["job"])


def test_the_cursor_walks_through_a_long_queue_a_page_a_tick_and_starts_again(store: SqlJobStore, instance: dg.DagsterInstance) -> None:
    jobs = [store.submit(ORDER, actor="ann") for _ in range(2 * PAGE + 50)]
    ticks = Ticks(store, instance)
    seen = [ticks.requests() for _ in range(3)]
    assert [len(requests) for requests in seen] == [PAGE, PAGE, 50]
    assert [job_of(request) for requests in seen for request in requests] == jobs
    assert [job_of(request) for request in ticks.requests()] == jobs[:PAGE]


def test_a_full_last_page_is_followed_by_an_empty_tick_and_then_the_beginning(store: SqlJobStore, instance: dg.DagsterInstance) -> None:
    jobs = [store.submit(ORDER, actor="ann") for _ in range(PAGE)]
    ticks = Ticks(store, instance)
    assert len(ticks.requests()) == PAGE
    assert ticks.requests() == []
    assert [job_of(request) for request in ticks.requests()] == jobs


def test_every_request_comes_with_its_partition(store: SqlJobStore, instance: dg.DagsterInstance) -> None:
    job = store.submit(ORDER, actor="ann")
    result = Ticks(store, instance).next()
    assert isinstance(result, dg.SensorResult)
    [added] = result.dynamic_partitions_requests or []
    [request] = result.run_requests or []
    assert (added.partitions_def_name, list(added.partition_keys)) == (JOBS.name, [f"acme/{job}"])
    assert request.partition_key == f"acme/{job}"


def test_a_job_that_waits_is_not_launched_twice_and_one_that_was_re_queued_is(
    store: SqlJobStore, store_url: str, instance: dg.DagsterInstance
) -> None:
    older = store.submit(ORDER, actor="ann")
    ticks = Ticks(store, instance)
    [first] = ticks.requests()
    [again] = ticks.requests()
    assert first.run_key == again.run_key
    store.claim(older, owner="elsewhere:1:1", run_id="r1", lease_seconds=0)
    younger = [store.submit(ORDER, actor="ann") for _ in range(PAGE)]
    assert [job_of(request) for request in ticks.requests()] == younger
    assert store.release_dead() == [older]
    assert ticks.requests() == []
    launched = {job_of(request): request.run_key for request in ticks.requests()}
    assert launched[older] not in {None, first.run_key}


def test_jobs_that_run_or_have_ended_are_left_alone(store: SqlJobStore, instance: dg.DagsterInstance) -> None:
    running, failed, cancelled = (store.submit(ORDER, actor="ann") for _ in range(3))
    store.claim(running, owner="elsewhere:1:1", run_id="r1", lease_seconds=60)
    store.fail(failed, code="x", message="m", actor="ann")
    store.cancel(cancelled, actor="ann")
    told = Ticks(store, instance).next()
    assert isinstance(told, dg.SkipReason)
    assert told.skip_message == "no job is queued"
