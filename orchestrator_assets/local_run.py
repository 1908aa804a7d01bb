"""A job's run in this very process, on the embedded Dagster instance."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from orchestrator_assets.definitions import defs
from orchestrator_assets.domain.job import partition_key
from orchestrator_assets.domain.ports import JobRecord, JobStore
from orchestrator_assets.failures import failure_words
from orchestrator_assets.partitions import JOBS
from orchestrator_assets.runs import run_tags

INSTANCE_SETTINGS = Path(__file__).parent.parent / "infra" / "dagster" / "embedded.yaml"
RUN_HERE_SETTINGS = "run-here.yaml"
POLL_SECONDS = 0.2

# Capturing what steps print starts four processes a step (3 s in all); here that goes to the user's own terminal.
_NO_COMPUTE_LOGS = "\ncompute_logs:\n  module: dagster.core.storage.noop_compute_log_manager\n  class: NoOpComputeLogManager\n"

StageListener = Callable[[str, bool], None]
"""Receives a stage's name, and whether it has ended."""


def prepare_instance(dagster_home: Path) -> None:
    """Make the instance's folder, with this release's settings for the UI's processes and for a run in this one."""
    dagster_home.mkdir(parents=True, exist_ok=True)
    shared = INSTANCE_SETTINGS.read_text()
    for name, text in (("dagster.yaml", shared), (RUN_HERE_SETTINGS, shared + _NO_COMPUTE_LOGS)):
        settings = dagster_home / name
        if not settings.exists() or settings.read_text() != text:
            settings.write_text(text)


def run_here(job: JobRecord, store: JobStore, dagster_home: Path, listen: StageListener) -> JobRecord:
    """Execute the job's run and give the job's record at its end.

    A step that fails for a reason that nobody foresaw makes the job `failed`, too: nothing stays running behind a run that is over.

    Raises:
        KeyboardInterrupt: The run was interrupted; the job waits to be resumed.
    """
    prepare_instance(dagster_home)
    os.environ["DAGSTER_HOME"] = str(dagster_home)
    instance = dg.DagsterInstance.from_config(str(dagster_home), RUN_HERE_SETTINGS)
    key = partition_key(job.order.customer, job.id)
    instance.add_dynamic_partitions(str(JOBS.name), [key])
    run_id = dg.DagsterRun(job_name="transformation_run").run_id
    definition = defs.resolve_job_def("transformation_run")
    with _reported_stages(instance, run_id, listen):
        result = definition.execute_in_process(
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=instance,
            partition_key=key,
            run_id=run_id,
            tags=run_tags(job),
            raise_on_error=False,
        )
    after = store.get(job.id)
    if not after.state.finished and _was_interrupted(result):
        raise KeyboardInterrupt
    if not after.state.finished and after.run_id == run_id and not result.success:
        store.fail(job.id, code="internal", message=_first_failure(result), actor=f"run:{run_id}")
        after = store.get(job.id)
    return after


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a signal ended the run: the job is not to blame, and goes on where it was when it is resumed."""
    errors = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    return any(error is not None and "Interrupted" in (error.cls_name or "") for error in errors)


def _first_failure(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            return failure_words(event)
    return "the run failed outside its steps"


@contextmanager
def _reported_stages(instance: dg.DagsterInstance, run_id: str, listen: StageListener) -> Iterator[None]:
    """Tell the listener of stages as the run's events come in."""
    over = threading.Event()

    def watch() -> None:
        cursor: str | None = None
        kinds = {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE}
        while True:
            last = over.wait(POLL_SECONDS)
            page = instance.get_records_for_run(run_id, cursor, of_type=kinds)
            cursor = page.cursor
            for record in page.records:
                event = record.event_log_entry.dagster_event
                if event is not None and event.step_key is not None:
                    listen(event.step_key, event.event_type is not dg.DagsterEventType.STEP_START)
            if last and not page.has_more:
                return

    watcher = threading.Thread(target=watch, daemon=True, name="stages")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(timeout=5)
