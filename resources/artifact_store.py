"""Artifacts in a folder of this machine, and each customer's cache on top of any artifact store."""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.job import CustomerId, customer_id
from orchestrator_assets.domain.ports import ArtifactStore

_DESCRIPTORS = Path("/proc/self/fd")
_TEMPORARY = ".tmp-"
_MAX_PART_BYTES = 255
_DIGEST_BYTES = 32
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class LocalArtifactStore:
    """`domain.ports.ArtifactStore` below one folder. No link is ever followed: each part of a key is opened by itself."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100 - `resolve` would follow links

    def put(self, key: str, content: bytes) -> None:
        """Store the content under the key, whole or not at all, and on the disk before this returns.

        Raises:
            ArtifactError: The key is malformed, or leads through a link or a file.
        """
        *folders, name = _parts(key)
        folder = self._open_folder(key, folders, make=True)
        try:
            _replace(folder, name, content)
            os.fsync(folder)
        except (IsADirectoryError, NotADirectoryError) as error:
            raise ArtifactError(f"artifact {key!r}: a folder of that name is in the way; choose another key") from error
        finally:
            os.close(folder)

    def get(self, key: str) -> bytes:
        """The content under the key.

        Raises:
            ArtifactError: There is none, or the key is malformed.
        """
        content = self.find(key)
        if content is None:
            raise ArtifactError(f"artifact {key!r} is not in {self._root}; run the stage that makes it again")
        return content

    def find(self, key: str) -> bytes | None:
        """The content under the key, or None.

        Raises:
            ArtifactError: The key is malformed, or leads through a link.
        """
        *folders, name = _parts(key)
        try:
            folder = self._open_folder(key, folders, make=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            return _read(folder, name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArtifactError(f"artifact {key!r}: {error.strerror}; only plain files are artifacts, remove what is there") from error
        finally:
            os.close(folder)

    def keys(self, prefix: str) -> Sequence[str]:
        """All keys that begin with the prefix, sorted."""
        folder, _, _ = prefix.rpartition("/")
        start = self._root.joinpath(*_parts(folder)) if folder else self._root
        if not start.resolve().is_relative_to(self._root.resolve()):
            raise ArtifactError(f"artifact prefix {prefix!r} leads through a link; remove the link from {self._root}")
        return sorted(key for key in _walk(start, f"{folder}/" if folder else "") if key.startswith(prefix))

    def locate(self, key: str) -> str:
        """The path of the key's file, whether or not it exists.

        Raises:
            ArtifactError: The key is malformed.
        """
        return str(self._root.joinpath(*_parts(key)))

    def _open_folder(self, key: str, parts: Sequence[str], *, make: bool) -> int:
        if make:
            self._root.mkdir(parents=True, exist_ok=True)
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in parts:
            try:
                inner = _open_inner(folder, part, make=make)
            except OSError as error:
                if error.errno not in {errno.ENOTDIR, errno.ELOOP} or not (make or _is_link(folder, part)):
                    raise
                raise ArtifactError(f"artifact {key!r}: {part!r} is a link or a file; no key leads through it, remove it") from error
            finally:
                os.close(folder)
            folder = inner
        return folder


class CustomerCache:
    """`domain.ports.ContentCache` of one customer: what a content key once cost to compute.

    An entry begins with the digest of its key and content, so that a torn or exchanged file is a miss and never a wrong answer.
    """

    def __init__(self, store: ArtifactStore, customer: str | CustomerId) -> None:
        self._store = store
        self._prefix = f"customers/{customer_id(customer)}/cache"

    def get(self, key: str) -> bytes | None:
        """The content once put under the key, or None."""
        stored = self._store.find(self._place(key))
        if stored is None:
            return None
        content = stored[_DIGEST_BYTES:]
        return content if stored[:_DIGEST_BYTES] == _seal(key, content) else None

    def put(self, key: str, content: bytes) -> None:
        """Keep the content under the key."""
        self._store.put(self._place(key), _seal(key, content) + content)

    def _place(self, key: str) -> str:
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self._prefix}/{digest[:2]}/{digest}"


def _seal(key: str, content: bytes) -> bytes:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass"))
    digest.update(b"\0")
    digest.update(content)
    return digest.digest()


def _parts(key: str) -> list[str]:
    """The key's folders and name, checked."""
    parts = key.split("/")
    for part in parts:
        problem = _problem_with(part)
        if problem:
            raise ArtifactError(
                f"artifact key {key!r}: {problem}; use names separated by single '/', like 'customers/a/jobs/b/report.json'"
            )
    return parts


def _problem_with(part: str) -> str:
    if part in {"", ".", ".."}:
        return f"part {part!r} leads elsewhere"
    if "\\" in part or any(character < " " or character == "\x7f" for character in part):
        return "it holds a backslash or a control character"
    if part.startswith(_TEMPORARY):
        return f"{_TEMPORARY!r} begins the names of unfinished files"
    try:
        too_long = len(part.encode("utf-8")) > _MAX_PART_BYTES
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    return f"a part is over {_MAX_PART_BYTES} bytes long" if too_long else ""


def _open_inner(folder: int, part: str, *, make: bool) -> int:
    if make:
        try:
            os.mkdir(part, dir_fd=folder)
        except FileExistsError:
            pass
        else:
            os.fsync(folder)
    return os.open(part, _FOLDER_FLAGS, dir_fd=folder)


def _is_link(folder: int, part: str) -> bool:
    return stat.S_ISLNK(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode)


def _read(folder: int, name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return file.read()


def _replace(folder: int, name: str, content: bytes) -> None:
    """Readers see the old content or the new one, a crash leaves one of them.

    The new file has no name while it is written, so that a killed process leaves nothing behind; a first put needs no
    temporary name at all, a later one for the moment between two system calls.
    """
    temporary = f"{_TEMPORARY}{secrets.token_hex(8)}"
    descriptor = _open_unnamed(folder)
    named = descriptor is None
    if descriptor is None:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
        if not named:
            try:
                _link(descriptor, folder, name)
            except FileExistsError:
                _link(descriptor, folder, temporary)
                named = True
        if named:
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            named = False
    finally:
        os.close(descriptor)
        if named:
            os.unlink(temporary, dir_fd=folder)


def _open_unnamed(folder: int) -> int | None:
    """A file without a name on the folder's disk, or None where the system has no such thing."""
    if not hasattr(os, "O_TMPFILE") or not _DESCRIPTORS.is_dir():
        return None
    try:
        return os.open(".", os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o666, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}:
            return None
        raise


def _link(descriptor: int, folder: int, name: str) -> None:
    # With a folder descriptor given, Python calls linkat and lets it follow the link to the unnamed file.
    os.link(_DESCRIPTORS / str(descriptor), name, dst_dir_fd=folder, follow_symlinks=True)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False) and not entry.name.startswith(_TEMPORARY):
            yield prefix + entry.name
