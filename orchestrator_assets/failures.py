"""From the platform's errors to Dagster's, and to the job's record, at one edge."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestrator_assets.domain.errors import LeaseError, OrchestratorError
from orchestrator_assets.domain.ports import JobStore, Lease

_MAX_WORDS = 2000


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


def failure_words(event: dg.DagsterEvent) -> str:
    """What went wrong in a failed step, for the job's record: the platform's own words, or the error without Dagster's wrapping."""
    failure = event.step_failure_data
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        words = failure.user_failure_data.description
    elif failure.error is not None:
        words = (failure.error.cause or failure.error).message
    else:
        words = event.message or "it did not say why"
    return f"{event.step_key}: {words.strip()[:_MAX_WORDS]}"
