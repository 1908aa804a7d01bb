from gates.syntax import check
from orchestrator_assets.domain.finding import Category, Severity
from orchestrator_assets.domain.gate import GateStatus
from tests.builders import a_file, a_finding, evidence


def test_a_file_that_does_not_parse_is_named_in_a_veto() -> None:
    verdict = check(evidence(files=(a_file(), a_file("bad.py", parse_error="unexpected indent (line 4)"))))
    assert verdict.status is GateStatus.FAILED
    assert verdict.vetoes == ("bad.py does not parse: unexpected indent (line 4)",)
    assert verdict.fraction == 0.75


def test_many_broken_files_are_named_up_to_five() -> None:
    verdict = check(evidence(files=tuple(a_file(f"{n}.py", parse_error="x") for n in range(8))))
    assert len(verdict.vetoes) == 6
    assert verdict.vetoes[-1] == "3 more files do not parse"


def test_pylint_errors_fail_the_gate_and_at_the_budget_cost_half_of_their_part_without_veto() -> None:
    verdict = check(evidence(*[a_finding("pylint", "undefined-variable", severity=Severity.HIGH)] * 2))
    assert (verdict.status, verdict.fraction, verdict.vetoes) == (GateStatus.FAILED, 0.75, ())


def test_pylint_warnings_do_not_touch_it() -> None:
    verdict = check(evidence(a_finding("pylint", "unused-argument", severity=Severity.LOW)))
    assert (verdict.status, verdict.fraction) == (GateStatus.PASSED, 1.0)


def test_the_parse_error_that_pylint_reports_too_is_not_counted_twice() -> None:
    broken = a_file("bad.py", parse_error="invalid syntax")
    reported = a_finding("pylint", "syntax-error", path="bad.py", category=Category.SYNTAX, severity=Severity.HIGH)
    assert check(evidence(reported, files=(a_file(), broken))).fraction == check(evidence(files=(a_file(), broken))).fraction


def test_the_veto_stands_while_pylint_could_not_run() -> None:
    verdict = check(evidence(files=(a_file(parse_error="invalid syntax"),), failed={"pylint": "killed"}))
    assert verdict.status is GateStatus.ERROR
    assert verdict.vetoes
