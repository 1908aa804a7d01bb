"""Git as a subprocess, in a surrounding of its own: no hooks, no filters, no prompts, no configuration of a customer's."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator_assets.domain.errors import RepositoryError, ToolError
from orchestrator_assets.domain.ports import CommitPlan, TreeEntry

_CONFIG = Path(__file__).with_name("gitconfig")
_IDENTITY = ("AI Development Orchestrator", "orchestrator@localhost")
SNAPSHOT_REF = "refs/heads/snapshot"


@dataclass(frozen=True, slots=True)
class GitRepository:
    """A bare repository of the run's own; `commit` is the customer's, without its history."""

    path: Path
    commit: str

    def entries(self) -> list[TreeEntry]:
        """The snapshot's tree: every path with its mode, kind, object and size (0 for submodules).

        Raises:
            RepositoryError: A path is not UTF-8.
        """
        rows = []
        for row in run_git(self.path, "ls-tree", "-r", "-z", "--long", "--full-tree", self.commit).split(b"\0"):
            if not row:
                continue
            meta, _, raw = row.partition(b"\t")
            mode, kind, blob, size = meta.split()
            try:
                path = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise RepositoryError(f"file name {raw!r} is not UTF-8; rename the file and commit") from error
            rows.append(TreeEntry(path, mode.decode(), kind.decode(), blob.decode(), 0 if size == b"-" else int(size)))
        return rows

    def read(self, blobs: Sequence[str]) -> Iterator[bytes]:
        """The blobs' contents, in the order given."""
        for chunk in _chunks(blobs, 256):
            answer = run_git(self.path, "cat-file", "--batch", stdin="\n".join(chunk).encode() + b"\n")
            position = 0
            for _ in chunk:
                end_of_header = answer.index(b"\n", position)
                size = int(answer[position:end_of_header].split()[2])
                yield answer[end_of_header + 1 : end_of_header + 1 + size]
                position = end_of_header + size + 2

    def bundle(self, branch: str | None = None) -> bytes:
        """The snapshot as a git bundle: the commit and its tree, without history; and the branch when one is named."""
        heads = (SNAPSHOT_REF,) if branch is None else (SNAPSHOT_REF, f"refs/heads/{branch}")
        return run_git(self.path, "bundle", "create", "-q", "-", *heads)

    def commit_changes(self, plans: Iterable[CommitPlan], branch: str, when: int) -> list[str]:
        """Stack one commit per plan on the snapshot and point the branch at the last; gives the commits' ids.

        Args:
            plans: Each holds the whole new content of the files that it changes.
            branch: Name without `refs/heads/`.
            when: Seconds since the epoch for author and committer, so that a repeated attempt makes the same commits.
        """
        modes = {entry.path: entry.mode for entry in self.entries()}
        index = {"GIT_INDEX_FILE": str(self.path / f"index-{branch.replace('/', '-')}")}
        run_git(self.path, "read-tree", self.commit, extra=index)
        parent, made = self.commit, []
        for plan in plans:
            rows = []
            for path, content in sorted(plan.files.items()):
                blob = run_git(self.path, "hash-object", "-w", "--stdin", "--no-filters", stdin=content).decode().strip()
                rows.append(f"{modes[path]} {blob}\t{path}".encode())
            run_git(self.path, "update-index", "-z", "--index-info", stdin=b"\0".join(rows) + b"\0", extra=index)
            tree = run_git(self.path, "write-tree", extra=index).decode().strip()
            parent = self._commit(tree, parent, plan.message, when)
            made.append(parent)
        run_git(self.path, "update-ref", f"refs/heads/{branch}", parent)
        return made

    def _commit(self, tree: str, parent: str, message: str, when: int) -> str:
        dated = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _signature(when)}
        return run_git(self.path, "commit-tree", tree, "-p", parent, "-F", "-", stdin=message.encode(), extra=dated).decode().strip()

    def diff(self, before: str, after: str) -> bytes:
        """A patch between two commits that `git apply` takes."""
        return run_git(self.path, "diff", "--binary", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", before, after)


def check_out(bundle: bytes, commit: str, branch: str, into: Path) -> None:
    """Make `into` a work tree on the branch of a bundle, in a repository of its own."""
    into = into.resolve()
    into.mkdir(parents=True)
    run_git(into, "init", "-q", "-b", "main", ".")
    (into / ".git" / "shallow").write_text(commit + "\n")
    packed = into / ".git" / "delivery.bundle"
    packed.write_bytes(bundle)
    heads = (f"refs/heads/{branch}:refs/heads/{branch}", f"{SNAPSHOT_REF}:refs/tags/orchestrator-base")
    run_git(into, "fetch", "-q", str(packed), *heads)
    packed.unlink()
    run_git(into, "checkout", "-q", branch)


def restore(bundle: bytes, commit: str, into: Path) -> GitRepository:
    """A repository from a bundle that `GitRepository.bundle` made."""
    new_repository(into)
    (into / "shallow").write_text(commit + "\n")
    packed = into / "snapshot.bundle"
    packed.write_bytes(bundle)
    run_git(into, "fetch", "-q", str(packed), f"{SNAPSHOT_REF}:{SNAPSHOT_REF}")
    packed.unlink()
    return GitRepository(into, commit)


def new_repository(path: Path) -> None:
    """An empty bare repository."""
    path.mkdir(parents=True, exist_ok=True)
    run_git(path, "init", "-q", "--bare", ".")


def run_git(
    repository: Path,
    *arguments: str,
    stdin: bytes | None = None,
    extra: Mapping[str, str] | None = None,
    own_credentials: bool = False,
    timeout_seconds: float = 600.0,
) -> bytes:
    """Run git in the repository and give its standard output.

    Raises:
        ToolError: Git is missing, failed (its own words are in the message) or took too long.
    """
    command = ["git", "-C", str(repository), *arguments]
    environment = {**_environment(own_credentials=own_credentials), **(extra or {})}
    try:
        done = subprocess.run(
            command, input=stdin if stdin is not None else b"", capture_output=True, env=environment, timeout=timeout_seconds, check=False
        )
    except FileNotFoundError as error:
        raise ToolError("git is not installed; install git 2.30 or newer") from error
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"git {arguments[0]}: no answer within {timeout_seconds:.0f} s; check the repository's address") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()[-2000:]
        raise ToolError(f"git {arguments[0]} failed: {words or f'exit code {done.returncode}'}")
    return done.stdout


def _environment(*, own_credentials: bool) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR") if name in os.environ}
    fixed = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_OPTIONAL_LOCKS": "0",
        "TZ": "UTC",
    }
    if own_credentials:
        # Only for a URL that the operator gave: their credential helper and SSH agent are what opens it.
        names = ("HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
        return {**kept, **fixed, **{name: os.environ[name] for name in names if name in os.environ}}
    return {**kept, **fixed, "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": str(_CONFIG)}


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _signature(when: int) -> Iterator[tuple[str, str]]:
    yield "NAME", _IDENTITY[0]
    yield "EMAIL", _IDENTITY[1]
    yield "DATE", f"{when} +0000"
