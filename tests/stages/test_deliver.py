"""What is handed over, and what never is."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from orchestrator_assets.domain.errors import ArtifactError, InputError, StateError
from orchestrator_assets.domain.job import CustomerId, JobId, JobState, RepoRef
from orchestrator_assets.domain.score import Decision
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus
from orchestrator_assets.domain.verification import Effort, FixGroup, Verification
from orchestrator_assets.stages.deliver import (
    EXPORTED,
    REPOSITORY_BUNDLE,
    ChangeSet,
    artifact_key,
    build_change_set,
    deliver,
    export_artifacts,
    keep_change_set,
    prepare_out,
)
from resources.artifact_store import LocalArtifactStore
from resources.code_host import GitCodeHost
from tests.builders import a_fix, a_scan, a_suite
from tests.fakes import LocalSandbox
from tests.repositories import git, make_repository

ACME, JOB = CustomerId("acme"), JobId("0198a6b2-0000-7000-8000-000000000001")
HOST = GitCodeHost(LocalSandbox())
FILES = {"app/core.py": b"import os\nx = 1\n", "app/other.py": b"import os\ny = 1\n"}


def a_verification(*groups: FixGroup, suite: SuiteRun | None = None) -> Verification:
    return Verification(groups, (), a_scan(), suite or a_suite(), (), (), 0, frozenset(), Effort(1, 1, 1))


UNUSED = FixGroup(
    "ruff:F401",
    "Remove an unused import",
    (a_fix("app/core.py", "f1"), a_fix("app/other.py", "f2")),
    (("app/core.py", b"x = 1\n"), ("app/other.py", b"y = 1\n")),
)
NAMES = FixGroup("names", "Give x a name", (a_fix("app/core.py", "f3", rule="names", evidence=""),), (("app/core.py", b"name = 1\n"),))


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifactStore:
    return LocalArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo", FILES)


def change_set(repo: Path, *groups: FixGroup, name: str = "copy.git", suite: SuiteRun | None = None) -> ChangeSet:
    repository = HOST.fetch(RepoRef(path=str(repo)), repo.parent / name).repository
    return build_change_set(JOB, a_verification(*groups, suite=suite), repository, 1_760_000_000)


def finished(artifacts: LocalArtifactStore, changes: ChangeSet) -> None:
    """Put everything there that a finished job leaves."""
    for name in EXPORTED:
        artifacts.put(artifact_key(ACME, JOB, name), f"the {name}\n".encode())
    keep_change_set(ACME, JOB, changes, artifacts)


def test_every_group_is_a_commit_that_says_what_it_answers_why_and_for_which_job(repo: Path) -> None:
    changes = change_set(repo, UNUSED, NAMES)
    assert [group.commit for group in changes.groups][-1] == changes.commit_after != changes.commit_before
    assert changes.branch == f"orchestrator/{JOB}"
    message = git(repo.parent / "copy.git", "log", "-1", "--format=%B", changes.groups[0].commit)
    assert message.splitlines()[0] == "Remove an unused import"
    for words in ("Nothing uses it.", "Answers 2 finding(s) by ruff:F401", "- app/core.py\n- app/other.py", f"Orchestrator-Job: {JOB}"):
        assert words in message
    assert "run 0 of the 2 changed places" in message
    assert "+name = 1" in changes.groups[1].diff
    assert "import os" not in changes.groups[1].diff


def test_a_commit_does_not_speak_of_tests_that_were_not_run(repo: Path) -> None:
    changes = change_set(repo, UNUSED, suite=SuiteRun("tree", SuiteStatus.NO_TESTS, reason="none"))
    message = git(repo.parent / "copy.git", "log", "-1", "--format=%B", changes.commit_after)
    assert "no tests could be run" in message
    assert "by the repository's tests" not in message


def test_the_patch_takes_the_customers_tree_to_the_last_commit(repo: Path) -> None:
    changes = change_set(repo, UNUSED, NAMES)
    (repo.parent / "changes.patch").write_bytes(changes.patch)
    git(repo, "apply", str(repo.parent / "changes.patch"))
    assert {path: (repo / path).read_bytes() for path in FILES} == {"app/core.py": b"name = 1\n", "app/other.py": b"y = 1\n"}


def test_a_repeated_attempt_makes_the_same_commits(repo: Path) -> None:
    one, other = change_set(repo, UNUSED, NAMES), change_set(repo, UNUSED, NAMES, name="other.git")
    assert (one.commit_after, one.patch) == (other.commit_after, other.patch)


def test_without_fixes_there_is_a_branch_but_no_commit_and_no_patch(repo: Path) -> None:
    changes = change_set(repo)
    assert (changes.commit_before, changes.patch, changes.groups) == (changes.commit_after, b"", ())


def test_the_receipt_names_everything_with_its_digest(repo: Path, artifacts: LocalArtifactStore) -> None:
    changes = change_set(repo, UNUSED)
    finished(artifacts, changes)
    receipt = json.loads(deliver(ACME, JOB, Decision(JobState.NEEDS_REVIEW, ()), changes, artifacts))
    assert (receipt["status"], receipt["branch"], receipt["commit"]) == ("needs_review", changes.branch, changes.commit_after)
    assert set(receipt["files"]) == {*EXPORTED, REPOSITORY_BUNDLE}
    patch = receipt["files"]["changes.patch"]
    assert (patch["size_bytes"], patch["sha256"]) == (len(changes.patch), hashlib.sha256(changes.patch).hexdigest())
    assert json.loads(artifacts.get(artifact_key(ACME, JOB, "delivery.json"))) == receipt


@pytest.mark.parametrize("state", [JobState.REJECTED, JobState.FAILED, JobState.CANCELLED])
def test_there_is_no_receipt_for_what_may_not_be_delivered(repo: Path, artifacts: LocalArtifactStore, state: JobState) -> None:
    changes = change_set(repo, UNUSED)
    finished(artifacts, changes)
    with pytest.raises(StateError, match=f"its decision is {state.value}"):
        deliver(ACME, JOB, Decision(state, ("no",)), changes, artifacts)
    assert artifacts.find(artifact_key(ACME, JOB, "delivery.json")) is None


def test_there_is_no_receipt_while_something_is_missing(repo: Path, artifacts: LocalArtifactStore) -> None:
    changes = change_set(repo, UNUSED)
    keep_change_set(ACME, JOB, changes, artifacts)
    with pytest.raises(ArtifactError, match=r"quality_report\.json"):
        deliver(ACME, JOB, Decision(JobState.DELIVERED, ()), changes, artifacts)
    assert artifacts.find(artifact_key(ACME, JOB, "delivery.json")) is None


def test_a_jobs_artifacts_come_out_whole_with_a_work_tree_on_its_branch(repo: Path, artifacts: LocalArtifactStore, tmp_path: Path) -> None:
    changes = change_set(repo, UNUSED)
    finished(artifacts, changes)
    out = tmp_path / "out"
    prepare_out(out, repo)
    written = export_artifacts(ACME, JOB, changes.commit_before, artifacts, HOST, out)
    assert set(written) == {*EXPORTED, "transformed"}
    assert (out / "changes.patch").read_bytes() == changes.patch
    assert (out / "transformed" / "app/core.py").read_bytes() == b"x = 1\n"
    assert git(out / "transformed", "rev-parse", "--abbrev-ref", "HEAD") == changes.branch
    assert git(out / "transformed", "status", "--porcelain") == ""


def test_what_a_job_has_not_left_is_not_copied_but_without_a_report_nothing_is(artifacts: LocalArtifactStore, tmp_path: Path) -> None:
    prepare_out(tmp_path / "out", None)
    with pytest.raises(ArtifactError, match=r"it has left no quality_report\.json"):
        export_artifacts(ACME, JOB, "c" * 40, artifacts, HOST, tmp_path / "out")
    artifacts.put(artifact_key(ACME, JOB, "quality_report.json"), b"{}")
    assert list(export_artifacts(ACME, JOB, "c" * 40, artifacts, HOST, tmp_path / "out")) == ["quality_report.json"]


@pytest.mark.parametrize("place", ["out", "orchestrator-out/job-1", "app/out", "app/results/job-1"])
def test_results_inside_the_repository_leave_it_as_it_was_for_git(repo: Path, place: str) -> None:
    before = {path: path.read_bytes() for path in repo.rglob("*") if path.is_file()}
    prepare_out(repo / place, repo)
    (repo / place / "report.json").write_text("{}\n")
    assert git(repo, "status", "--porcelain") == ""
    assert {path: path.read_bytes() for path in before} == before
    assert not (repo / "app" / ".gitignore").exists()


def test_a_second_job_beside_the_first_is_as_invisible_and_an_ignore_file_of_the_customers_stays(repo: Path) -> None:
    (repo / "app" / ".gitignore").write_text("*.pyc\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "ignore")
    for place in ("results/1", "results/2", "app/results"):
        prepare_out(repo / place, repo)
        (repo / place / "report.json").write_text("{}\n")
    (repo / "app" / "empty").mkdir()
    prepare_out(repo / "app" / "empty", repo)
    (repo / "app" / "empty" / "report.json").write_text("{}\n")
    assert git(repo, "status", "--porcelain") == ""
    assert (repo / "app" / ".gitignore").read_text() == "*.pyc\n"


def test_a_folder_that_was_prepared_and_not_used_can_be_prepared_again(repo: Path) -> None:
    prepare_out(repo / "out", repo)
    prepare_out(repo / "out", repo)
    assert git(repo, "status", "--porcelain") == ""


def test_a_link_to_a_folder_inside_the_repository_is_seen_through(repo: Path, tmp_path: Path) -> None:
    (repo / "inside").mkdir()
    os.symlink(repo / "inside", tmp_path / "link")
    prepare_out(tmp_path / "link", repo)
    (tmp_path / "link" / "report.json").write_text("{}\n")
    assert git(repo, "status", "--porcelain") == ""


def test_outside_the_repository_nothing_is_added(repo: Path, tmp_path: Path) -> None:
    prepare_out(tmp_path / "out" / "deep", repo)
    assert list((tmp_path / "out").rglob("*")) == [tmp_path / "out" / "deep"]


def test_a_folder_with_content_or_a_file_is_refused_as_bad_input(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep\n")
    (tmp_path / "file").write_text("keep\n")
    for name in ("full", "file"):
        with pytest.raises(InputError, match=f"output folder .*{name}: it exists and is not empty; give another with --out"):
            prepare_out(tmp_path / name, None)
    assert (tmp_path / "full" / "mine.txt").read_text() == (tmp_path / "file").read_text() == "keep\n"
