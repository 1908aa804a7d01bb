"""Mypy, strict, over the whole program, with the customer's dependencies when there is an environment."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gates.analyzers.import_closure import closures
from gates.analyzers.mypy_groups import groups_without_clash, has_module_name
from gates.analyzers.per_file import recall
from gates.analyzers.subject import Examination, Subject, digest, in_place_order
from gates.analyzers.toolchain import (
    MALFORMED,
    Command,
    environment_folders,
    environment_identity,
    own_words,
    python_script,
    python_version,
    run_tool,
    script_path,
    version_of,
)
from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Category, Confidence, Finding, Severity
from orchestrator_assets.domain.scan_json import findings_to_json

_OPTIONS = ("--config-file=", "--strict", "--output", "json")
_DRIVER = "mypy_driver.py"
# The adapter of the sandbox refuses larger inputs; a cache without a seed costs about a second.
_MAX_SEED_BYTES = 48 << 20


class _Answer(NamedTuple):
    """What mypy said of one group."""

    exit_code: int
    stdout: str
    stderr: str


def version() -> str:
    """Mypy's version."""
    return version_of("mypy")


def examine(subject: Subject) -> Examination:
    """Findings of mypy in the judged files; what it says of files that it merely followed is left aside.

    Raises:
        ToolError: It could not check the program, e.g. because of one syntax error: then it says nothing of all the rest.
    """
    surroundings = digest([version(), python_version(), _OPTIONS, environment_identity(subject.settings.environment)])
    key = digest([surroundings, subject.content])
    files = frozenset(subject.tree.files)
    named = [path for path in subject.judged if has_module_name(path, files)]
    left_out = {path: "its folder's name is no package name" for path in subject.judged if path not in set(named)}
    known = recall(subject, "mypy", key)
    if known is not None:
        return Examination(tuple(known), left_out=left_out)
    found: dict[str, list[Finding]] = {}
    groups = dict(_keyed(subject, groups_without_clash(named, files), surroundings))
    for group_key in groups:
        reused = recall(subject, "mypy-group", group_key)
        if reused is not None:
            found[group_key] = reused
    missing = [group_key for group_key in groups if group_key not in found]
    answers = _ask(subject, [groups[group_key] for group_key in missing], f"mypy-seed/{surroundings}")
    for group_key, answer in zip(missing, answers, strict=True):
        members = frozenset(groups[group_key])
        found[group_key] = [finding for finding in _findings(subject, answer) if finding.path in members]
        subject.cache.put(f"mypy-group/{group_key}", findings_to_json(found[group_key]))
    findings = in_place_order(finding for rows in found.values() for finding in rows)
    subject.cache.put(f"mypy/{key}", findings_to_json(findings))
    return Examination(findings, left_out=left_out)


def _keyed(subject: Subject, groups: list[list[str]], surroundings: str) -> Iterator[tuple[str, list[str]]]:
    """Each group under a digest of all that its answer depends on. A single group stands for everything, without a wait for the imports."""
    if len(groups) == 1:
        yield digest([surroundings, subject.content]), groups[0]
        return
    reached = closures(subject.judged, subject.imports())
    stubs = {path for path in subject.python_files if "-stubs/" in path}
    for group in groups:
        seen = sorted(stubs.union(*(reached[path] for path in group)))
        yield digest([surroundings, subject.layout, group, [(path, subject.hashes[path]) for path in seen]]), group


def _ask(subject: Subject, groups: list[list[str]], seed_key: str) -> list[_Answer]:
    if not groups:
        return []
    environment = subject.settings.environment
    options = list(_OPTIONS)
    if environment is not None:
        options += ["--python-executable", str(environment / "bin" / "python")]
    seed = subject.cache.get(seed_key)
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder, "request.json")
        request.write_text(json.dumps({"groups": groups, "options": options, "seed": seed is not None}))
        inputs = {_DRIVER: script_path(_DRIVER), "request.json": request}
        if seed is not None:
            inputs["seed.db"] = Path(folder, "seed.db")
            inputs["seed.db"].write_bytes(seed)
        argv = python_script(_DRIVER, "/in/request.json", "/in/seed.db", "/out/grown.db")
        command = Command(argv, inputs, environment_folders(environment) if environment else ())
        result = run_tool(subject.sandbox, subject.tree.root, command, subject.settings.timeout_seconds)
    try:
        answers = [_Answer(int(row["exit_code"]), str(row["stdout"]), str(row["stderr"])) for row in json.loads(result.stdout)]
    except MALFORMED as error:
        raise ToolError(f"mypy: did not finish; {own_words(result)}") from error
    if len(answers) != len(groups):
        raise ToolError(f"mypy: answered for {len(answers)} of {len(groups)} groups of files; {own_words(result)}")
    grown = result.outputs.get("grown.db")
    if grown is not None and len(grown) <= _MAX_SEED_BYTES:
        subject.cache.put(seed_key, grown)
    return answers


def _findings(subject: Subject, answer: _Answer) -> list[Finding]:
    """Raises ToolError for exit code 2: mypy stopped at something that kept it from checking."""
    if answer.exit_code not in {0, 1}:
        words = (answer.stdout.strip() or answer.stderr.strip())[:500]
        raise ToolError(f"mypy: stopped before it had checked the program: {words}")
    try:
        rows = [json.loads(line) for line in answer.stdout.splitlines() if line]
        return [_finding(subject, row) for row in rows if row["severity"] == "error"]
    except MALFORMED as error:
        raise ToolError(f"mypy: its answer is not the JSON that it promises: {answer.stdout[-500:]}") from error


def _finding(subject: Subject, row: Mapping[str, Any]) -> Finding:
    path = subject.relative(row["file"])
    return Finding(
        tool="mypy",
        rule_id=row["code"] or "misc",
        message=row["message"],
        path=path,
        line=max(row["line"], 0),
        column=subject.column(path, row["line"], row["column"]),
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        category=Category.TYPES,
    )
