"""From the platform's errors to Dagster's, and to the job's record, at one edge."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestrator_assets.domain.errors import LeaseError, OrchestratorError
from orchestrator_assets.domain.ports import JobStore, Lease


@contextmanager
def step_failures() -> Iterator[None]:
    """Fail the step with an error's own words; Dagster retries it only where that can help."""
    try:
        yield
    except OrchestratorError as error:
        raise dg.Failure(description=str(error), metadata={"code": error.code}, allow_retries=error.retryable) from error


@contextmanager
def recorded_failures(store: JobStore, lease: Lease, actor: str) -> Iterator[None]:
    """Record an error that no retry can mend as the failure of the job that the lease is for.

    A worker that has lost its lease records nothing: the job is another's now.

    Raises:
        LeaseError: The lease was lost by the time of the error.
    """
    try:
        yield
    except LeaseError:
        raise
    except OrchestratorError as error:
        if not error.retryable:
            store.fail(lease.job, code=error.code, message=str(error), actor=actor, lease=lease)
        raise
