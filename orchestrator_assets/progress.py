"""What the terminal shows while a job runs: on standard error, so that standard output stays clean."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

_WORDS = {
    "job_order": "Taking the order",
    "repo_snapshot": "Taking the snapshot",
    "reported_findings": "Reading the findings",
    "test_environment": "Building the test environment",
    "baseline_scans": "Scanning the untouched tree",
    "baseline_tests": "Testing the untouched tree",
    "findings": "Matching the findings",
    "candidate_fixes": "Proposing fixes",
    "verified_fixes": "Verifying fixes: re-scan and tests",
    "change_set": "Committing what is proven",
    "quality_score": "Scoring",
    "decision": "Deciding",
    "quality_report": "Writing the report",
    "job_costs": "Accounting the costs",
    "job_record": "Recording the job",
    "delivery": "Delivering",
}


class StageDisplay:
    """One line per finished stage with its seconds, and the current one with a spinner where a terminal can show it."""

    def __init__(self, console: Console) -> None:
        """Write to the console."""
        self._console = console
        self._started: dict[str, float] = {}
        self._status = console.status("Starting") if console.is_terminal else None

    def __call__(self, stage: str, ended: bool) -> None:
        """Take note of a stage's start or end."""
        words = _WORDS.get(stage)
        if words is None:
            # The ten gates take milliseconds each: they are seen in the report, not here.
            return
        if not ended:
            self._started[stage] = time.monotonic()
            if self._status is not None:
                self._status.update(f"{words} ...")
        else:
            seconds = time.monotonic() - self._started.get(stage, time.monotonic())
            if self._status is not None or seconds >= 1:
                self._console.print(f"  {words} [dim]{seconds:.1f} s[/dim]", highlight=False)

    def __enter__(self) -> "StageDisplay":
        """Start the spinner."""
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the spinner."""
        if self._status is not None:
            self._status.stop()


@contextmanager
def own_terminal(quiet: bool) -> Iterator[Console]:
    """A console on a copy of standard error: Dagster captures the process's own while a step runs."""
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8") as stream:
        yield Console(file=stream, quiet=quiet, soft_wrap=True)
