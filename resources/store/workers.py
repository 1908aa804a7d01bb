"""Who holds a lease, and whether that process still lives."""

import os
import socket
from functools import lru_cache
from pathlib import Path

import psutil

# The kernel counts a start in ticks and psutil adds the boot time to it, which moves when the clock is set.
_START_TOLERANCE_SECONDS = 2


def worker_identity() -> str:
    """This process as `host:pid:starttime`; the start time tells it from a later process with the same pid."""
    return f"{_host()}:{os.getpid()}:{int(psutil.Process().create_time())}"


def is_gone(owner: str) -> bool:
    """Whether the owner is a process of this host that no longer runs; of other hosts nothing is known, so False."""
    host, _, rest = owner.partition(":")
    pid, _, started = rest.partition(":")
    if host != _host() or not pid.isdecimal() or not started.isdecimal():
        return False
    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        return abs(process.create_time() - int(started)) > _START_TOLERANCE_SECONDS
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def is_local(owner: str) -> bool:
    """Whether the owner is, or was, a process of this host."""
    return owner.partition(":")[0] == _host()


@lru_cache(maxsize=1)
def _host() -> str:
    """The host's name; with the process namespace, since two containers may have one name and the same pids."""
    name = socket.gethostname().replace(":", "_") or "localhost"
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return name
    return f"{name}@{namespace.strip('pid:[]')}"
