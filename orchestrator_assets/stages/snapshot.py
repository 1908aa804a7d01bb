"""Take the repository in at one commit, and lay it out on disk for the stages."""

import hashlib
import os
import posixpath
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from orchestrator_assets.domain.errors import RepositoryError
from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.ports import ArtifactStore, CodeHost, CodeRepository, Fetched, TreeEntry
from orchestrator_assets.domain.snapshot import Snapshot
from orchestrator_assets.domain.tree import Scope, SourceTree

MAX_FILE_BYTES = 5 << 20
# Type checkers need minutes for a generated module of 70,000 assignments (4 MB), which nobody mends by hand anyway.
MAX_PYTHON_BYTES = 1 << 20
MAX_TREE_BYTES = 2 << 30
MAX_FILES = 200_000

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_LFS_POINTER_MAX_BYTES = 1024


def take_snapshot(order: JobOrder, code_host: CodeHost, artifacts: ArtifactStore, work: Path) -> Snapshot:
    """Copy the commit that the order means into the artifact store.

    Args:
        work: An empty or absent folder of the run's own; it is gone afterwards.

    Raises:
        RepositoryError: The repository cannot be used; the message names the thing and the mend.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.parent.mkdir(parents=True, exist_ok=True)
    try:
        fetched = _known_commit(order, code_host, artifacts, work) or code_host.fetch(order.repo, work)
        repository = fetched.repository
        scope = Scope(order.options.include, order.options.exclude)
        entries = repository.entries()
        notes = [*fetched.notes, *_check_entries(entries, repository, scope)]
        files = sorted(e.path for e in entries if _is_regular(e) and e.size_bytes <= _limit(e))
        oversized = sorted(e.path for e in entries if _is_regular(e) and e.size_bytes > _limit(e))
        if oversized:
            notes.append(
                f"{len(oversized)} file(s) over {MAX_FILE_BYTES >> 20} MiB ({MAX_PYTHON_BYTES >> 20} MiB of Python) are left alone, "
                f"e.g. {oversized[0]}"
            )
        key = _bundle_key(order.customer, repository.commit)
        if artifacts.find(key) is None:
            artifacts.put(key, repository.bundle())
        return Snapshot(repository.commit, fetched.branch, _digest(entries), tuple(files), tuple(oversized), key, tuple(notes))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _limit(entry: TreeEntry) -> int:
    return MAX_PYTHON_BYTES if entry.path.endswith((".py", ".pyi")) else MAX_FILE_BYTES


def _bundle_key(customer: str, commit: str) -> str:
    return f"customers/{customer}/snapshots/{commit}.bundle"


def _known_commit(order: JobOrder, code_host: CodeHost, artifacts: ArtifactStore, work: Path) -> Fetched | None:
    """The order's commit from what was kept of it: a job that has begun does not depend on its source any more."""
    commit = order.repo.commit
    bundle = artifacts.find(_bundle_key(order.customer, commit)) if commit else None
    if commit is None or bundle is None:
        return None
    return Fetched(code_host.restore(bundle, commit, work), order.repo.branch or "")


def open_repository(snapshot: Snapshot, code_host: CodeHost, artifacts: ArtifactStore, into: Path) -> CodeRepository:
    """The snapshot as a private repository in the folder `into`, which is made anew."""
    shutil.rmtree(into, ignore_errors=True)
    return code_host.restore(artifacts.get(snapshot.bundle_key), snapshot.commit, into)


def lay_out(snapshot: Snapshot, repository: CodeRepository, into: Path) -> SourceTree:
    """Write the snapshot's files below `into`, which is made anew; no filter, hook or attribute takes part."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    entries = [entry for entry in repository.entries() if entry.kind == "blob"]
    for folder in sorted({posixpath.dirname(entry.path) for entry in entries}):
        (into / folder).mkdir(parents=True, exist_ok=True)
    for entry, content in zip(entries, repository.read([entry.object_id for entry in entries]), strict=True):
        target = into / entry.path
        if entry.mode == "120000":
            if not _leads_out(entry.path, content.decode("utf-8", "surrogateescape")):
                target.symlink_to(os.fsdecode(content))
            continue
        target.write_bytes(content)
        if entry.mode == "100755":
            target.chmod(0o755)
    return SourceTree(into, snapshot.digest, snapshot.files)


def lay_out_once(snapshot: Snapshot, code_host: CodeHost, artifacts: ArtifactStore, folder: Path) -> SourceTree:
    """The snapshot's files below `folder`, laid out by the first stage of a run that needs them."""
    base, mark = folder / "base", folder / "base.digest"
    if mark.is_file() and mark.read_text() == snapshot.digest:
        return SourceTree(base, snapshot.digest, snapshot.files)
    repository = open_repository(snapshot, code_host, artifacts, folder / "snapshot.git")
    tree = lay_out(snapshot, repository, base)
    mark.write_text(snapshot.digest)
    return tree


def _check_entries(entries: Sequence[TreeEntry], repository: CodeRepository, scope: Scope) -> list[str]:
    if not entries:
        raise RepositoryError(f"commit {repository.commit}: it has no files; commit what is to be worked on")
    size = sum(entry.size_bytes for entry in entries)
    if size > MAX_TREE_BYTES or len(entries) > MAX_FILES:
        raise RepositoryError(
            f"commit {repository.commit}: {len(entries)} files of {size >> 20} MiB in all; at most {MAX_FILES} files and "
            f"{MAX_TREE_BYTES >> 20} MiB are taken: give a smaller repository"
        )
    for entry in entries:
        parts = PurePosixPath(entry.path).parts
        if entry.path.startswith("/") or ".." in parts or ".git" in {part.lower() for part in parts}:
            raise RepositoryError(f"file {entry.path!r}: a path that leaves the repository or enters .git; remove it from the commit")
    return [
        *_check_submodules([e for e in entries if e.kind == "commit"], scope),
        *_check_links([e for e in entries if e.mode == "120000"], repository, scope),
        *_check_lfs([e for e in entries if _is_regular(e) and e.size_bytes < _LFS_POINTER_MAX_BYTES], repository, scope),
    ]


def _check_submodules(modules: Sequence[TreeEntry], scope: Scope) -> list[str]:
    inside = [entry.path for entry in modules if not _excluded(entry.path, scope)]
    if inside:
        raise RepositoryError(f"submodule {inside[0]}: submodules are not taken in; leave it out with exclude: [{inside[0]}]")
    return [f"submodule {entry.path} is left out by order" for entry in modules]


def _check_links(links: Sequence[TreeEntry], repository: CodeRepository, scope: Scope) -> list[str]:
    notes = []
    for entry, content in zip(links, repository.read([entry.object_id for entry in links]), strict=True):
        target = content.decode("utf-8", "surrogateescape")
        if not _leads_out(entry.path, target):
            continue
        if not _excluded(entry.path, scope):
            raise RepositoryError(
                f"symbolic link {entry.path}: leads out of the repository to {target!r}; "
                f"remove it, or leave it out with exclude: [{entry.path}]"
            )
        notes.append(f"symbolic link {entry.path} leads out of the repository and is left out by order")
    return notes


def _check_lfs(candidates: Sequence[TreeEntry], repository: CodeRepository, scope: Scope) -> list[str]:
    """Pointers stand for files that are not here: what would be judged is not what the customer runs."""
    # Sizes of pointers lie between 120 and 200 bytes; reading all small files of a large tree would cost seconds.
    small = [entry for entry in candidates if 100 <= entry.size_bytes <= 300]
    pointers = [
        entry.path
        for entry, content in zip(small, repository.read([entry.object_id for entry in small]), strict=True)
        if content.startswith(_LFS_POINTER)
    ]
    inside = [path for path in pointers if not _excluded(path, scope)]
    if inside:
        raise RepositoryError(
            f"file {inside[0]}: a Git LFS pointer ({len(inside)} in all), its content is not in the repository; "
            f"commit the content, or leave the files out with exclude: [{inside[0]}]"
        )
    return [f"{len(pointers)} Git LFS pointer(s) are left out by order"] if pointers else []


def _leads_out(path: str, target: str) -> bool:
    """Whether a link leaves the tree, by its text alone; a chain of links is safe when each link is."""
    if target.startswith("/") or "\0" in target:
        return True
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return joined == ".." or joined.startswith("../") or ".git" in PurePosixPath(joined).parts


def _excluded(path: str, scope: Scope) -> bool:
    return not Scope(exclude=scope.exclude).covers(path)


def _is_regular(entry: TreeEntry) -> bool:
    return entry.kind == "blob" and entry.mode in {"100644", "100755", "100664"}


def _digest(entries: Sequence[TreeEntry]) -> str:
    state = hashlib.sha256()
    for entry in sorted(entries, key=lambda e: e.path):
        state.update(f"{entry.mode} {entry.object_id} {entry.path}\0".encode("utf-8", "surrogatepass"))
    return state.hexdigest()
