"""Which files of the repository a file's imports can mean."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

_SUFFIXES = (".py", ".pyi", "/__init__.py", "/__init__.pyi")


class Mention(NamedTuple):
    """`import module` (no names) or `from ...module import names`, with `level` leading dots."""

    level: int
    module: str
    names: tuple[str, ...]


def imported_files(path: str, mentions: Iterable[Mention], files: Collection[str], roots: Sequence[str]) -> frozenset[str]:
    """The modules that the statements name: the submodule where a name is one, else the module itself.

    Args:
        path: The importing file.
        files: All files of the repository.
        roots: Folders that absolute imports start from, "" for the repository's root.
    """
    found: set[str] = set()
    for mention in mentions:
        for base in _bases(path, mention, roots):
            parts = base.split("/") if base else []
            module = _module_files(parts, files)
            submodules = {name: _module_files([*parts, name], files) for name in mention.names}
            found.update(file for hits in submodules.values() for file in hits)
            if not mention.names or not all(submodules.values()):
                found.update(module)
    return frozenset(found - {path})


def reachable_files(path: str, mentions: Iterable[Mention], files: Collection[str], roots: Sequence[str]) -> frozenset[str]:
    """All files that an analyzer may look into for the statements: also the packages on the way, and the file's own packages."""
    places = (*roots, _folder(path))
    found: set[str] = set()
    for mention in mentions:
        for base in _bases(path, mention, places):
            parts = base.split("/") if base else []
            for size in range(1, len(parts) + 1):
                found.update(_module_files(parts[:size], files))
            for name in mention.names:
                found.update(_module_files([*parts, name], files))
    own = _folder(path).split("/") if _folder(path) else []
    for size in range(1, len(own) + 1):
        found.update(_module_files(own[:size], files))
    return frozenset(found - {path})


def closures(paths: Iterable[str], imports: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Path -> itself and all that it reaches. Files without an entry in `imports` reach nothing further."""
    return {path: _closure(path, imports) for path in paths}


def _closure(path: str, imports: Mapping[str, frozenset[str]]) -> frozenset[str]:
    reached = {path}
    waiting = [path]
    while waiting:
        fresh = imports.get(waiting.pop(), frozenset()) - reached
        reached |= fresh
        waiting += fresh
    return frozenset(reached)


def _bases(path: str, mention: Mention, roots: Sequence[str]) -> list[str]:
    """Where the mentioned module would lie, without a suffix."""
    tail = mention.module.replace(".", "/")
    if mention.level:
        folder = PurePosixPath(path).parent
        for _ in range(mention.level - 1):
            folder = folder.parent
        return [_join("" if str(folder) == "." else str(folder), tail)]
    return [_join(root, tail) for root in dict.fromkeys(roots)]


def _module_files(parts: Sequence[str], files: Collection[str]) -> list[str]:
    stem = "/".join(parts)
    return [stem + suffix for suffix in _SUFFIXES if stem and stem + suffix in files]


def _join(folder: str, tail: str) -> str:
    return f"{folder}/{tail}".strip("/") if tail else folder


def _folder(path: str) -> str:
    folder = str(PurePosixPath(path).parent)
    return "" if folder == "." else folder
