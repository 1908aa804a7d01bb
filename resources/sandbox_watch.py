"""Keeps an eye on a sandbox's memory from outside, since control groups cannot be relied on everywhere."""

import os
import threading

import psutil

_INTERVAL_SECONDS = 0.25
_MAX_SCRATCH_ENTRIES = 500_000
_SCRATCH = ("tmp", "out", "w", "dev/shm")


class MemoryWatch:
    """Ends the sandbox when its processes together hold more memory than allowed, or its scratch folders too many files.

    Attributes:
        verdict: Why it was ended, empty otherwise.
    """

    def __init__(self, pid: int, memory_bytes: int) -> None:
        self.verdict = ""
        self._pid = pid
        self._limit = memory_bytes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="sandbox-watch")

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_INTERVAL_SECONDS):
            try:
                outer = psutil.Process(self._pid)
                processes = outer.children(recursive=True)
                self.verdict = self._judge(processes)
                if self.verdict:
                    outer.kill()
                    return
            except psutil.NoSuchProcess:
                return

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
    """How many files the largest scratch folder has; 0 where the kernel does not let us look."""
    most = 0
    for folder in _SCRATCH:
        try:
            room = os.statvfs(f"/proc/{pid}/root/{folder}")
        except OSError:
            continue
        if room.f_files and room.f_blocks * room.f_frsize < 1 << 40:
            most = max(most, room.f_files - room.f_ffree)
    return most
