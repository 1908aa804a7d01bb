"""A run that dies with its process, at any stage."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Desk

pytestmark = pytest.mark.slow

# Stage -> the one whose value is on disk when it begins.
STAGES = {
    "repo_snapshot": "job_order", "baseline_scans": "test_environment", "verified_fixes": "candidate_fixes", "quality_report": "change_set",
}  # fmt: skip


def essence(report: dict[str, Any]) -> dict[str, Any]:
    """What two runs of the same job must agree on: all but times and ids."""
    keys = ("commit_before", "status", "score_before", "score_after", "outcomes")
    rows = {key: report[key] for key in keys} | {when: report["tests"][when]["passed"] for when in ("before", "after")}
    return {**rows, "fixes": [fix["diff"] for fix in report["fixes"]]}


def kill_when_reached(desk: Desk, repo: Path, stage: str) -> str:
    """Start a job and `kill -9` it as soon as the stage before `stage` has left its value; gives the job's id."""
    process = desk.start("run", repo, "--json")
    deadline = time.monotonic() + 120
    while not (values := list((desk.home / "artifacts").glob(f"customers/local/jobs/*/assets/{STAGES[stage]}.pickle"))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.15)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return values[0].parent.parent.name


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a run that nobody killed."""
    desk = Desk(tmp_path_factory.mktemp("control"))
    return essence(desk.run("run", desk.repository(), "--json").document)


@pytest.mark.parametrize("stage", STAGES)
def test_after_kill_9_the_job_resumes_to_the_same_end_and_leaves_nothing_behind(desk: Desk, control: dict[str, Any], stage: str) -> None:
    repo = desk.repository()
    job = kill_when_reached(desk, repo, stage)
    assert desk.run("status", job, "--json").document["status"] == "running"
    resumed = desk.run("resume", job, "--out", desk.folder / "resumed", "--json")
    assert f"job {job} was interrupted" in resumed.err
    assert desk.run("status", job, "--json").document["attempt"] == 2

    assert essence(resumed.document) == control
    assert list((desk.home / "work").iterdir()) == []
    left_over = [path for path in (desk.home / "artifacts").rglob("*") if "tmp" in path.name]
    assert left_over == []
    assert not [path for path in (desk.home / "environments").rglob("*.tmp-*") if path.parent.parent.name == "environments"]
