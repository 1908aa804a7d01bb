"""Between the domain's objects and the tables' rows."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.finding import FindingOutcome
from orchestrator_assets.domain.gate import GateResult
from orchestrator_assets.domain.job import JobId, JobState
from orchestrator_assets.domain.order_document import order_from_json
from orchestrator_assets.domain.ports import JobRecord
from resources.store.identifiers import new_id


def job_record(row: Row[Any]) -> JobRecord:
    """A row of `jobs` as the port gives it out."""
    return JobRecord(
        id=JobId(row.id),
        order=order_from_json(row.order_document),
        state=JobState(row.status),
        attempt=row.attempt,
        run_id=row.run_id,
        created_at=row.created_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        quality_score=row.quality_score,
        cost=MicroUsd(row.cost_micro_usd),
        findings_count=row.findings_count,
        error_code=row.error_code,
        error_message=row.error_message,
    )


def gate_row(job: JobId, gate: GateResult, moment: datetime) -> dict[str, object]:
    """A row of `quality_gate_results`; `score` is the score after, both verdicts are in `details`."""
    return {
        "id": new_id(),
        "job_id": job,
        "gate_name": gate.name,
        "status": gate.after.status.value,
        "status_before": gate.before.status.value,
        "score": gate.score_after,
        "score_before": gate.score_before,
        "max_score": gate.max_score,
        "details": storable({"before": asdict(gate.before), "after": asdict(gate.after)}),
        "created_at": moment,
    }


def outcome_row(job: JobId, position: int, outcome: FindingOutcome) -> dict[str, object]:
    """A row of `finding_outcomes`."""
    finding = outcome.finding
    return {
        "job_id": job,
        "position": position,
        "fingerprint": storable(finding.fingerprint),
        "tool": storable(finding.tool),
        "rule_id": storable(finding.rule_id),
        "path": storable(finding.path),
        "line": finding.line,
        "severity": finding.severity.value,
        "category": finding.category.value,
        "message": storable(finding.message),
        "outcome": outcome.outcome.value,
        "tier": storable(outcome.tier),
        "reason": storable(outcome.reason),
    }


def cost_row(job: JobId, category: str, amount: MicroUsd, moment: datetime) -> dict[str, object]:
    """A row of `cost_tracking`."""
    return {"id": new_id(), "job_id": job, "category": clip(category, 100), "amount_micro_usd": int(amount), "created_at": moment}


def storable(value: object) -> object:
    """The value with everything escaped that a database refuses: lone surrogates, NUL, numbers that are not finite.

    Findings quote customers' files; one odd byte in a message must not lose the whole job's result.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(storable(str(key))): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def clip(text: str, length: int) -> str:
    """The text in storable form, cut to the column's length."""
    return str(storable(text))[:length]
