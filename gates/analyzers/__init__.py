"""The analyzers, in the registry's order, and the scan that runs each of them once over a tree."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

from gates.analyzers import bandit, mypy, pylint, ruff
from gates.analyzers.source_measures import SourceMeasures
from gates.analyzers.subject import Examination, ScanSettings, Subject
from orchestrator_assets.domain.errors import SandboxError, ToolError
from orchestrator_assets.domain.finding import with_fingerprints
from orchestrator_assets.domain.ports import ContentCache, Sandbox
from orchestrator_assets.domain.scan import FileMetrics, RunStatus, Scan, ToolRun
from orchestrator_assets.domain.tree import SourceTree, is_test_file, is_vendored

__all__ = ["ANALYZERS", "MEASURES", "Analyzer", "ScanSettings", "scan_tree"]

# The tool name of the extra run that tells of a measurer which did not work.
MEASURES = "source-measures"
_MAX_MESSAGE = 1000
_TEST_SUFFIXES = frozenset({".py", ".pyi", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"})


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A tool: its name, its version, and how it examines a subject (raises ToolError where it cannot)."""

    name: str
    version: Callable[[], str]
    examine: Callable[[Subject], Examination]


ANALYZERS = (
    Analyzer("ruff", ruff.version, ruff.examine),
    Analyzer("bandit", bandit.version, bandit.examine),
    Analyzer("pylint", pylint.version, pylint.examine),
    Analyzer("mypy", mypy.version, mypy.examine),
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An analyzer's answer before it is known which files parse at all."""

    version: str
    seconds: float
    examination: Examination
    failure: str = ""


Measured = tuple[tuple[FileMetrics, ...], Mapping[str, frozenset[str]]]


def scan_tree(tree: SourceTree, settings: ScanSettings, sandbox: Sandbox, cache: ContentCache, tools: frozenset[str] | None = None) -> Scan:
    """Run every analyzer and the measurer over the judged files, side by side.

    A tool that crashed, ran out of time or answered nonsense is a run with status `error`. Should the measurer fail, an `error` run
    named `source-measures` is added and every judged file counts as not parsed. With `tools`, only the analyzers of these names run.
    """
    wanted = [analyzer for analyzer in ANALYZERS if tools is None or analyzer.name in tools]
    pool = ThreadPoolExecutor(max_workers=len(ANALYZERS) + 1)
    with pool:
        measuring: Future[Measured]
        subject = Subject(tree, settings, sandbox, cache, lambda: measuring.result()[1])
        subject.prepare()
        measuring = pool.submit(SourceMeasures(subject).measure)
        # Pylint takes longest, so it starts first.
        order = sorted(wanted, key=lambda analyzer: analyzer.name != "pylint")
        pending = {analyzer.name: pool.submit(_answer, analyzer, subject) for analyzer in order}
    files, failure = _measured(measuring, subject)
    runs = [_tool_run(analyzer.name, pending[analyzer.name].result(), subject, files) for analyzer in wanted]
    if failure:
        runs.append(ToolRun(MEASURES, "", RunStatus.ERROR, message=failure))
    return Scan(tree.digest, tuple(runs), files, _test_files(tree), _has_readme(tree))


def _answer(analyzer: Analyzer, subject: Subject) -> _Answer:
    started = time.monotonic()
    version = ""
    try:
        version = analyzer.version()
        examination = analyzer.examine(subject) if subject.judged else Examination(())
    except (ToolError, SandboxError) as error:
        return _Answer(version, time.monotonic() - started, Examination(()), str(error))
    return _Answer(version, time.monotonic() - started, examination)


def _measured(measuring: Future[Measured], subject: Subject) -> tuple[tuple[FileMetrics, ...], str]:
    try:
        return measuring.result()[0], ""
    except (ToolError, SandboxError) as error:
        words = str(error)[:_MAX_MESSAGE]
        reason = f"could not be measured: {words}"
        return tuple(FileMetrics(path, "python", 0, 0.0, reason, 0, 0, (), (), ()) for path in subject.judged), words


def _tool_run(name: str, answer: _Answer, subject: Subject, files: tuple[FileMetrics, ...]) -> ToolRun:
    """A file that this tool could not read although it parses makes the whole answer an error: its findings would seem to be gone."""
    parsed = {file.path for file in files if not file.parse_error}
    lost = [f"{path}: {reason}" for path, reason in sorted(answer.examination.unread.items()) if path in parsed]
    failure = answer.failure or (f"{name}: could not read {'; '.join(lost)}" if lost else "")
    if failure:
        return ToolRun(name, answer.version, RunStatus.ERROR, (), answer.seconds, failure[:_MAX_MESSAGE])
    findings = tuple(with_fingerprints(answer.examination.findings, subject.line))
    return ToolRun(name, answer.version, RunStatus.OK, findings, answer.seconds, _left_out(answer.examination.left_out))


def _left_out(left_out: Mapping[str, str]) -> str:
    if not left_out:
        return ""
    shown = "; ".join(f"{path} ({reason})" for path, reason in sorted(left_out.items())[:5])
    return f"{len(left_out)} file(s) left out: {shown}"[:_MAX_MESSAGE]


def _test_files(tree: SourceTree) -> tuple[str, ...]:
    return tuple(p for p in tree.files if PurePosixPath(p).suffix in _TEST_SUFFIXES and is_test_file(p) and not is_vendored(p))


def _has_readme(tree: SourceTree) -> bool:
    return any("/" not in path and PurePosixPath(path).stem.lower() == "readme" for path in tree.files)
