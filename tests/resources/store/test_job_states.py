"""Random histories of one job against a small model of its states."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import func, select

from orchestrator_assets.domain.cost import MicroUsd
from orchestrator_assets.domain.errors import AttemptsExhausted, LeaseError, StateError
from orchestrator_assets.domain.job import MAX_ATTEMPTS, CustomerId, JobOrder, JobState, RepoRef
from orchestrator_assets.domain.ports import JobResult, Lease
from resources.store.engine import open_engine, reading
from resources.store.job_store import SqlJobStore
from resources.store.revisions import upgrade
from resources.store.schema import AUDIT_LOG, JOBS, OUTBOX

RESULTS = st.sampled_from([JobState.DELIVERED, JobState.NEEDS_REVIEW, JobState.REJECTED])


class JobHistory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = open_engine(f"sqlite:///{Path(self.folder.name)}/store.db")
        upgrade(self.engine)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.store = SqlJobStore(self.engine, lambda: self.now)
        self.job = self.store.submit(JobOrder(CustomerId("acme"), RepoRef(path="/x")), actor="a")
        self.state, self.attempt, self.runs, self.finishes = JobState.QUEUED, 0, 0, 0
        self.leases: list[Lease] = []
        self.current: Lease | None = None
        self.expires = self.now
        self.tokens: set[int] = set()

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    @rule()
    def claim(self) -> None:
        self.runs += 1
        expired = self.state is JobState.RUNNING and self.expires <= self.now
        try:
            lease = self.store.claim(self.job, owner="elsewhere:1:1", run_id=f"run-{self.runs}", lease_seconds=60)
        except LeaseError:
            assert self.state is JobState.RUNNING
            assert not expired
        except StateError:
            assert self.state is JobState.CANCELLED
        except AttemptsExhausted:
            assert expired
            assert self.attempt == MAX_ATTEMPTS
            self._end(JobState.FAILED)
        else:
            assert self.state not in {JobState.CANCELLED} and (self.state is not JobState.RUNNING or expired)
            assert lease.token not in self.tokens
            self.attempt = 1 if self.state.finished else self.attempt + 1
            self.state, self.current, self.expires = JobState.RUNNING, lease, self.now + timedelta(seconds=60)
            self.leases.append(lease)
            self.tokens.add(lease.token)

    @rule(seconds=st.sampled_from([1, 30, 61]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(data=st.data(), state=RESULTS)
    def finish_with_any_lease_ever_given(self, data: st.DataObject, state: JobState) -> None:
        if not self.leases:
            return
        lease = data.draw(st.sampled_from(self.leases))
        try:
            self.store.finish(lease, JobResult(state, 50.0, 1, [], [], {"compute": MicroUsd(1)}))
        except LeaseError:
            assert lease is not self.current
        else:
            assert lease is self.current
            if self.state is JobState.RUNNING:
                self._end(state, keep_lease=True)

    @rule(data=st.data())
    def heartbeat_with_any_lease_ever_given(self, data: st.DataObject) -> None:
        if not self.leases:
            return
        lease = data.draw(st.sampled_from(self.leases))
        try:
            self.store.heartbeat(lease, lease_seconds=60)
        except LeaseError:
            assert lease is not self.current or self.state is not JobState.RUNNING
        else:
            assert lease is self.current
            self.expires = self.now + timedelta(seconds=60)

    @rule()
    def fail(self) -> None:
        self.store.fail(self.job, code="c", message="m", actor="a")
        if not self.state.finished:
            self._end(JobState.FAILED)

    @rule()
    def cancel(self) -> None:
        try:
            self.store.cancel(self.job, actor="a")
        except StateError:
            assert self.state.finished
        else:
            if self.state is not JobState.CANCELLED:
                self._end(JobState.CANCELLED)

    @rule(accept=st.booleans())
    def approve(self, accept: bool) -> None:
        try:
            self.store.approve(self.job, actor="a", accept=accept)
        except StateError:
            assert self.state is not JobState.NEEDS_REVIEW
        else:
            assert self.state is JobState.NEEDS_REVIEW
            self._end(JobState.DELIVERED if accept else JobState.REJECTED, keep_lease=True)

    @rule()
    def reap(self) -> None:
        dead = self.state is JobState.RUNNING and self.expires <= self.now
        queued = self.store.release_dead()
        if not dead:
            assert queued == []
        elif self.attempt < MAX_ATTEMPTS:
            assert queued == [self.job]
            self.state, self.current = JobState.QUEUED, None
        else:
            assert queued == []
            self._end(JobState.FAILED)

    @invariant()
    def the_row_says_what_the_model_says(self) -> None:
        record = self.store.get(self.job)
        assert (record.state, record.attempt) == (self.state, self.attempt)
        assert (record.completed_at is not None) == self.state.finished

    @invariant()
    def each_end_left_one_notice_and_the_log_ends_with_the_state(self) -> None:
        with reading(self.engine) as connection:
            assert connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one() == self.finishes
            last = connection.execute(select(AUDIT_LOG.c.details).order_by(AUDIT_LOG.c.id.desc()).limit(1)).scalar_one()
            assert last["to"] == connection.execute(select(JOBS.c.status)).scalar_one()

    def _end(self, state: JobState, *, keep_lease: bool = False) -> None:
        self.state = state
        self.finishes += 1
        if not keep_lease:
            self.current = None


TestJobHistory = JobHistory.TestCase
TestJobHistory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
