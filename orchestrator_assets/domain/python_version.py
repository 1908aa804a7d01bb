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
    project = document.get("project")
    if isinstance(project, dict) and isinstance(project.get("requires-python"), str):
        return str(project["requires-python"])
    poetry = document.get("tool", {}).get("poetry", {}) if isinstance(document.get("tool"), dict) else {}
    wanted = poetry.get("dependencies", {}).get("python") if isinstance(poetry, dict) else None
    return wanted if isinstance(wanted, str) else None
