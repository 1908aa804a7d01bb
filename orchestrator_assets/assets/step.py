"""What every asset of a job's run has around it: the lease, the clock, and the record of failures."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestrator_assets.domain.errors import StateError
from orchestrator_assets.domain.job import split_partition_key
from orchestrator_assets.domain.ports import JobRecord, JobStore, Worker
from orchestrator_assets.failures import recorded_failures, step_failures


@contextmanager
def job_step(context: dg.AssetExecutionContext, worker: Worker, job_store: JobStore) -> Iterator[JobRecord]:
    """Hold the partition's job while the asset is made; gives the job's record."""
    stage = context.asset_key.to_user_string()
    with step_failures():
        customer, job = split_partition_key(context.partition_key)
        record = job_store.get(job)
        if record.order.customer != customer:
            raise StateError(f"partition {context.partition_key}: job {job} is another customer's; use the key that the job was given")
        # A stage of a finished job can be made again on its own; only what begins or ends the job takes it over.
        if stage != "job_order" and record.state.finished:
            with worker.timed(stage):
                yield record
            return
        lease = worker.hold(job, context.run.run_id)
        with recorded_failures(job_store, lease, f"run:{context.run.run_id}"), worker.timed(stage):
            yield job_store.get(job)
