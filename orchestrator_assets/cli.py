"""The `orchestrator` command."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator_assets import exit_codes
from orchestrator_assets.domain.errors import InputError, OrchestratorError
from orchestrator_assets.domain.job import Policy, Tier

app = typer.Typer(
    name="orchestrator",
    help="Turn a repository and its findings into a proven better one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Repository = Annotated[str | None, typer.Argument(help="A local git repository, or a git URL.", metavar="REPO")]
Customer = Annotated[str | None, typer.Option(help="Whose job it is (default: local).")]
Findings = Annotated[Path | None, typer.Option(help="SARIF, JSON or CSV; without it the platform discovers its own.")]
Manifest = Annotated[Path | None, typer.Option(help="YAML or JSON manifest; other options override it.")]
Branch = Annotated[str | None, typer.Option(help="Branch to work on (default: what is checked out).")]
Commit = Annotated[str | None, typer.Option(help="Commit to work on.")]
Include = Annotated[list[str] | None, typer.Option(help="Only these paths or patterns; may be given several times.")]
Exclude = Annotated[list[str] | None, typer.Option(help="Not these paths or patterns; may be given several times.")]
PolicyOption = Annotated[Policy | None, typer.Option(help="How scores become a decision (default: ratchet).")]
TierOption = Annotated[Tier | None, typer.Option(help="Service tier (default: standard).")]
MinScore = Annotated[float | None, typer.Option(help="Score from which a job is delivered without review (default: 95).")]
SetupCommand = Annotated[str | None, typer.Option(help="Run in the sandbox before the tests.")]
TestCommand = Annotated[str | None, typer.Option(help="How to run the tests (default: found out).")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Never ask a model: the code stays on this machine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on standard output.")]
Out = Annotated[Path | None, typer.Option(help="Empty or absent folder for the results (default: ./orchestrator-out/<job_id>).")]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]


@app.command()
def run(
    repo: Repository = None,
    customer: Customer = None,
    findings: Findings = None,
    manifest: Manifest = None,
    branch: Branch = None,
    commit: Commit = None,
    include: Include = None,
    exclude: Exclude = None,
    policy: PolicyOption = None,
    tier: TierOption = None,
    min_score: MinScore = None,
    setup_command: SetupCommand = None,
    test_command: TestCommand = None,
    no_model: NoModel = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Submit a job and run it on this machine, to its end."""
    wishes = _wishes(locals())
    from orchestrator_assets import commands

    _exit_with(lambda: commands.run_job(wishes, out, as_json))


@app.command()
def submit(
    repo: Repository = None,
    customer: Customer = None,
    findings: Findings = None,
    manifest: Manifest = None,
    branch: Branch = None,
    commit: Commit = None,
    include: Include = None,
    exclude: Exclude = None,
    policy: PolicyOption = None,
    tier: TierOption = None,
    min_score: MinScore = None,
    setup_command: SetupCommand = None,
    test_command: TestCommand = None,
    no_model: NoModel = False,
    as_json: AsJson = False,
) -> None:
    """Queue a job for the running platform and print its id."""
    wishes = _wishes(locals())
    from orchestrator_assets import commands

    _exit_with(lambda: commands.submit_job(wishes, as_json))


@app.command()
def resume(job: JobArgument, out: Out = None, as_json: AsJson = False) -> None:
    """Run a job that was interrupted, or run a finished one again; what was computed before is not computed twice."""
    from orchestrator_assets import commands

    _exit_with(lambda: commands.resume_job(job, out, as_json))


@app.command()
def status(
    job: Annotated[str | None, typer.Argument(metavar="[JOB]", help="One job; without it, the newest ones.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a job, or the newest jobs."""
    from orchestrator_assets import commands

    _exit_with(lambda: commands.show_status(job, as_json))


@app.command()
def report(job: JobArgument, out: Out = None, as_json: AsJson = False) -> None:
    """Show a finished job's report; with --out, copy everything that it left."""
    from orchestrator_assets import commands

    _exit_with(lambda: commands.show_report(job, out, as_json))


@app.command()
def gates(
    repo: Annotated[str, typer.Argument(metavar="REPO", help="A local git repository, or a git URL.")],
    branch: Branch = None,
    commit: Commit = None,
    include: Include = None,
    exclude: Exclude = None,
    test_command: TestCommand = None,
    setup_command: SetupCommand = None,
    as_json: AsJson = False,
) -> None:
    """Score a tree by the ten quality gates, without changing anything."""
    wishes = _wishes(locals())
    from orchestrator_assets import commands

    _exit_with(lambda: commands.score_tree(wishes, as_json))


@app.command()
def estimate(
    repo: Repository = None,
    customer: Customer = None,
    findings: Findings = None,
    manifest: Manifest = None,
    branch: Branch = None,
    commit: Commit = None,
    include: Include = None,
    exclude: Exclude = None,
    as_json: AsJson = False,
) -> None:
    """Say what a job would try and what it may cost, before anything is spent."""
    wishes = _wishes(locals())
    from orchestrator_assets import commands

    _exit_with(lambda: commands.estimate_job(wishes, as_json))


@app.command()
def approve(
    job: JobArgument,
    reject: Annotated[bool, typer.Option("--reject", help="Turn it down instead.")] = False,
    note: Annotated[str, typer.Option(help="Why; kept in the audit trail.")] = "",
) -> None:
    """Decide on a job that waits for a review."""
    from orchestrator_assets import commands

    _exit_with(lambda: commands.review_job(job, accept=not reject, note=note))


@app.command()
def cancel(job: JobArgument) -> None:
    """Cancel a job that is queued or running."""
    from orchestrator_assets import commands

    _exit_with(lambda: commands.cancel_job(job))


@app.command()
def ui(port: Annotated[int, typer.Option(help="Port on this machine.")] = 3000) -> None:
    """Open the Dagster UI over this machine's jobs; its daemon launches what is submitted."""
    from orchestrator_assets import commands

    _exit_with(lambda: commands.open_ui(port))


def _wishes(given: dict[str, Any]) -> dict[str, Any]:
    """What the command line says of the order, without what it leaves open."""
    order = {name: value for name, value in given.items() if name not in {"out", "as_json"} and value is not None}
    if "min_score" in order:
        order["min_score"] = Decimal(str(order["min_score"]))
    return order


def _exit_with(command: Callable[[], int]) -> None:
    with _explained_errors():
        code = command()
    raise typer.Exit(code)


@contextmanager
def _explained_errors() -> Iterator[None]:
    try:
        yield
    except OrchestratorError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(exit_codes.BAD_INPUT if isinstance(error, InputError) else exit_codes.FAILED) from error
    except OSError as error:
        print(f"error: {error}; check the path and its permissions", file=sys.stderr)
        raise typer.Exit(exit_codes.BAD_INPUT) from error
    except KeyboardInterrupt as error:
        print("interrupted; 'orchestrator status' names the job, 'orchestrator resume JOB' continues it", file=sys.stderr)
        raise typer.Exit(exit_codes.INTERRUPTED) from error


def main() -> None:
    """Entry point of the `orchestrator` script."""
    app()
