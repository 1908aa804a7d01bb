"""Requirement texts as people write them, turned into checked ones; nothing here runs a customer's code."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_HASH = re.compile(r"\s+--hash[=\s]\S+")
_LOCAL = re.compile(r"(?:-e\s+|--editable[=\s]\s*)?\.(?:/)?(?:\[([^\]]*)\])?$")
_NESTED = re.compile(r"(?:-r|--requirement)[=\s]*(\S+)$")
_CONSTRAINT = re.compile(r"(?:-c|--constraint)[=\s]*\S+$")


class Wanted:
    """What the declarations of one tree add up to.

    Attributes:
        texts: Requirements that apply to this interpreter, in order, without doubles.
        extras: Extras of the project itself that a declaration asks for.
        files: Other requirement files that a declaration refers to.
        notes: What was left out and why, for a person.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.extras: list[str] = []
        self.files: list[str] = []
        self.notes: list[str] = []

    def add(self, line: str, where: str) -> None:
        """Take one line of a requirements file or one item of a list; `where` names it in notes."""
        line = _HASH.sub("", _COMMENT.sub("", line)).strip().rstrip("\\").strip()
        if not line:
            return
        if nested := _NESTED.fullmatch(line):
            self._append(self.files, nested.group(1))
        elif local := _LOCAL.fullmatch(line):
            for extra in (local.group(1) or "").split(","):
                if extra.strip():
                    self._append(self.extras, extra.strip())
        elif line.startswith("-"):
            if not _CONSTRAINT.fullmatch(line):
                self.notes.append(f"{where}: option {line.split()[0]} is left out")
        else:
            self._requirement(line, where)

    def add_all(self, lines: Iterable[object], where: str) -> None:
        """Take the strings among the items."""
        for line in lines:
            if isinstance(line, str):
                self.add(line, where)

    def merge(self, other: "Wanted") -> None:
        """Take another's texts, extras and notes; its files are relative to where it was read and stay behind."""
        for mine, theirs in ((self.texts, other.texts), (self.extras, other.extras), (self.notes, other.notes)):
            for item in theirs:
                self._append(mine, item)

    def _requirement(self, line: str, where: str) -> None:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            self.notes.append(f"{where}: {line[:120]!r} is not a requirement that can be installed as a wheel; left out")
            return
        if requirement.url:
            self.notes.append(f"{where}: {requirement.name} comes from an address, which is not followed; left out")
        elif applies(requirement):
            requirement.marker = None
            self._append(self.texts, str(requirement))

    @staticmethod
    def _append(items: list[str], item: str) -> None:
        if item not in items:
            items.append(item)


def applies(requirement: Requirement, extras: Iterable[str] = ()) -> bool:
    """Whether the marker holds on this interpreter, with none or one of the extras; one that compares what cannot be compared doesn't."""
    if requirement.marker is None:
        return True
    try:
        return any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
        return False


def name_of(text: str) -> str:
    """The canonical name of a checked requirement."""
    return canonicalize_name(Requirement(text).name)


def poetry_requirements(table: Mapping[str, Any]) -> Iterable[str]:
    """Poetry's own tables as standard requirements; optional ones, paths and repositories are left out."""
    for name, value in table.items():
        if name.lower() == "python":
            continue
        for choice in value if isinstance(value, list) else [value]:
            text = _poetry_requirement(name, choice)
            if text:
                yield text


def _poetry_requirement(name: str, value: object) -> str:
    if isinstance(value, str):
        return name + _poetry_version(value)
    if not isinstance(value, Mapping) or value.get("optional") is True or not isinstance(value.get("version"), str):
        return ""
    extras = value.get("extras")
    brackets = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else ""
    marker = f" ; {value['markers']}" if isinstance(value.get("markers"), str) else ""
    return name + brackets + _poetry_version(value["version"]) + marker


def _poetry_version(text: str) -> str:
    parts = [_poetry_clause(part.strip()) for part in text.split(",") if part.strip()]
    return ",".join(part for part in parts if part)


def _poetry_clause(text: str) -> str:
    if text == "*":
        return ""
    if text[0] in "^~" and not text.startswith("~="):
        return _between(text[0], text[1:].strip())
    return text if text[0] in "<>=!~" else f"=={text}"


def _between(sign: str, text: str) -> str:
    try:
        release = Version(text).release
    except InvalidVersion:
        return ""
    first_set = next((index + 1 for index, part in enumerate(release) if part), len(release))
    keep = first_set if sign == "^" else min(2, len(release))
    upper = [*release[: keep - 1], release[keep - 1] + 1]
    return f">={text},<{'.'.join(map(str, upper))}"
