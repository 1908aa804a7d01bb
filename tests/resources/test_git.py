"""What a customer gets out of git: commits, patches and work trees, byte for byte."""

import os
import subprocess
from pathlib import Path

import pytest

from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.ports import CommitPlan
from resources.git import GitRepository, check_out, new_repository, restore, run_git
from tests.repositories import git, make_repository

WHEN = 1_760_000_000
BRANCH = "orchestrator/job-1"

# Path -> content before and after: what diffs and work trees get wrong most easily.
CHANGES = {
    "plain.py": (b"x = 1\ny = 2\n", b"x = 1\ny = 3\n"),
    "crlf.py": (b"x = 1\r\ny = 2\r\n", b"x = 1\r\ny = 3\r\n"),
    "mixed.py": (b"x = 1\r\ny = 2\n", b"x = 1\ny = 2\r\n"),
    "no_newline.py": (b"x = 1", b"x = 2"),
    "newline_added.py": (b"x = 1", b"x = 1\n"),
    "binary.bin": (bytes(range(256)), bytes(reversed(range(256)))),
    "latin.py": (b"# \xe9\nx = 1\n", b"# \xe9\nx = 2\n"),
    "bom.py": (b"\xef\xbb\xbfx = 1\n", b"\xef\xbb\xbfx = 2\n"),
    "form_feed.py": (b"x = 1\n\x0c\ny = 2\n", b"x = 1\n\x0c\ny = 3\n"),
    "deep/er/a b.py": (b"1\n", b"2\n"),
    "deep/caf\u00e9 \u2603.py": (b"1\n", b"2\n"),
    'deep/"quoted"\ttab.py': (b"1\n", b"2\n"),
    "trailing.py": (b"x = 1  \n\n\n", b"x = 1\n"),
    "emptied.py": (b"x = 1\n", b""),
    "run.sh": (b"#!/bin/sh\necho 1\n", b"#!/bin/sh\necho 2\n"),
}
BEFORE = {path: content for path, (content, _) in CHANGES.items()}
AFTER = {path: content for path, (_, content) in CHANGES.items()}


def a_customers_repository(folder: Path) -> Path:
    repo = make_repository(folder, BEFORE)
    (repo / "run.sh").chmod(0o755)
    os.symlink("plain.py", repo / "link.py")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "modes")
    return repo


def copy_of(repo: Path, into: Path) -> GitRepository:
    """A bare copy of HEAD without history, as the code host makes one."""
    new_repository(into)
    commit = git(repo, "rev-parse", "HEAD")
    run_git(into, "fetch", "-q", "--depth", "1", repo.as_uri(), "HEAD")
    run_git(into, "update-ref", "refs/heads/snapshot", commit)
    return GitRepository(into, commit)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return a_customers_repository(tmp_path / "repo")


@pytest.fixture
def copy(repo: Path, tmp_path: Path) -> GitRepository:
    return copy_of(repo, tmp_path / "copy.git")


def test_the_patch_applies_to_the_customers_tree_and_gives_the_new_bytes(repo: Path, copy: GitRepository) -> None:
    [commit] = copy.commit_changes([CommitPlan("Change everything", AFTER)], BRANCH, WHEN)
    subprocess.run(["git", "-C", str(repo), "apply", "-"], input=copy.diff(copy.commit, commit), check=True)
    assert {path: (repo / path).read_bytes() for path in AFTER} == AFTER
    assert os.access(repo / "run.sh", os.X_OK)
    assert not os.access(repo / "plain.py", os.X_OK)
    assert (repo / "link.py").is_symlink()


def test_every_plan_becomes_one_commit_on_the_one_before(copy: GitRepository) -> None:
    plans = [CommitPlan("First\n\nbecause\n", {"plain.py": b"1\n"}), CommitPlan("Second", {"plain.py": b"2\n", "crlf.py": b"3\n"})]
    first, second = copy.commit_changes(plans, BRANCH, WHEN)
    assert git(copy.path, "log", "--format=%H %s", BRANCH, f"^{copy.commit}").splitlines() == [f"{second} Second", f"{first} First"]
    assert git(copy.path, "rev-parse", f"{first}^") == copy.commit
    assert git(copy.path, "show", "--stat", "--format=", second).count("|") == 2
    assert git(copy.path, "log", "-1", "--format=%an <%ae> %cn %at %ct", second) == (
        f"AI Development Orchestrator <orchestrator@localhost> AI Development Orchestrator {WHEN} {WHEN}"
    )


def test_the_same_changes_make_the_same_commits_in_another_copy_and_again(repo: Path, copy: GitRepository, tmp_path: Path) -> None:
    plans = [CommitPlan("First", {"plain.py": b"1\n"}), CommitPlan("Second", {"crlf.py": b"2\n"})]
    made = copy.commit_changes(plans, BRANCH, WHEN)
    assert copy.commit_changes(plans, BRANCH, WHEN) == made
    assert copy_of(repo, tmp_path / "other.git").commit_changes(plans, BRANCH, WHEN) == made


def test_without_changes_the_branch_is_the_snapshot(copy: GitRepository) -> None:
    assert copy.commit_changes([], BRANCH, WHEN) == []
    assert git(copy.path, "rev-parse", BRANCH) == copy.commit


def test_a_bundle_gives_the_same_snapshot_back(copy: GitRepository, tmp_path: Path) -> None:
    restored = restore(copy.bundle(), copy.commit, tmp_path / "restored.git")
    assert restored.entries() == copy.entries()
    blobs = [entry.object_id for entry in copy.entries()]
    assert list(restored.read(blobs)) == list(copy.read(blobs))
    plans = [CommitPlan("First", {"plain.py": b"1\n"})]
    assert restored.commit_changes(plans, BRANCH, WHEN) == copy.commit_changes(plans, BRANCH, WHEN)


def test_many_files_are_read_in_the_order_asked_for(tmp_path: Path) -> None:
    contents = {f"f{number:04}": f"{number}\n" * (number % 7) for number in range(600)}
    copy = copy_of(make_repository(tmp_path / "r", contents), tmp_path / "c.git")
    entries = {entry.path: entry for entry in copy.entries()}
    asked = sorted(contents, reverse=True)
    assert [content.decode() for content in copy.read([entries[path].object_id for path in asked])] == [contents[path] for path in asked]
    assert all(entries[path].size_bytes == len(contents[path]) for path in asked)


@pytest.mark.parametrize(
    "attributes", ["", "* text=auto\n", "*.py text eol=crlf\n", "* -text\n*.py ident\n", "*.py filter=evil diff=evil\n"]
)
def test_the_delivered_work_tree_is_on_its_branch_clean_and_holds_the_new_bytes(tmp_path: Path, attributes: str) -> None:
    # Git itself calls a file with CRLF in the repository changed where the attributes want LF there.
    paths = [path for path in CHANGES if "text" not in attributes or b"\r" not in BEFORE[path] + AFTER[path]]
    repo = make_repository(tmp_path / "r", {**{path: BEFORE[path] for path in paths}, ".gitattributes": attributes})
    copy = copy_of(repo, tmp_path / "c.git")
    [commit] = copy.commit_changes([CommitPlan("Change", {path: AFTER[path] for path in paths})], BRANCH, WHEN)
    out = tmp_path / "out" / "transformed"
    check_out(copy.bundle(BRANCH), copy.commit, BRANCH, out)
    assert git(out, "rev-parse", "--abbrev-ref", "HEAD") == BRANCH
    assert git(out, "rev-parse", "HEAD", "orchestrator-base").split() == [commit, copy.commit]
    for file in out.iterdir():
        if file.is_file():
            os.utime(file)  # so that git looks into the files instead of believing the times
    assert git(out, "status", "--porcelain") == ""
    if "eol" not in attributes:
        assert {path: (out / path).read_bytes() for path in paths} == {path: AFTER[path] for path in paths}


def test_the_delivered_work_tree_holds_nothing_of_the_platform(copy: GitRepository, tmp_path: Path) -> None:
    copy.commit_changes([CommitPlan("Change", AFTER)], BRANCH, WHEN)
    out = tmp_path / "out"
    check_out(copy.bundle(BRANCH), copy.commit, BRANCH, out)
    assert not list(out.glob(".git/*.bundle"))
    assert git(out, "fsck") == ""
    assert str(copy.path) not in (out / ".git" / "config").read_text()
    assert os.access(out / "run.sh", os.X_OK)
    assert os.readlink(out / "link.py") == "plain.py"


def test_git_says_what_went_wrong_in_its_own_words(copy: GitRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ToolError, match=r"git log failed: .*no-such-branch"):
        run_git(copy.path, "log", "no-such-branch")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="git is not installed"):
        run_git(copy.path, "version")


def test_neither_the_users_nor_the_systems_configuration_takes_part(
    copy: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text('[user]\n\tname = Someone\n[core]\n\tpager = cat\n[alias]\n\tversion = "!touch /tmp/never"\n')
    for name, value in {
        "HOME": home,
        "GIT_DIR": "/nowhere",
        "GIT_AUTHOR_NAME": "Someone",
        "GIT_CONFIG_PARAMETERS": "'user.name=Someone'",
    }.items():
        monkeypatch.setenv(name, str(value))
    [commit] = copy.commit_changes([CommitPlan("Change", {"plain.py": b"1\n"})], BRANCH, WHEN)
    assert b"Someone" not in run_git(copy.path, "cat-file", "commit", commit)
    assert b"user.name" not in run_git(copy.path, "config", "--list")
