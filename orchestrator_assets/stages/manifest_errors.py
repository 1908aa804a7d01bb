"""What is said when a manifest is wrong: one line per field, each with the value and the mend."""

import difflib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeGuard

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_SHOWN = 80
_MAX_LINES = 10

_MENDS = {
    "string_type": "it is not text; put it in quotes",
    "enum": "give one of {expected}",
    "greater_than_equal": "give a number from 0 to {highest}",
    "less_than_equal": "give a number from 0 to {highest}",
    "decimal_max_places": "give at most {decimal_places} decimals",
    "decimal_parsing": "it is not a number; give one like 20 or 12.50",
    "finite_number": "it is not a number; give one like 20 or 12.50",
    "string_too_short": "it is empty; leave the field out",
    "string_too_long": "give at most {max_length} characters",
    "too_long": "give at most {max_length} entries",
    "bool_type": "give true or false",
    "tuple_type": "give a list, like ['src/*']",
    "model_type": "give its fields",
}


def explain(error: ValidationError, name: str, model: type[BaseModel]) -> str:
    """One line for each wrong field of the manifest `name`, ten at most."""
    lines: dict[str, str] = {}
    for detail in error.errors(include_url=False):
        field = _field(detail["loc"])
        lines.setdefault(field, f"{name}: {_sentence(detail, field, model)}")
    told = list(lines.values())[:_MAX_LINES]
    if len(lines) > len(told):
        told.append(f"{name}: and {len(lines) - len(told)} more fields")
    return "\n".join(told)


def shown(value: object) -> str:
    """The value for a message: short, and without what may be a password or a token."""
    text = str(value) if isinstance(value, Decimal) else repr(value)
    text = re.sub(r"(//|^['\"]).*@", r"\1***@", text)
    if "//" in text:
        text = re.sub(r"\?.*", "?***'", text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def kind(value: object) -> str:
    """What a value that should hold fields is instead."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "one value"


def _field(loc: tuple[int | str, ...]) -> str:
    # Pydantic names the branch of a union after the field; `findings` is the only such field.
    parts = loc[:1] if loc[:1] == ("findings",) else loc
    return ".".join(str(part)[:_SHOWN] for part in parts)


def _sentence(detail: ErrorDetails, field: str, model: type[BaseModel]) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown field {field!r}{_did_you_mean(detail['loc'], model)}"
        case "missing":
            return f"the field {field!r} is missing; add it"
        case "value_error":
            value = "" if isinstance(detail["input"], Mapping | BaseModel) else f" {shown(detail['input'])}"
            return f"{field}{value}: {detail['ctx']['error']}"
        case _:
            return f"{field} {shown(detail['input'])}: {_mend(detail, field)}"


def _mend(detail: ErrorDetails, field: str) -> str:
    if field == "findings":
        return "give a file's path, a SARIF object or a list of findings"
    context: dict[str, Any] = {"highest": 100 if field.endswith("min_score") else 1000, **detail.get("ctx", {})}
    return _MENDS.get(detail["type"], detail["msg"]).format_map(context)


def _did_you_mean(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    wrong = str(loc[-1])
    inner = {name: field.annotation for name, field in model.model_fields.items() if _is_model(field.annotation)}
    here = inner.get(str(loc[0]), model) if len(loc) > 1 else model
    known = list(here.model_fields) if _is_model(here) else []
    close = difflib.get_close_matches(wrong.lower().replace("-", "_"), known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    for name, nested in inner.items():
        if _is_model(nested) and wrong in nested.model_fields:
            return f"; did you mean {f'{name}.{wrong}'!r}?"
    return f"; known here: {', '.join(known)}"


def _is_model(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
