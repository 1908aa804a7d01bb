"""A person's decision on a job that waits for one, in the record and in everything that was published."""

import hashlib
import json
from dataclasses import replace

from orchestrator_assets.domain.job import JobState
from orchestrator_assets.domain.ports import ArtifactStore, JobRecord, JobStore
from orchestrator_assets.domain.stored_report import read_report
from orchestrator_assets.stages.deliver import QUALITY_REPORT_HTML, QUALITY_REPORT_JSON, RECEIPT, artifact_key
from orchestrator_assets.stages.report import report_html, report_json


def review_job(job: JobRecord, store: JobStore, artifacts: ArtifactStore, *, actor: str, accept: bool, note: str) -> JobState:
    """Accept or turn down the result; report and receipt are issued again with the new status.

    Raises:
        StateError: The job does not wait for a review.
    """
    store.approve(job.id, actor=actor, accept=accept, note=note)
    state = JobState.DELIVERED if accept else JobState.REJECTED
    said = f"{actor} has {'accepted' if accept else 'turned down'} the result after review" + (f": {note}" if note else ".")
    stored = read_report(json.loads(artifacts.get(_key(job, QUALITY_REPORT_JSON))))
    report = replace(stored, status=state, reasons=(said, *stored.reasons))
    changed = {QUALITY_REPORT_JSON: report_json(report), QUALITY_REPORT_HTML: report_html(report)}
    for name, content in changed.items():
        artifacts.put(_key(job, name), content)
    receipt = json.loads(artifacts.get(_key(job, RECEIPT)))
    for name, content in changed.items():
        receipt["files"][name] = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    artifacts.put(_key(job, RECEIPT), json.dumps({**receipt, "status": state.value}, indent=2).encode() + b"\n")
    return state


def _key(job: JobRecord, name: str) -> str:
    return artifact_key(job.order.customer, job.id, name)
