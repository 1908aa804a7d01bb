"""Test runs as JSON, for caches and artifacts."""

import json
from typing import Any

from orchestrator_assets.domain.errors import ArtifactError
from orchestrator_assets.domain.suite import CaseResult, SuiteRun, SuiteStatus


def suite_to_json(run: SuiteRun) -> bytes:
    """Render a run, the same bytes for the same run."""
    row = {
        "tree": run.tree,
        "status": run.status.value,
        "runner": run.runner,
        "cases": [[case_id, case.value] for case_id, case in run.cases],
        "coverage_percent": run.coverage_percent,
        "executed_lines": [[path, list(lines)] for path, lines in run.executed_lines],
        "seconds": run.seconds,
        "reason": run.reason,
        "flaky": list(run.flaky),
    }
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode()


def suite_from_json(content: bytes) -> SuiteRun:
    """The inverse of `suite_to_json`.

    Raises:
        ArtifactError: The content is not a rendered run.
    """
    try:
        row: dict[str, Any] = json.loads(content)
        return SuiteRun(
            tree=row["tree"],
            status=SuiteStatus(row["status"]),
            runner=row["runner"],
            cases=tuple((case_id, CaseResult(case)) for case_id, case in row["cases"]),
            coverage_percent=row["coverage_percent"],
            executed_lines=tuple((path, tuple(lines)) for path, lines in row["executed_lines"]),
            seconds=row["seconds"],
            reason=row["reason"],
            flaky=tuple(row["flaky"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"stored test run: cannot be read ({error!r}); remove it, and the tests are run again") from error
