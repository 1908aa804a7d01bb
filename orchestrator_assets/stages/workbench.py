"""One folder in which candidate trees are laid out, scanned and tested."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.suite import SuiteRun
from orchestrator_assets.domain.tree import SourceTree

Scanner = Callable[[SourceTree, frozenset[str] | None], Scan]
SuiteRunner = Callable[[SourceTree, tuple[str, ...] | None], SuiteRun]


class Workbench:
    """The base tree with changed files over it. Not for use by two threads: there is one candidate at a time."""

    def __init__(self, base: SourceTree, folder: Path, scanner: Scanner, suite_runner: SuiteRunner) -> None:
        """Take the laid-out base and an absent or stale folder for the candidates, on the same file system."""
        self.base = base
        self._folder = folder
        self._scanner = scanner
        self._suite_runner = suite_runner
        self._applied: dict[str, bytes] = {}
        self._laid_out = False

    def candidate(self, changes: Mapping[str, bytes]) -> SourceTree:
        """The base with these files' contents; valid until the next call with other changes."""
        changed = {path: content for path, content in changes.items() if content != self.base.read(path)}
        if not changed:
            return self.base
        if not self._laid_out:
            shutil.rmtree(self._folder, ignore_errors=True)
            # Hard links: a candidate of a large tree costs no copies. Changed files are replaced, never written in place.
            shutil.copytree(self.base.root, self._folder, symlinks=True, copy_function=os.link)
            self._laid_out = True
        for path in self._applied.keys() - changed.keys():
            self._replace(path, self.base.read(path))
        for path, content in changed.items():
            if self._applied.get(path) != content:
                self._replace(path, content)
        self._applied = changed
        return SourceTree(self._folder, self._digest(changed), self.base.files)

    def scan(self, changes: Mapping[str, bytes], tools: frozenset[str] | None = None) -> Scan:
        """Scan the base with these changes, with all tools or only those named."""
        return self._scanner(self.candidate(changes), tools)

    def test(self, changes: Mapping[str, bytes], only: tuple[str, ...] | None = None) -> SuiteRun:
        """Run the tests (or only those of the test files named) on the base with these changes."""
        return self._suite_runner(self.candidate(changes), only)

    def _replace(self, path: str, content: bytes) -> None:
        target = self._folder / path
        mode = (self.base.root / path).stat().st_mode
        target.unlink()
        target.write_bytes(content)
        target.chmod(mode)

    def _digest(self, changed: Mapping[str, bytes]) -> str:
        state = hashlib.sha256(self.base.digest.encode())
        for path, content in sorted(changed.items()):
            state.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
        return state.hexdigest()
