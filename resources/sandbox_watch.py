"""Keeps an eye on a sandbox's memory from outside, since control groups cannot be relied on everywhere."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import psutil

_INTERVAL_SECONDS = 0.25
_MAX_SCRATCH_ENTRIES = 500_000
_SCRATCH = ("tmp", "out", "w", "dev/shm")


class SandboxWatch:
    """Ends the sandbox when its processes together hold more memory than allowed, or its scratch folders too many files.

    Attributes:
        verdict: Why it was ended, empty otherwise.
    """

    def __init__(self, pid: int, memory_bytes: int) -> None:
        """Take bubblewrap's own process and the limit of all below it together."""
        self.verdict = ""
        self._pid = pid
        self._limit = memory_bytes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="sandbox-watch")

    def __enter__(self) -> "SandboxWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            while not self.verdict and not self._stop.wait(_INTERVAL_SECONDS):
                self.verdict = self._judge(psutil.Process(self._pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return
        finally:
            # Nothing runs on unwatched: whatever ended the watch before the sandbox ended, ends the sandbox.
            if not self._stop.is_set():
                with suppress(psutil.NoSuchProcess):
                    psutil.Process(self._pid).kill()

    def _judge(self, processes: list[psutil.Process]) -> str:
        # Resident memory counts what forked workers share once each, so it only raises the suspicion.
        if sum(map(_resident_bytes, processes)) > self._limit and sum(map(_own_bytes, processes)) > self._limit:
            return f"its processes held over {self._limit} bytes of memory together"
        if processes and _scratch_entries(processes[0].pid) > _MAX_SCRATCH_ENTRIES:
            return f"it made over {_MAX_SCRATCH_ENTRIES} files in its scratch folders"
        return ""


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _own_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return _resident_bytes(process)
    except psutil.Error:
        return 0


def _scratch_entries(pid: int) -> int:
    """How many files the fullest scratch folder has; 0 where the kernel does not let us look."""
    most = 0
    for folder in _own_folders(pid):
        try:
            room = os.statvfs(f"/proc/{pid}/root/{folder}")
        except OSError:
            continue
        most = max(most, room.f_files - room.f_ffree)
    return most


def _own_folders(pid: int) -> list[str]:
    """The scratch folders that are in memory: a read-only `/w` is one of the host's, whose files don't count."""
    try:
        lines = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    except OSError:
        return []
    own = {line.split()[4].lstrip("/") for line in lines if line.partition(" - ")[2].startswith("tmpfs ")}
    return [folder for folder in _SCRATCH if folder in own]
