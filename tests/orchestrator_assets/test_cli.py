"""The command line itself: its verbs, and how errors leave it."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator_assets import commands
from orchestrator_assets.cli import app
from orchestrator_assets.domain.errors import ManifestError, OrchestratorError, ToolError

VERBS = ["run", "submit", "resume", "status", "report", "gates", "estimate", "approve", "cancel", "ui"]


def test_every_verb_explains_itself() -> None:
    told = CliRunner().invoke(app, ["--help"]).stdout
    for verb in VERBS:
        assert f"  {verb} " in told
        assert "Usage" in CliRunner().invoke(app, [verb, "--help"]).stdout


def test_help_is_quick_because_nothing_heavy_is_imported_for_it() -> None:
    probe = (
        "import sys\nfrom orchestrator_assets.cli import app\n"
        "print([name for name in ('dagster', 'sqlalchemy', 'pandas', 'libcst') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ManifestError("customer 'X': use a-z"), 2, "error: customer 'X': use a-z\n"),
        (ToolError("git is not installed"), 5, "error: git is not installed\n"),
    ],
)
def test_an_error_of_the_platform_is_one_line_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: OrchestratorError, code: int, words: str
) -> None:
    def fails(*arguments: object) -> int:
        raise error

    monkeypatch.setattr(commands, "show_status", fails)
    done = CliRunner().invoke(app, ["status"])
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", words)


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_interrupted(*arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "show_status", is_interrupted)
    done = CliRunner().invoke(app, ["status"])
    assert done.exit_code == 130
    assert done.stderr.startswith("interrupted")


def test_only_what_was_said_reaches_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heard: list[object] = []
    monkeypatch.setattr(commands, "run_job", lambda *arguments: heard.extend(arguments) or 0)
    CliRunner().invoke(
        app, ["run", "repo", "--min-score", "90.1", "--include", "a", "--include", "b", "--no-model", "--out", str(tmp_path)]
    )
    wishes, out, as_json = heard
    assert isinstance(wishes, dict)
    assert {name: str(value) for name, value in wishes.items()} == {
        "repo": "repo", "min_score": "90.1", "include": "['a', 'b']", "no_model": "True",
    }  # fmt: skip
    assert (out, as_json) == (tmp_path, False)


@pytest.mark.parametrize(
    "arguments", [["run", "r", "--policy", "lenient"], ["run", "r", "--min-score", "much"], ["run", "r", "--nope"], ["fly"]]
)
def test_an_option_that_is_none_is_refused_with_the_usage(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "Usage" in done.stderr
