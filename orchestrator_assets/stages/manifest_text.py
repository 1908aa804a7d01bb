"""Manifest text (YAML or JSON) into plain values, before any of its fields means anything."""

import json
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

import yaml

from orchestrator_assets.domain.errors import ManifestError

MAX_MANIFEST_BYTES = 1 << 20

_MAX_DEPTH = 64
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):  # type: ignore[misc]
    """`yaml.safe_load` that refuses a key given twice instead of silently taking the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is not text; put it in quotes", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is given twice; keep one", problem_mark=key_node.start_mark)
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def parse_manifest_text(content: bytes, name: str) -> object:
    """Parse YAML or JSON; what begins with a brace is tried as JSON first.

    Args:
        name: The file's name, for messages.

    Raises:
        ManifestError: Too large, not UTF-8, malformed, too deep, with anchors, or with a key given twice.
    """
    if len(content) > MAX_MANIFEST_BYTES:
        raise ManifestError(
            f"{name}: {len(content)} bytes, over {MAX_MANIFEST_BYTES}; give large findings as a file: `findings: results.sarif`"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(
            f"{name}: byte {content[error.start]:#04x} at offset {error.start} is not UTF-8; save the file as UTF-8"
        ) from error
    if text.lstrip().startswith("{"):
        try:
            return _parse_json(text, name)
        except json.JSONDecodeError as error:
            if name.endswith(".json"):
                raise ManifestError(f"{name}, line {error.lineno}: {error.msg}; mend the JSON") from error
    return _parse_yaml(text, name)


def _parse_json(text: str, name: str) -> object:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        mapping = dict(items)
        if len(mapping) < len(items):
            keys = [key for key, _ in items]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ManifestError(f"{name}: the key {twice!r} is given twice; keep one")
        return mapping

    def constant(literal: str) -> float:
        raise ManifestError(f"{name}: {literal} is not a number; give a finite one")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_float=Decimal, parse_constant=constant)
    except RecursionError as error:
        raise ManifestError(f"{name}: nested too deeply; a manifest needs no more than {_MAX_DEPTH} levels") from error


def _parse_yaml(text: str, name: str) -> object:
    try:
        _check_events(text, name)
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = error.problem or "malformed"
        raise ManifestError(f"{name}{line}: {problem}{'' if ';' in problem else '; mend the YAML'}") from error
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: a scalar that looks like a date or a number and is none.
        raise ManifestError(f"{name}: {' '.join(str(error).split())[:200]}; mend the YAML") from error


def _check_events(text: str, name: str) -> None:
    """Refuse what makes a small text grow or nest without bounds, before anything is built from it."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        where = f"{name}, line {event.start_mark.line + 1}" if event.start_mark else name
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ManifestError(f"{where}: anchors and aliases are not taken; write the value out")
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise ManifestError(f"{where}: a second document; give one manifest per file")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise ManifestError(f"{where}: nested too deeply; a manifest needs no more than {_MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
