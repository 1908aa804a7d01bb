import os
from pathlib import Path

import pytest

from orchestrator_assets.domain.errors import RepositoryError
from orchestrator_assets.domain.job import CustomerId, JobOptions, JobOrder, RepoRef
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.stages.snapshot import MAX_FILE_BYTES, lay_out_once, take_snapshot
from resources.artifact_store import LocalArtifactStore
from resources.code_host import GitCodeHost
from tests.fakes import LocalSandbox
from tests.repositories import git, make_repository, write_files


class Intake:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = GitCodeHost(LocalSandbox())
        self.artifacts = LocalArtifactStore(folder / "artifacts")

    def take(self, repo: RepoRef, exclude: tuple[str, ...] = ()) -> Snapshot:
        order = JobOrder(CustomerId("acme"), repo, options=JobOptions(exclude=exclude))
        return take_snapshot(order, self.host, self.artifacts, self.folder / "work" / "fetch.git")

    def lay_out(self, snapshot: Snapshot) -> Path:
        return lay_out_once(snapshot, self.host, self.artifacts, self.folder / "work").root


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return Intake(tmp_path / "platform")


def test_the_files_come_out_as_they_went_in_and_the_source_is_untouched(intake: Intake, tmp_path: Path) -> None:
    files = {"a.py": "x = 1\r\n", "b/c.bin": bytes(range(256)), ".gitattributes": "*.py ident\n"}
    repo = make_repository(tmp_path / "r", files)
    before = {p: p.read_bytes() for p in repo.rglob("*") if p.is_file()}
    root = intake.lay_out(intake.take(RepoRef(path=str(repo))))
    assert {name: (root / name).read_bytes() for name in files} == {n: c.encode() if isinstance(c, str) else c for n, c in files.items()}
    assert {p: p.read_bytes() for p in repo.rglob("*") if p.is_file()} == before
    assert not (intake.folder / "work" / "fetch.git").exists()


def test_branch_and_commit_are_found_by_name(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n"})
    first = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "-b", "feature/x")
    write_files(repo, {"a.py": "2\n"})
    git(repo, "commit", "-qam", "two")
    git(repo, "checkout", "-q", "main")
    assert intake.take(RepoRef(path=str(repo), branch="feature/x")).commit == git(repo, "rev-parse", "feature/x")
    assert intake.take(RepoRef(path=str(repo), commit=first)).commit == first
    assert intake.take(RepoRef(path=str(repo))).branch == "main"
    assert intake.take(RepoRef(url=repo.as_uri(), branch="feature/x")).commit == git(repo, "rev-parse", "feature/x")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (RepoRef(branch="nope"), "no branch 'nope'; it has main"),
        (RepoRef(commit="deadbeef"), "no commit deadbeef"),
        (RepoRef(commit="--upload-pack=x"), "not a commit id"),
    ],
)
def test_a_branch_or_commit_that_is_not_there_is_named(intake: Intake, tmp_path: Path, reference: RepoRef, words: str) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n"})
    with pytest.raises(RepositoryError, match=words):
        intake.take(RepoRef(path=str(repo), branch=reference.branch, commit=reference.commit))


def test_what_is_no_repository_is_named_with_the_mend(intake: Intake, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").write_text("")
    inner = make_repository(tmp_path / "r", {"sub/a.py": "1\n"}) / "sub"
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q", "-b", "main")
    for path, words in [
        (tmp_path / "absent", "no such folder"), (tmp_path / "file", "not a folder"), (inner, "inside the repository"), (empty, "no commit yet"),
    ]:  # fmt: skip
        with pytest.raises(RepositoryError, match=words):
            intake.take(RepoRef(path=str(path)))
    with pytest.raises(RepositoryError, match="cannot be read"):
        intake.take(RepoRef(url=(tmp_path / "absent").as_uri()))


def test_uncommitted_changes_are_refused_and_untracked_files_noted(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n"})
    write_files(repo, {"new.py": "2\n"})
    assert "1 untracked file(s)" in intake.take(RepoRef(path=str(repo))).notes[0]
    write_files(repo, {"a.py": "changed\n"})
    with pytest.raises(RepositoryError, match=r"1 uncommitted change\(s\), e.g. a.py; commit or stash"):
        intake.take(RepoRef(path=str(repo)))
    assert intake.take(RepoRef(path=str(repo), branch="main")).files == ("a.py",)


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "a/../../b", ".git/config"])
def test_a_link_that_leads_out_is_refused_unless_left_out_by_order(intake: Intake, tmp_path: Path, target: str) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n"})
    os.symlink(target, repo / "link")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "link")
    with pytest.raises(RepositoryError, match="link: leads out of the repository"):
        intake.take(RepoRef(path=str(repo)))
    snapshot = intake.take(RepoRef(path=str(repo)), exclude=("link",))
    assert "left out by order" in snapshot.notes[0]
    assert not (intake.lay_out(snapshot) / "link").is_symlink()


def test_a_link_inside_stays_a_link(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"docs/a.txt": "1\n"})
    os.symlink("../docs/a.txt", repo / "docs" / "b.txt")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "link")
    snapshot = intake.take(RepoRef(path=str(repo)))
    assert snapshot.files == ("docs/a.txt",)
    assert os.readlink(intake.lay_out(snapshot) / "docs" / "b.txt") == "../docs/a.txt"


def test_a_submodule_is_refused_by_name(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n"})
    head = git(repo, "rev-parse", "HEAD")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{head},vendor/lib")
    git(repo, "commit", "-qm", "module")
    with pytest.raises(RepositoryError, match=r"submodule vendor/lib: .*exclude: \[vendor/lib\]"):
        intake.take(RepoRef(path=str(repo), branch="main"))


def test_git_lfs_pointers_are_refused_by_name(intake: Intake, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 123456\n"
    repo = make_repository(tmp_path / "r", {"a.py": "1\n", "model.bin": pointer})
    with pytest.raises(RepositoryError, match=r"model.bin: a Git LFS pointer \(1 in all\)"):
        intake.take(RepoRef(path=str(repo)))
    assert "1 Git LFS pointer(s)" in intake.take(RepoRef(path=str(repo)), exclude=("model.bin",)).notes[0]


def test_huge_files_are_kept_but_neither_judged_nor_edited(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n", "huge.py": b"#" * (MAX_FILE_BYTES + 1)})
    snapshot = intake.take(RepoRef(path=str(repo)))
    assert (snapshot.files, snapshot.oversized) == (("a.py",), ("huge.py",))
    assert (intake.lay_out(snapshot) / "huge.py").stat().st_size == MAX_FILE_BYTES + 1


def test_a_file_name_that_is_not_utf8_is_refused(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n"})
    (repo / os.fsdecode(b"caf\xe9.py")).write_text("1\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "name")
    with pytest.raises(RepositoryError, match="is not UTF-8; rename the file"):
        intake.take(RepoRef(path=str(repo)))


def test_a_shallow_clone_is_taken_as_it_is(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n"})
    write_files(repo, {"a.py": "2\n"})
    git(repo, "commit", "-qam", "two")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", repo.as_uri(), str(shallow))
    assert (intake.lay_out(intake.take(RepoRef(path=str(shallow)))) / "a.py").read_text() == "2\n"


def test_no_command_of_the_repository_s_own_configuration_runs(intake: Intake, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "r", {"a.py": "1\n", ".gitattributes": "*.py filter=evil\n"})
    proof = tmp_path / "proof"
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "uploadpack.packObjectsHook", "core.sshCommand"):
        git(repo, "config", key, f"touch {proof}-{key}")
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {proof}-hook\n")
    hook.chmod(0o755)
    os.utime(repo / "a.py", (1, 1))
    intake.lay_out(intake.take(RepoRef(path=str(repo), branch="main")))
    assert not list(tmp_path.glob("proof*"))
