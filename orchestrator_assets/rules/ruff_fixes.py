"""Ruff's own fixes, for the findings in question only."""

import json
import re
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import libcst as cst

from orchestrator_assets.domain.errors import ToolError
from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety, ImportNeed
from orchestrator_assets.domain.ports import Sandbox, SandboxRun
from orchestrator_assets.domain.source_text import offset_at
from orchestrator_assets.domain.tree import SourceTree
from orchestrator_assets.rules.rule import Decline, Rewrite
from orchestrator_assets.rules.source_file import SourceFile

# Fixes that hide a finding, delete what the program does, touch suppressions, or rename parameters that callers may name.
REFUSED = frozenset(
    ("T201", "T203", "ERA001", "B018", "RUF100", "RUF101", "RUF102", "RUF103", "RUF104", "PGH003", "PGH004", "S101", "N804", "N805")
)
_SUPPRESSION = re.compile(r"#\s*(?:noqa|nosec|type:\s*ignore|pylint:\s*disable|ruff:\s*noqa|pyright:\s*ignore)", re.IGNORECASE)

_IMPORT_LINE = re.compile(r"[\r\n]*(?:import (?P<plain>[\w.]+)|from (?P<module>\w[\w.]*) import (?P<name>\w+))[\r\n]*")
_ELEMENTWISE = re.compile(
    r"^\s*(?:import|from)\s+(sqlalchemy|sqlmodel|peewee|pony|pandas|numpy|polars|pyspark|xarray|dask|torch|tensorflow|jax|django)\b",
    re.MULTILINE,
)
_IN_STRING = re.compile(r"""\bin\s*\(?\s*[rRuUbB]?["'][^"']*["']\s*\)?\s*$""")
_SWALLOWS = re.compile(r"\bsuppress\((?:Base)?Exception\b")

# Messages of pylint that mean exactly what these rules of ruff mean, found on the same line.
EQUIVALENTS: dict[str, tuple[str, ...]] = {
    "chained-comparison": ("PLR1716",),
    "consider-iterating-dictionary": ("SIM118",),
    "consider-merging-isinstance": ("SIM101",),
    "consider-using-f-string": ("UP032",),
    "consider-using-from-import": ("PLR0402",),
    "consider-using-generator": ("C419",),
    "consider-using-get": ("SIM401",),
    "consider-using-in": ("PLR1714",),
    "consider-using-max-builtin": ("PLR1730",),
    "consider-using-min-builtin": ("PLR1730",),
    "consider-using-set-comprehension": ("C401", "C403"),
    "consider-using-dict-comprehension": ("C402", "C404"),
    "consider-using-sys-exit": ("PLR1722",),
    "f-string-without-interpolation": ("F541",),
    "missing-final-newline": ("W292",),
    "multiple-imports": ("E401",),
    "nested-min-max": ("PLW3301",),
    "no-else-break": ("RET508",),
    "no-else-continue": ("RET507",),
    "no-else-raise": ("RET506",),
    "no-else-return": ("RET505",),
    "redundant-u-string-prefix": ("UP025",),
    "reimported": ("F811",),
    "simplifiable-if-expression": ("SIM210", "SIM211"),
    "simplifiable-if-statement": ("SIM103", "SIM108"),
    "singleton-comparison": ("E711", "E712"),
    "subprocess-run-check": ("PLW1510",),
    "super-with-arguments": ("UP008",),
    "trailing-newlines": ("W391",),
    "trailing-whitespace": ("W291", "W293"),
    "unnecessary-comprehension": ("C416",),
    "unnecessary-dict-index-lookup": ("PLR1733",),
    "unnecessary-ellipsis": ("PIE790",),
    "unnecessary-lambda": ("PLW0108",),
    "unnecessary-lambda-assignment": ("E731",),
    "unnecessary-list-index-lookup": ("PLR1736",),
    "unnecessary-negation": ("E713", "E714", "SIM201", "SIM202"),
    "unnecessary-pass": ("PIE790",),
    "unnecessary-semicolon": ("E703",),
    "unused-import": ("F401",),
    "unused-variable": ("F841", "RUF059", "B007"),
    "use-a-generator": ("C419",),
    "use-dict-literal": ("C408",),
    "use-implicit-booleaness-not-len": ("PLC1802",),
    "use-list-literal": ("C408",),
    "use-maxsplit-arg": ("PLC0207",),
    "use-yield-from": ("UP028",),
    "useless-import-alias": ("PLC0414",),
    "useless-object-inheritance": ("UP004",),
    "useless-return": ("PLR1711",),
    "anomalous-backslash-in-string": ("W605",),
}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One of ruff's results that has a fix; places are 1-based and in characters."""

    rule: str
    path: str
    line: int
    column: int
    message: str
    title: str
    safe: bool
    edits: tuple[tuple[int, int, int, int, str], ...]


class RuffFixes:
    """Asks ruff once for all files and finds each finding's fix among the answers."""

    def __init__(self, sandbox: Sandbox, target_version: tuple[int, int]) -> None:
        """The customer's own configuration is never read; the target version stands for it."""
        self._sandbox = sandbox
        self._target = f"py{target_version[0]}{target_version[1]}"

    def rules_for(self, finding: Finding, root: Path) -> tuple[str, ...]:
        """Ruff's rules that may fix the finding, none where ruff knows no fix."""
        if finding.tool == "ruff":
            wanted: tuple[str, ...] = (finding.rule_id,)
        elif finding.tool == "pylint":
            wanted = EQUIVALENTS.get(finding.rule_id, ())
        else:
            wanted = ()
        return tuple(rule for rule in wanted if rule not in REFUSED and self.catalogue(root).get(rule, False))

    def catalogue(self, root: Path) -> Mapping[str, bool]:
        """Ruff's stable rules that can have a fix; previews are left out, because they change without notice."""
        if not self._known:
            rows = json.loads(self._run(root, ("rule", "--all", "--output-format", "json")))
            self._known.update({row["code"]: row["fix_availability"] != "None" and not row["preview"] for row in rows})
        return self._known

    @cached_property
    def _known(self) -> dict[str, bool]:
        return {}

    def diagnose(self, tree: SourceTree, rules: Iterable[str], paths: Iterable[str]) -> list[Diagnostic]:
        """Run the rules over the files; results without an applicable fix are left out.

        Raises:
            ToolError: Ruff did not run or its answer cannot be read.
        """
        selected, files = sorted(set(rules)), sorted(set(paths))
        if not selected or not files:
            return []
        argv = ("check", "--isolated", "--ignore-noqa", "--no-cache", "--exit-zero", "--output-format", "json", "--unsafe-fixes")
        output = self._run(tree.root, (*argv, "--target-version", self._target, "--select", ",".join(selected), "--", *files))
        try:
            rows = json.loads(output)
            found = [_diagnostic(row, files) for row in rows]
        except (ValueError, KeyError, TypeError) as error:
            raise ToolError(f"ruff's answer cannot be read ({error}); check that the pinned version of ruff is installed") from error
        return [item for item in found if item is not None]

    def _run(self, root: Path, arguments: tuple[str, ...]) -> bytes:
        program = Path(sysconfig.get_path("scripts")) / "ruff"
        prefixes = tuple(dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix))))
        result = self._sandbox.run(SandboxRun(argv=(str(program), *arguments), tree=root, read_only=prefixes))
        if result.exit_code != 0:
            words = result.stderr.decode("utf-8", "replace").strip()[-500:]
            raise ToolError(f"ruff ended with exit code {result.exit_code}: {words or 'no message'}")
        return result.stdout


def _diagnostic(row: Mapping[str, Any], files: Sequence[str]) -> Diagnostic | None:
    fix = row.get("fix")
    path = _relative(row["filename"], files)
    if not fix or fix["applicability"] not in {"safe", "unsafe"} or path is None or not row.get("code"):
        return None
    edits = tuple(
        (e["location"]["row"], e["location"]["column"], e["end_location"]["row"], e["end_location"]["column"], e["content"])
        for e in fix["edits"]
    )
    where = row["location"]
    title = fix.get("message") or row["message"]
    return Diagnostic(row["code"], path, where["row"], where["column"], row["message"], title, fix["applicability"] == "safe", edits)


def _relative(filename: str, files: Sequence[str]) -> str | None:
    """Ruff answers with absolute names of its own world; the longest of the given paths that ends it is meant."""
    name = filename.replace("\\", "/")
    matches = [path for path in files if name == path or name.endswith("/" + path)]
    return max(matches, key=len, default=None)


def match(finding: Finding, rules: Sequence[str], diagnostics: Sequence[Diagnostic], source: SourceFile) -> Diagnostic | Decline:
    """The diagnostic that means the finding: the exact place for ruff's own, the same line for an equivalent message of pylint."""
    ours = [d for d in diagnostics if d.rule in rules]
    exact = [d for d in ours if (d.line, d.column) == (finding.line, finding.column)]
    if finding.tool == "pylint" and finding.rule_id == "unused-import":
        ours = [d for d in ours if d.line == finding.line or _covers(d, finding.line)]
        return _named(finding, ours, source)
    candidates = exact or [d for d in ours if d.line == finding.line]
    if not candidates and finding.rule_id in _ELSEWHERE and finding.tool == "pylint":
        lines = _lines_of(finding, source)
        candidates = [d for d in ours if d.line in lines][:1]
    if not candidates and finding.tool == "pylint":
        candidates = [d for d in ours if _covers(d, finding.line)]
    if finding.tool == "pylint" and finding.rule_id in {"unused-variable", "reimported"}:
        return _named(finding, candidates, source)
    if len(candidates) == 1 or len({d.edits for d in candidates}) == 1:
        return candidates[0]
    if not candidates:
        return _no_fix(finding, source)
    return Decline("several fixes of ruff answer to this line, and which one is meant is not certain")


# pylint points at the whole statement, ruff at the part that is too much.
_ELSEWHERE = frozenset({"no-else-return", "no-else-raise", "no-else-continue", "no-else-break", "useless-return"})


def _lines_of(finding: Finding, source: SourceFile) -> set[int]:
    """Lines of the branches of the `if` at the finding's line, or of the last statement of its function."""
    if finding.rule_id == "useless-return":
        functions = [node for node in source.nodes(cst.FunctionDef) if isinstance(node, cst.FunctionDef)]
        return {source.place(f.body.body[-1])[0] for f in functions if source.place(f.name)[0] == finding.line}
    lines: set[int] = set()
    for node in source.nodes(cst.If):
        branch = node.orelse if isinstance(node, cst.If) and source.place(node)[0] == finding.line else None
        while branch is not None:
            lines.add(source.place(branch)[0])
            branch = branch.orelse if isinstance(branch, cst.If) else None
    return lines


def _covers(diagnostic: Diagnostic, line: int) -> bool:
    return any(first <= line <= last for first, _, last, _, _ in diagnostic.edits)


_QUOTED = re.compile(r"[`'\"]([^`'\"]+)[`'\"]")


def _named(finding: Finding, candidates: Sequence[Diagnostic], source: SourceFile) -> Diagnostic | Decline:
    """Pick by the name that both messages mention."""
    words = set(re.findall(r"[\w.]+", finding.message))
    named = [d for d in candidates if (m := _QUOTED.search(d.message)) and (m[1] in words or m[1].rpartition(".")[2] in words)]
    if named and len({d.edits for d in named}) == 1:
        return named[0]
    return _no_fix(finding, source)


def _no_fix(finding: Finding, source: SourceFile) -> Decline:
    version = ".".join(map(str, source.target_version))
    return Decline(f"ruff offers no fix for {finding.tool}:{finding.rule_id} at this place that keeps the code running on Python {version}")


def rewrite_of(diagnostic: Diagnostic, source: SourceFile) -> Rewrite | Decline:
    """The diagnostic's edits as offsets into the text."""
    edits = tuple(
        sorted(
            Edit(offset_at(source.starts, r1, c1), offset_at(source.starts, r2, c2), content)
            for r1, c1, r2, c2, content in diagnostic.edits
        )
    )
    removed = "".join(source.text[e.start : e.end] for e in edits)
    added = "".join(e.replacement for e in edits)
    if len(_SUPPRESSION.findall(added)) > len(_SUPPRESSION.findall(removed)):
        return Decline("ruff's fix would only suppress the finding")
    if diagnostic.rule in {"E711", "E712"} and (library := _ELEMENTWISE.search(source.text)):
        return Decline(f"{library[1]} gives == a meaning of its own for columns and arrays, which 'is' and truth don't have")
    if diagnostic.rule == "FURB171" and _IN_STRING.search(removed):
        return Decline("the right side is a string, in which a part is looked for; a comparison means something else")
    if _SWALLOWS.search(added):
        return Decline("ruff's fix would still swallow every error, only less visibly; name the errors that may be ignored")
    if diagnostic.rule == "F841" and re.match(r"\s*__\w+__\b", removed):
        return Decline("a local variable with such a name is read by debuggers or test runners from outside")
    if "#" in removed and removed.count("#") > added.count("#"):
        return Decline("ruff's fix would delete a comment")
    safety = FixSafety.SAFE if diagnostic.safe else FixSafety.UNSAFE
    kept, imports = _without_imports(edits)
    return Rewrite(kept, f"ruff's own fix for {diagnostic.rule}.", imports, safety)


def _without_imports(edits: tuple[Edit, ...]) -> tuple[tuple[Edit, ...], tuple[ImportNeed, ...]]:
    """Take out the import lines that ruff inserts beside its change: it puts them anywhere, patching in sorted place and once."""
    needs = {edit: match for edit in edits if edit.start == edit.end and (match := _IMPORT_LINE.fullmatch(edit.replacement))}
    if len(needs) == len(edits):
        return edits, ()
    imports = tuple(ImportNeed(match["plain"] or match["module"], match["name"]) for match in needs.values())
    return tuple(edit for edit in edits if edit not in needs), imports
