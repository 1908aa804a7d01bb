"""From the platform's errors to Dagster's, and to the job's record, at one edge."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestrator_assets.domain.errors import LeaseError, OrchestratorError
from orchestrator_assets.domain.job import JobId
from orchestrator_assets.domain.ports import JobStore


@contextmanager
def recorded_failures(store: JobStore, job: JobId, actor: str) -> Iterator[None]:
    """Record an error that no retry can mend as the job's failure, and fail the step with its words.

    A worker that has lost its lease records nothing: the job is another's now.
    """
    try:
        yield
    except LeaseError as error:
        raise dg.Failure(description=str(error), metadata={"code": error.code}, allow_retries=False) from error
    except OrchestratorError as error:
        if not error.retryable:
            store.fail(job, code=error.code, message=str(error), actor=actor)
        raise dg.Failure(description=str(error), metadata={"code": error.code}, allow_retries=error.retryable) from error
