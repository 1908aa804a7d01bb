"""The `orchestrator` command as a user runs it, in a home of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.repositories import make_repository

COMMAND = Path(sys.executable).parent / "orchestrator"

SHOP = {
    "shop/__init__.py": '"""A shop."""\n',
    "shop/prices.py": (
        '"""Prices."""\n\nimport os\nimport yaml\n\n\n'
        'def load(text):\n    """Read a price list."""\n    return yaml.load(text, Loader=yaml.Loader)\n\n\n'
        'def is_free(price):\n    """Whether it costs nothing."""\n    if price == None:\n        return True\n    else:\n        return False\n\n\n'
        'def label(prices={}):\n    """Count calls: the shared default is what the tests rely on."""\n'
        '    prices["n"] = prices.get("n", 0) + 1\n    return prices["n"]\n'
    ),
    "tests/test_prices.py": (
        "from shop import prices\n\n\n"
        'def test_load():\n    assert prices.load("a: 1") == {"a": 1}\n\n\n'
        "def test_is_free():\n    assert prices.is_free(None) is True\n    assert prices.is_free(1) is False\n\n\n"
        "def test_label_counts():\n    first = prices.label()\n    assert prices.label() == first + 1\n"
    ),
    "pyproject.toml": (
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["PyYAML"]\n\n'
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[tool.setuptools]\npackages = ["shop"]\n'
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass
class Desk:
    """A user's desk: a home for the platform, a folder to work in, and what the user's environment has besides."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """ORCHESTRATOR_HOME."""
        return self.folder / "home"

    def start(self, *arguments: object, log: Path | None = None) -> "subprocess.Popen[str]":
        """Start a command in a process group of its own; what runs for long writes to a log, as nobody reads its pipes."""
        environment = {**os.environ, **self.environment, "ORCHESTRATOR_HOME": str(self.home)}
        command = [str(COMMAND), *map(str, arguments)]
        with (log or Path(os.devnull)).open("a") as stream:
            streams = {"stdout": stream, "stderr": stream} if log else {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            process = subprocess.Popen(command, cwd=self.folder, env=environment, text=True, start_new_session=True, **streams)
        self.started.append(process)
        return process

    def run(self, *arguments: object) -> Ended:
        """Run a command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        return Ended(process.returncode, out, err)

    def clean_up(self) -> None:
        """End what is still running."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def repository(self, files: Mapping[str, str | bytes] | None = None, name: str = "shop-repo") -> Path:
        """A customer's repository."""
        return make_repository(self.folder / name, SHOP if files is None else files)


@pytest.fixture
def desk(tmp_path: Path):
    """A desk whose processes are ended with the test."""
    made = Desk(tmp_path)
    yield made
    made.clean_up()
