"""What the `orchestrator` commands do; each gives its exit code."""

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table

from orchestrator_assets import exit_codes
from orchestrator_assets.domain.cost import micro_to_usd
from orchestrator_assets.domain.errors import FindingsError, InputError, ManifestError, RepositoryError
from orchestrator_assets.domain.job import JobId, JobOrder, JobState
from orchestrator_assets.domain.ports import JobRecord
from orchestrator_assets.ordering import actor, check_order
from orchestrator_assets.stages.deliver import QUALITY_REPORT_JSON, artifact_key, export_artifacts, prepare_out
from orchestrator_assets.stages.intake import submit_order
from orchestrator_assets.stages.review import review_job as review
from orchestrator_assets.stages.summary import print_summary
from resources.platform import Platform, Settings, shared_platform
from resources.worker import own_folder, sweep_work_folders

_INPUT_CODES = {error.code for error in (InputError, ManifestError, RepositoryError, FindingsError)}


def run_job(wishes: Mapping[str, Any], out: Path | None, as_json: bool) -> int:
    """Submit and run to the end."""
    platform = shared_platform()
    _tidy(platform)
    checked = check_order(platform, wishes)
    if out is not None:
        prepare_out(out, _local_repository(checked.order))
    job = submit_order(checked.order, checked.findings, platform.store, platform.artifacts, actor())
    return _run_to_end(platform, job, out, as_json)


def submit_job(wishes: Mapping[str, Any], as_json: bool) -> int:
    """Submit only."""
    platform = shared_platform()
    checked = check_order(platform, wishes)
    job = submit_order(checked.order, checked.findings, platform.store, platform.artifacts, actor())
    print(json.dumps({"job_id": job, "status": JobState.QUEUED.value}) if as_json else job)
    if not as_json:
        print("queued; the platform launches it ('orchestrator ui' runs one here), 'orchestrator status' follows it", file=sys.stderr)
    return 0


def resume_job(job: str, out: Path | None, as_json: bool) -> int:
    """Run a known job (again)."""
    platform = shared_platform()
    _tidy(platform)
    record = platform.store.get(JobId(job))
    if out is not None:
        prepare_out(out, _local_repository(record.order))
    return _run_to_end(platform, record.id, out, as_json)


def show_status(job: str | None, as_json: bool) -> int:
    """One job or the newest ones."""
    store = shared_platform().store
    records = [store.get(JobId(job))] if job else list(store.jobs(limit=20))
    if as_json:
        rows = [_as_document(record) for record in records]
        print(json.dumps(rows[0] if job else rows, indent=2))
        return 0
    table = Table("job", "customer", "repository", "status", "score", "cost", "submitted", box=None)
    for record in records:
        score = "" if record.quality_score is None else f"{record.quality_score:.2f}"
        place = Path(record.order.repo.location).name
        when = f"{record.created_at:%Y-%m-%d %H:%M}"
        table.add_row(record.id, record.order.customer, place, record.state.value, score, f"${micro_to_usd(record.cost):.2f}", when)
    Console(width=max(120, Console().width)).print(table if records else "no jobs yet")
    for record in records:
        if record.error_message and job:
            print(f"error ({record.error_code}): {record.error_message}")
    return 0


def show_report(job: str, out: Path | None, as_json: bool) -> int:
    """A finished job's report."""
    platform = shared_platform()
    record = platform.store.get(JobId(job))
    if out is not None:
        prepare_out(out, _local_repository(record.order))
    return _present(platform, record, out, as_json)


def score_tree(wishes: Mapping[str, Any], as_json: bool) -> int:
    """The ten gates over a tree alone."""
    from orchestrator_assets.stages.tree_score import score_tree as score

    platform = shared_platform()
    checked = check_order(platform, wishes)
    with _scratch(platform, "gates") as folder:
        scored = score(checked.order, checked.snapshot, platform, folder)
    if as_json:
        print(json.dumps(scored.to_dict(), indent=2))
        return 0
    table = Table("gate", "status", "points", "of", "summary", box=None)
    for gate, verdict in scored.rows:
        table.add_row(gate.name, verdict.status.value, f"{verdict.fraction * gate.max_score:.2f}", str(gate.max_score), verdict.summary)
    console = Console(soft_wrap=True)
    console.print(table)
    console.print(f"score {scored.score.value:.2f} of 100" + "".join(f"\nvetoed: {reason}" for reason in scored.score.vetoes))
    return 0


def estimate_job(wishes: Mapping[str, Any], as_json: bool) -> int:
    """What a job would try."""
    from orchestrator_assets.stages.estimate import estimate

    platform = shared_platform()
    checked = check_order(platform, wishes)
    with _scratch(platform, "estimate") as folder:
        found = estimate(checked.order, checked.snapshot, checked.read, platform, folder)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2))
        return 0
    print(f"findings in question     {found.findings}")
    print(f"rules propose a fix for  {found.answered}  (verified only in a job)")
    print(f"left for a person        {found.findings - found.answered}")
    for rule, count in Counter(dict(found.rules)).most_common(15):
        print(f"  {count:5d}  {rule}")
    print(f"cost                     ${found.expected_usd:.2f} expected, ${found.worst_usd:.2f} at worst (rules cost nothing)")
    return 0


def review_job(job: str, accept: bool, note: str) -> int:
    """A person's decision."""
    platform = shared_platform()
    record = platform.store.get(JobId(job))
    state = review(record, platform.store, platform.artifacts, actor=actor(), accept=accept, note=note)
    print(f"{job}: {state.value}")
    return 0


def cancel_job(job: str) -> int:
    """End a job that has not ended."""
    platform = shared_platform()
    platform.store.cancel(JobId(job), actor=actor())
    print(f"{job}: cancelled")
    return 0


def open_ui(port: int) -> NoReturn:
    """Serve the Dagster UI and its daemon until interrupted."""
    from orchestrator_assets.local_run import prepare_instance

    settings = Settings.from_environment()
    prepare_instance(settings.dagster_home)
    environment = {**os.environ, "DAGSTER_HOME": str(settings.dagster_home), "ORCHESTRATOR_HOME": str(settings.home)}
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestrator_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    # In place of this process: whoever supervises it talks to Dagster itself.
    os.execve(sys.executable, command, environment)  # noqa: S606


def _tidy(platform: Platform) -> None:
    """Give jobs whose worker died back to the queue, and clear what they left."""
    for job in platform.store.release_dead():
        print(f"job {job} was interrupted; continue it with 'orchestrator resume {job}'", file=sys.stderr)
    sweep_work_folders(platform.settings.work_root)


def _run_to_end(platform: Platform, job: JobId, out: Path | None, as_json: bool) -> int:
    from orchestrator_assets.progress import StageDisplay, own_terminal

    with own_terminal(quiet=as_json) as console:
        console.print(f"job {job}", highlight=False)
        with StageDisplay(console) as display:
            from orchestrator_assets.local_run import run_here

            record = run_here(platform.store.get(job), platform.store, platform.settings.dagster_home, display)
    record = _await_other_worker(platform, record)
    where = out or Path.cwd() / "orchestrator-out" / job
    return _present(platform, record, where, as_json)


def _await_other_worker(platform: Platform, record: JobRecord) -> JobRecord:
    """A daemon on the same home may have been quicker to take the job: then wait for it."""
    while record.state is JobState.RUNNING:
        time.sleep(1)
        record = platform.store.get(record.id)
    return record


def _present(platform: Platform, record: JobRecord, out: Path | None, as_json: bool) -> int:
    """Copy the artifacts, show the summary or the report, and give the exit code of the job's state."""
    if record.state is JobState.FAILED:
        print(f"error: job {record.id} failed: {record.error_message}", file=sys.stderr)
        return _failed_code(record)
    if not record.state.finished or record.state is JobState.CANCELLED:
        print(f"error: job {record.id} is {record.state.value}; it has no report", file=sys.stderr)
        return exit_codes.FAILED
    document = json.loads(platform.artifacts.get(artifact_key(record.order.customer, record.id, QUALITY_REPORT_JSON)))
    written: dict[str, Path] = {}
    if out is not None:
        if not out.exists():
            prepare_out(out, _local_repository(record.order))
        commit = str(document["commit_before"])
        written = export_artifacts(record.order.customer, record.id, commit, platform.artifacts, platform.code_host, out)
    if as_json:
        print(json.dumps(document, indent=2))
    else:
        print_summary(Console(soft_wrap=True), document, {name: str(path) for name, path in written.items()})
    return exit_codes.OF_STATE[record.state]


def _failed_code(record: JobRecord) -> int:
    """Bad input that showed only in the run is bad input still."""
    return exit_codes.BAD_INPUT if record.error_code in _INPUT_CODES else exit_codes.FAILED


def _as_document(record: JobRecord) -> dict[str, Any]:
    return {
        "job_id": record.id,
        "customer": record.order.customer,
        "repository": record.order.repo.location,
        "commit": record.order.repo.commit,
        "status": record.state.value,
        "attempt": record.attempt,
        "quality_score": record.quality_score,
        "cost_usd": str(micro_to_usd(record.cost)),
        "created_at": record.created_at.isoformat(),
        "started_at": record.started_at.isoformat() if record.started_at else None,
        "completed_at": record.completed_at.isoformat() if record.completed_at else None,
        "error": {"code": record.error_code, "message": record.error_message} if record.error_code else None,
    }


def _local_repository(order: JobOrder) -> Path | None:
    return Path(order.repo.path) if order.repo.path else None


@contextmanager
def _scratch(platform: Platform, name: str) -> Iterator[Path]:
    folder = own_folder(platform.settings.work_root, name)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
