import json

import pytest

from orchestrator_assets.domain.errors import ReportError
from orchestrator_assets.domain.stored_report import read_report
from orchestrator_assets.stages.report import build_report, report_json
from tests.builders import a_suite, report_inputs


def test_a_report_read_back_equals_the_one_written() -> None:
    suite = a_suite(3, 1, executed_lines=(("app/core.py", (1, 2)),), flaky=("t::p0",))
    report = build_report(report_inputs(suite_after=suite, notes=("One note.",)))
    assert read_report(json.loads(report_json(report))) == report
    assert read_report(report.to_dict()) == report


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 99}, "schema_version 99, this release reads 1"),
        ({"status": "splendid"}, "'splendid' is not a valid JobState"),
        ({"cost_usd": "much"}, "cannot be read"),
        ({"score_after": 12.0, "score_unvetoed_after": 12.0}, "the score says 12.00"),
        ({"gates": 3}, "cannot be read"),
    ],
)
def test_a_report_that_was_changed_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_report(build_report(report_inputs()).to_dict() | change)


@pytest.mark.parametrize("key", sorted(set(build_report(report_inputs()).to_dict()) - {"findings"}))
def test_a_report_without_one_of_its_keys_is_refused(key: str) -> None:
    stored = build_report(report_inputs()).to_dict()
    del stored[key]
    with pytest.raises(ReportError):
        read_report(stored)
