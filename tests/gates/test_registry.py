from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import GATES, run_gate, run_gates, with_yardstick
from gates.analyzers import MEASURES
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Category, Finding, Severity
from orchestrator_assets.domain.gate import Evidence, FixTally, Gate, GateStatus, Verdict
from orchestrator_assets.domain.scan import FileMetrics, FunctionMetrics, RunStatus, ToolRun
from orchestrator_assets.domain.score import score_after, score_before
from orchestrator_assets.domain.suite import SuiteStatus
from tests.builders import PYTHON_TOOLS, a_file, a_finding, a_scan, a_suite, evidence

BRIEF = [
    ("syntax", 10),
    ("type_safety", 10),
    ("security", 15),
    ("code_quality", 10),
    ("test_coverage", 10),
    ("performance", 10),
    ("architecture", 10),
    ("documentation", 10),
    ("best_practices", 10),
    ("functional_correctness", 5),
]

_PATHS = st.sampled_from(["a.py", "b.py", "c.py", "d.py"])

FINDINGS = st.builds(
    a_finding,
    tool=st.sampled_from(PYTHON_TOOLS),
    rule_id=st.sampled_from(["B105", "B602", "F401", "cyclic-import", "arg-type", "E0602"]),
    path=_PATHS,
    severity=st.sampled_from(Severity),
    category=st.sampled_from(Category),
)

FILES = st.lists(
    st.builds(
        a_file,
        path=_PATHS,
        language=st.sampled_from(["python", "python", "typescript"]),
        code_lines=st.integers(0, 5000),
        maintainability=st.floats(0, 100),
        parse_error=st.sampled_from(["", "", "", "invalid syntax (line 3)"]),
        documented=st.integers(0, 5),
        documentable=st.integers(5, 9),
        functions=st.lists(
            st.builds(FunctionMetrics, st.just("f"), st.just(1), st.integers(1, 30), st.booleans(), st.booleans()), max_size=4
        ).map(tuple),
        imports=st.lists(_PATHS, max_size=3, unique=True).map(tuple),
    ),
    max_size=4,
    unique_by=lambda file: file.path,
).map(tuple)

SUITES = st.builds(
    a_suite,
    st.integers(0, 5),
    st.integers(0, 5),
    status=st.sampled_from(SuiteStatus),
    coverage_percent=st.none() | st.floats(0, 100),
)

TALLIES = st.builds(FixTally, st.integers(0, 80), st.integers(0, 80), st.integers(0, 3), st.integers(0, 3))


@st.composite
def trees(draw: st.DrawFn) -> Evidence:
    failed = draw(st.sets(st.sampled_from(PYTHON_TOOLS), max_size=2))
    scan = a_scan(
        *draw(st.lists(FINDINGS, max_size=12)),
        files=draw(FILES),
        failed={tool: f"{tool} crashed" for tool in failed},
        has_readme=draw(st.booleans()),
    )
    return Evidence(scan, draw(SUITES), draw(TALLIES))


def without(tree: Evidence, gone: Finding) -> Evidence:
    """The same tree after one occurrence of the finding was fixed."""
    runs = []
    for run in tree.scan.runs:
        left = list(run.findings)
        if gone in left:
            left.remove(gone)
        runs.append(replace(run, findings=tuple(left)))
    return replace(tree, scan=replace(tree.scan, runs=tuple(runs)))


def points(tree: Evidence) -> dict[str, float]:
    return {result.name: result.score_after for result in run_gates(tree, tree)}


def test_the_ten_gates_of_the_brief_are_registered_in_its_order_with_its_points() -> None:
    assert [(gate.name, gate.max_score) for gate in GATES] == BRIEF


def test_a_flawless_tree_earns_a_hundred_points_and_passes_every_gate() -> None:
    results = run_gates(evidence(), evidence())
    assert [result.name for result in results if result.after.status is not GateStatus.PASSED] == []
    assert score_after(results).value == 100.0


@given(before=trees(), after=trees())
def test_the_score_stays_between_0_and_100_and_every_gate_within_its_points(before: Evidence, after: Evidence) -> None:
    results = run_gates(before, after)
    for score in (score_before(results), score_after(results)):
        assert 0.0 <= score.value <= score.unvetoed <= 100.0
    for result in results:
        assert 0.0 <= result.score_before <= result.max_score
        assert 0.0 <= result.score_after <= result.max_score


@given(tree=trees())
def test_the_points_shown_add_up_to_the_score_shown(tree: Evidence) -> None:
    results = run_gates(tree, tree)
    score = score_after(results)
    applicable = sum(r.max_score for r in results if r.after.status is not GateStatus.NOT_APPLICABLE)
    assert score.redistributed == 100 - applicable
    if applicable:
        shown = 100 * sum(r.score_after for r in results) / applicable
        assert score.unvetoed == pytest.approx(shown, abs=0.005001)


@given(tree=trees(), data=st.data())
def test_fixing_a_finding_never_lowers_a_gate_or_the_score(tree: Evidence, data: st.DataObject) -> None:
    findings = list(tree.scan.findings())
    if not findings:
        return
    fixed = without(tree, data.draw(st.sampled_from(findings)))
    before, after = points(tree), points(fixed)
    assert [name for name in before if after[name] < before[name]] == []
    results = run_gates(tree, fixed)
    assert score_after(results).value >= score_before(results).value
    assert score_after(results).unvetoed >= score_before(results).unvetoed


@given(tree=trees())
def test_a_gate_without_points_for_its_error_is_never_passed(tree: Evidence) -> None:
    for result in run_gates(tree, tree):
        if result.after.status in {GateStatus.ERROR, GateStatus.NOT_APPLICABLE}:
            assert result.after.fraction == 0.0


@given(tree=trees())
def test_a_file_that_does_not_parse_or_a_critical_security_finding_makes_the_score_zero(tree: Evidence) -> None:
    python = [f for f in tree.scan.files if f.language == "python"]
    broken = any(f.parse_error for f in python)
    critical = any(f.severity is Severity.CRITICAL and f.category is Category.SECURITY for f in tree.scan.findings())
    score = score_after(run_gates(tree, tree))
    assert bool(score.vetoes) == bool(python and (broken or critical))
    if score.vetoes:
        assert score.value == 0.0


@given(lines=st.integers(200, 20_000), number=st.integers(1, 40), times=st.integers(2, 6))
def test_a_tree_several_times_as_large_with_as_many_times_the_findings_scores_the_same(lines: int, number: int, times: int) -> None:
    def tree(factor: int) -> Evidence:
        files = tuple(a_file(f"m{n}.py", code_lines=lines) for n in range(factor))
        findings = [a_finding(category=category) for category in (Category.QUALITY, Category.PERFORMANCE, Category.PRACTICE)]
        return evidence(*(findings * number * factor), files=files)

    assert points(tree(1)) == points(tree(times))


def test_a_failure_inside_a_gate_is_an_error_in_its_own_words_and_no_pass() -> None:
    def crash(_: Evidence) -> Verdict:
        raise ToolError("mypy: INTERNAL ERROR in checker.py")

    result = run_gate(Gate("type_safety", 10, "", crash), evidence(), evidence())
    assert (result.after.status, result.score_after) == (GateStatus.ERROR, 0.0)
    assert "INTERNAL ERROR" in result.after.summary


def test_a_defect_in_a_gate_is_not_hidden_as_a_tool_error() -> None:
    def defect(_: Evidence) -> Verdict:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_gate(Gate("syntax", 10, "", defect), evidence(), evidence())


@pytest.mark.parametrize(
    ("tool", "gates"),
    [
        ("pylint", {"syntax", "code_quality", "performance", "architecture", "best_practices"}),
        ("ruff", {"code_quality", "performance", "best_practices"}),
        ("bandit", {"security", "best_practices"}),
        ("mypy", {"type_safety"}),
    ],
)
@pytest.mark.parametrize("how", ["failed", "absent"])
def test_the_gates_that_rely_on_a_tool_are_errors_without_it_and_the_others_are_not(tool: str, gates: set[str], how: str) -> None:
    tree = evidence(failed={tool: "out of memory"})
    if how == "absent":
        tree = replace(tree, scan=replace(tree.scan, runs=tuple(r for r in tree.scan.runs if r.tool != tool)))
    results = run_gates(tree, tree)
    assert {r.name for r in results if r.after.status is GateStatus.ERROR} == gates
    assert all(tool in r.after.summary for r in results if r.name in gates)


@pytest.mark.parametrize("files", [(), (a_file("app/main.ts", language="typescript"),)])
def test_without_python_files_only_the_order_itself_can_be_judged(files: tuple[FileMetrics, ...]) -> None:
    results = run_gates(evidence(files=files), evidence(files=files))
    assert [r.name for r in results if r.after.status is not GateStatus.NOT_APPLICABLE] == ["functional_correctness"]
    assert score_after(results).redistributed == 95


def test_removing_dead_code_does_not_make_the_findings_elsewhere_count_more() -> None:
    findings = [a_finding(category=Category.PERFORMANCE)] * 3
    before = evidence(*findings)
    after = evidence(*findings, files=(a_file(code_lines=800),))
    performance = {r.name: r for r in run_gates(before, after)}["performance"]
    assert performance.score_after == performance.score_before


def test_adding_lines_does_not_thin_out_the_findings() -> None:
    findings = [a_finding(category=Category.PERFORMANCE)] * 3
    before = evidence(*findings)
    after = evidence(*findings, files=(a_file(code_lines=5000),))
    performance = {r.name: r for r in run_gates(before, after)}["performance"]
    assert performance.score_after == performance.score_before


def test_a_tree_whose_files_could_not_be_parsed_is_no_yardstick() -> None:
    before = evidence(files=(a_file(parse_error="invalid syntax", code_lines=0),))
    assert with_yardstick(before, evidence()).yardstick_lines == 0


def test_files_that_could_not_be_measured_are_an_error_and_no_veto() -> None:
    made_up = a_file(parse_error="could not be measured: no sandbox", code_lines=0)
    tree = evidence(files=(made_up,))
    failed = ToolRun(MEASURES, "", RunStatus.ERROR, message="no sandbox")
    tree = replace(tree, scan=replace(tree.scan, runs=(*tree.scan.runs, failed)))
    results = run_gates(tree, tree)
    assert score_after(results).vetoes == ()
    relying = {"syntax", "type_safety", "security", "code_quality", "performance", "architecture", "documentation", "best_practices"}
    assert {r.name for r in results if r.after.status is GateStatus.ERROR} == relying
    assert all("no sandbox" in r.after.summary for r in results if r.name in relying)


def test_every_gate_says_in_one_line_what_it_found_and_gives_its_numbers() -> None:
    for result in run_gates(evidence(a_finding()), evidence(a_finding())):
        assert result.after.summary
        assert "\n" not in result.after.summary
        assert result.after.details
