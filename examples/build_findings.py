"""Write findings.sarif from the tools' output on parcel-desk and selection.toml.

`python build_findings.py` writes; `--check` re-runs the tools and exits 1 when a result
of findings.sarif is not what they report. Needs ruff, bandit, pylint, mypy, requests
and PyYAML in the interpreter that runs it (versions: README.md, Decisions).
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TREE = HERE / "parcel-desk"
SARIF = HERE / "findings.sarif"
SELECTION = HERE / "selection.toml"
EXPECTED = 71
ESLINT_VERSION = "9.39.5"
RUFF_RULES = "F,E,W,B,C4,C90,SIM,RET,PIE,PERF,ASYNC,UP,I,A,BLE,LOG,G,DTZ,RUF,FURB"

COMMANDS = {
    "bandit": "-q -r -f json --ignore-nosec parcel_desk",
    "ruff": f"check --isolated --ignore-noqa --no-cache --output-format json --target-version py311 --select {RUFF_RULES} parcel_desk",
    "pylint": "--rcfile=/dev/null --persistent=n -f json2 parcel_desk",
    "mypy": "--config-file= --strict --output json parcel_desk",
}
TITLES = {"bandit": "Bandit", "ruff": "Ruff", "pylint": "Pylint", "mypy": "Mypy"}
LEVELS = {"HIGH": "error", "MEDIUM": "warning", "LOW": "note"}
LEVELS |= {"error": "error", "warning": "warning"}
SECURITY_SEVERITY = {"HIGH": "8.0", "MEDIUM": "5.5", "LOW": "3.0"}


class SampleError(Exception):
    """The sample, its selection and the tools do not agree."""


@dataclass(frozen=True)
class Reported:
    """One result of one tool; lines and columns count from 1, 0 is unknown."""

    tool: str
    rule: str
    path: str
    line: int
    message: str
    severity: str
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    name: str = ""
    help_uri: str = ""
    cwe: int = 0
    category: str = ""
    text: str = ""
    stale: bool = False

    @property
    def place(self) -> tuple[str, str, int]:
        """What has to agree between the file and the tools."""
        return self.rule, self.path, self.line


def run_tools() -> list[Reported]:
    """Every result of the four tools on a copy of the tree without caches."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules")
        shutil.copytree(TREE, tree, ignore=ignored)
        results: list[Reported] = []
        for tool, flags in COMMANDS.items():
            done = subprocess.run(
                [sys.executable, "-m", tool, *flags.split()],
                cwd=tree,
                env={**os.environ, "MYPY_CACHE_DIR": os.devnull},
                capture_output=True,
                text=True,
                check=False,
            )
            try:
                results += READERS[tool](done.stdout, tree)
            except (json.JSONDecodeError, KeyError) as exc:
                message = f"{tool} left no readable report ({exc!r}): {done.stderr}"
                raise SampleError(message) from exc
        return results


def read_ruff(stdout: str, tree: Path) -> list[Reported]:
    """Ruff's JSON; its file names are absolute."""
    root = tree.resolve()
    return [
        Reported(
            tool="ruff",
            rule=row["code"],
            path=Path(row["filename"]).resolve().relative_to(root).as_posix(),
            line=row["location"]["row"],
            message=row["message"],
            severity="warning",
            column=row["location"]["column"],
            end_line=row["end_location"]["row"],
            end_column=row["end_location"]["column"],
            name=row["name"],
            help_uri=row["url"],
        )
        for row in json.loads(stdout)
    ]


def read_bandit(stdout: str, _tree: Path) -> list[Reported]:
    """Bandit's JSON; columns count from 0."""
    return [
        Reported(
            tool="bandit",
            rule=row["test_id"],
            path=row["filename"].removeprefix("./"),
            line=row["line_number"],
            message=row["issue_text"],
            severity=row["issue_severity"],
            column=row["col_offset"] + 1,
            name=row["test_name"],
            help_uri=row["more_info"],
            cwe=row["issue_cwe"].get("id", 0),
        )
        for row in json.loads(stdout)["results"]
    ]


def read_pylint(stdout: str, _tree: Path) -> list[Reported]:
    """Pylint's json2; columns count from 0."""
    return [
        Reported(
            tool="pylint",
            rule=row["symbol"],
            path=row["path"],
            line=row["line"],
            message=row["message"],
            severity=row["type"],
            column=row["column"] + 1,
            end_line=row["endLine"] or 0,
            end_column=row["endColumn"] + 1 if row["endColumn"] is not None else 0,
            name=row["messageId"],
        )
        for row in json.loads(stdout)["messages"]
    ]


def read_mypy(stdout: str, _tree: Path) -> list[Reported]:
    """One JSON object a line; columns count from 0, notes are left out."""
    rows = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
    return [
        Reported(
            tool="mypy",
            rule=row["code"] or "misc",
            path=row["file"],
            line=row["line"],
            message=row["message"],
            severity=row["severity"],
            column=max(row["column"], 0) + 1,
        )
        for row in rows
        if row["severity"] == "error"
    ]


READERS = {
    "ruff": read_ruff,
    "bandit": read_bandit,
    "pylint": read_pylint,
    "mypy": read_mypy,
}


def source_lines(path: str) -> list[str]:
    """The lines of a file of the sample."""
    return (TREE / path).read_text(encoding="utf-8").splitlines()


def select(reported: list[Reported], selection: dict[str, Any]) -> list[Reported]:
    """The customer's backlog: each pick names exactly one reported result."""
    chosen: list[Reported] = []
    for tool, rule, path, text, category in selection["picks"]:
        lines = source_lines(path)
        found = [
            result
            for result in reported
            if (result.tool, result.rule, result.path) == (tool, rule, path) and text in lines[result.line - 1]
        ]
        if len(found) != 1:
            message = f"{rule} in {path} on a line with {text!r}: {len(found)} results"
            raise SampleError(f"{message}, expected 1; change selection.toml")
        line = lines[found[0].line - 1]
        chosen.append(replace(found[0], category=category, text=line))
    chosen += [written_result(entry) for entry in selection["written"]]
    refuse_equivalents(chosen, selection["equivalent"])
    return chosen


def written_result(entry: dict[str, Any]) -> Reported:
    """A result that no Python tool reports today; without `line` its text is sought."""
    if "line" in entry:
        line = int(entry["line"])
    else:
        lines = source_lines(entry["path"])
        if lines.count(entry["text"]) != 1:
            message = f"{entry['path']}: the line {entry['text']!r} is not there once"
            raise SampleError(f"{message}; change selection.toml")
        line = lines.index(entry["text"]) + 1
    column, end_column = entry["columns"]
    return Reported(
        tool=entry["tool"],
        rule=entry["rule"],
        path=entry["path"],
        line=line,
        message=entry["message"],
        severity=entry.get("severity", "warning"),
        column=column,
        end_line=line,
        end_column=end_column,
        cwe=entry.get("cwe", 0),
        category=entry["category"],
        text=entry["text"],
        stale="line" in entry,
    )


def refuse_equivalents(chosen: list[Reported], groups: list[list[str]]) -> None:
    """No line may be in the backlog twice for the same thing.

    Raises:
        SampleError: Names the first place that is.
    """
    meaning = {rule: group[0] for group in groups for rule in group}
    places = Counter((meaning.get(result.rule, result.rule), result.path, result.line) for result in chosen)
    for place, count in places.items():
        if count > 1:
            raise SampleError(f"{place} is picked {count} times; keep one")


def sarif_rule(result: Reported) -> dict[str, Any]:
    """The metadata of a rule, taken from its first result."""
    tags = [result.category]
    rule: dict[str, Any] = {"id": result.rule}
    if result.name:
        rule["name"] = result.name
    if result.help_uri:
        rule["helpUri"] = result.help_uri
    properties: dict[str, Any] = {"tags": tags}
    if result.cwe:
        tags.append(f"external/cwe/cwe-{result.cwe:03d}")
        properties["security-severity"] = SECURITY_SEVERITY[result.severity]
    level = LEVELS.get(result.severity, "note")
    return rule | {"defaultConfiguration": {"level": level}, "properties": properties}


def sarif_result(result: Reported, rule_index: int) -> dict[str, Any]:
    """One result; Bandit and ESLint ones carry a fingerprint of their line."""
    region = {"startLine": result.line}
    optional = {
        "startColumn": result.column,
        "endLine": result.end_line,
        "endColumn": result.end_column,
    }
    region |= {key: value for key, value in optional.items() if value}
    location = {
        "artifactLocation": {"uri": result.path, "uriBaseId": "SRCROOT"},
        "region": region,
    }
    document: dict[str, Any] = {
        "ruleId": result.rule,
        "ruleIndex": rule_index,
        "level": LEVELS.get(result.severity, "note"),
        "message": {"text": result.message},
        "locations": [{"physicalLocation": location}],
    }
    if result.tool in ("bandit", "eslint"):
        source = f"{result.rule}:{result.path}:{result.text.strip()}"
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        document["partialFingerprints"] = {"ruleAndLineText/v1": digest}
    return document


def sarif_run(tool: str, results: list[Reported]) -> dict[str, Any]:
    """One run, its results by place."""
    ordered = sorted(results, key=lambda result: (result.path, result.line, result.rule))
    first: dict[str, Reported] = {}
    for result in ordered:
        first.setdefault(result.rule, result)
    rules = sorted(first)
    driver = {
        "name": TITLES.get(tool, "ESLint"),
        "version": ESLINT_VERSION if tool == "eslint" else version(tool),
        "rules": [sarif_rule(first[rule]) for rule in rules],
    }
    root = {"description": {"text": "The root of the parcel-desk repository."}}
    return {
        "tool": {"driver": driver},
        "originalUriBaseIds": {"SRCROOT": root},
        "columnKind": "unicodeCodePoints",
        "results": [sarif_result(row, rules.index(row.rule)) for row in ordered],
    }


def sarif(chosen: list[Reported]) -> str:
    """The whole document as it is written."""
    tools = ("bandit", "ruff", "pylint", "mypy", "eslint")
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [sarif_run(t, [r for r in chosen if r.tool == t]) for t in tools],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def disagreements(reported: list[Reported], chosen: list[Reported]) -> list[str]:
    """What in findings.sarif the tools do not bear out; empty when all is well."""
    known = {(result.tool, *result.place) for result in reported}
    stale = {(result.tool, *result.place) for result in chosen if result.stale}
    problems = [f"stale, but reported today: {key}" for key in sorted(stale & known)]
    count = 0
    for run in json.loads(SARIF.read_text(encoding="utf-8"))["runs"]:
        tool = run["tool"]["driver"]["name"].lower()
        for result in run["results"]:
            count += 1
            place = result["locations"][0]["physicalLocation"]
            path, line = place["artifactLocation"]["uri"], place["region"]["startLine"]
            key = (tool, result["ruleId"], path, line)
            if tool in COMMANDS and key not in known | stale:
                problems.append(f"not reported by {tool}: {key[1:]}")
    if count != EXPECTED:
        problems.append(f"{count} results, expected {EXPECTED}")
    if SARIF.read_text(encoding="utf-8") != sarif(chosen):
        problems.append("findings.sarif differs from what the selection gives; rebuild")
    return problems


def print_counts(reported: list[Reported], chosen: list[Reported]) -> None:
    """Results by tool and category, and what the tools report beyond them."""
    print(f"{len(chosen)} results", dict(Counter(result.tool for result in chosen)))
    print("by category", dict(Counter(result.category for result in chosen)))
    live = {(r.tool, *r.place) for r in chosen if not r.stale}
    rest = [r for r in reported if (r.tool, *r.place) not in live]
    print(f"{len(rest)} more", dict(Counter(result.tool for result in rest)))


def main() -> int:
    """Build or check; 0 when the sample is true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    try:
        reported = run_tools()
        chosen = select(reported, tomllib.loads(SELECTION.read_text(encoding="utf-8")))
    except SampleError as exc:
        print(exc, file=sys.stderr)
        return 1
    if not arguments.check:
        SARIF.write_text(sarif(chosen), encoding="utf-8")
    problems = disagreements(reported, chosen)
    print_counts(reported, chosen)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
