"""Reading what comes out of the sandbox, which may be hostile: bounded, and only regular files."""

import os
import tarfile
from collections import deque
from contextlib import suppress
from pathlib import PurePosixPath
from typing import IO

_CHUNK = 1 << 16
_HALF_TEXT_BYTES = 8 << 20
_MAX_FILES = 20_000
_READY = b"ready\n"


class BoundedText:
    """A stream of which the first and the last 8 MiB are kept; the writer never waits and never fails."""

    def __init__(self, stream: IO[bytes], half_bytes: int = _HALF_TEXT_BYTES) -> None:
        self._stream = stream
        self._half = half_bytes
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._dropped = 0

    def drain(self) -> None:
        """Read until the writers are gone."""
        with self._stream:
            while chunk := os.read(self._stream.fileno(), _CHUNK):
                self._keep(chunk)

    def content(self) -> bytes:
        """What was kept; a line in the middle says how much was left out."""
        tail = b"".join(self._tail)
        if not self._dropped:
            return bytes(self._head) + tail
        return bytes(self._head) + f"\n[... {self._dropped} bytes left out ...]\n".encode() + tail

    def _keep(self, chunk: bytes) -> None:
        room = self._half - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if not chunk:
            return
        self._tail.append(chunk)
        self._tail_bytes += len(chunk)
        while self._tail_bytes - len(self._tail[0]) >= self._half:
            left_out = self._tail.popleft()
            self._tail_bytes -= len(left_out)
            self._dropped += len(left_out)


class OutputReader:
    """The wrapper's channel: the word that the sandbox stands, then a tar of `/out`.

    Attributes:
        ready: The command was about to start.
        files: POSIX path below `/out` -> content.
    """

    def __init__(self, descriptor: int, max_bytes: int) -> None:
        self.ready = False
        self.files: dict[str, bytes] = {}
        self._descriptor = descriptor
        self._left = max_bytes

    def drain(self) -> None:
        """Read until the channel closes or the bound is reached; a broken archive keeps what came before."""
        self.ready = self._read_exactly(len(_READY)) == _READY
        if self.ready:
            # Cut off or forged by the code inside: what was whole is kept.
            with suppress(tarfile.TarError, OSError, EOFError, ValueError):
                self._extract()
        while os.read(self._descriptor, _CHUNK):
            pass

    def read(self, size: int) -> bytes:
        """For `tarfile`: at most `size` bytes, nothing past the bound."""
        chunk = os.read(self._descriptor, max(0, min(size, self._left, _CHUNK)))
        self._left -= len(chunk)
        return chunk

    def _read_exactly(self, size: int) -> bytes:
        content = b""
        while len(content) < size and (chunk := os.read(self._descriptor, size - len(content))):
            content += chunk
        return content

    def _extract(self) -> None:
        with tarfile.open(fileobj=self, mode="r|", errorlevel=0) as archive:  # type: ignore[call-overload]
            for seen, member in enumerate(archive):
                if seen >= _MAX_FILES:
                    return
                name = _plain_name(member.name)
                if name is None or not member.isreg() or member.issparse() or member.size > self._left:
                    continue
                stream = archive.extractfile(member)
                content = stream.read() if stream is not None else b""
                if len(content) == member.size:
                    self.files[name] = content


def _plain_name(name: str) -> str | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return None
    return str(path)
