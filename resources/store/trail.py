"""What every change leaves behind in its own transaction: an audit row, and a notice once a job has finished."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from orchestrator_assets.domain.job import JobId, JobState
from resources.store.identifiers import new_id
from resources.store.records import clip, storable
from resources.store.schema import AUDIT_LOG, JOBS, OUTBOX


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log: who did what to which thing."""

    actor: str
    action: str
    job: JobId | None = None
    resource: str = ""
    details: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A job's way from the row that was read to another state, by whom, with the columns that change besides."""

    to: JobState
    actor: str
    columns: Mapping[str, object]
    action: str = ""
    details: Mapping[str, str] | None = None


def write_audit(connection: Connection, entry: Entry, moment: datetime) -> None:
    """Append to the audit log."""
    connection.execute(
        insert(AUDIT_LOG).values(
            id=new_id(),
            job_id=entry.job,
            user_id=clip(entry.actor, 255),
            action=clip(entry.action, 100),
            resource=clip(entry.resource, 255) or None,
            details=storable(entry.details) if entry.details else None,
            created_at=moment,
        )
    )


def change_state(connection: Connection, row: Row[Any], change: Change, moment: datetime) -> None:
    """Move the job on; the caller holds the row (it was read in this write transaction, for update).

    Every change but the lease holder's own result takes a new fencing token, so that a worker that still runs is refused.
    """
    columns = dict(change.columns)
    if change.to.finished:
        columns |= {"completed_at": moment, "lease_owner": None, "lease_expires_at": None}
    connection.execute(update(JOBS).where(JOBS.c.id == row.id).values(status=change.to.value, **columns))
    details = {"from": row.status, "to": change.to.value, **(change.details or {})}
    action = change.action or f"job.{change.to.value}"
    write_audit(connection, Entry(change.actor, action, JobId(row.id), f"job/{row.id}", details), moment)
    if change.to.finished:
        _write_notice(connection, row, change, moment)


def _write_notice(connection: Connection, row: Row[Any], change: Change, moment: datetime) -> None:
    payload = {
        "job_id": row.id,
        "customer": row.customer_id,
        "status": change.to.value,
        "previous_status": row.status,
        "attempt": row.attempt,
        "quality_score": change.columns.get("quality_score", row.quality_score),
        "cost_micro_usd": change.columns.get("cost_micro_usd", row.cost_micro_usd),
        "error_code": change.columns.get("error_code"),
        "error_message": change.columns.get("error_message"),
        "at": moment.isoformat(),
    }
    connection.execute(
        insert(OUTBOX).values(
            id=new_id(),
            job_id=row.id,
            customer_id=row.customer_id,
            topic=f"job.{change.to.value}",
            payload=storable(payload),
            created_at=moment,
            attempts=0,
        )
    )
