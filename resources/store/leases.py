"""Claims on jobs: who works on what, until when, and what happens when a worker dies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Connection, Row, select, update

from orchestrator_assets.domain.errors import AttemptsExhausted, LeaseError, StateError
from orchestrator_assets.domain.job import MAX_ATTEMPTS, JobId, JobState
from orchestrator_assets.domain.ports import Lease
from resources.store.records import clip
from resources.store.schema import JOBS
from resources.store.trail import Change, change_state
from resources.store.workers import is_gone, is_local

REAPER = "reaper"


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's wish to hold a job."""

    owner: str
    run_id: str
    lease_seconds: int


def locked_row(connection: Connection, job: JobId) -> Row[Any]:
    """The job's row, held until the transaction ends.

    Raises:
        StateError: There is no such job.
    """
    row = connection.execute(select(JOBS).where(JOBS.c.id == job).with_for_update()).one_or_none()
    if row is None:
        raise no_such_job(job)
    return row


def no_such_job(job: JobId) -> StateError:
    """The error for an unknown id."""
    return StateError(f"job {job!r}: there is none with this id in the store; list the jobs to find the right one")


def take(connection: Connection, job: JobId, claim: Claim, now: datetime) -> Lease | AttemptsExhausted:
    """Give the job to the claimer, or fail it for good (the caller raises, after the failure has been committed).

    Raises:
        LeaseError: Another run holds it.
        StateError: There is no such job, or it is cancelled.
    """
    row = locked_row(connection, job)
    attempt = _attempt_of(row, claim, now)
    if attempt > MAX_ATTEMPTS:
        return _exhaust(connection, row, claim.owner, now)
    token = row.lease_token + 1
    columns: dict[str, object] = {
        "attempt": attempt,
        "run_id": clip(claim.run_id, 255),
        "lease_owner": clip(claim.owner, 255),
        "lease_expires_at": now + timedelta(seconds=claim.lease_seconds),
        "lease_token": token,
        "error_code": None,
        "error_message": None,
        "completed_at": None,
    }
    reopened = JobState(row.status).finished
    if reopened:
        columns |= {"quality_score": None, "findings_count": None}
    if attempt == 1:
        columns["started_at"] = now if reopened or row.started_at is None else row.started_at
    action = "job.reopened" if reopened else "job.claimed"
    details = {"attempt": str(attempt), "run_id": claim.run_id, "token": str(token)}
    change_state(connection, row, Change(JobState.RUNNING, claim.owner, columns, action, details), now)
    return Lease(job, claim.owner, token)


def extend(connection: Connection, lease: Lease, until: datetime) -> None:
    """Move the lease's end.

    Raises:
        LeaseError: The lease has been taken over, or the job has ended.
    """
    extended = connection.execute(
        update(JOBS)
        .where(JOBS.c.id == lease.job, JOBS.c.lease_token == lease.token, JOBS.c.status == JobState.RUNNING.value)
        .values(lease_expires_at=until)
    )
    if extended.rowcount != 1:
        raise lost(locked_row(connection, lease.job), lease)


def lost(row: Row[Any], lease: Lease) -> LeaseError:
    """The error for a worker whose claim no longer holds."""
    holder = f", held by {row.lease_owner}" if row.lease_owner else ""
    return LeaseError(
        f"job {lease.job}: {lease.owner} lost its lease (token {lease.token}, now {row.lease_token}); "
        f"the job is {row.status}{holder}: stop and write nothing more"
    )


def dead_rows(connection: Connection, now: datetime, owners_alive: Collection[str] | None) -> list[tuple[Row[Any], str]]:
    """Running jobs whose worker is lost, each with what is known of it."""
    running = connection.execute(select(JOBS).where(JOBS.c.status == JobState.RUNNING.value).order_by(JOBS.c.id))
    found = [(row, _cause_of_death(row, now, owners_alive)) for row in running]
    return [(row, cause) for row, cause in found if cause]


def release(connection: Connection, dead: Sequence[tuple[Row[Any], str]], now: datetime) -> list[JobId]:
    """Queue the dead jobs again, or fail them at the attempt cap; gives those queued. What moved on meanwhile is left alone."""
    queued = []
    for seen, cause in dead:
        row = locked_row(connection, JobId(seen.id))
        if (row.status, row.lease_token, row.lease_expires_at) != (seen.status, seen.lease_token, seen.lease_expires_at):
            continue
        if row.attempt >= MAX_ATTEMPTS:
            _fail_at_cap(connection, row, REAPER, cause, now)
            continue
        columns = {
            "error_code": "worker_lost",
            "error_message": cause,
            "lease_owner": None,
            "lease_expires_at": None,
            "lease_token": row.lease_token + 1,
        }
        change = Change(JobState.QUEUED, REAPER, columns, "job.requeued", {"cause": cause, "attempt": str(row.attempt)})
        change_state(connection, row, change, now)
        queued.append(JobId(row.id))
    return queued


def _attempt_of(row: Row[Any], claim: Claim, now: datetime) -> int:
    state = JobState(row.status)
    match state:
        case JobState.QUEUED:
            return int(row.attempt) + 1
        case JobState.RUNNING:
            if row.lease_expires_at is not None and row.lease_expires_at > now:
                if row.run_id != claim.run_id:
                    raise LeaseError(
                        f"job {row.id}: {row.lease_owner} holds it for run {row.run_id} until {row.lease_expires_at:%H:%M:%S} UTC; "
                        "wait for that run, or cancel the job"
                    )
                return int(row.attempt)
            return int(row.attempt) + 1
        case JobState.CANCELLED:
            raise StateError(f"job {row.id} is cancelled; submit it again to have it done")
        case JobState.DELIVERED | JobState.NEEDS_REVIEW | JobState.REJECTED | JobState.FAILED:
            return 1
        case _:
            assert_never(state)


def _exhaust(connection: Connection, row: Row[Any], actor: str, now: datetime) -> AttemptsExhausted:
    cause = row.error_message or f"{row.lease_owner} let its lease run out"
    return AttemptsExhausted(_fail_at_cap(connection, row, actor, cause, now))


def _fail_at_cap(connection: Connection, row: Row[Any], actor: str, cause: str, now: datetime) -> str:
    message = (
        f"job {row.id}: {row.attempt} of {MAX_ATTEMPTS} attempts ended without a result; last: {cause}; mend the cause and run it again"
    )
    columns = {"error_code": AttemptsExhausted.code, "error_message": message, "lease_token": row.lease_token + 1}
    change_state(connection, row, Change(JobState.FAILED, actor, columns, details={"cause": cause}), now)
    return message


def _cause_of_death(row: Row[Any], now: datetime, owners_alive: Collection[str] | None) -> str:
    owner = row.lease_owner or ""
    if row.lease_expires_at is None or row.lease_expires_at <= now:
        return f"the lease of {owner} ran out on attempt {row.attempt}"
    gone = is_gone(owner) if owners_alive is None else is_local(owner) and owner not in owners_alive
    return f"worker {owner} died on attempt {row.attempt}" if gone else ""
