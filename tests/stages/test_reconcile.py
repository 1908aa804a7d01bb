from dataclasses import replace

from orchestrator_assets.domain.finding import Category, Finding, Severity
from orchestrator_assets.domain.scan import Scan
from orchestrator_assets.stages.discover import ReadFindings, Target, TargetStatus, discovered, extra_ruff_rules, find_targets, reconcile
from tests.builders import a_finding, a_scan


def seen(tool: str, rule: str, line: int, **changes: object) -> Finding:
    return a_finding(tool, rule, line=line, fingerprint=f"{tool}-{rule}-{line}-{changes.get('column', 0)}", **changes)


def only(given: Finding, scan: Scan) -> Target:
    (target,) = reconcile([given], scan)
    return target


def test_a_finding_at_its_place_is_reproduced_with_all_that_other_tools_say_alike() -> None:
    scan = a_scan(seen("bandit", "B307", 4, column=5, category=Category.SECURITY), seen("pylint", "eval-used", 4))
    target = only(a_finding("bandit", "B307", line=4, severity=Severity.CRITICAL, message="ours"), scan)
    assert target.status is TargetStatus.REPRODUCED
    assert [f.tool for f in target.matches] == ["bandit", "pylint"]
    assert (target.finding.severity, target.finding.message) == (Severity.CRITICAL, "ours")
    assert (target.finding.column, target.finding.category, target.finding.fingerprint) == (5, Category.SECURITY, "bandit-B307-4-5")


def test_a_finding_that_the_tool_no_longer_reports_is_not_reproduced() -> None:
    target = only(a_finding("bandit", "B307", line=4), a_scan())
    assert target.status is TargetStatus.NOT_REPRODUCED
    assert "bandit 1.0 does not report B307 at app/core.py:4" in target.reason


def test_moved_code_is_found_by_the_quoted_text_however_far() -> None:
    scan = a_scan(seen("bandit", "B307", 400, context="x = eval(y)"), seen("bandit", "B307", 20, context="z = eval(q)"))
    target = only(a_finding("bandit", "B307", line=10, context="x  =  eval(y)"), scan)
    assert target.finding.line == 400


def test_without_quoted_text_the_same_message_nearby_will_do() -> None:
    scan = a_scan(seen("ruff", "F401", 12, message="`os` unused"), seen("ruff", "F401", 11, message="`re` unused"))
    assert only(a_finding(line=10, message="`os` unused"), scan).finding.line == 12
    assert only(a_finding(line=10, message="`ab` unused"), scan).status is TargetStatus.NOT_REPRODUCED
    assert only(a_finding(line=60, message="`os` unused"), scan).status is TargetStatus.NOT_REPRODUCED


def test_a_finding_of_the_scan_serves_one_given_finding_the_one_at_its_place() -> None:
    scan = a_scan(seen("ruff", "F401", 12))
    targets = reconcile([a_finding(line=11), a_finding(line=12)], scan)
    assert [(t.status, t.finding.line) for t in targets] == [(TargetStatus.NOT_REPRODUCED, 11), (TargetStatus.REPRODUCED, 12)]


def test_two_findings_of_one_rule_on_a_line_are_told_apart_by_their_message() -> None:
    scan = a_scan(seen("ruff", "F401", 1, column=8, message="`os`"), seen("ruff", "F401", 1, column=12, message="`re`"))
    assert only(a_finding(line=1, message="`re`"), scan).finding.column == 12


def test_given_findings_of_two_tools_with_one_meaning_are_one_target() -> None:
    scan = a_scan(seen("ruff", "F401", 1), seen("pylint", "unused-import", 1))
    (target,) = reconcile([a_finding("pylint", "unused-import", line=1), a_finding(line=1)], scan)
    assert (target.finding.tool, target.finding.also, len(target.matches)) == ("ruff", ("pylint:unused-import",), 2)


def test_a_finding_of_a_tool_that_is_not_run_can_only_be_told_by_an_equal_rule_of_another() -> None:
    scan = a_scan(seen("ruff", "F401", 1))
    assert only(a_finding("flake8", "F401", line=1), scan).status is TargetStatus.REPRODUCED
    target = only(a_finding("semgrep", "python.x", line=1), scan)
    assert target.status is TargetStatus.CANNOT_RESCAN
    assert "semgrep is not among the tools" in target.reason


def test_a_tool_that_did_not_run_gives_its_own_words() -> None:
    target = only(a_finding("mypy", "arg-type"), a_scan(failed={"mypy": "out of memory"}))
    assert target.status is TargetStatus.CANNOT_RESCAN
    assert "mypy did not run: out of memory" in target.reason


def test_rules_that_our_version_does_not_run_cannot_be_rescanned() -> None:
    for tool, rule in (("ruff", "PLR0904"), ("ruff", "XYZ123"), ("pylint", "too-complex"), ("pylint", "house-check"), ("bandit", "B999")):
        assert only(a_finding(tool, rule), a_scan()).status is TargetStatus.CANNOT_RESCAN, rule


def test_files_that_are_gone_tests_vendored_or_not_covered_are_not_reproduced_and_told_apart() -> None:
    def reason(path: str, missing: tuple[str, ...] = ()) -> str:
        (target,) = reconcile([a_finding("semgrep" if missing else "ruff", path=path)], a_scan(), missing_paths=missing)
        assert target.status is TargetStatus.NOT_REPRODUCED
        return target.reason

    assert "not a file of the repository" in reason("app/old.py", ("app/old.py",))
    assert "belongs to the tests" in reason("tests/test_core.py")
    assert "copied in" in reason("vendor/x.py")
    assert "not among the files" in reason("other/x.py")


def test_all_targets_have_fingerprints_of_their_own() -> None:
    scan = a_scan(seen("ruff", "F401", 3, context="import os"))
    given = [a_finding(line=line, context="import os") for line in (3, 9, 12)] + [
        a_finding("semgrep", "x"),
        a_finding("semgrep", "x", column=4),
    ]
    targets = reconcile(given, scan)
    assert len({t.finding.fingerprint for t in targets}) == len(targets) == 5
    assert all(t.finding.fingerprint for t in targets)
    assert {t.finding.context for t in targets} == {"import os", ""}


def test_without_given_findings_all_of_the_scan_are_targets_merged_and_ranked() -> None:
    scan = a_scan(seen("ruff", "F401", 1), seen("pylint", "unused-import", 1), seen("bandit", "B602", 9, severity=Severity.HIGH))
    targets = find_targets(None, scan)
    assert targets == discovered(scan)
    assert [(t.finding.rule_id, len(t.matches)) for t in targets] == [("B602", 1), ("F401", 2)]
    assert find_targets(ReadFindings(()), scan) == []


def test_every_given_finding_has_one_target_and_no_match_is_shared() -> None:
    scan = a_scan(*(seen("ruff", "F401", line) for line in range(1, 30)), seen("pylint", "unused-import", 3))
    given = [a_finding(line=line) for line in range(1, 60, 2)] + [replace(a_finding(line=3), tool="pylint", rule_id="unused-import")]
    targets = reconcile(given, scan)
    matches = [match.fingerprint for target in targets for match in target.matches]
    assert len(targets) == 30
    assert len(matches) == len(set(matches))


def test_rules_beyond_the_platforms_own_are_asked_of_ruff_if_it_has_them() -> None:
    codes = ("F401", "S602", "FBT001", "D103", "UP027", "PLR0904", "XYZ1", "invalid-syntax")
    given = [a_finding(rule_id=code) for code in codes] + [a_finding("pylint", "S101")]
    assert extra_ruff_rules(given) == ("D103", "FBT001", "S602")
    assert extra_ruff_rules(given, ["S", "D"]) == ("F401", "FBT001")
