import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.errors import FindingsError
from orchestrator_assets.domain.finding import Category, Confidence, Severity
from orchestrator_assets.stages.discover import NoteKind, ReadFindings, place_offsets, read_findings

TREE = ("setup.py", "src/app.py", "src/a b.py", "src/lib/mod.py", "tests/test_app.py")


def result(uri: str = "src/app.py", line: int = 3, rule: str = "R1", **more: Any) -> dict[str, Any]:
    location = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}
    return {"ruleId": rule, "message": {"text": "bad"}, "locations": [location], **more}


def run(*results: dict[str, Any], tool: str = "Scanner", rules: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {"tool": {"driver": {"name": tool, "version": "1.2", "rules": rules or []}}, "results": list(results), **more}


def log(*runs: dict[str, Any]) -> bytes:
    return json.dumps({"version": "2.1.0", "runs": list(runs)}).encode()


def read(*runs: dict[str, Any]) -> ReadFindings:
    return read_findings(log(*runs), "r.sarif", TREE)


def located(artifact: dict[str, Any], **run_fields: Any) -> dict[str, Any]:
    row = result()
    row["locations"][0]["physicalLocation"]["artifactLocation"] = artifact
    return run(row, **run_fields)


def test_the_runs_of_several_tools_are_read_in_order() -> None:
    found = read(run(result(), tool="Bandit"), run(result("setup.py"), tool="ESLint"))
    assert [(f.tool, f.path, f.line) for f in found.findings] == [("bandit", "src/app.py", 3), ("eslint", "setup.py", 3)]
    assert found.tool_versions == (("bandit", "1.2"), ("eslint", "1.2"))
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("score", "severity"),
    [("9.8", "critical"), (9.0, "critical"), ("7.0", "high"), ("4.1", "medium"), ("3.9", "low"), ("0.0", "info"), ("high", "medium")],
)
def test_security_severity_decides_over_the_level(score: object, severity: str) -> None:
    rule = {"id": "R1", "properties": {"security-severity": score, "tags": ["security", "external/cwe/cwe-079"]}}
    finding = read(run(result(), rules=[rule])).findings[0]
    assert finding.severity == severity
    assert finding.cwe == (79,)
    assert finding.category is Category.SECURITY


@pytest.mark.parametrize(("level", "severity"), [("error", "high"), ("warning", "medium"), ("note", "low"), ("none", "info")])
def test_the_level_of_the_result_decides_else_the_rules_default_else_warning(level: str, severity: str) -> None:
    rule = {"id": "R1", "defaultConfiguration": {"level": level}}
    assert read(run(result(level=level))).findings[0].severity == severity
    assert read(run(result(), rules=[rule])).findings[0].severity == severity
    assert read(run(result())).findings[0].severity is Severity.MEDIUM


def test_a_rule_override_of_the_invocation_beats_the_rules_default() -> None:
    rule = {"id": "R1", "defaultConfiguration": {"level": "error"}}
    override = {"descriptor": {"index": 0}, "configuration": {"level": "note"}}
    found = read(run(result(), rules=[rule], invocations=[{"executionSuccessful": True, "ruleConfigurationOverrides": [override]}]))
    assert found.findings[0].severity is Severity.LOW


def test_a_rule_is_found_by_index_in_the_driver_or_in_the_extension_that_the_result_names() -> None:
    row = result()
    del row["ruleId"]
    by_index = run({**row, "ruleIndex": 1}, rules=[{"id": "A"}, {"id": "B"}])
    assert read(by_index).findings[0].rule_id == "B"
    extension = {"name": "pack", "rules": [{"id": "X"}, {"id": "Y", "defaultConfiguration": {"level": "error"}}]}
    reference = {"index": 1, "toolComponent": {"index": 0}}
    in_extension = run({**row, "rule": reference}, rules=[{"id": "A"}])
    in_extension["tool"]["extensions"] = [extension]
    finding = read(in_extension).findings[0]
    assert (finding.rule_id, finding.severity) == ("Y", Severity.HIGH)


def test_cwe_numbers_come_from_tags_relationships_and_the_results_taxa() -> None:
    cwe = {"name": "CWE", "taxa": [{"id": "22"}, {"id": "89"}]}
    rule = {
        "id": "R1",
        "properties": {"tags": ["CWE-78: OS command"]},
        "relationships": [{"target": {"id": "79", "toolComponent": {"name": "CWE"}}}],
    }
    row = result(taxa=[{"index": 1, "toolComponent": {"index": 0}}])
    assert read(run(row, rules=[rule], taxonomies=[cwe])).findings[0].cwe == (78, 79, 89)


def test_ruffs_errors_are_weighed_by_their_rule() -> None:
    found = read(run(result(rule="F401", level="error"), result(rule="F821", level="error"), tool="ruff"))
    assert [f.severity for f in found.findings] == [Severity.MEDIUM, Severity.HIGH]


def test_bandits_own_words_give_severity_and_confidence() -> None:
    row = result(rule="B602", level="error", properties={"issue_severity": "LOW", "issue_confidence": "HIGH"})
    finding = read(run(row, tool="Bandit")).findings[0]
    assert (finding.severity, finding.confidence) == (Severity.LOW, Confidence.HIGH)


@pytest.mark.parametrize(
    ("tool", "rule", "name", "expected"),
    [
        ("Pylint", "W0611", "", "unused-import"),
        ("pylint", "W0611:unused-import", "", "unused-import"),
        ("pylint", "broad-except", "", "broad-exception-caught"),
        ("pylint", "C9999", "our-own-check", "our-own-check"),
        ("Bandit", "subprocess_popen_with_shell_equals_true", "", "B602"),
        ("Ruff", "unused-import", "", "F401"),
        ("Mypy", "arg-type", "", "arg-type"),
        ("Semgrep OSS", "python.lang.x", "", "python.lang.x"),
    ],
)
def test_rules_get_the_id_under_which_the_platform_runs_them(tool: str, rule: str, name: str, expected: str) -> None:
    assert read(run(result(rule=rule), tool=tool, rules=[{"id": rule, "name": name}])).findings[0].rule_id == expected


def test_messages_take_their_arguments_from_the_rules_message_strings() -> None:
    rule = {"id": "R1", "messageStrings": {"default": {"text": "'{0}' in {{braces}} and {1}"}}}
    row = {**result(), "message": {"id": "default", "arguments": ["x", "y"]}}
    assert read(run(row, rules=[rule])).findings[0].message == "'x' in {braces} and y"


@pytest.mark.parametrize(
    ("suppressions", "kept"),
    [
        ([{"kind": "inSource"}], False),
        ([{"kind": "external", "status": "accepted", "justification": "fine"}], False),
        ([{"kind": "external", "status": "underReview"}], True),
        ([{"kind": "inSource"}, {"kind": "external", "status": "rejected"}], True),
        ([], True),
    ],
)
def test_only_accepted_suppressions_leave_a_result_out_and_they_are_counted(suppressions: list[dict[str, str]], kept: bool) -> None:
    found = read(run(result(suppressions=suppressions)))
    assert bool(found.findings) is kept
    assert found.count(NoteKind.SUPPRESSED) == (not kept)
    assert bool(found.notes) is not kept


def test_results_that_state_no_open_problem_are_left_out_with_a_remark() -> None:
    found = read(run(result(kind="pass", level="none"), result(baselineState="absent"), {**result(), "locations": []}))
    assert found.findings == ()
    assert [r.kind for r in found.remarks] == [NoteKind.NOT_A_FAILURE, NoteKind.NO_LONGER_THERE, NoteKind.NO_LOCATION]


BASES = {"ROOT": {"uri": "file:///home/ci/repo/"}, "SRC": {"uri": "src/", "uriBaseId": "ROOT"}, "NAMED": {"description": {"text": "root"}}}


@pytest.mark.parametrize(
    ("artifact", "path"),
    [
        ({"uri": "./src/app.py"}, "src/app.py"),
        ({"uri": "src/lib/../app.py"}, "src/app.py"),
        ({"uri": "src/a%20b.py"}, "src/a b.py"),
        ({"uri": "src\\lib\\mod.py"}, "src/lib/mod.py"),
        ({"uri": "src/app.py", "uriBaseId": "%SRCROOT%"}, "src/app.py"),
        ({"uri": "src/app.py", "uriBaseId": "ROOT"}, "src/app.py"),
        ({"uri": "lib/mod.py", "uriBaseId": "SRC"}, "src/lib/mod.py"),
        ({"uri": "../setup.py", "uriBaseId": "SRC"}, "setup.py"),
        ({"uri": "setup.py", "uriBaseId": "NAMED"}, "setup.py"),
        ({"uri": "gone.py", "uriBaseId": "ROOT"}, "gone.py"),
        ({"uri": "file:///home/ci/repo/src/app.py"}, "src/app.py"),
        ({"uri": "file:///D:/code/repo/src/app.py"}, "src/app.py"),
        ({"uri": "D:\\work\\repo\\src\\app.py"}, "src/app.py"),
        ({"uri": "/builds/x/src/a%20b.py"}, "src/a b.py"),
        ({"index": 1}, "src/lib/mod.py"),
    ],
)
def test_every_way_of_naming_a_file_leads_to_its_path_in_the_repository(artifact: dict[str, Any], path: str) -> None:
    artifacts = [{"location": {"uri": "x"}}, {"location": {"uri": "lib/mod.py", "uriBaseId": "SRC"}}]
    found = read(located(artifact, originalUriBaseIds=BASES, artifacts=artifacts))
    assert [f.path for f in found.findings] == [path]


def test_a_deleted_file_below_the_machines_root_is_kept_and_flagged() -> None:
    found = read(run(result("file:///ci/repo/src/app.py"), result("file:///ci/repo/src/old.py"), result("file:///ci/repo/src/lib/mod.py")))
    assert [f.path for f in found.findings] == ["src/app.py", "src/old.py", "src/lib/mod.py"]
    assert found.missing_paths == ("src/old.py",)
    assert found.count(NoteKind.NOT_IN_TREE) == 1


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("../secret.py", "leads out of the repository"),
        ("src/../../x.py", "leads out of the repository"),
        ("/etc/passwd", "lies outside the repository"),
        ("file:///usr/lib/python3/json/decoder.py", "lies outside the repository"),
        ("src/%00.py", "NUL"),
        ("https://example.org/app.py", "not a file of the repository"),
        ("src/\ud800.py", "not valid Unicode"),
    ],
)
def test_a_place_outside_the_repository_is_refused_with_its_pointer(uri: str, problem: str) -> None:
    with pytest.raises(FindingsError, match=rf"r\.sarif: /runs/0/results/1/locations/0/physicalLocation.*{problem}.*; give"):
        read(run(result(), result(uri)))


def test_bases_that_refer_to_each_other_are_refused() -> None:
    bases = {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}}
    with pytest.raises(FindingsError, match="circle"):
        read(located({"uri": "x.py", "uriBaseId": "A"}, originalUriBaseIds=bases))


def with_region(region: dict[str, Any] | None, **physical: Any) -> dict[str, Any]:
    row = result()
    place = row["locations"][0]["physicalLocation"]
    del place["region"]
    place.update({"region": region, **physical} if region is not None else physical)
    return row


def test_regions_give_lines_and_columns_and_a_result_without_one_is_about_the_whole_file() -> None:
    full = {"startLine": 2, "startColumn": 5, "endLine": 4, "endColumn": 9}
    found = read(run(with_region(full), with_region(None), with_region({"startLine": 7, "endColumn": 3})))
    assert [(f.line, f.column, f.end_line, f.end_column) for f in found.findings] == [(2, 5, 4, 9), (1, 0, 0, 0), (7, 0, 7, 3)]


def test_a_character_offset_becomes_a_line_once_the_text_is_known() -> None:
    found = read(run(with_region({"charOffset": 8, "charLength": 2}), with_region({"charOffset": 10**6})))
    placed = place_offsets(found, lambda _: "a = 1\n\nbb = 2\n")
    assert (placed.findings[0].line, placed.findings[0].column) == (3, 2)
    assert placed.findings[1].line == 3


def test_the_quoted_line_becomes_the_context() -> None:
    around = {"startLine": 2, "snippet": {"text": "one\n  two   = eval(x)\nthree\n"}}
    found = read(
        run(
            with_region({"startLine": 3, "startColumn": 9}, contextRegion=around), with_region({"startLine": 1, "snippet": {"text": "x\n"}})
        )
    )
    assert [f.context for f in found.findings] == ["two = eval(x)", "x"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf  \n", "is empty"),
        (b'{"version": "2.1.0",\n "runs": [}', "line 2, column 11: not JSON"),
        (b'{"version": NaN}', "NaN"),
        (b'{"a": ' + b"1" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
        (b'{"version": "1.0.0", "runs": []}', "is SARIF '1.0.0'; export SARIF version '2.1.0'"),
        (b'{"runs": []}', "has no version"),
        (b'{"version": "2.1.0"}', "it has no 'runs'"),
        (b'{"version": "2.1.0", "runs": {}}', "/runs: {} is not an array"),
        (b'{"version": "2.1.0", "runs": [{"results": []}]}', "/runs/0: has no 'tool'"),
        (b'"text"', "neither an object nor an array"),
        ("{}".encode("utf-16"), "UTF-16"),
        ('{"a": 1}'.encode("utf-16-le"), "UTF-16"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b'{"a": "\xff"}', "byte 7: not UTF-8"),
        (log(run(result(line=0))), "/runs/0/results/0/locations/0/physicalLocation/region/startLine: line 0 is before the first"),
        (log(run({**result(), "ruleId": 5})), "/runs/0/results/0/ruleId: 5 is not a string"),
        (log(run(result(line=2**40))), "out of range"),
        (log(run(externalPropertyFileReferences={"results": [{}]})), "other files"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_place_problem_and_mend(content: bytes, message: str) -> None:
    with pytest.raises(FindingsError, match=message) as caught:
        read_findings(content, "r.sarif", TREE)
    assert str(caught.value).startswith("r.sarif")
    assert "; " in str(caught.value)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert len(read_findings(b"\xef\xbb\xbf" + log(run(result())), "r.sarif", TREE).findings) == 1


def test_huge_files_and_too_many_results_are_refused() -> None:
    with pytest.raises(FindingsError, match="65 MiB, over 64 MiB"):
        read_findings(b" " * (65 << 20), "r.sarif", TREE)
    with pytest.raises(FindingsError, match="more than 100,000 results"):
        read_findings(log(run(*[{}] * 100_001)), "r.sarif", TREE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
PATHS = [
    (),
    ("runs",),
    ("runs", 0),
    *[("runs", 0, key) for key in ("tool", "results", "invocations", "artifacts", "originalUriBaseIds", "taxonomies")],
    ("runs", 0, "tool", "driver"),
    *[("runs", 0, "tool", "driver", key) for key in ("name", "version", "rules")],
    ("runs", 0, "tool", "driver", "rules", 0),
    *[("runs", 0, "tool", "driver", "rules", 0, key) for key in ("id", "name", "properties", "defaultConfiguration", "relationships")],
    ("runs", 0, "results", 0),
    *[
        ("runs", 0, "results", 0, key)
        for key in (
            "ruleId",
            "ruleIndex",
            "rule",
            "level",
            "kind",
            "message",
            "locations",
            "suppressions",
            "taxa",
            "properties",
            "partialFingerprints",
        )
    ],
    ("runs", 0, "results", 0, "locations", 0, "physicalLocation"),
    *[("runs", 0, "results", 0, "locations", 0, "physicalLocation", key) for key in ("artifactLocation", "region", "contextRegion")],
    *[
        ("runs", 0, "results", 0, "locations", 0, "physicalLocation", "region", key)
        for key in ("startLine", "startColumn", "endLine", "charOffset")
    ],
    *[("runs", 0, "results", 0, "locations", 0, "physicalLocation", "artifactLocation", key) for key in ("uri", "uriBaseId", "index")],
]


def outcome_of(content: bytes, name: str) -> None:
    try:
        read_findings(content, name, TREE)
    except FindingsError as error:
        assert str(error).startswith(name)


@given(JSON, st.sampled_from(["f.sarif", "f.json", "f.csv", "f"]))
def test_arbitrary_json_gives_findings_or_a_findings_error(value: Any, name: str) -> None:
    outcome_of(json.dumps(value).encode(), name)


@given(JSON, st.sampled_from(PATHS))
def test_sarif_with_one_arbitrary_part_gives_findings_or_a_findings_error(value: Any, path: tuple[str | int, ...]) -> None:
    document: Any = {"version": "2.1.0", "runs": [run(result(), rules=[{"id": "R1"}])]}
    owner = document
    for key in path[:-1]:
        owner = owner[key]
    if path:
        owner[path[-1]] = value
    outcome_of(json.dumps(document if path else value).encode(), "f.sarif")


@given(st.dictionaries(st.sampled_from(["path", "line", "rule_id", "message", "tool", "severity", "cwe", "column", "file"]), JSON))
def test_arbitrary_rows_give_findings_or_a_findings_error(row: dict[str, Any]) -> None:
    outcome_of(json.dumps([row]).encode(), "f.json")


@given(st.binary(max_size=60), st.sampled_from(["f.sarif", "f.csv", "f"]))
def test_arbitrary_bytes_give_findings_or_a_findings_error(content: bytes, name: str) -> None:
    outcome_of(content, name)
    outcome_of(b"path,line,rule_id,message\n" + content, name)
