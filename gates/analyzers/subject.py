"""What one scan is about: the tree, the judged files, their hashes, and where answers are kept."""

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.ports import ContentCache, Sandbox
from orchestrator_assets.domain.source_text import decode_python
from orchestrator_assets.domain.tree import PYTHON_SUFFIXES, Scope, SourceTree, judged_python_files

# Part of every cache key: raise it when the meaning or the shape of what is cached changes.
CACHE_GENERATION = 1


def usable_cores() -> int:
    """Cores that this process may use."""
    return max(1, len(os.sched_getaffinity(0)))


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """What the answers depend on besides the tree.

    Attributes:
        target_version: The oldest Python that the customer's code must run on.
        extra_ruff_rules: Selected on top of the platform's rules.
        environment: A virtual environment with the customer's dependencies, for mypy; without it mypy sees the platform's own.
        processes: How many processes may work at once.
    """

    scope: Scope
    target_version: tuple[int, int]
    extra_ruff_rules: tuple[str, ...] = ()
    environment: Path | None = None
    processes: int = field(default_factory=usable_cores)
    timeout_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Examination:
    """What a tool said.

    Attributes:
        unread: Judged file -> why the tool could not read it.
        left_out: Judged file -> by which rule of its own the tool never looks at it, whatever the file says.
    """

    findings: tuple[Finding, ...]
    unread: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """One tree under scan.

    Attributes:
        imports: Gives, for every Python file that the judged ones reach, the repository's files that it may import; waits for the measures.
    """

    tree: SourceTree
    settings: ScanSettings
    sandbox: Sandbox
    cache: ContentCache
    imports: Callable[[], Mapping[str, frozenset[str]]]

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """The Python files under judgement, sorted."""
        return judged_python_files(self.tree, self.settings.scope)

    @cached_property
    def python_files(self) -> tuple[str, ...]:
        """All Python files of the tree, stubs and tests too, sorted."""
        return tuple(path for path in self.tree.files if PurePosixPath(path).suffix in PYTHON_SUFFIXES)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Path -> SHA-256 of every Python file."""
        return {path: hashlib.sha256(self.tree.read(path)).hexdigest() for path in self.python_files}

    @cached_property
    def layout(self) -> str:
        """Digest of which Python files there are: what an import resolves to depends on it."""
        return digest(self.python_files)

    @cached_property
    def content(self) -> str:
        """Digest of the judged files' list and of every Python file's content."""
        return digest([self.judged, sorted(self.hashes.items())])

    def prepare(self) -> None:
        """Read every Python file once, before threads share the answers."""
        _ = self.judged, self.hashes, self.layout, self.content

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {}

    def line(self, path: str, number: int) -> str:
        """Text of a 1-based line, empty where there is none."""
        lines = self._lines.get(path)
        if lines is None:
            lines = self._lines.setdefault(path, _read_lines(self.tree, path))
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def column(self, path: str, number: int, byte_offset: int | None) -> int:
        """1-based column in characters of a 0-based offset in UTF-8 bytes; 0 where the tool gives none."""
        if byte_offset is None or byte_offset < 0:
            return 0
        line = self.line(path, number)
        if line.isascii():
            return byte_offset + 1
        return len(line.encode("utf-8", "surrogatepass")[:byte_offset].decode("utf-8", "ignore")) + 1

    def relative(self, path: str) -> str:
        """A path as a tool prints it, relative to the tree."""
        for root in ("/w/", f"{self.tree.root}/", f"{self.tree.root.resolve()}/"):
            path = path.removeprefix(root)
        return path.removeprefix("./")


def digest(parts: Sequence[object]) -> str:
    """SHA-256 of plain values."""
    return hashlib.sha256(json.dumps([CACHE_GENERATION, parts]).encode()).hexdigest()


def in_place_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by place, so that equal trees give equal answers."""
    return tuple(sorted(findings, key=lambda f: (f.path, f.line, f.column, f.rule_id, f.message)))


def _read_lines(tree: SourceTree, path: str) -> list[str]:
    content = tree.read(path) if path in tree.files else b""
    try:
        text = decode_python(content, path).text
    except PatchError:
        text = content.decode("latin-1")
    return list(io.StringIO(text, newline=""))
