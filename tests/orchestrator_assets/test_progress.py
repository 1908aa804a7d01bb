import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from orchestrator_assets import progress
from orchestrator_assets.definitions import defs
from orchestrator_assets.progress import StageDisplay, own_terminal


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def shown(clock: Clock, *stages: tuple[str, float], terminal: bool) -> str:
    """What is printed while stages of these lengths go by."""
    stream = io.StringIO()
    with StageDisplay(Console(file=stream, force_terminal=terminal, color_system=None, width=80)) as display:
        for stage, seconds in stages:
            display(stage, False)
            clock.now += seconds
            display(stage, True)
    return stream.getvalue()


def test_in_a_log_only_stages_that_took_a_while_are_told(clock: Clock) -> None:
    assert shown(clock, ("repo_snapshot", 0.2), ("baseline_scans", 3.14), ("gate_security", 2), terminal=False) == (
        "  Scanning the untouched tree 3.1 s\n"
    )


def test_on_a_terminal_every_stage_has_its_line_with_its_own_time(clock: Clock) -> None:
    told = shown(clock, ("repo_snapshot", 0.2), ("baseline_tests", 1.5), terminal=True)
    assert "Taking the snapshot 0.2 s" in told
    assert "Testing the untouched tree 1.5 s" in told


def test_a_stage_that_was_not_seen_to_begin_ends_without_an_error(clock: Clock) -> None:
    stream = io.StringIO()
    StageDisplay(Console(file=stream, force_terminal=True, color_system=None, width=80))("delivery", True)
    assert "Delivering 0.0 s" in stream.getvalue()


def test_every_stage_but_the_gates_has_words() -> None:
    names = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert set(progress._WORDS) == {name for name in names if not name.startswith("gate_")}


def test_the_display_goes_to_standard_error_even_while_it_is_captured(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with own_terminal(quiet=False) as console:
        kept = os.dup(2)
        with (tmp_path / "captured").open("w") as elsewhere:
            os.dup2(elsewhere.fileno(), 2)
            console.print("seen")
            os.dup2(kept, 2)
        os.close(kept)
    assert capfd.readouterr().err == "seen\n"
    assert (tmp_path / "captured").read_text() == ""


def test_a_quiet_display_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with own_terminal(quiet=True) as console:
        console.print("hidden")
    assert capfd.readouterr() == ("", "")
