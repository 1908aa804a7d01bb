"""How a job's trees are scanned and tested: one set of settings for the baseline and for every candidate."""

from orchestrator_assets.domain.job import JobOrder
from orchestrator_assets.domain.ports import ContentCache, Sandbox
from orchestrator_assets.domain.python_version import target_version
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.domain.suite import SuiteRun, TestEnvironment
from orchestrator_assets.domain.tree import Scope, SourceTree
from orchestrator_assets.stages.discover import ReadFindings, extra_ruff_rules
from orchestrator_assets.stages.run_tests import run_baseline, run_suite
from orchestrator_assets.stages.workbench import Scanner, SuiteRunner


def scan_baseline(
    tree: SourceTree,
    order: JobOrder,
    reported: ReadFindings | None,
    environment: TestEnvironment,
    sandbox: Sandbox,
    cache: ContentCache,
) -> Scan:
    """Scan the untouched tree."""
    return scanner(tree, order, reported, environment, sandbox, cache)(tree, None)


def scanner(
    base: SourceTree,
    order: JobOrder,
    reported: ReadFindings | None,
    environment: TestEnvironment,
    sandbox: Sandbox,
    cache: ContentCache,
) -> Scanner:
    """What scans the base and every candidate made from it."""
    from gates.analyzers import ScanSettings, scan_tree

    settings = ScanSettings(
        scope=Scope(order.options.include, order.options.exclude),
        target_version=target_version(base),
        extra_ruff_rules=extra_ruff_rules(reported.findings) if reported is not None else (),
        environment=environment.prefix,
    )
    return lambda tree, tools: scan_tree(tree, settings, sandbox, cache, tools)


def test_baseline(tree: SourceTree, order: JobOrder, environment: TestEnvironment, sandbox: Sandbox, cache: ContentCache) -> SuiteRun:
    """Run the untouched tree's tests, twice to know the flaky ones."""
    return run_baseline(tree, environment, order.options, sandbox, cache)


def suite_runner(order: JobOrder, environment: TestEnvironment, sandbox: Sandbox, cache: ContentCache) -> SuiteRunner:
    """What tests every candidate: with the whole suite, or only the test files named (then without coverage)."""
    return lambda tree, only: run_suite(tree, environment, order.options, sandbox, cache, only=only, measure=only is None)
