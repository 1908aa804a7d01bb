import json
from typing import Any

import pytest

from orchestrator_assets.domain.errors import FindingsError
from orchestrator_assets.domain.finding import Category, Confidence, Finding, Severity
from orchestrator_assets.stages.discover import read_findings

TREE = ("setup.py", "src/app.py")


def from_csv(text: str) -> list[Finding]:
    return list(read_findings(text.encode(), "f.csv", TREE).findings)


def from_json(value: Any) -> list[Finding]:
    return list(read_findings(json.dumps(value).encode(), "f.json", TREE).findings)


def test_csv_with_all_columns_is_read() -> None:
    text = 'path,line,rule_id,message,tool,severity,column,cwe\nsrc/app.py,3,B602,"shell, true",bandit,critical,5,"78, CWE-88"\n\n'
    finding = from_csv(text)[0]
    assert (finding.path, finding.line, finding.rule_id, finding.message) == ("src/app.py", 3, "B602", "shell, true")
    assert (finding.tool, finding.severity, finding.column, finding.cwe) == ("bandit", Severity.CRITICAL, 5, (78, 88))


def test_semicolons_and_other_names_for_the_columns_do() -> None:
    finding = from_csv("File;Line;Rule;Text\r\nsrc/app.py;3;F401;unused\r\n")[0]
    assert (finding.tool, finding.rule_id, finding.line) == ("ruff", "F401", 3)


@pytest.mark.parametrize(
    ("rule", "tool", "category"),
    [
        ("B101", "bandit", Category.SECURITY),
        ("B904", "ruff", Category.QUALITY),
        ("unused-import", "pylint", Category.QUALITY),
        ("C0116", "pylint", Category.DOCUMENTATION),
        ("house-rule", "unknown", Category.QUALITY),
    ],
)
def test_a_row_without_a_tool_gets_the_one_whose_rule_it_is(rule: str, tool: str, category: Category) -> None:
    finding = from_csv(f"path,line,rule_id,message\nsetup.py,1,{rule},m\n")[0]
    assert (finding.tool, finding.category) == (tool, category)


def test_json_rows_are_read_bare_or_under_findings() -> None:
    row = {"path": "src/app.py", "line": 3, "rule_id": "E1", "message": "m", "tool": "My Tool", "cwe": [79, "CWE-80"], "confidence": "high"}
    assert from_json([row]) == from_json({"findings": [row]})
    finding = from_json([row])[0]
    assert (finding.tool, finding.cwe, finding.confidence) == ("my-tool", (79, 80), Confidence.HIGH)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,line,message\nsetup.py,1,m\n", "row 1: has no column rule_id; begin with the header"),
        ("path,line,rule_id,message,severty\n", "row 1: unknown field 'severty'; use path"),
        ("path,line,rule_id,message,file\n", "row 1: field 'path' is there twice"),
        ("path,line,rule_id,message\nsetup.py,1,R\n", "row 2: has 3 cells where the header has 4"),
        ("path,line,rule_id,message\nsetup.py,0,R,m\n", "row 2: line 0 is out of range; count from 1"),
        ("path,line,rule_id,message\nsetup.py,1,R,m\nsetup.py,x,R,m\n", "row 3: line 'x' is not a whole number"),
        ("path,line,rule_id,message\n../a.py,1,R,m\n", "row 2: path '../a.py' leads out of the repository; give"),
        ("path,line,rule_id,message\n,1,R,m\n", "row 2: has no path"),
        ("path,line,rule_id,message,severity\nsetup.py,1,R,m,awful\n", "row 2: severity 'awful' is unknown; use one of critical, high"),
        ("path,line,rule_id,message,cwe\nsetup.py,1,R,m,xss\n", "row 2: cwe 'xss' is not a CWE number"),
        ('path,line,rule_id,message\nsetup.py,1,R,"m\n', "not CSV"),
        ("nothing of the kind\n", "has no column path, line, rule_id, message"),
    ],
)
def test_a_wrong_row_is_named_with_the_mend(text: str, message: str) -> None:
    with pytest.raises(FindingsError, match=message):
        from_csv(text)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([5], "/0: 5 is not an object"),
        ([{"path": "setup.py", "line": 1, "rule_id": "R", "message": "m", "extra": 1}], "/0: unknown field 'extra'"),
        ({"findings": [{"path": "setup.py", "line": 1.5, "rule_id": "R", "message": "m"}]}, "/findings/0/line: 1.5 is neither"),
        ([{"path": "setup.py", "rule_id": "R", "message": "m"}], "/0: has no line"),
        ({"issues": []}, "has no version; export SARIF"),
    ],
)
def test_a_wrong_object_is_named_by_its_pointer(value: Any, message: str) -> None:
    with pytest.raises(FindingsError, match=message):
        from_json(value)


def test_the_tools_own_json_is_recognised() -> None:
    bandit = {
        "metrics": {},
        "results": [
            {
                "filename": "./src/app.py",
                "line_number": 4,
                "col_offset": 0,
                "test_id": "B602",
                "issue_text": "shell",
                "issue_severity": "HIGH",
                "issue_confidence": "HIGH",
                "issue_cwe": {"id": 78},
            }
        ],
    }
    place = {"row": 4, "column": 8}
    ruff = [{"code": "F401", "filename": "/ci/repo/src/app.py", "location": place, "end_location": place, "message": "unused"}]
    pylint = [
        {"message-id": "W0611", "symbol": "unused-import", "path": "src/app.py", "line": 4, "column": 0, "message": "Unused import os"}
    ]
    pylint2 = {
        "statistics": {},
        "messages": [{"messageId": "W0611", "symbol": "unused-import", "path": "src/app.py", "line": 4, "column": 0}],
    }
    for value, rule in ((bandit, "B602"), (ruff, "F401"), (pylint, "unused-import"), (pylint2, "unused-import")):
        finding = from_json(value)[0]
        assert (finding.path, finding.line, finding.rule_id) == ("src/app.py", 4, rule)
    assert from_json(bandit)[0].cwe == (78,)


def test_mypys_lines_of_json_are_recognised_and_its_notes_left_out() -> None:
    error = {"file": "src/app.py", "line": 2, "column": 4, "message": "no", "hint": None, "code": "arg-type", "severity": "error"}
    text = "\n".join(json.dumps(row) for row in (error, {**error, "severity": "note"}))
    finding = read_findings(text.encode(), "mypy.jsonl", TREE).findings
    assert [(f.tool, f.rule_id, f.line, f.column, f.category) for f in finding] == [("mypy", "arg-type", 2, 5, Category.TYPES)]
