import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.finding import Confidence, Finding, Severity, with_fingerprints
from tests.builders import a_finding

# Few different lines, so that equal contexts meet.
LINES = st.lists(st.sampled_from(["import os", "x = 1", "    return x", "", "call(x)"]), min_size=1, max_size=12)


def marked(lines: list[str], findings: list[Finding]) -> list[Finding]:
    return with_fingerprints(findings, lambda path, line: lines[line - 1])


@given(LINES, st.data())
def test_fingerprints_survive_lines_that_move_and_are_indented_anew(lines: list[str], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.tuples(st.integers(1, len(lines)), st.sampled_from(["F401", "E711"])), max_size=8))
    findings = [a_finding(rule_id=rule, line=line) for line, rule in places]
    above = data.draw(st.integers(0, 5))
    moved = ["# new"] * above + ["\t" + line.replace(" ", "  ") for line in lines]
    before = marked(lines, findings)
    after = marked(moved, [replace(f, line=f.line + above) for f in findings])
    assert [f.fingerprint for f in before] == [f.fingerprint for f in after]


@given(LINES, st.data())
def test_no_two_findings_of_a_scan_share_a_fingerprint_and_their_order_does_not_matter(lines: list[str], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.tuples(st.integers(1, len(lines)), st.integers(0, 3)), max_size=10, unique=True))
    findings = [a_finding(line=line, column=column) for line, column in places]
    shuffled = random.Random(7).sample(findings, len(findings))
    one = {(f.line, f.column): f.fingerprint for f in marked(lines, findings)}
    other = {(f.line, f.column): f.fingerprint for f in marked(lines, shuffled)}
    assert one == other
    assert len(set(one.values())) == len(findings)


def test_a_fingerprint_tells_tool_rule_path_and_context_apart_but_not_words_or_severity() -> None:
    plain = a_finding(context="x = 1")
    told = [replace(plain, tool="pylint"), replace(plain, rule_id="F402"), replace(plain, path="b.py"), replace(plain, context="x = 2")]
    prints = {f.fingerprint for finding in [plain, *told] for f in marked([""], [finding])}
    assert len(prints) == 5
    same = [plain, replace(plain, message="other words"), replace(plain, severity=Severity.HIGH), replace(plain, line=1, column=9)]
    assert len({f.fingerprint for finding in same for f in marked([""], [finding])}) == 1


def test_a_context_with_half_a_character_has_a_fingerprint_too() -> None:
    [finding] = with_fingerprints([a_finding()], lambda path, line: "x = '\udce9'")
    assert len(finding.fingerprint) == 32


def test_the_worst_and_surest_come_first() -> None:
    rows = [
        a_finding(severity=Severity.LOW, path="a.py"),
        a_finding(severity=Severity.CRITICAL, confidence=Confidence.LOW),
        a_finding(severity=Severity.CRITICAL, confidence=Confidence.HIGH),
        a_finding(severity=Severity.INFO),
    ]
    told = sorted(rows, key=lambda f: f.sort_key)
    assert [(f.severity.value, f.confidence.value) for f in told] == [
        ("critical", "high"), ("critical", "low"), ("low", "medium"), ("info", "medium"),
    ]  # fmt: skip
