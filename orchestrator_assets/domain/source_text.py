"""Customers' source files as text, and back to the same bytes."""

import io
import tokenize
from dataclasses import dataclass

from orchestrator_assets.domain.errors import PatchError


@dataclass(frozen=True, slots=True)
class SourceText:
    """A decoded source file; line endings are kept as they are. `encoding` gives the bytes back, a byte order mark included."""

    text: str
    encoding: str

    def encode(self, text: str) -> bytes:
        """Encode a changed text as the file was encoded."""
        return text.encode(self.encoding)


def decode_python(content: bytes, path: str) -> SourceText:
    """Decode by the byte order mark or the coding line, UTF-8 otherwise (PEP 263).

    Raises:
        PatchError: The bytes are not text in the declared encoding, or would not come back from it as they are (UTF-7, escapes).
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
        lossless = text.encode(encoding) == content
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise PatchError(f"{path}: cannot be decoded ({error}); save it as UTF-8 or declare its encoding") from error
    if not lossless:
        raise PatchError(f"{path}: text in {encoding} cannot be written back to the same bytes; save it as UTF-8")
    return SourceText(text, encoding)


def line_starts(text: str) -> list[int]:
    r"""Offset of each line's first character; lines end with \n, \r\n or \r, and the end of the text is appended."""
    starts = [0]
    for line in text.splitlines(keepends=True) if not _odd_breaks(text) else _python_lines(text):
        starts.append(starts[-1] + len(line))
    return starts


def offset_at(starts: list[int], line: int, column: int) -> int:
    """Offset of a 1-based line and 1-based column in characters, clipped to the text."""
    if line > len(starts) - 1:
        return starts[-1]
    return min(starts[line - 1] + column - 1, starts[-1])


def _odd_breaks(text: str) -> bool:
    return any(mark in text for mark in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


def _python_lines(text: str) -> list[str]:
    """Split as Python's tokenizer does: form feeds and Unicode separators don't end a line."""
    return list(io.StringIO(text, newline=""))
