import json
from pathlib import Path

import pytest

from orchestrator_assets.domain.errors import StateError
from orchestrator_assets.domain.job import JobState
from orchestrator_assets.stages.deliver import QUALITY_REPORT_HTML, QUALITY_REPORT_JSON, RECEIPT, artifact_key
from orchestrator_assets.stages.report import build_report, report_html, report_json
from orchestrator_assets.stages.review import review_job
from resources.artifact_store import LocalArtifactStore
from tests.builders import report_inputs


class OneJobStore:
    """Just the part of a job store that a review touches."""

    def __init__(self, state: JobState) -> None:
        self.state = state

    def approve(self, job: str, *, actor: str, accept: bool, note: str = "") -> None:
        if self.state is not JobState.NEEDS_REVIEW:
            raise StateError(f"job {job} is {self.state.value}")
        self.state = JobState.DELIVERED if accept else JobState.REJECTED


class Record:
    def __init__(self, inputs) -> None:
        self.id, self.order = inputs.job, inputs.order


def published(folder: Path):
    inputs = report_inputs()
    report = build_report(inputs)
    artifacts = LocalArtifactStore(folder)
    receipt = {"status": "needs_review", "files": {"changes.patch": {"size_bytes": 1, "sha256": "x"}}}
    for name, content in (
        (QUALITY_REPORT_JSON, report_json(report)), (QUALITY_REPORT_HTML, report_html(report)), (RECEIPT, json.dumps(receipt).encode()),
    ):  # fmt: skip
        artifacts.put(artifact_key(inputs.order.customer, inputs.job, name), content)
    return Record(inputs), artifacts


@pytest.mark.parametrize(("accept", "status"), [(True, "delivered"), (False, "rejected")])
def test_report_and_receipt_say_what_the_person_decided(tmp_path: Path, accept: bool, status: str) -> None:
    record, artifacts = published(tmp_path)
    review_job(record, OneJobStore(JobState.NEEDS_REVIEW), artifacts, actor="cli:ada", accept=accept, note="read it all")
    report = json.loads(artifacts.get(artifact_key(record.order.customer, record.id, QUALITY_REPORT_JSON)))
    assert report["status"] == status
    assert report["reasons"][0].startswith("cli:ada has")
    assert "read it all" in report["reasons"][0]
    receipt = json.loads(artifacts.get(artifact_key(record.order.customer, record.id, RECEIPT)))
    assert receipt["status"] == status
    assert set(receipt["files"]) == {"changes.patch", QUALITY_REPORT_JSON, QUALITY_REPORT_HTML}


def test_a_job_that_waits_for_nobody_is_left_as_it_is(tmp_path: Path) -> None:
    record, artifacts = published(tmp_path)
    before = artifacts.get(artifact_key(record.order.customer, record.id, QUALITY_REPORT_JSON))
    with pytest.raises(StateError):
        review_job(record, OneJobStore(JobState.DELIVERED), artifacts, actor="cli:ada", accept=True, note="")
    assert artifacts.get(artifact_key(record.order.customer, record.id, QUALITY_REPORT_JSON)) == before
