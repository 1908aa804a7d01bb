"""Jobs that the platform launches by itself, and what a person does to them in the Dagster UI; one platform for all tests here."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import psutil
import pytest

from tests.e2e.conftest import SHOP, Desk

pytestmark = pytest.mark.slow

T = TypeVar("T")
PATIENCE_SECONDS = 240
LOCATION = {"repositoryLocationName": "orchestrator_assets.definitions", "repositoryName": "__repository__"}
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}

RUNS = """query($filter: RunsFilter) { runsOrError(filter: $filter) { __typename ... on Runs { results {
  runId status tags { key value } stepStats { stepKey status } } } } }"""
BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
CHECKS = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode { assetChecksOrError {
  ... on AssetChecks { checks { name blocking executionForLatestMaterialization { status } } } } } } }"""


def eventually(what: str, answer: Callable[[], T | None], every_seconds: float = 0.5) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := answer()) is None:
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(every_seconds)
    return found


@dataclass
class Station:
    """The running platform: a user's desk, the UI's address, and two jobs over one repository."""

    desk: Desk
    port: int
    jobs: list[str]

    def ask(self, query: str, **variables: object) -> Any:
        """GraphQL, as the UI speaks it."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            document = json.load(answer)
        assert "errors" not in document, document["errors"]
        return next(iter(document["data"].values()))

    def answers(self) -> bool | None:
        try:
            return self.ask("{ version }") is not None or None
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def status(self, job: str) -> dict[str, Any]:
        return dict(self.desk.run("status", job, "--json").document)

    def runs(self, **tags: str) -> list[dict[str, Any]]:
        wanted = {"tags": [{"key": name.replace("__", "/"), "value": value} for name, value in tags.items()]}
        return list(self.ask(RUNS, filter=wanted)["results"])

    def ended_runs(self, count: int, **tags: str) -> list[dict[str, Any]]:
        """The runs with these tags, once there are so many and all have ended."""

        def ended() -> list[dict[str, Any]] | None:
            runs = self.runs(**tags)
            return runs if len(runs) >= count and all(run["status"] in ENDED for run in runs) else None

        return eventually(f"{count} run(s) with {tags}", ended)

    def finished(self, job: str) -> dict[str, Any]:
        def told() -> dict[str, Any] | None:
            record = self.status(job)
            return record if record["status"] not in {"queued", "running"} else None

        return eventually(f"the end of job {job}", told, every_seconds=2)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    desk = Desk(tmp_path_factory.mktemp("station"))
    port = free_port()
    process = desk.start("ui", "--port", port, log=desk.folder / "ui.log")
    made = Station(desk, port, [])
    family: list[psutil.Process] = []
    try:
        repo = desk.repository({path: text for path, text in SHOP.items() if not path.startswith("tests/")})
        made.jobs += [desk.run("submit", repo, "--customer", "acme", "--json").document["job_id"] for _ in range(2)]
        eventually("the UI", made.answers)
        yield made
        family += [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        # What Ctrl-C does to everything that was started in the terminal.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
        _, left = psutil.wait_procs(family, timeout=30)
        assert left == [], left
    finally:
        for straggler in family:
            if straggler.is_running():
                straggler.kill()
        desk.clean_up()


def test_submitted_jobs_are_launched_once_each_and_end(station: Station) -> None:
    records = [station.finished(job) for job in station.jobs]
    assert {record["status"] for record in records} <= {"needs_review", "delivered"}, records
    assert [record["attempt"] for record in records] == [1, 1]
    for job in station.jobs:
        [run] = station.ended_runs(1, job=job)
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        assert run["status"] == "SUCCESS"
        assert (tags["dagster/partition"], tags["customer"], tags["tier"]) == (f"acme/{job}", "acme", "standard")
        assert station.desk.run("report", job, "--out", station.desk.folder / f"out-{job}").code in {0, 3}
        assert (station.desk.folder / f"out-{job}" / "transformed" / "shop" / "prices.py").is_file()


def test_the_ten_gates_are_seen_one_by_one_and_the_decision_blocks(station: Station) -> None:
    for job in station.jobs:
        station.finished(job)
    for name, blocking in (("gate_security", False), ("gate_functional_correctness", False), ("decision", True)):
        [check] = station.ask(CHECKS, key={"path": [name]})["assetChecksOrError"]["checks"]
        assert check["blocking"] is blocking
        assert check["executionForLatestMaterialization"]["status"] in {"SUCCEEDED", "FAILED"}


def test_a_backfill_over_two_jobs_does_them_again_to_the_same_end(station: Station) -> None:
    before = {job: station.finished(job) for job in station.jobs}
    params = {
        "selector": {"partitionSetName": "transformation_run_partition_set", "repositorySelector": LOCATION},
        "partitionNames": [f"acme/{job}" for job in station.jobs],
    }
    launched = station.ask(BACKFILL, params=params)
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    runs = station.ended_runs(2, dagster__backfill=launched["backfillId"])
    assert [run["status"] for run in runs] == ["SUCCESS", "SUCCESS"]
    for job in station.jobs:
        after = station.finished(job)
        assert (after["status"], after["quality_score"]) == (before[job]["status"], before[job]["quality_score"])


def test_one_asset_made_again_leaves_the_job_as_it_ended(station: Station) -> None:
    job = station.jobs[0]
    before = station.finished(job)
    report = station.desk.home / "artifacts" / "customers" / "acme" / "jobs" / job / "quality_report.json"
    told, written = json.loads(report.read_text()), report.stat().st_mtime_ns
    params = {
        "selector": {
            **LOCATION,
            "pipelineName": "transformation_run",
            "assetSelection": [{"path": ["quality_report"]}],
            "assetCheckSelection": [],
        },
        "mode": "default",
        "runConfigData": "{}",
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": f"acme/{job}"}, {"key": "again", "value": job}]},
    }
    launched = station.ask(LAUNCH, params=params)
    assert launched["__typename"] == "LaunchRunSuccess", launched
    [run] = station.ended_runs(1, again=job)
    assert run["status"] == "SUCCESS"
    assert [step["stepKey"] for step in run["stepStats"]] == ["quality_report"]
    assert station.finished(job) == before
    again = json.loads(report.read_text())
    assert report.stat().st_mtime_ns > written
    durations, durations_before = again.pop("duration_seconds"), told.pop("duration_seconds")
    assert again == told
    assert durations["by_stage"] == durations_before["by_stage"]
