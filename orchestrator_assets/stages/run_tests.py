"""Running a customer's tests over one tree, in the sandbox, with each test's own result."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator_assets.domain.job import JobOptions
from orchestrator_assets.domain.ports import ContentCache, Sandbox, SandboxResult, SandboxRun
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus, TestEnvironment
from orchestrator_assets.domain.suite_json import suite_from_json, suite_to_json
from orchestrator_assets.domain.tree import Scope, SourceTree, judged_python_files
from orchestrator_assets.stages.suite_command import SETUP_FAILED, Selection, SuiteCommand, find_command
from orchestrator_assets.stages.suite_results import Record, read_coverage, read_record

TIME_LIMIT_SECONDS = 900.0
_IN_SANDBOX = Path(__file__).with_name("in_sandbox")
_PLUGIN = "orchestrator_results.py"
_NO_TESTS_COLLECTED = 5
_TAIL_LINES = 12
_TAIL_CHARACTERS = 1200


def run_suite(
    tree: SourceTree,
    environment: TestEnvironment,
    options: JobOptions,
    sandbox: Sandbox,
    cache: ContentCache,
    only: Sequence[str] | None = None,
    measure: bool = True,
) -> SuiteRun:
    """Run the tree's tests, or take the result from the cache.

    Args:
        only: Test ids or test files to run; None for all.
        measure: Whether line coverage is measured, which costs a third to the double of the time.

    Raises:
        SandboxError: The sandbox could not be set up.
    """
    selection = Selection(tuple(sorted(only)) if only is not None else None, measure)
    key = _cache_key(tree, environment, options, selection)
    known = cache.get(key)
    if known is not None:
        return suite_from_json(known)
    run, lasting = _run(tree, environment, options, sandbox, selection)
    if lasting:
        cache.put(key, suite_to_json(run))
    return run


def run_baseline(tree: SourceTree, environment: TestEnvironment, options: JobOptions, sandbox: Sandbox, cache: ContentCache) -> SuiteRun:
    """Run the untouched tree's tests twice, the second time without coverage: what differs is flaky and counts as failed."""
    first = run_suite(tree, environment, options, sandbox, cache)
    if first.status is not SuiteStatus.RAN:
        return first
    second = run_suite(tree, environment, options, sandbox, cache, measure=False)
    one, other = dict(first.cases), dict(second.cases)
    return first.without(frozenset(case_id for case_id in one.keys() | other.keys() if one.get(case_id) is not other.get(case_id)))


def _run(
    tree: SourceTree, environment: TestEnvironment, options: JobOptions, sandbox: Sandbox, selection: Selection
) -> tuple[SuiteRun, bool]:
    """One run, once more without coverage when that kept the suite from running; and whether the result is worth keeping."""
    command = find_command(tree, environment, options, selection)
    if command is None:
        return SuiteRun(tree.digest, SuiteStatus.NO_TESTS, reason="the repository has no test files"), True
    result = sandbox.run(_request(tree, environment, command))
    record = read_record(result.outputs.get("results.jsonl", b""))
    if (
        selection.measure
        and not record.cases
        and not result.timed_out
        and result.exit_code not in {0, 1, _NO_TESTS_COLLECTED, SETUP_FAILED}
    ):
        return _run(tree, environment, options, sandbox, replace(selection, measure=False))
    judged = frozenset(judged_python_files(tree, Scope(options.include, options.exclude)))
    percent, executed = read_coverage(result.outputs.get("coverage.json", b""), judged)
    run = SuiteRun(tree.digest, SuiteStatus.RAN, command.runner, coverage_percent=percent, executed_lines=executed, seconds=result.seconds)
    return _concluded(run, record, result, options, environment), not result.timed_out


def _request(tree: SourceTree, environment: TestEnvironment, command: SuiteCommand) -> SandboxRun:
    return SandboxRun(
        argv=command.argv,
        tree=tree.root,
        writable=True,
        read_only=environment.read_only,
        inputs={_PLUGIN: _IN_SANDBOX / _PLUGIN},
        environment=command.environment,
        timeout_seconds=TIME_LIMIT_SECONDS,
    )


def _concluded(run: SuiteRun, record: Record, result: SandboxResult, options: JobOptions, environment: TestEnvironment) -> SuiteRun:
    """Put cases, status and reason together."""
    if result.exit_code == SETUP_FAILED and not record.cases:
        return _not_run(run, f"the set-up command failed: {_tail(result)}")
    if record.cases:
        return replace(run, cases=record.sorted_cases, reason=_shortfall(record, result))
    if record.broken:
        path, words = next(iter(sorted(record.broken.items())))
        note = f" ({'; '.join(environment.notes[-3:])})" if environment.notes else ""
        return _not_run(run, f"none of the test files could be loaded; {path}: {_last_lines(words)}{note}")
    if result.timed_out:
        return _not_run(run, f"no test ended within {TIME_LIMIT_SECONDS:.0f} s: {_tail(result)}")
    if result.exit_code == _NO_TESTS_COLLECTED and run.runner == "pytest":
        return replace(run, status=SuiteStatus.NO_TESTS, reason="the test files hold no tests")
    if options.test_command is not None:
        outcome = CaseResult.PASSED if result.exit_code == 0 else CaseResult.FAILED
        reason = "" if result.exit_code == 0 else f"exit code {result.exit_code}: {_tail(result)}"
        return replace(run, cases=(("command", outcome),), reason=reason)
    return _not_run(run, f"{run.runner} ended with exit code {result.exit_code}: {_tail(result)}")


def _shortfall(record: Record, result: SandboxResult) -> str:
    """Why only some tests ended, empty when all did."""
    if result.timed_out:
        return f"stopped after {TIME_LIMIT_SECONDS:.0f} s; {len(record.cases) - len(record.unfinished)} tests had ended"
    if record.unfinished:
        return f"the test process died (exit code {result.exit_code}) in {min(record.unfinished)}"
    return ""


def _not_run(run: SuiteRun, reason: str) -> SuiteRun:
    return replace(run, status=SuiteStatus.COULD_NOT_RUN, coverage_percent=None, executed_lines=(), reason=reason)


def _tail(result: SandboxResult) -> str:
    text = "\n".join(part.decode("utf-8", "replace").strip() for part in (result.stdout[-8000:], result.stderr[-8000:]))
    return _last_lines(text) or "it printed nothing"


def _last_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_TAIL_LINES:])[-_TAIL_CHARACTERS:]


def _cache_key(tree: SourceTree, environment: TestEnvironment, options: JobOptions, selection: Selection) -> str:
    plugin = hashlib.sha256((_IN_SANDBOX / _PLUGIN).read_bytes()).hexdigest()
    order = [options.setup_command, options.test_command, options.include, options.exclude]
    parts = [tree.digest, environment.key, order, selection.only, selection.measure, plugin, TIME_LIMIT_SECONDS]
    return f"suites/{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"
