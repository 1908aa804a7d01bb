"""Finding a customer's repository and commit; what `tests/stages/test_snapshot.py` says of whole snapshots is not repeated here."""

import os
import re
from pathlib import Path

import pytest

from orchestrator_assets.domain.errors import RepositoryError
from orchestrator_assets.domain.job import RepoRef
from orchestrator_assets.domain.ports import CommitPlan, SandboxResult, SandboxRun
from resources.code_host import GitCodeHost
from tests.fakes import LocalSandbox
from tests.repositories import git, make_repository, write_files


@pytest.fixture
def host() -> GitCodeHost:
    return GitCodeHost(LocalSandbox())


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repo", {"a.py": "1\n", "sub/b.py": "2\n"})
    write_files(made, {"a.py": "one\n"})
    git(made, "commit", "-qam", "two")
    git(made, "tag", "-a", "v1", "-m", "one")
    return made


def test_the_copy_holds_one_commit_without_its_history(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    fetched = host.fetch(RepoRef(path=str(repo)), tmp_path / "copy.git")
    assert fetched.repository.commit == git(repo, "rev-parse", "HEAD")
    assert fetched.branch == "main"
    assert git(tmp_path / "copy.git", "rev-list", "--all", "--count") == "1"
    assert [entry.path for entry in fetched.repository.entries()] == ["a.py", "sub/b.py"]


def test_a_detached_head_has_no_branch(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-q", "--detach")
    assert host.fetch(RepoRef(path=str(repo)), tmp_path / "copy.git").branch == ""


def test_a_short_commit_id_is_enough(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    first = git(repo, "rev-parse", "HEAD^")
    fetched = host.fetch(RepoRef(path=str(repo), commit=first[:9]), tmp_path / "copy.git")
    assert (fetched.repository.commit, fetched.branch) == (first, "")


def test_a_bare_repository_and_a_linked_work_tree_are_repositories(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    git(repo, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    head = git(repo, "rev-parse", "HEAD")
    assert host.fetch(RepoRef(path=str(tmp_path / "bare.git")), tmp_path / "1.git").repository.commit == head
    fetched = host.fetch(RepoRef(path=str(tmp_path / "linked")), tmp_path / "2.git")
    assert (fetched.repository.commit, fetched.branch) == (head, "side")


def test_a_path_may_be_relative_or_a_link(host: GitCodeHost, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.symlink(repo, tmp_path / "link to it")
    monkeypatch.chdir(tmp_path)
    for number, path in enumerate(("repo", "./repo/", str(tmp_path / "link to it"))):
        assert host.fetch(RepoRef(path=path), tmp_path / f"{number}.git").repository.commit == git(repo, "rev-parse", "HEAD")


def test_changes_in_the_index_are_uncommitted_too_and_names_may_be_odd(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    write_files(repo, {"caf\u00e9 \u2603.py": "1\n"})
    git(repo, "add", "-A")
    with pytest.raises(RepositoryError, match=re.escape("1 uncommitted change(s), e.g. caf\u00e9 \u2603.py")):
        host.fetch(RepoRef(path=str(repo)), tmp_path / "copy.git")
    assert not (tmp_path / "copy.git").exists()


def test_a_file_mode_or_touched_file_is_no_change(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    (repo / "a.py").chmod(0o755)
    os.utime(repo / "a.py", (1, 1))
    assert host.fetch(RepoRef(path=str(repo)), tmp_path / "copy.git").notes == ()


def test_where_git_status_does_not_work_the_report_says_so(repo: Path, tmp_path: Path) -> None:
    class Failing(LocalSandbox):
        def run(self, request: SandboxRun) -> SandboxResult:
            return SandboxResult(128, b"", b"fatal: detected dubious ownership", {}, False, 0.1)

    fetched = GitCodeHost(Failing()).fetch(RepoRef(path=str(repo)), tmp_path / "copy.git")
    assert "could not be found out" in fetched.notes[0]


def test_an_address_is_fetched_like_a_path(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    url = repo.as_uri()
    fetched = host.fetch(RepoRef(url=url), tmp_path / "1.git")
    assert (fetched.repository.commit, fetched.branch) == (git(repo, "rev-parse", "HEAD"), "main")
    first = git(repo, "rev-parse", "HEAD^")
    assert host.fetch(RepoRef(url=url, commit=first), tmp_path / "2.git").repository.commit == first


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ({"branch": "nope"}, "no branch 'nope'; it has main"),
        ({"commit": "abcdef1"}, "commit 'abcdef1': cut short, .*; give all 40 digits"),
        ({"commit": "0" * 40}, f"commit {'0' * 40} cannot be fetched"),
    ],
)
def test_what_an_address_does_not_have_is_named(
    host: GitCodeHost, repo: Path, tmp_path: Path, reference: dict[str, str], words: str
) -> None:
    with pytest.raises(RepositoryError, match=words):
        host.fetch(RepoRef(url=repo.as_uri(), **reference), tmp_path / "copy.git")
    assert not (tmp_path / "copy.git").exists()


def test_an_empty_remote_says_so(host: GitCodeHost, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    with pytest.raises(RepositoryError, match="no commit yet; push"):
        host.fetch(RepoRef(url=(tmp_path / "empty.git").as_uri()), tmp_path / "copy.git")


def test_a_bundle_comes_back_as_a_repository_and_as_a_work_tree(host: GitCodeHost, repo: Path, tmp_path: Path) -> None:
    copy = host.fetch(RepoRef(path=str(repo)), tmp_path / "copy.git").repository
    [commit] = copy.commit_changes([CommitPlan("Change", {"a.py": b"new\n"})], "orchestrator/j", 1_760_000_000)
    restored = host.restore(copy.bundle(), copy.commit, tmp_path / "restored.git")
    assert restored.entries() == copy.entries()
    host.check_out(copy.bundle("orchestrator/j"), copy.commit, "orchestrator/j", tmp_path / "out")
    assert (tmp_path / "out" / "a.py").read_bytes() == b"new\n"
    assert git(tmp_path / "out", "rev-parse", "HEAD") == commit
