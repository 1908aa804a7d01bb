import re

from orchestrator_assets.domain.finding import OutcomeKind
from orchestrator_assets.stages.report import build_report, diff_markdown, findings_markdown, report_markdown
from tests.builders import GATES, a_diff, a_finding, a_gate_result, a_verdict, an_outcome, report_inputs


def test_the_report_is_a_table_of_ten_gates_and_the_score() -> None:
    text = report_markdown(build_report(report_inputs()))
    assert text.startswith("**Delivered.** The score rose from 60.00 to 80.00")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split("|")[1].strip() for row in rows] == ["Gate", *GATES, "**Score**"]
    assert "| **60.00** | **80.00** | 100 |" in rows[-1]


def test_text_from_outside_cannot_add_cells_rows_links_or_tags() -> None:
    nasty = "a|b\n| c | <b>d</b> [e](http://f) `g`"
    text = findings_markdown([an_outcome(OutcomeKind.NO_FIX, a_finding(message=nasty, path=nasty), reason=nasty)])
    assert len(text.splitlines()) == 3
    assert len(re.findall(r"(?<!\\)\|", text.splitlines()[2])) == 7
    assert not re.search(r"(?<!\\)[<\[`]", text.splitlines()[2])
    gate = a_gate_result(after=a_verdict(0.8, summary=nasty))
    assert len(re.findall(r"(?<!\\)\|", report_markdown(build_report(report_inputs(gates=[gate]))).splitlines()[6])) == 7


def test_findings_past_the_limit_are_counted() -> None:
    outcomes = [an_outcome(OutcomeKind.FIXED, a_finding(line=n)) for n in range(60)]
    text = findings_markdown(outcomes, limit=50)
    assert text.count("\n| low |") == 50
    assert text.endswith("and 10 more findings")
    assert findings_markdown([]) == "No findings."


def test_a_diff_cannot_leave_its_fence() -> None:
    text = diff_markdown(a_diff(added="```\n````"))
    fence = text.splitlines()[-1]
    assert set(fence) == {"`"}
    assert text.splitlines()[0] == f"{fence}diff"
    assert text.splitlines().count(fence) == 1


def test_a_long_diff_is_cut_at_a_line_within_the_limit() -> None:
    diff = "".join(f"+línea {n}\n" for n in range(1000))
    text = diff_markdown(diff, limit_bytes=500)
    kept = text.splitlines()[1:-2]
    assert len("\n".join(kept).encode()) <= 500
    assert kept == diff.splitlines()[: len(kept)]
    assert text.endswith(f"and {1000 - len(kept)} more lines in `changes.patch`")


def test_one_line_longer_than_the_limit_is_cut_inside() -> None:
    assert len(diff_markdown("+" + "x" * 5000, limit_bytes=100)) < 200


def test_no_diff_is_said_in_words() -> None:
    assert diff_markdown("") == "No changes."
