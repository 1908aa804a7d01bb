"""From the places that tools name (URIs, absolute and Windows paths) to paths of the repository."""

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class PathProblem(ValueError):
    """A path that no file of the repository can have; the message says why and what to do, joined by a semicolon."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path as the findings file gives it.

    Attributes:
        relative: Relative to the repository's root, or to a base that the file does not place; empty where it is only absolute.
        absolute: POSIX, with a leading slash (a drive letter comes after it); empty where it is not known.
        based: Whether `relative` is relative to a base that the file declares.
    """

    relative: str
    absolute: str = ""
    based: bool = False


def place_of_path(text: str) -> Place:
    """A file-system path or `file:` URI, in POSIX or Windows form.

    Raises:
        PathProblem: It is empty, holds a NUL character or half a surrogate pair, or is another kind of URI.
    """
    if text.lower().startswith("file:"):
        return place_of_uri(text)
    return _place(text)


def place_of_uri(uri: str) -> Place:
    """A URI reference as SARIF has it, or a path that a careless tool put there.

    Raises:
        PathProblem: As for `place_of_path`.
    """
    if _DRIVE.match(uri):
        return _place(uri)
    if not _SCHEME.match(uri):
        return _place(unquote(uri.partition("#")[0].partition("?")[0]))
    if not uri.lower().startswith("file:"):
        raise PathProblem(f"{uri[:120]!r} is not a file of the repository; give a path relative to its root")
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise PathProblem(f"{uri[:120]!r} is not a URI ({error}); give a path relative to the repository's root") from error
    host = "" if parts.netloc.lower() in {"", "localhost"} else f"/{parts.netloc}"
    return _place(unquote(host + parts.path))


def under_base(base: Place, place: Place) -> Place:
    """The place named relative to a base."""
    if place.absolute:
        return place
    relative = posixpath.join(base.relative, place.relative)
    return Place(relative, posixpath.normpath(posixpath.join(base.absolute, place.relative)) if base.absolute else "", based=True)


def _place(text: str) -> Place:
    if "\x00" in text:
        raise PathProblem(f"path {text[:120]!r} holds a NUL character; give the file's own path")
    if _SURROGATE.search(text):
        raise PathProblem(f"path {text[:120]!r} is not valid Unicode; give the path in UTF-8")
    if not text.strip():
        raise PathProblem("the path is empty; give the file's path relative to the repository's root")
    if _DRIVE.match(text) or text.startswith("\\\\"):
        return Place("", posixpath.normpath("/" + text.replace("\\", "/").lstrip("/")))
    if text.startswith("/"):
        return Place("", posixpath.normpath("/" + text.lstrip("/")))
    return Place(text)


class PathResolver:
    """Finds the repository's files behind the places of one run of one tool.

    The root of the machine on which the tool ran is taken from the places themselves: it is the folder below which the most of them are
    files of the tree.
    """

    def __init__(self, tree_files: Collection[str], places: Iterable[Place]) -> None:
        """Learn the root from all absolute places at once."""
        self._files = tree_files if isinstance(tree_files, set | frozenset) else frozenset(tree_files)
        self._root = self._likeliest_root({place.absolute for place in places if place.absolute})
        self._known: dict[Place, str] = {}

    def resolve(self, place: Place) -> str:
        """The path relative to the root; it need not be a file of the tree.

        Raises:
            PathProblem: The place lies outside the repository.
        """
        if place not in self._known:
            self._known[place] = self._resolve(place)
        return self._known[place]

    def _resolve(self, place: Place) -> str:
        relative = _inside(place.relative) if place.relative else None
        if place.relative and place.relative in self._files:
            return place.relative
        if relative is not None and relative in self._files:
            return relative
        if "\\" in place.relative and (slashed := _inside(place.relative.replace("\\", "/"))) is not None:
            return slashed
        if place.absolute:
            return self._resolve_absolute(place, relative)
        if relative is None:
            raise PathProblem(f"path {place.relative[:120]!r} leads out of the repository; give a path relative to its root")
        return relative

    def _resolve_absolute(self, place: Place, relative: str | None) -> str:
        if self._root is not None and (below := _below(self._root, place.absolute)):
            return below
        parts = place.absolute.strip("/").split("/")
        # One component alone would take any setup.py of the machine for the one at the root.
        for start in range(len(parts) - 1):
            if (suffix := "/".join(parts[start:])) in self._files:
                return suffix
        if place.based and relative is not None:
            return relative
        raise PathProblem(f"path {place.absolute[:120]!r} lies outside the repository; give a path relative to its root")

    def _likeliest_root(self, absolutes: set[str]) -> str | None:
        votes: Counter[str] = Counter()
        for absolute in absolutes:
            parts = absolute.strip("/").split("/")
            for start in range(len(parts)):
                if "/".join(parts[start:]) in self._files:
                    votes["/" + "/".join(parts[:start])] += 1
        # Among equals the shortest root, which explains the longest part of the path.
        return min(votes, key=lambda root: (-votes[root], len(root), root)) if votes else None


def _inside(path: str) -> str | None:
    """The normalised path, None when it leads out."""
    normal = posixpath.normpath(path)
    return None if normal in {".", ".."} or normal.startswith(("../", "/")) else normal


def _below(root: str, absolute: str) -> str:
    prefix = root.rstrip("/") + "/"
    return absolute[len(prefix) :] if absolute.startswith(prefix) else ""
