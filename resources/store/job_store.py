"""The record of all jobs, on SQLite or Postgres."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from orchestrator_assets.domain.errors import AttemptsExhausted, StateError
from orchestrator_assets.domain.job import CustomerId, JobId, JobOrder, JobState
from orchestrator_assets.domain.order_document import order_to_json
from orchestrator_assets.domain.ports import JobRecord, JobResult, Lease
from resources.store.engine import open_engine, reading, take_turns
from resources.store.identifiers import id_after
from resources.store.leases import Claim, dead_rows, extend, locked_row, lost, no_such_job, release, take
from resources.store.records import clip, cost_row, gate_row, job_record, outcome_row
from resources.store.revisions import upgrade, writing
from resources.store.schema import COST_TRACKING, FINDING_OUTCOMES, GATE_RESULTS, JOBS
from resources.store.trail import Change, Entry, change_state, write_audit

_SUBMIT_LOCK = 7_201_000_002
_KEY_LENGTH = 255


def utc_now() -> datetime:
    """The time, as the store keeps it."""
    return datetime.now(UTC)


def open_job_store(url: str) -> "SqlJobStore":
    """The store at the URL, its tables created or brought up to date.

    Raises:
        InputError: The URL names another database.
        SchemaError: A newer release has migrated the store.
    """
    engine = open_engine(url)
    upgrade(engine)
    return SqlJobStore(engine)


class SqlJobStore:
    """`domain.ports.JobStore` on SQLAlchemy Core; safe to share among threads, and among processes through the database."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def submit(self, order: JobOrder, *, actor: str, idempotency_key: str | None = None) -> JobId:
        """Record an order as queued; the same customer and idempotency key give the same job again."""
        if idempotency_key is not None and not 0 < len(idempotency_key) <= _KEY_LENGTH:
            raise StateError(f"idempotency key of {len(idempotency_key)} characters: give 1 to {_KEY_LENGTH}")
        with writing(self._engine) as connection:
            # Ids must sort in the order of the commits, or a reader's cursor would step over a job; so one submission at a time.
            take_turns(connection, _SUBMIT_LOCK)
            known = _submitted_before(connection, order.customer, idempotency_key)
            return known or self._insert(connection, order, actor, idempotency_key)

    def get(self, job: JobId) -> JobRecord:
        """The job's row."""
        with reading(self._engine) as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.id == job)).one_or_none()
        if row is None:
            raise no_such_job(job)
        return job_record(row)

    def jobs(self, *, customer: CustomerId | None = None, state: JobState | None = None, limit: int = 100) -> Sequence[JobRecord]:
        """Jobs, the newest first."""
        query = select(JOBS).order_by(JOBS.c.id.desc()).limit(limit)
        if customer is not None:
            query = query.where(JOBS.c.customer_id == customer)
        if state is not None:
            query = query.where(JOBS.c.status == state.value)
        with reading(self._engine) as connection:
            return [job_record(row) for row in connection.execute(query)]

    def queued_after(self, cursor: str, limit: int) -> Sequence[JobRecord]:
        """Queued jobs with an id past the cursor, the oldest first; a re-queued job keeps its id, see `release_dead`."""
        query = select(JOBS).where(JOBS.c.status == JobState.QUEUED.value, JOBS.c.id > cursor).order_by(JOBS.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [job_record(row) for row in connection.execute(query)]

    def claim(self, job: JobId, *, owner: str, run_id: str, lease_seconds: int) -> Lease:
        """Take the job for one attempt; the same run claiming again while its lease runs is still the same attempt."""
        with writing(self._engine) as connection:
            taken = take(connection, job, Claim(owner, run_id, lease_seconds), self._clock())
        if isinstance(taken, AttemptsExhausted):
            raise taken
        return taken

    def heartbeat(self, lease: Lease, *, lease_seconds: int) -> None:
        """Extend the lease."""
        with writing(self._engine) as connection:
            extend(connection, lease, self._clock() + timedelta(seconds=lease_seconds))

    def finish(self, lease: Lease, result: JobResult) -> None:
        """Running -> the result's state; a second call with the same lease changes nothing."""
        if not result.state.finished or result.state is JobState.CANCELLED:
            raise StateError(f"job {lease.job}: a result cannot have the state {result.state.value!r}")
        now = self._clock()
        with writing(self._engine) as connection:
            row = locked_row(connection, lease.job)
            state = JobState(row.status)
            if row.lease_token == lease.token and state.finished:
                return
            if row.lease_token != lease.token or state is not JobState.RUNNING:
                raise lost(row, lease)
            _replace_details(connection, lease.job, result, now)
            columns = {
                "quality_score": result.quality_score,
                "findings_count": result.findings_count,
                "cost_micro_usd": sum(result.costs.values()),
            }
            change_state(connection, row, Change(result.state, lease.owner, columns, details={"token": str(lease.token)}), now)

    def fail(self, job: JobId, *, code: str, message: str, actor: str, lease: Lease | None = None) -> None:
        """Running or queued -> failed; a finished job is left as it is. With a lease, only while it holds."""
        with writing(self._engine) as connection:
            row = locked_row(connection, job)
            if JobState(row.status).finished:
                return
            if lease is not None and row.lease_token != lease.token:
                raise lost(row, lease)
            columns = {"error_code": clip(code, 100), "error_message": clip(message, 10_000), "lease_token": row.lease_token + 1}
            change_state(connection, row, Change(JobState.FAILED, actor, columns, details={"code": code}), self._clock())

    def cancel(self, job: JobId, *, actor: str) -> None:
        """Queued or running -> cancelled; again on a cancelled job changes nothing.

        Raises:
            StateError: There is no such job, or it has finished.
        """
        with writing(self._engine) as connection:
            row = locked_row(connection, job)
            state = JobState(row.status)
            if state is JobState.CANCELLED:
                return
            if state.finished:
                raise StateError(f"job {job} is {state.value}: only a queued or running job can be cancelled")
            change_state(connection, row, Change(JobState.CANCELLED, actor, {"lease_token": row.lease_token + 1}), self._clock())

    def approve(self, job: JobId, *, actor: str, accept: bool, note: str = "") -> None:
        """needs_review -> delivered (accept) or rejected."""
        with writing(self._engine) as connection:
            row = locked_row(connection, job)
            if row.status != JobState.NEEDS_REVIEW.value:
                raise StateError(f"job {job} is {row.status}: only a job that needs_review can be approved or rejected")
            to = JobState.DELIVERED if accept else JobState.REJECTED
            action = "job.approved" if accept else "job.review_rejected"
            change_state(connection, row, Change(to, actor, {}, action, {"note": note}), self._clock())

    def release_dead(self, owners_alive: Iterable[str] | None = None) -> Sequence[JobId]:
        """Re-queue what died and give back the ids, which lie behind `queued_after`'s cursor; fail what is at its attempt cap.

        Args:
            owners_alive: The living owners of this host; by default its process table is asked.
        """
        alive = None if owners_alive is None else frozenset(owners_alive)
        with reading(self._engine) as connection:
            dead = dead_rows(connection, self._clock(), alive)
        if not dead:
            return []
        with writing(self._engine) as connection:
            return release(connection, dead, self._clock())

    def audit(self, action: str, *, job: JobId | None, actor: str, resource: str = "", details: Mapping[str, str] | None = None) -> None:
        """Append a row to the audit log.

        Raises:
            StateError: There is no such job.
        """
        try:
            with writing(self._engine) as connection:
                write_audit(connection, Entry(actor, action, job, resource, details), self._clock())
        except IntegrityError as error:
            if job is None:
                raise
            raise no_such_job(job) from error

    def _insert(self, connection: Connection, order: JobOrder, actor: str, idempotency_key: str | None) -> JobId:
        now = self._clock()
        job = JobId(id_after(connection.execute(select(func.max(JOBS.c.id))).scalar_one()))
        connection.execute(
            insert(JOBS).values(
                id=job,
                customer_id=order.customer,
                status=JobState.QUEUED.value,
                tier=order.tier.value,
                created_at=now,
                cost_micro_usd=0,
                repo_url=order.repo.location,
                branch=order.repo.branch,
                order_document=order_to_json(order),
                idempotency_key=idempotency_key,
                attempt=0,
                lease_token=0,
            )
        )
        details = {"to": JobState.QUEUED.value, "customer": order.customer, "tier": order.tier.value}
        write_audit(connection, Entry(actor, "job.submitted", job, f"job/{job}", details), now)
        return job


def _submitted_before(connection: Connection, customer: CustomerId, key: str | None) -> JobId | None:
    if key is None:
        return None
    query = select(JOBS.c.id).where(JOBS.c.customer_id == customer, JOBS.c.idempotency_key == key)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else JobId(found)


def _replace_details(connection: Connection, job: JobId, result: JobResult, now: datetime) -> None:
    for table in (GATE_RESULTS, FINDING_OUTCOMES, COST_TRACKING):
        connection.execute(delete(table).where(table.c.job_id == job))
    rows = {
        GATE_RESULTS: [gate_row(job, gate, now) for gate in result.gates],
        FINDING_OUTCOMES: [outcome_row(job, position, outcome) for position, outcome in enumerate(result.outcomes)],
        COST_TRACKING: [cost_row(job, category, amount, now) for category, amount in result.costs.items()],
    }
    for table, values in rows.items():
        if values:
            connection.execute(insert(table), values)
