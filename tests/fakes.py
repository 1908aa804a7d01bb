"""Plain stand-ins for the ports: quick, in memory or in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from orchestrator_assets.domain.ports import SandboxResult, SandboxRun


class LocalSandbox:
    """Runs commands as plain subprocesses with the sandbox's paths: `/in/`, `/out/` and `/w/` in argv and environment lead to real folders.

    No isolation: for code that the tests themselves wrote.
    """

    def __init__(self) -> None:
        self.requests: list[SandboxRun] = []

    def run(self, request: SandboxRun) -> SandboxResult:
        """Run to the end or to the time limit."""
        self.requests.append(request)
        with tempfile.TemporaryDirectory() as folder:
            places = {f"/{name}/": f"{folder}/{name}/" for name in ("in", "out", "tmp")}
            for place in places.values():
                os.mkdir(place)
            for name, path in request.inputs.items():
                shutil.copyfile(path, Path(folder, "in", name))
            tree = request.tree
            if request.writable:
                tree = Path(shutil.copytree(request.tree, Path(folder, "w"), symlinks=True))
            places["/w/"] = f"{tree}/"
            bare = {"PATH": "/usr/bin:/bin", "HOME": f"{folder}/tmp", "TMPDIR": f"{folder}/tmp", "LANG": "C.UTF-8"}
            environment = {**bare, **{name: _placed(value, places) for name, value in request.environment.items()}}
            return _run(request, [_placed(part, places) for part in request.argv], tree, environment, Path(folder, "out"))


class MemoryCache:
    """A content cache in a dictionary."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """The content under the key, or None."""
        return self.entries.get(key)

    def put(self, key: str, content: bytes) -> None:
        """Keep the content."""
        self.entries[key] = content


def _placed(text: str, places: dict[str, str]) -> str:
    for prefix, place in places.items():
        if text.startswith(prefix) and prefix != "/tmp/":
            return place + text.removeprefix(prefix)
        text = text.replace(f"={prefix}", f"={place}") if prefix != "/tmp/" else text
    return text


def _run(request: SandboxRun, argv: list[str], tree: Path, environment: dict[str, str], out: Path) -> SandboxResult:
    started = time.monotonic()
    try:
        done = subprocess.run(argv, cwd=tree, env=environment, capture_output=True, check=False, timeout=request.timeout_seconds)
        code, stdout, stderr, timed_out = done.returncode, done.stdout, done.stderr, False
    except subprocess.TimeoutExpired as error:
        code, stdout, stderr, timed_out = 124, error.stdout or b"", error.stderr or b"", True
    except FileNotFoundError as error:
        code, stdout, stderr, timed_out = 127, b"", str(error).encode(), False
    outputs = {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    return SandboxResult(code, stdout, stderr, outputs, timed_out, time.monotonic() - started)
