"""The sandbox on bubblewrap: customers' code sees its tree, the interpreter and nothing else of the host.

As root the mounts are made by root (so that interpreters below a 0700 home can be bound) and the command runs under a random uid without
capabilities; otherwise everything happens in a user namespace under the caller's uid.
"""

import math
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from orchestrator_assets.domain.errors import SandboxError
from orchestrator_assets.domain.ports import Sandbox, SandboxResult, SandboxRun
from resources.sandbox_mounts import host_mounts, read_only_mounts
from resources.sandbox_streams import BoundedText, OutputReader
from resources.sandbox_watch import SandboxWatch
from resources.seccomp import deny_filter

_TOOLS = ("bwrap", "setpriv", "prlimit", "timeout", "tar", "find", "sh")
_MEND = "run `infra/install_system.sh` (as root), or `apt-get install bubblewrap util-linux coreutils findutils tar`"
_KILL_AFTER_SECONDS = 5
_GRACE_SECONDS = 20
_MAX_OUTPUT_BYTES = 256 << 20
_SHARED_MEMORY_BYTES = 256 << 20
_MAX_PROCESSES = 1024
_MAX_OPEN_FILES = 4096
_FIRST_UID = 1_000_000
_UIDS = 500_000_000

# The wrapper outlives the command: it says that the sandbox stands, copies the tree, ends what the command left running and sends /out.
# As root it is another uid than the command, which therefore cannot kill it. The status goes first, because a hostile /out may be cut off.
# Its channel comes in as the standard input, since the shell takes over no descriptor past 9 and Python passes none under a chosen number.
_WRAPPER = """
exec 3>&0 0</dev/null
drop=$1 limit=$2 grace=$3 copy=$4; shift 4
if [ "$copy" = 1 ]; then
  (cd /src && find . -mindepth 1 -maxdepth 1 -print0 | tar --null -cf - -T -) | $drop tar -C /w -xf - --no-same-owner ||
    { echo "the tree could not be copied into the sandbox" >&2; exit 125; }
fi
cd /w || exit 125
echo ready >&3
timeout -k "$grace" "$limit" $drop prlimit $PRLIMIT -- env -u PRLIMIT "$@" 3>&-
code=$?
kill -9 -1 2>/dev/null
$drop tar -C /out -cf - . >&3 2>/dev/null
exit "$code"
"""


class Isolation(StrEnum):
    """Who the command is on the host: a random uid (needs root) or the caller in a user namespace."""

    DROPPED_UID = "dropped_uid"
    USER_NAMESPACE = "user_namespace"


@dataclass(frozen=True, slots=True)
class BubblewrapSandbox:
    """Runs one command per call; nothing of a call is left on disk or running when it returns.

    `memory_bytes` bounds the address space of each process and the memory of all together (looked at four times a second); V8 and other
    runtimes that reserve address space need a generous value. `disk_bytes` bounds each of `/w`, `/tmp` and `/out`, which live in memory.
    """

    bwrap: str
    isolation: Isolation
    shared_memory_bytes: int = _SHARED_MEMORY_BYTES
    max_output_bytes: int = _MAX_OUTPUT_BYTES

    def run(self, request: SandboxRun) -> SandboxResult:
        """Run to the end or to the time limit; see `domain.ports.Sandbox`."""
        _check(request)
        with _Descriptors() as descriptors:
            reader_end, writer_end = descriptors.pipe()
            argv = self._command(request, descriptors)
            started = time.monotonic()
            process = _start(argv, writer_end, descriptors.passed)
            descriptors.close(writer_end)
            ended = _attend(process, request, reader_end, self.max_output_bytes)
        return _result(request, ended, time.monotonic() - started)

    def describe(self) -> str:
        """One line for reports: which sandbox, which version, under which identity."""
        version = subprocess.run([self.bwrap, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout.strip()
        return f"{version or 'bubblewrap'}, {self.isolation.value.replace('_', ' ')}, no network"

    def _command(self, request: SandboxRun, descriptors: "_Descriptors") -> list[str]:
        uid = _FIRST_UID + secrets.randbelow(_UIDS) if self.isolation is Isolation.DROPPED_UID else os.getuid()
        copied = request.writable or not _open_to_all(request.tree)
        argv = [self.bwrap, *self._namespaces(), *_environment(request)]
        argv += host_mounts(descriptors.data, uid, disk_bytes=request.disk_bytes, shared_memory_bytes=self.shared_memory_bytes)
        argv += _tree_mounts(request, copied=copied)
        argv += read_only_mounts(request.read_only, request.inputs, descriptors.data)
        argv += ["--remount-ro", "/", "--seccomp", str(descriptors.data(deny_filter()))]
        drop = ""
        if self.isolation is Isolation.DROPPED_UID:
            drop = f"setpriv --reuid={uid} --regid={uid} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all"
        argv += ["--chdir", "/", "--", "/bin/sh", "-c", _WRAPPER, "sandbox", drop, f"{request.timeout_seconds:.3f}"]
        return [*argv, str(_KILL_AFTER_SECONDS), "1" if copied else "0", *request.argv]

    def _namespaces(self) -> list[str]:
        if self.isolation is Isolation.USER_NAMESPACE and os.geteuid() == 0:
            # Root of the namespace would be root of the host for files in /proc/sys, which ask for the uid and not for capabilities.
            raise SandboxError("root must not run customers' code in a user namespace of its own; use the isolation `dropped_uid`")
        options = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent"]
        options += ["--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self.isolation is Isolation.USER_NAMESPACE:
            return ["--unshare-user", *options]
        # CAP_KILL: without it root's wrapper may not end the command, which has another uid.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL"):
            options += ["--cap-add", capability]
        return options


def find_sandbox(*, unsafe: bool = False) -> Sandbox:
    """The sandbox of this machine, tried out once.

    Args:
        unsafe: Reserved for running without a sandbox, which this version refuses.

    Raises:
        SandboxError: A tool is missing or the kernel refuses the namespaces; the message has the mend.
    """
    if unsafe:
        raise SandboxError("running customers' code without a sandbox is not available; " + _MEND)
    return find_bubblewrap()


def find_bubblewrap() -> BubblewrapSandbox:
    """As `find_sandbox`, with the adapter's own type."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        raise SandboxError(f"the sandbox needs {', '.join(missing)}, which this machine lacks; {_MEND}")
    isolation = Isolation.DROPPED_UID if os.geteuid() == 0 else Isolation.USER_NAMESPACE
    sandbox = BubblewrapSandbox(bwrap=shutil.which("bwrap") or "bwrap", isolation=isolation)
    with tempfile.TemporaryDirectory(prefix="sandbox-probe-") as folder:
        probe = sandbox.run(SandboxRun(argv=("true",), tree=Path(folder), timeout_seconds=30, memory_bytes=1 << 30, disk_bytes=1 << 20))
    if probe.exit_code != 0:
        words = probe.stderr.decode("utf-8", "replace").strip()[-500:]
        raise SandboxError(f"bubblewrap starts but cannot run a command ({words or f'exit code {probe.exit_code}'}); {_refusal_mend()}")
    return sandbox


class _Descriptors:
    """File descriptors of one call: small texts for bubblewrap and the pipe for the outputs, all closed at the end."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._passed: list[int] = []

    def __enter__(self) -> "_Descriptors":
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in list(self._open):
            self.close(descriptor)

    @property
    def passed(self) -> tuple[int, ...]:
        return tuple(self._passed)

    def data(self, content: bytes) -> int:
        """A descriptor from which bubblewrap reads the content."""
        descriptor = os.memfd_create("sandbox")
        self._open.add(descriptor)
        self._passed.append(descriptor)
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def pipe(self) -> tuple[int, int]:
        reader, writer = os.pipe()
        self._open |= {reader, writer}
        return reader, writer

    def close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            os.close(descriptor)


@dataclass(slots=True)
class _Ended:
    exit_code: int
    stdout: bytes
    stderr: bytes
    reader: OutputReader
    killed_for: str = field(default="")


def _check(request: SandboxRun) -> None:
    if not request.argv:
        raise SandboxError("a sandbox run without a command; give argv")
    for path in (request.tree, *request.read_only, *request.inputs.values()):
        if not path.is_absolute() or not path.exists():
            raise SandboxError(f"{path}: cannot be shown to the sandbox, since it is not an existing absolute path; check the caller")
    for name in request.inputs:
        if "/" in name or name in {"", ".", ".."}:
            raise SandboxError(f"input {name!r}: must be a plain file name")


def _start(argv: Sequence[str], channel: int, passed: Sequence[int]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            argv,
            stdin=channel,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(passed),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxError(f"{argv[0]} could not be started ({error}); {_MEND}") from error


def _attend(process: "subprocess.Popen[bytes]", request: SandboxRun, reader_end: int, max_output_bytes: int) -> _Ended:
    """Read all three streams until the sandbox is gone; whatever happens here, it is gone afterwards."""
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = BoundedText(process.stdout), BoundedText(process.stderr)
    reader = OutputReader(reader_end, min(max_output_bytes, request.disk_bytes + (1 << 20)))
    deadline = request.timeout_seconds + _KILL_AFTER_SECONDS + _GRACE_SECONDS
    killed_for = ""
    with (
        _reading(stdout, stderr, reader),
        SandboxWatch(process.pid, request.memory_bytes) as watch,
    ):
        try:
            process.wait(timeout=deadline)
        except subprocess.TimeoutExpired:
            killed_for = "time"
        finally:
            process.kill()
            process.wait()
    return _Ended(process.returncode, stdout.content(), stderr.content(), reader, watch.verdict or killed_for)


@contextmanager
def _reading(*readers: BoundedText | OutputReader) -> Iterator[None]:
    threads = [threading.Thread(target=reader.drain, daemon=True, name="sandbox-reader") for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def _result(request: SandboxRun, ended: _Ended, seconds: float) -> SandboxResult:
    if not ended.reader.ready:
        words = ended.stderr.decode("utf-8", "replace").strip()[-800:] or f"exit code {ended.exit_code}"
        raise SandboxError(f"the sandbox could not be set up ({words}); {_refusal_mend()}")
    late = seconds >= request.timeout_seconds and (ended.exit_code in {124, 137} or ended.exit_code < 0)
    timed_out = late or ended.killed_for == "time"
    exit_code = ended.exit_code if ended.exit_code >= 0 else 128 - ended.exit_code
    stderr = ended.stderr
    if ended.killed_for and ended.killed_for != "time":
        stderr += f"\nsandbox: ended, {ended.killed_for}\n".encode()
    return SandboxResult(
        exit_code=124 if timed_out else exit_code,
        stdout=ended.stdout,
        stderr=stderr,
        outputs=ended.reader.files,
        timed_out=timed_out,
        seconds=seconds,
    )


def _environment(request: SandboxRun) -> list[str]:
    size = request.disk_bytes
    limits = {
        "as": request.memory_bytes,
        "nproc": _MAX_PROCESSES,
        "nofile": _MAX_OPEN_FILES,
        "fsize": size,
        "core": 0,
        "cpu": math.ceil(request.timeout_seconds + 1) * (os.cpu_count() or 1),
    }
    bare = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108 - inside the sandbox
    bare["PRLIMIT"] = " ".join(f"--{name}={value}" for name, value in limits.items())
    options = ["--clearenv"]
    for name, value in {**bare, **request.environment}.items():
        options += ["--setenv", name, value]
    return options


def _tree_mounts(request: SandboxRun, *, copied: bool) -> list[str]:
    tree = str(request.tree.resolve())
    if not copied:
        return ["--ro-bind", tree, "/w"]
    return ["--perms", "1777", "--size", str(request.disk_bytes), "--tmpfs", "/w", "--ro-bind", tree, "/src"]


def _open_to_all(folder: Path) -> bool:
    needed = stat.S_IROTH | stat.S_IXOTH
    return folder.stat().st_mode & needed == needed


def _refusal_mend() -> str:
    if os.geteuid() == 0:
        return "inside a container it needs CAP_SYS_ADMIN (or unprivileged user namespaces and a user other than root)"
    return "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)"
