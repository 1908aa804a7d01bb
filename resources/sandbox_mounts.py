"""What the sandbox's file system consists of, as bubblewrap's options."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from orchestrator_assets.domain.errors import SandboxError

_SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "ssl/certs", "ssl/openssl.cnf", "pki", "mime.types")
# Roots that the sandbox fills itself; a host folder of that name would be hidden by a mount or hide one.
_RESERVED = frozenset({"/", "/etc", "/proc", "/dev", "/w", "/in", "/out", "/src", "/tmp"})  # noqa: S108 - inside the sandbox
_MAX_INPUT_BYTES = 64 << 20

Data = Callable[[bytes], int]
"""Turns a content into a file descriptor that bubblewrap reads."""


def host_mounts(data: Data, uid: int, *, disk_bytes: int, shared_memory_bytes: int) -> list[str]:
    """The system's programs and libraries, a bare `/etc`, `/proc`, `/dev` and sized scratch folders."""
    options = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM_FOLDERS:
        options += _system_folder(Path("/") / name)
    options += ["--perms", "0755", "--dir", "/etc", "--perms", "0755", "--dir", "/etc/ssl"]
    for name in _ETC:
        if (Path("/etc") / name).exists():
            options += ["--ro-bind", f"/etc/{name}", f"/etc/{name}"]
    for name, text in _written(uid).items():
        options += ["--perms", "0444", "--ro-bind-data", str(data(text.encode())), f"/etc/{name}"]
    # Kernel settings are guarded by the uid alone in places: read-only for everybody.
    options += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]
    options += ["--perms", "1777", "--size", str(shared_memory_bytes), "--tmpfs", "/dev/shm"]  # noqa: S108 - inside the sandbox
    options += ["--remount-ro", "/dev"]
    for folder in ("/tmp", "/out"):  # noqa: S108 - inside the sandbox
        options += ["--perms", "1777", "--size", str(disk_bytes), "--tmpfs", folder]
    return options


def read_only_mounts(folders: Sequence[Path], inputs: Mapping[str, Path], data: Data) -> list[str]:
    """Host folders at their own paths and the inputs under `/in`."""
    options = ["--perms", "0755", "--dir", "/in"]
    made: set[str] = set()
    for folder in sorted({path for given in folders for path in (given, given.resolve())}, key=lambda path: len(path.parts)):
        if str(folder) in _RESERVED:
            raise SandboxError(f"{folder}: cannot be shown to the sandbox under its own path; name a folder below it")
        if folder.is_relative_to("/usr"):
            continue
        options += _ancestors(folder, made)
        options += ["--ro-bind", str(folder.resolve()), str(folder)]
    for name, path in sorted(inputs.items()):
        options += _input(name, path, data)
    return options


def _system_folder(folder: Path) -> list[str]:
    if folder.is_symlink():
        return ["--symlink", str(folder.readlink()), str(folder)]
    return ["--ro-bind", str(folder), str(folder)] if folder.is_dir() else []


def _written(uid: int) -> dict[str, str]:
    return {
        "passwd": f"root:x:0:0:root:/root:/bin/sh\nsandbox:x:{uid}:{uid}:sandbox:/tmp:/bin/sh\n"
        if uid
        else "root:x:0:0:root:/tmp:/bin/sh\n",
        "group": f"root:x:0:\nsandbox:x:{uid}:\n" if uid else "root:x:0:\n",
        "hosts": "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "resolv.conf": "",
    }


def _ancestors(folder: Path, made: set[str]) -> list[str]:
    """Bubblewrap makes missing parents with mode 0700, which the dropped uid could not pass."""
    options: list[str] = []
    for parent in reversed(folder.parents):
        name = str(parent)
        if name not in made and name not in _RESERVED:
            made.add(name)
            options += ["--perms", "0755", "--dir", name]
    return options


def _input(name: str, path: Path, data: Data) -> list[str]:
    """Bind what everybody may read; hand private files (temporary ones are 0600) over by content."""
    target = f"/in/{name}"
    if path.stat().st_mode & 0o004 or path.is_dir():
        return ["--ro-bind", str(path.resolve()), target]
    if path.stat().st_size > _MAX_INPUT_BYTES:
        raise SandboxError(f"{path}: over {_MAX_INPUT_BYTES} bytes and private; make it readable for all")
    return ["--perms", "0444", "--ro-bind-data", str(data(path.read_bytes())), target]
