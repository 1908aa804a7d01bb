"""The oldest Python that a project promises to run on."""

import re
import tomllib

from orchestrator_assets.domain.tree import SourceTree

OLDEST, NEWEST = (3, 7), (3, 13)

_REQUIRES = re.compile(r"""(?:requires-python|python_requires)\s*[:=]\s*['"]?\s*([^\n'"]+)""", re.IGNORECASE)
_AT_LEAST = re.compile(r"(?:>=|~=|==|\^|>)\s*3\.(\d+)")


def target_version(tree: SourceTree) -> tuple[int, int]:
    """Read `requires-python` from pyproject.toml, setup.cfg or setup.py (as text, never run); (3, 7) where nothing is said.

    Code that must still run on an old Python may not be modernised past it, so silence means the oldest that the tools know.
    """
    for name in ("pyproject.toml", "setup.cfg", "setup.py", "PKG-INFO"):
        if name not in tree.files:
            continue
        text = tree.read(name).decode("utf-8", "replace")
        found = _declared(text) if name == "pyproject.toml" else None
        if found is None and (match := _REQUIRES.search(text)):
            found = match.group(1)
        if found and (bound := _AT_LEAST.search(found)):
            return min(max((3, int(bound.group(1))), OLDEST), NEWEST)
    return OLDEST


def _declared(text: str) -> str | None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    return _text_at(document, "project", "requires-python") or _text_at(document, "tool", "poetry", "dependencies", "python")


def _text_at(document: object, *keys: str) -> str | None:
    """The text below these keys, whatever a customer has put in its place."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, str) else None
