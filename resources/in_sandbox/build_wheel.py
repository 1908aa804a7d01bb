"""Runs inside the sandbox: builds the project's wheel into `/out` through its own build backend (PEP 517), without a network.

Standard library only; it runs on the customer's interpreter.
"""

import importlib
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

LEGACY = "setuptools.build_meta:__legacy__"


def load_backend() -> Any:
    """The backend object that pyproject.toml names, or setuptools' for old projects."""
    try:
        table = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8")).get("build-system", {})
    except (OSError, ValueError):
        table = {}
    for folder in reversed(table.get("backend-path", [])):
        sys.path.insert(0, str(Path(folder).resolve()))
    name = table.get("build-backend", LEGACY)
    module, _, attribute = name.partition(":")
    backend = importlib.import_module(module)
    for part in attribute.split(".") if attribute else ():
        backend = getattr(backend, part)
    return backend


def main() -> None:
    """`requires`: leave what the backend wants in /out/requires.json; `build`: leave the wheel in /out."""
    sys.path[:] = [path for path in sys.path if path not in {"/in", ""}]
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1700000000")
    backend = load_backend()
    if sys.argv[1] == "requires":
        ask = getattr(backend, "get_requires_for_build_wheel", None)
        Path("/out/requires.json").write_text(json.dumps(ask() if ask else []), encoding="utf-8")
    else:
        backend.build_wheel("/out")


main()
