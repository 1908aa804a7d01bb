"""Untrusted JSON: parsed within limits, then read through nodes that know their place and complain with it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from orchestrator_assets.domain.errors import FindingsError
from orchestrator_assets.stages.findings_given import shown, wrong

_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_INTEGER = 2**31 - 1


def parse_json(text: str, name: str) -> Any:
    """Parse JSON.

    Raises:
        FindingsError: It is not JSON, or it is nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise wrong(name, f"line {error.lineno}, column {error.colno}", f"not JSON ({error.msg})", "write the file anew") from error
    except RecursionError as error:
        raise wrong(name, "", "JSON nested too deeply", "give the tool's own output") from error
    except ValueError as error:
        raise wrong(name, "", f"not JSON ({str(error)[:120]})", "write the file anew") from error


def clean_text(text: str, limit: int) -> str:
    """The text without what Arrow, Postgres or a terminal can't take: half surrogate pairs, NUL; cut at the limit."""
    text = _SURROGATE.sub("\ufffd", text).replace("\x00", "\ufffd")
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Node:
    """A JSON value with its place. Reading it as another type than it has raises FindingsError."""

    __slots__ = ("_key", "_name", "_parent", "value")

    def __init__(self, value: Any, name: str, parent: "Node | None" = None, key: str | int = "") -> None:
        self.value = value
        self._name = name
        self._parent = parent
        self._key = key

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901); `/` for the whole document."""
        parts: list[str] = []
        node = self
        while node._parent is not None:
            parts.append(str(node._key).replace("~", "~0").replace("/", "~1"))
            node = node._parent
        return "/" + "/".join(reversed(parts))

    def wrong(self, problem: str, mend: str) -> FindingsError:
        """The error about this value."""
        return wrong(self._name, self.pointer, problem, mend)

    def get(self, key: str) -> "Node | None":
        """The member; None where it is absent or null.

        Raises:
            FindingsError: This is not an object.
        """
        if not isinstance(self.value, dict):
            raise self._not("an object")
        found = self.value.get(key)
        return None if found is None else Node(found, self._name, self, key)

    def need(self, key: str) -> "Node":
        """The member.

        Raises:
            FindingsError: This is not an object or has no such member.
        """
        found = self.get(key)
        if found is None:
            raise self.wrong(f"has no {key!r}", f"add {key!r}")
        return found

    def at(self, *keys: str) -> "Node | None":
        """The member of the member; None as soon as one is absent."""
        node: Node | None = self
        for key in keys:
            if node is None:
                return None
            node = node.get(key)
        return node

    def items(self) -> Iterator["Node"]:
        """The elements of an array.

        Raises:
            FindingsError: This is not an array.
        """
        if not isinstance(self.value, list):
            raise self._not("an array")
        return (Node(value, self._name, self, index) for index, value in enumerate(self.value))

    def item(self, index: int) -> "Node | None":
        """The element of an array; None outside its bounds."""
        if not isinstance(self.value, list):
            raise self._not("an array")
        return Node(self.value[index], self._name, self, index) if 0 <= index < len(self.value) else None

    def members(self, key: str) -> Iterator["Node"]:
        """The elements of an array member, none where it is absent."""
        found = self.get(key)
        return iter(()) if found is None else found.items()

    def text(self) -> str:
        """The string.

        Raises:
            FindingsError: This is not a string.
        """
        if not isinstance(self.value, str):
            raise self._not("a string")
        return self.value

    def integer(self) -> int:
        """The integer; a float without a fraction is one.

        Raises:
            FindingsError: This is not an integer of 32 bits.
        """
        value = self.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._not("an integer")
        if abs(value) > _MAX_INTEGER:
            raise self.wrong("is out of range", "give the number that the tool reported")
        return int(value)

    def text_of(self, key: str) -> str:
        """The string member, empty where it is absent."""
        found = self.get(key)
        return "" if found is None else found.text()

    def integer_of(self, key: str) -> int | None:
        """The integer member, None where it is absent."""
        found = self.get(key)
        return None if found is None else found.integer()

    def _not(self, kind: str) -> FindingsError:
        return self.wrong(f"{shown(self.value)} is not {kind}", f"give {kind}")


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")
