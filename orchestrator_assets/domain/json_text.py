"""JSON as files for people and machines: one row a line, money with all its decimals."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def json_text(value: Any, indent: int = 0) -> str:
    """Render JSON, the same text for the same value; a `Decimal` keeps the digits that it has.

    Mappings are broken into lines, lists into one line per item, and an item of a list stays on its line.

    Raises:
        ValueError: A float is NaN or infinite; JSON has no such number.
    """
    inner = "  " * (indent + 1)
    end = "\n" + "  " * indent
    if isinstance(value, Mapping) and value:
        rows = (f"{json.dumps(str(name))}: {json_text(item, indent + 1)}" for name, item in value.items())
        return "{\n" + ",\n".join(inner + row for row in rows) + end + "}"
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return "[\n" + ",\n".join(inner + _flat(item) for item in value) + end + "]"
    return _flat(value)


def _flat(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(name))}: {_flat(item)}" for name, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_flat(item) for item in value) + "]"
    return json.dumps(value, allow_nan=False)
