from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.finding import Finding, Severity
from orchestrator_assets.stages.findings_merge import merge_findings, merge_groups
from tests.builders import a_finding


def test_what_bandit_ruff_and_pylint_say_alike_becomes_bandits_finding() -> None:
    rows = [a_finding("pylint", "eval-used", line=4), a_finding("ruff", "S307", line=4), a_finding("bandit", "B307", line=4, cwe=(78,))]
    merged = merge_findings(rows)
    assert [(f.tool, f.rule_id, f.also) for f in merged] == [("bandit", "B307", ("pylint:eval-used", "ruff:S307"))]


def test_different_meanings_lines_and_files_stay_apart() -> None:
    rows = [
        a_finding("ruff", "F401", line=4),
        a_finding("pylint", "unused-variable", line=4),
        a_finding("pylint", "unused-import", line=5),
        a_finding("pylint", "unused-import", line=4, path="other.py"),
    ]
    assert len(merge_findings(rows)) == 4


def test_two_unused_imports_on_a_line_are_paired_by_the_name_that_both_tools_say() -> None:
    rows = [
        a_finding("ruff", "F401", message="`os` imported but unused", column=8),
        a_finding("ruff", "F401", message="`sys` imported but unused", column=12),
        a_finding("pylint", "unused-import", message="Unused import sys", column=1),
        a_finding("pylint", "unused-import", message="Unused import os", column=1),
    ]
    groups = merge_groups(rows).groups
    assert [[f.message.strip("`").split("`")[0].split()[-1] for f in g.members] for g in groups] == [["os", "os"], ["sys", "sys"]]


def test_the_lesser_tools_surplus_keeps_its_own_row() -> None:
    rows = [a_finding("ruff", "F401"), a_finding("pylint", "unused-import", message="a"), a_finding("pylint", "unused-import", message="b")]
    merged = merge_groups(rows)
    assert [g.finding.tool for g in merged.groups] == ["pylint", "ruff"]
    assert merged.absorbed == 1


def test_only_full_repetitions_of_one_tool_collapse() -> None:
    row = a_finding(column=3)
    merged = merge_groups([row, row, replace(row, column=4), replace(row, message="other")])
    assert len(merged.groups) == 3
    assert merged.duplicates == 1
    assert sum(len(group.members) for group in merged.groups) == 4


def test_the_worst_come_first() -> None:
    rows = [a_finding(severity=Severity.LOW), a_finding(rule_id="F821", severity=Severity.CRITICAL, path="z.py")]
    assert [f.severity for f in merge_findings(rows)] == [Severity.CRITICAL, Severity.LOW]


ROWS = st.lists(
    st.builds(
        lambda tool_rule, line, column, message: Finding(*tool_rule, message, "m.py", line, column),
        st.sampled_from([("ruff", "F401"), ("pylint", "unused-import"), ("bandit", "B101"), ("ruff", "S101"), ("flake8", "F401")]),
        st.integers(1, 2),
        st.integers(1, 2),
        st.sampled_from(["`os`", "'os'", "x"]),
    ),
    max_size=9,
)


@given(ROWS, st.randoms())
def test_every_result_is_in_one_group_whatever_the_order_and_merging_twice_changes_nothing(rows: list[Finding], random: object) -> None:
    merged = merge_groups(rows)
    members = [f for group in merged.groups for f in group.members]
    assert sorted(members, key=repr) == sorted(rows, key=repr)
    assert len(merged.groups) + merged.absorbed + merged.duplicates == len(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge_findings(shuffled) == merge_findings(rows)
    once = merge_findings(rows)
    assert merge_findings(once) == once
