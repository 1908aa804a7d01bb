"""What a user sees of jobs that are not run here; runs themselves are in `tests/e2e`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator_assets import commands, exit_codes
from orchestrator_assets.cli import app
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState, RepoRef
from resources.platform import Platform
from tests.repositories import git, make_repository


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo", {"a.py": "x = 1\n"})


def orchestrator(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def queued(platform: Platform) -> JobId:
    return platform.store.submit(JobOrder(CustomerId("acme"), RepoRef(path="/srv/shop")), actor="ann")


def test_submitting_prints_the_jobs_id_alone_and_pins_the_commit(platform: Platform, repo: Path) -> None:
    done = orchestrator("submit", str(repo), "--customer", "acme", "--min-score", "80", "--exclude", "docs")
    assert done.exit_code == 0
    [job] = platform.store.jobs()
    assert done.stdout == f"{job.id}\n"
    assert "orchestrator status" in done.stderr
    assert (job.state, job.order.customer, job.order.repo.commit) == (JobState.QUEUED, "acme", git(repo, "rev-parse", "HEAD"))
    assert (job.order.options.min_score, job.order.options.exclude) == (80, ("docs",))
    told = json.loads(orchestrator("submit", str(repo), "--json").stdout)
    assert told == {"job_id": platform.store.jobs()[0].id, "status": "queued"}


def test_the_status_is_for_people_and_for_machines(platform: Platform) -> None:
    assert orchestrator("status").stdout == "no jobs yet\n"
    assert json.loads(orchestrator("status", "--json").stdout) == []
    job = queued(platform)
    platform.store.fail(job, code="tool_failed", message="ruff: exit code 2", actor="run")
    other = queued(platform)
    table = orchestrator("status").stdout
    assert table.index(other) < table.index(job)
    assert "shop" in table
    alone = orchestrator("status", job)
    assert "error (tool_failed): ruff: exit code 2" in alone.stdout
    document = json.loads(orchestrator("status", job, "--json").stdout)
    assert (document["status"], document["attempt"], document["cost_usd"]) == ("failed", 0, "0.000000")
    assert document["error"] == {"code": "tool_failed", "message": "ruff: exit code 2"}


def test_a_job_is_cancelled_once_and_cannot_be_approved_then(platform: Platform) -> None:
    job = queued(platform)
    assert orchestrator("cancel", job).exit_code == 0
    assert platform.store.get(job).state is JobState.CANCELLED
    refused = orchestrator("approve", job)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: ")
    assert "is cancelled" in refused.stderr


@pytest.mark.parametrize("verb", ["status", "report", "cancel", "approve", "resume"])
def test_an_unknown_job_is_bad_input(platform: Platform, verb: str) -> None:
    refused = orchestrator(verb, "no-such-job")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "'no-such-job': there is none with this id" in refused.stderr


@pytest.mark.parametrize(
    ("code", "exit_code"), [("bad_repository", 2), ("bad_findings", 2), ("internal", 5), ("bad_patch", 5), ("attempts_exhausted", 5)]
)
def test_a_failed_job_has_its_error_for_a_report_and_bad_input_stays_bad_input(platform: Platform, code: str, exit_code: int) -> None:
    job = queued(platform)
    platform.store.fail(job, code=code, message="the words", actor="run")
    told = orchestrator("report", job)
    assert (told.exit_code, told.stdout) == (exit_code, "")
    assert told.stderr == f"error: job {job} failed: the words\n"


def test_a_job_that_has_not_ended_has_no_report(platform: Platform, tmp_path: Path) -> None:
    job = queued(platform)
    told = orchestrator("report", job)
    assert told.exit_code == 5
    assert f"job {job} is queued; it has no report" in told.stderr


def test_every_end_has_its_exit_code() -> None:
    assert {state.value: code for state, code in exit_codes.OF_STATE.items()} == {
        "delivered": 0, "needs_review": 3, "rejected": 4, "failed": 5, "cancelled": 5,
    }  # fmt: skip
    assert (exit_codes.BAD_INPUT, exit_codes.INTERRUPTED) == (2, 130)


def test_results_inside_the_repository_are_prepared_for_git_even_when_a_manifest_names_it(
    platform: Platform, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "job.yaml").write_text("customer: acme\nrepo: repo\n")
    monkeypatch.setattr(commands, "_run_to_end", lambda *arguments: 0)
    assert orchestrator("run", "--manifest", str(tmp_path / "job.yaml"), "--out", str(repo / "out")).exit_code == 0
    assert (repo / "out").is_dir()
    assert git(repo, "status", "--porcelain") == ""


def test_bad_input_leaves_no_folder_for_results(platform: Platform, repo: Path, tmp_path: Path) -> None:
    refused = orchestrator("run", str(repo), "--branch", "nope", "--out", str(tmp_path / "out"))
    assert refused.exit_code == 2
    assert not (tmp_path / "out").exists()
    assert platform.store.jobs() == []


def test_a_folder_with_content_is_no_place_for_results_and_no_job_begins(platform: Platform, repo: Path) -> None:
    refused = orchestrator("run", str(repo), "--out", str(repo))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "is not empty" in refused.stderr
    assert platform.store.jobs() == []
