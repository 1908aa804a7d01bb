"""Runs inside the sandbox, in the customer's test process: writes each test's result down at once.

Under pytest it is a plugin (`-p orchestrator_results`); where pytest cannot be had it is a script that runs unittest's discovery. One
JSON line per event goes to `/out/results.jsonl`, so that what was known survives time limits and crashes; line coverage of the judged
files goes to `/out/coverage.json`. Settings come in the environment (see `stages/suite_command.py`); without them the plugin does
nothing, for instance in the pytest processes that a suite starts itself. It imports nothing of the platform.
"""

import base64
import contextlib
import json
import os
import re
import sys
import unittest
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_TEMPORARY = re.compile(r"/(?:tmp|var/tmp|dev/shm)/[^\s\"'\]),:]*")
_ROOT = Path("/w")
_OUT = Path("/out")
_MAX_TEXT = 2000
_MAX_PATTERNS = 500


def _read_settings() -> dict[str, Any] | None:
    """Take the settings out of the environment, so that processes that the suite starts don't record as well."""
    parts: list[str] = []
    while (part := os.environ.pop(f"ORCHESTRATOR_SUITE_{len(parts)}", None)) is not None:
        parts.append(part)
    if not parts:
        return None
    os.environ.pop("PYTEST_ADDOPTS", None)
    settings: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode("".join(parts))))
    return settings


def stable_id(test_id: str) -> str:
    """The id without what differs from run to run: memory addresses and temporary paths."""
    return _ADDRESS.sub("0x0", _TEMPORARY.sub("/tmp/_", test_id))  # noqa: S108 - a text, not a file


class Recorder:
    """Appends events to the results file; every line is whole when the process dies after it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        only = settings.get("only")
        self._only = None if only is None else frozenset(only)
        self._stream = (_OUT / "results.jsonl").open("a", encoding="utf-8", buffering=1)

    def write(self, **event: object) -> None:
        """One event as one line."""
        self._stream.write(json.dumps(event) + "\n")
        self._stream.flush()

    def wants(self, case_id: str, path: str) -> bool:
        """Whether the case is among those asked for: by its id, or because its whole file is."""
        return self._only is None or case_id in self._only or path in self._only


class Measure:
    """Line coverage of the judged files, started before anything of the project is imported."""

    def __init__(self, files: list[str]) -> None:
        import coverage

        self._files = [_ROOT / path for path in files]
        include = [str(path) for path in self._files] if len(files) <= _MAX_PATTERNS else [f"{_ROOT}/*"]
        self._coverage = coverage.Coverage(data_file=None, config_file=False, include=include, messages=False)
        quiet = ["no-data-collected", "module-not-measured", "trace-changed", "already-imported"]
        self._coverage.set_option("run:disable_warnings", quiet)
        self._coverage.start()

    def finish(self) -> None:
        """Write path -> [number of statements, executed statement lines]."""
        from coverage.exceptions import CoverageException

        self._coverage.stop()
        report: dict[str, tuple[int, list[int]]] = {}
        for path in self._files:
            with contextlib.suppress(CoverageException, SyntaxError, ValueError, OSError):
                _, statements, _, missing, _ = self._coverage.analysis2(str(path))
                gone = set(missing)
                report[path.relative_to(_ROOT).as_posix()] = (len(statements), [line for line in statements if line not in gone])
        (_OUT / "coverage.json").write_text(json.dumps(report), encoding="utf-8")


class Plugin:
    """Pytest's hooks, registered only when there are settings."""

    def __init__(self, recorder: Recorder, measure: Measure | None) -> None:
        self._recorder = recorder
        self._measure = measure
        self._ids: dict[str, str] = {}

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        """Give every test its stable id and leave out what was not asked for."""
        seen: dict[str, int] = {}
        for item in items:
            if item.nodeid not in self._ids:
                case_id = stable_id(item.nodeid)
                seen[case_id] = seen.get(case_id, 0) + 1
                self._ids[item.nodeid] = case_id if seen[case_id] == 1 else f"{case_id}#{seen[case_id]}"
        wanted = [item for item in items if self._recorder.wants(self._ids[item.nodeid], item.nodeid.split("::")[0])]
        if len(wanted) < len(items):
            kept = set(map(id, wanted))
            config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
            items[:] = wanted

    def pytest_collectreport(self, report: Any) -> None:
        """A file that cannot be collected counts as one failed test."""
        if report.failed:
            self._recorder.write(event="collection", id=stable_id(report.nodeid), text=str(report.longrepr)[-_MAX_TEXT:])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test that starts and never ends has failed."""
        self._recorder.write(event="start", id=self._stable(nodeid))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Set-up, call and tear-down of one test."""
        self._recorder.write(event="report", id=self._stable(report.nodeid), when=report.when, outcome=report.outcome)

    def pytest_unconfigure(self) -> None:
        """Last of all, after every fixture."""
        measure, self._measure = self._measure, None
        if measure is not None:
            measure.finish()

    def _stable(self, node_id: str) -> str:
        return self._ids.get(node_id) or stable_id(node_id)


class RecordingResult(unittest.TestResult):
    """The same record for unittest."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        """A test that starts and never ends has failed."""
        super().startTest(test)
        self._recorder.write(event="start", id=stable_id(test.id()))

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        """Passed."""
        super().addSuccess(test)
        self._report(test, "passed")

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Failed outside an assertion, in set-up or import too."""
        super().addError(test, err)
        self._report(test, "failed")

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Failed."""
        super().addFailure(test, err)
        self._report(test, "failed")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """A part of a test; only a failed one counts."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._report(test, "failed")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802 - unittest's name
        """Skipped."""
        super().addSkip(test, reason)
        self._report(test, "skipped")

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Failed as announced."""
        super().addExpectedFailure(test, err)
        self._report(test, "skipped")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        """Passed although announced to fail."""
        super().addUnexpectedSuccess(test)
        self._report(test, "failed")

    def _report(self, test: unittest.TestCase, outcome: str) -> None:
        self._recorder.write(event="report", id=stable_id(test.id()), when="call", outcome=outcome)


def _cases(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _cases(item)
        else:
            yield item


def _file_of(case: unittest.TestCase) -> str:
    source = getattr(sys.modules.get(type(case).__module__), "__file__", None)
    return Path(source).relative_to(_ROOT).as_posix() if source and Path(source).is_relative_to(_ROOT) else ""


def _discover(folder: str, top_level: str, recorder: Recorder) -> None:
    """Run unittest's discovery and exit as unittest does."""
    found = unittest.defaultTestLoader.discover(folder, top_level_dir=top_level)
    wanted = [case for case in _cases(found) if recorder.wants(stable_id(case.id()), _file_of(case))]
    result = RecordingResult(recorder)
    unittest.TestSuite(wanted).run(result)
    if _measure is not None:
        _measure.finish()
    sys.exit(0 if result.wasSuccessful() else 1)


_settings = _read_settings()
_measure = Measure(_settings["judged"]) if _settings and _settings.get("measure") else None


def pytest_configure(config: Any) -> None:
    """Take part in the process that was asked for, not in pytest-xdist's workers."""
    if _settings is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Plugin(Recorder(_settings), _measure), "orchestrator-results-recorder")


if __name__ == "__main__":
    _discover(sys.argv[1], sys.argv[2], Recorder(_settings or {}))
