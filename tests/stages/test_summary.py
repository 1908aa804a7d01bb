import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from orchestrator_assets.domain.finding import OutcomeKind, Severity
from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.job import JobState
from orchestrator_assets.domain.report import ReportInputs
from orchestrator_assets.domain.score import Decision
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus
from orchestrator_assets.stages.report import build_report
from orchestrator_assets.stages.summary import print_summary, summary_lines
from tests.builders import GATES, a_finding, a_gate_result, a_suite, a_verdict, an_outcome, report_inputs

JOB = "0198a6b2-0000-7000-8000-000000000001"
FOLDER = f"./orchestrator-out/{JOB}"
NAMES = ["quality_report.html", "quality_report.json", "cost_breakdown.json", "changes.patch", "findings.sarif", "transformed"]
WHERE = {name.partition(".")[0]: f"{FOLDER}/{name}" for name in NAMES}
UNTESTED = SuiteRun("t", SuiteStatus.COULD_NOT_RUN, reason="pip found no wheel for lxml that fits CPython 3.11 on this machine")


def lines(inputs: ReportInputs, where: dict[str, str] = WHERE) -> list[str]:
    return summary_lines(build_report(inputs), where)


def rows_on_screen(told: list[str]) -> int:
    return sum(max(1, -(-len(line) // 80)) for line in told)


def test_the_summary_names_what_a_person_asks_for() -> None:
    text = "\n".join(lines(report_inputs()))
    assert text.startswith("DELIVERED  acme / shop")
    assert "60.00 -> 80.00 of 100 (+20.00)" in text
    assert "2: 1 fixed, 1 remaining, 0 introduced" in text
    assert "low 1/2 fixed" in text
    assert "10 passed, 0 failed -> 10 passed, 0 failed" in text
    assert "0.00 USD, in 12 s" in text
    assert all(gate in text for gate in GATES)
    assert FOLDER + "/" in text
    assert f"git -C {FOLDER}/transformed log -p aaaaaaaaaaaa.." in text


def test_a_stored_report_gives_the_same_summary() -> None:
    report = build_report(report_inputs())
    assert summary_lines(report.to_dict(), WHERE) == summary_lines(report, WHERE)


sentences = st.text("abcdefgh -_/.", min_size=1, max_size=400)


@given(
    reasons=st.lists(sentences, min_size=1, max_size=8),
    notes=st.lists(sentences, max_size=5),
    state=st.sampled_from([JobState.DELIVERED, JobState.NEEDS_REVIEW, JobState.REJECTED, JobState.FAILED]),
    suite=st.sampled_from([a_suite(2000, 100), UNTESTED]),
    vetoes=st.lists(sentences, max_size=2),
    count=st.integers(0, 6),
)
@example(reasons=["reason " * 60] * 3, notes=["note " * 60], state=JobState.NEEDS_REVIEW, suite=UNTESTED, vetoes=["veto " * 60], count=6)
@settings(max_examples=100, deadline=None)
def test_it_fits_a_screen_of_80_by_24(
    reasons: list[str], notes: list[str], state: JobState, suite: SuiteRun, vetoes: list[str], count: int
) -> None:
    gates = [a_gate_result(name, 1.0, a_verdict(1.0, None, *(vetoes if name == "security" else ()))) for name in GATES]
    outcomes = [an_outcome(OutcomeKind.NO_FIX, a_finding(line=n, severity=list(Severity)[n % 5])) for n in range(count)]
    inputs = report_inputs(
        decision=Decision(state, tuple(reasons)), notes=notes, gates=gates, suite_before=suite, suite_after=suite, outcomes=outcomes
    )
    told = lines(inputs)
    assert rows_on_screen(told) <= 24
    uncut = {line for line in told if "orchestrator" in line}
    assert all(len(line) <= 80 for line in told if line not in uncut)


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (JobState.NEEDS_REVIEW, f"orchestrator approve {JOB}"),
        (JobState.REJECTED, f"orchestrator report {JOB}"),
        (JobState.FAILED, f"orchestrator status {JOB}"),
    ],
)
def test_it_ends_with_the_next_command_in_one_piece(state: JobState, command: str) -> None:
    assert lines(report_inputs(decision=Decision(state, ("Because.",))))[-1].endswith(command)


def test_a_path_with_blanks_can_be_copied() -> None:
    last = lines(report_inputs(), {"transformed": "/home/ann/my jobs/out/transformed"})[-1]
    assert last == "Next      git -C '/home/ann/my jobs/out/transformed' log -p aaaaaaaaaaaa.."


def test_paths_of_several_folders_are_given_whole() -> None:
    text = "\n".join(lines(report_inputs(), {"report": "/a/report.html", "transformed": "/b/transformed"}))
    assert "Files     /a/report.html\n          /b/transformed" in text


def test_piped_it_has_no_colour_codes_and_no_broken_paths() -> None:
    out = io.StringIO()
    print_summary(Console(file=out, width=40), build_report(report_inputs()), WHERE)
    assert out.getvalue().rstrip("\n").split("\n") == lines(report_inputs())


def test_on_a_terminal_it_has_colours_and_the_same_words() -> None:
    out = io.StringIO()
    print_summary(Console(file=out, width=200, force_terminal=True, color_system="standard"), build_report(report_inputs()), WHERE)
    assert "\x1b[1;32mDELIVERED\x1b[0m" in out.getvalue()
    assert "\x1b[31mFAIL\x1b[0m" in out.getvalue()


def test_escape_codes_from_outside_do_not_reach_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\rfine"
    told = lines(
        report_inputs(
            decision=Decision(JobState.REJECTED, (hostile,)),
            notes=(hostile,),
            suite_after=SuiteRun("t", SuiteStatus.NO_TESTS, reason=hostile),
        )
    )
    assert not any(character < " " for line in told for character in line)
    assert any("\\u001b[2J" in line for line in told)


def test_statuses_of_gates_are_words() -> None:
    gates = [
        a_gate_result(name, 0.5, a_verdict(0.5 if kind is GateStatus.FAILED else 0.0, kind))
        for name, kind in zip(GATES, GateStatus, strict=False)
    ]
    text = "\n".join(lines(report_inputs(gates=gates)))
    assert "syntax" in text
    assert all(mark in text for mark in (" pass", " FAIL", " ERR", "->    - n/a"))


def test_without_tests_it_says_so_instead_of_zeros() -> None:
    text = "\n".join(lines(report_inputs(suite_before=UNTESTED, suite_after=UNTESTED)))
    assert "The tests could not be run before the changes (pip found no wheel" in text
    assert "0 passed" not in text
