"""Customers' repositories, by local path or URL, read without running anything of theirs."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from orchestrator_assets.domain.errors import RepositoryError, ToolError
from orchestrator_assets.domain.job import RepoRef
from orchestrator_assets.domain.ports import Fetched, Sandbox, SandboxRun
from resources.git import SNAPSHOT_REF, GitRepository, check_out, new_repository, restore, run_git

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_WHOLE_ID = 40


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where to fetch from: the branch is empty when it was not asked for and HEAD is detached, the commit when a branch is meant."""

    url: str
    branch: str
    commit: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GitCodeHost:
    """Git repositories. The sandbox runs the one command that a repository's own configuration can steer (`git status`)."""

    sandbox: Sandbox

    def fetch(self, repo: RepoRef, into: Path) -> Fetched:
        """Copy one commit, without history, into a bare repository at `into`.

        Raises:
            RepositoryError: See `domain.ports.CodeHost`.
        """
        origin = self._local(repo) if repo.path is not None else self._remote(repo)
        wanted = origin.commit or (f"refs/heads/{origin.branch}" if origin.branch else "HEAD")
        new_repository(into)
        try:
            run_git(into, "fetch", "-q", "--no-tags", "--depth", "1", "--", origin.url, wanted, own_credentials=repo.path is None)
            commit = run_git(into, "rev-parse", "FETCH_HEAD^{commit}").decode().strip()
        except ToolError as error:
            shutil.rmtree(into, ignore_errors=True)
            raise RepositoryError(_fetch_problem(repo, str(error))) from error
        run_git(into, "update-ref", SNAPSHOT_REF, commit)
        return Fetched(GitRepository(into, commit), origin.branch, origin.notes)

    def restore(self, bundle: bytes, commit: str, into: Path) -> GitRepository:
        """The private copy again, from its bundle."""
        return restore(bundle, commit, into)

    def check_out(self, bundle: bytes, commit: str, branch: str, into: Path) -> None:
        """A work tree on the bundle's branch."""
        check_out(bundle, commit, branch, into)

    def _local(self, repo: RepoRef) -> _Origin:
        path = Path(repo.path or "").expanduser().absolute()
        top = _top_level(path)
        if repo.branch and not _has(top, f"refs/heads/{repo.branch}"):
            raise RepositoryError(f"repository {path}: no branch {repo.branch!r}; it has {_branches(top)}")
        commit = _full_id(top, repo.commit) if repo.commit else ""
        branch = repo.branch or ("" if repo.commit else _current_branch(top))
        if not (repo.branch or repo.commit) and not _has(top, "HEAD"):
            raise RepositoryError(f"repository {path}: it has no commit yet; commit what is to be worked on")
        asked_for_work_tree = not (repo.branch or repo.commit)
        notes = self._refuse_dirty(top) if asked_for_work_tree and (top / ".git").exists() else ()
        return _Origin(top.resolve().as_uri(), branch, commit, notes)

    def _refuse_dirty(self, top: Path) -> tuple[str, ...]:
        """A job works on a commit: changes that are not in it would be silently left out."""
        done = self.sandbox.run(
            SandboxRun(
                ("git", "status", "--porcelain", "-z"),
                tree=top,
                environment={
                    "GIT_CONFIG_COUNT": "3",
                    "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
                    "GIT_CONFIG_KEY_1": "core.fsmonitor", "GIT_CONFIG_VALUE_1": "false",
                    "GIT_CONFIG_KEY_2": "core.fileMode", "GIT_CONFIG_VALUE_2": "false",
                    "GIT_OPTIONAL_LOCKS": "0",
                },
                timeout_seconds=60,
            )
        )  # fmt: skip
        if done.exit_code:
            return ("whether the work tree has uncommitted changes could not be found out; the job works on the commit",)
        rows = [row for row in done.stdout.decode("utf-8", "replace").split("\0") if row]
        changed = [row[3:] for row in rows if not row.startswith(("??", "!!"))]
        if changed:
            raise RepositoryError(
                f"repository {top}: {len(changed)} uncommitted change(s), e.g. {changed[0]}; "
                "commit or stash them, or name the commit to work on (--commit, --branch)"
            )
        untracked = len(rows)
        return (f"{untracked} untracked file(s) are not part of the job: it works on the commit",) if untracked else ()

    def _remote(self, repo: RepoRef) -> _Origin:
        url = repo.url or ""
        if repo.commit and len(repo.commit) < _WHOLE_ID:
            raise RepositoryError(f"commit {repo.commit!r}: cut short, and a remote repository finds whole ids only; give all 40 digits")
        try:
            answer = run_git(Path("/"), "ls-remote", "--symref", "--", url, own_credentials=True, timeout_seconds=60).decode(
                "utf-8", "replace"
            )
        except ToolError as error:
            raise RepositoryError(f"repository {url}: cannot be read ({error}); check the address and your access") from error
        heads = re.findall(r"^[0-9a-f]+\trefs/heads/(.+)$", answer, re.MULTILINE)
        if not heads:
            raise RepositoryError(f"repository {url}: it has no commit yet; push what is to be worked on")
        if repo.branch and repo.branch not in heads:
            raise RepositoryError(f"repository {url}: no branch {repo.branch!r}; it has {', '.join(sorted(heads)[:10])}")
        default = re.search(r"^ref: refs/heads/(.+)\tHEAD$", answer, re.MULTILINE)
        branch = repo.branch or ("" if repo.commit or default is None else default.group(1))
        return _Origin(url, branch, repo.commit or "")


def _top_level(path: Path) -> Path:
    if not path.exists():
        raise RepositoryError(f"repository {path}: no such folder; give the path of a git repository")
    if not path.is_dir():
        raise RepositoryError(f"repository {path}: a file, not a folder; give the path of a git repository")
    if (path / ".git").exists() or ((path / "HEAD").is_file() and (path / "objects").is_dir()):
        return path
    for parent in path.parents:
        if (parent / ".git").exists():
            raise RepositoryError(
                f"repository {path}: a folder inside the repository {parent}; give {parent} and limit the job with --include"
            )
    raise RepositoryError(f"repository {path}: not a git repository; run 'git init' there and commit, or give another path")


def _has(top: Path, reference: str) -> bool:
    try:
        run_git(top, "rev-parse", "-q", "--verify", f"{reference}^{{commit}}")
    except ToolError:
        return False
    return True


def _full_id(top: Path, commit: str) -> str:
    if not _COMMIT.fullmatch(commit):
        raise RepositoryError(f"commit {commit!r}: not a commit id; give 7 to 40 hexadecimal digits")
    if not _has(top, commit):
        raise RepositoryError(f"repository {top}: no commit {commit}; fetch it first or give another")
    # Git fetches by whole ids only.
    return run_git(top, "rev-parse", f"{commit}^{{commit}}").decode().strip()


def _branches(top: Path) -> str:
    names = run_git(top, "for-each-ref", "--format=%(refname:short)", "--count=10", "refs/heads").decode("utf-8", "replace").split()
    return ", ".join(names) or "none"


def _current_branch(top: Path) -> str:
    try:
        return run_git(top, "symbolic-ref", "-q", "--short", "HEAD").decode("utf-8", "replace").strip()
    except ToolError:
        return ""


def _fetch_problem(repo: RepoRef, words: str) -> str:
    what = f"commit {repo.commit}" if repo.commit else f"branch {repo.branch!r}" if repo.branch else "its HEAD"
    return f"repository {repo.location}: {what} cannot be fetched ({words}); check that it exists there"
