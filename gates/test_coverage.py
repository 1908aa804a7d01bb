"""Test coverage: the suite passes, runs the code, and has integration tests."""

from pathlib import PurePosixPath

from gates.budgets import COVERAGE_TARGET
from gates.measures import graded, has_python, not_applicable, share
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.gate import Evidence, Gate, Verdict
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus

_COVERAGE_PART, _SUCCESS_PART, _INTEGRATION_PART = 0.6, 0.3, 0.1
_INTEGRATION_WORDS = ("integration", "e2e", "functional")


def check(evidence: Evidence) -> Verdict:
    """No tests earn nothing; tests that could not be run are an error, not a zero.

    Raises:
        ToolError: There are tests, but they could not be run.
    """
    if not has_python(evidence):
        return not_applicable()
    suite = evidence.suite
    if suite.status is SuiteStatus.COULD_NOT_RUN:
        raise ToolError(f"tests: {suite.reason or 'could not be run; give setup_command and test_command'}")
    if suite.status is SuiteStatus.NO_TESTS:
        return graded(False, 0.0, "no tests", {"tests": 0})
    return _graded_run(suite, integration_files(evidence.scan.test_files))


def integration_files(test_files: tuple[str, ...]) -> list[str]:
    """Test files that call themselves integration, end-to-end or functional tests, by folder or name."""
    return [path for path in test_files if any(word in part.lower() for part in PurePosixPath(path).parts for word in _INTEGRATION_WORDS)]


def _graded_run(suite: SuiteRun, integration: list[str]) -> Verdict:
    passed, failed = suite.count(CaseResult.PASSED), suite.count(CaseResult.FAILED)
    success = share(passed, passed + failed) if passed else 0.0
    coverage = suite.coverage_percent
    covered = min(1.0, (coverage or 0.0) / COVERAGE_TARGET)
    # Coverage of a suite that fails is still coverage, but a suite of which nothing passes proves nothing at all.
    fraction = _COVERAGE_PART * covered + _SUCCESS_PART * success + _INTEGRATION_PART * bool(integration) if passed else 0.0
    measured = "coverage not measured" if coverage is None else f"{coverage:.1f} % coverage"
    return graded(
        covered == 1.0 and success == 1.0 and bool(integration),
        fraction,
        f"{passed} passed, {failed} failed, {measured}, {len(integration) or 'no'} integration test files",
        {
            "passed": passed,
            "failed": failed,
            "skipped": suite.count(CaseResult.SKIPPED),
            "success_share": success,
            "coverage_percent": "not measured" if coverage is None else coverage,
            "integration_test_files": len(integration),
        },
    )


GATE = Gate("test_coverage", 10, "Coverage of 80 % or more, all tests pass, integration tests exist.", check)
