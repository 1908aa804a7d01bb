"""SARIF 2.1.0 from any tool to findings.

Source: OASIS SARIF 2.1.0 (run 3.14, result 3.27, artifactLocation 3.4, suppression 3.35). Columns are taken as characters.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from orchestrator_assets.domain.finding import Category, Finding, normalise_context
from orchestrator_assets.stages.finding_paths import PathProblem, PathResolver, Place, place_of_uri, under_base
from orchestrator_assets.stages.findings_given import MAX_RESULTS, Note, NoteKind, ReadFindings, shown
from orchestrator_assets.stages.json_node import Node, clean_text
from orchestrator_assets.stages.rule_names import category_of, cwe_numbers, rule_name, tool_name
from orchestrator_assets.stages.sarif_rules import Rules, confidence_of, message_of, property_texts, severity_of

OWN_FINGERPRINT = "orchestrator/v1"

_MAX_NESTED_BASES = 16
_WHOLE_TREE = frozenset({"", ".", "./"})


@dataclass(slots=True)
class _Reading:
    """What the runs have given so far."""

    tree_files: Collection[str]
    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    versions: set[tuple[str, str]] = field(default_factory=set)
    offsets: list[tuple[int, int]] = field(default_factory=list)

    def note(self, kind: NoteKind, at: Node, text: str) -> None:
        self.notes.append(Note(kind, at.pointer, text))


def read_sarif(document: Node, tree_files: Collection[str]) -> ReadFindings:
    """Read a parsed log.

    Raises:
        FindingsError: It is not SARIF 2.1.0, has too many results, or places one outside the repository.
    """
    version = document.get("version")
    if version is None or version.value != "2.1.0":
        found = "has no version" if version is None else f"is SARIF {shown(version.value, 20)}"
        raise document.wrong(found, "export SARIF version '2.1.0' (the sarif-multitool converts older logs)")
    runs = document.get("runs")
    if runs is None:
        raise document.wrong("is not SARIF: it has no 'runs'", "give the tool's SARIF output")
    reading = _Reading(frozenset(tree_files))
    results = 0
    for run in runs.items():
        listed = run.get("results")
        results += len(listed.value) if listed is not None and isinstance(listed.value, list) else 0
        if results > MAX_RESULTS:
            raise run.wrong(f"more than {MAX_RESULTS:,} results", "split the file by folder or leave the style rules out")
        _read_run(run, reading)
    missing = sorted({f.path for f in reading.findings} - set(reading.tree_files))
    return ReadFindings(
        tuple(reading.findings), tuple(reading.notes), tuple(sorted(reading.versions)), tuple(missing), tuple(reading.offsets)
    )


def _read_run(run: Node, reading: _Reading) -> None:
    driver = run.need("tool").need("driver")
    tool = tool_name(driver.need("name").text())
    version = driver.text_of("semanticVersion") or driver.text_of("version")
    reading.versions.add((tool, clean_text(version, 60)))
    for invocation in run.members("invocations"):
        success = invocation.get("executionSuccessful")
        if success is not None and success.value is False:
            reading.note(NoteKind.TOOL_FAILED, invocation, f"{tool} says of itself that it did not run to the end")
    external = run.at("externalPropertyFileReferences", "results")
    if external is not None:
        raise external.wrong("keeps its results in other files", "put them inline, into this file")
    rules = Rules(run)
    kept = [result for result in run.members("results") if _counts(result, reading)]
    places = _Places(run)
    placed = [(result, *places.of(result)) for result in kept]
    resolver = PathResolver(reading.tree_files, [place for _, place, _ in placed if place is not None])
    for result, place, location in placed:
        if place is None or location is None:
            reading.note(NoteKind.NO_LOCATION, result, f"{tool}: {message_of(result, rules.of(result))[:200]}")
            continue
        try:
            path = resolver.resolve(place)
        except PathProblem as error:
            problem, _, mend = str(error).rpartition("; ")
            raise location.wrong(problem, mend) from error
        _add(result, location, path, tool, rules, reading)


def _counts(result: Node, reading: _Reading) -> bool:
    """Whether the result states an open problem; a note says why not."""
    suppressions = [s.text_of("status") for s in result.members("suppressions")]
    if suppressions and not {"underReview", "rejected"} & set(suppressions):
        reasons = "; ".join(filter(None, (s.text_of("justification") for s in result.members("suppressions"))))
        reading.note(NoteKind.SUPPRESSED, result, clean_text(reasons, 300) or "suppressed")
        return False
    if result.text_of("baselineState") == "absent":
        reading.note(NoteKind.NO_LONGER_THERE, result, "the tool did not find it any more (baselineState absent)")
        return False
    kind = result.text_of("kind") or "fail"
    if kind in {"pass", "notApplicable"}:
        reading.note(NoteKind.NOT_A_FAILURE, result, f"kind {kind}")
        return False
    return True


def _add(result: Node, location: Node, path: str, tool: str, rules: Rules, reading: _Reading) -> None:
    rule = rules.of(result)
    rule_id = rule_name(tool, clean_text(rule.rule_id, 200), rule.name)
    tags = [*rule.tags, *property_texts(result, "tags", "cwe")]
    cwe = tuple(sorted({*cwe_numbers(tags), *rule.cwe, *rules.taxa(result)}))
    region = location.get("region")
    line, column, end_line, end_column = _region(region)
    finding = Finding(
        tool=tool,
        rule_id=rule_id,
        message=clean_text(message_of(result, rule), 4000),
        path=path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=severity_of(result, rule, tool, rule_id),
        confidence=confidence_of(result, rule),
        category=_category(result) or category_of(tool, rule_id, tags, cwe),
        cwe=cwe,
        context=normalise_context(clean_text(_whole_line(location, line), 2000)),
        fingerprint=_own_fingerprint(result),
        also=tuple(clean_text(text, 300) for text in property_texts(result, "also")),
    )
    offset = None if region is None or region.get("startLine") is not None else region.integer_of("charOffset")
    if offset is not None and offset >= 0:
        reading.offsets.append((len(reading.findings), offset))
    if path not in reading.tree_files:
        reading.note(NoteKind.NOT_IN_TREE, result, f"{path} is not a file of the repository at this commit")
    reading.findings.append(finding)


def _region(region: Node | None) -> tuple[int, int, int, int]:
    """Line, column, end line, end column; line 1 for the whole file, 0 where the tool does not say."""
    if region is None:
        return 1, 0, 0, 0
    line = region.integer_of("startLine")
    if line is None:
        return 1, 0, 0, 0
    if line < 1:
        raise region.need("startLine").wrong(f"line {line} is before the first", "count lines from 1")
    column = max(region.integer_of("startColumn") or 0, 0)
    end_line, end_column = region.integer_of("endLine") or 0, region.integer_of("endColumn") or 0
    if end_column > 0 and end_line == 0:
        end_line = line
    if end_line < line or end_column < 0 or (end_line == line and 0 < end_column < column):
        return line, column, 0, 0
    return line, column, end_line, end_column


def _whole_line(location: Node, line: int) -> str:
    """The first line's whole text where the tool quotes it: what finds the line again after it has moved."""
    around = location.at("contextRegion", "snippet", "text")
    first = (location.get("contextRegion") or location).integer_of("startLine") if around is not None else None
    if around is not None and first is not None:
        lines = around.text().splitlines()
        return lines[line - first] if 0 <= line - first < len(lines) else ""
    quoted = location.at("region", "snippet", "text")
    region = location.get("region")
    if quoted is None or region is None or (region.integer_of("startColumn") or 1) > 1:
        return ""
    text = quoted.text()
    return text.splitlines()[0] if "\n" in text else ""


def _category(result: Node) -> Category | None:
    words = property_texts(result, "category")
    return next((category for category in Category if words and category.value == words[0]), None)


def _own_fingerprint(result: Node) -> str:
    prints = result.get("partialFingerprints")
    found = prints.get(OWN_FINGERPRINT) if prints is not None else None
    return clean_text(found.text(), 64) if found is not None else ""


class _Places:
    """The locations of one run's results as places, through its bases and its table of artifacts."""

    def __init__(self, run: Node) -> None:
        self._artifacts = run.get("artifacts")
        self._declared = run.get("originalUriBaseIds")
        self._bases: dict[str, Place] = {}

    def of(self, result: Node) -> tuple[Place | None, Node | None]:
        """The first location's place and physical location, None where the result has none."""
        for location in result.members("locations"):
            physical = location.get("physicalLocation")
            artifact = None if physical is None else physical.get("artifactLocation")
            if artifact is not None and physical is not None:
                place = self._place(artifact)
                return (place, physical) if place is not None else (None, None)
        return None, None

    def _place(self, artifact: Node) -> Place | None:
        uri = artifact.get("uri")
        if uri is None:
            index = artifact.integer_of("index")
            entry = self._artifacts.item(index) if self._artifacts is not None and index is not None else None
            listed = None if entry is None else entry.get("location")
            if listed is None or listed.get("uri") is None:
                return None
            artifact, uri = listed, listed.need("uri")
        if uri.text() in _WHOLE_TREE:
            return None
        try:
            place = place_of_uri(uri.text())
        except PathProblem as error:
            problem, _, mend = str(error).rpartition("; ")
            raise uri.wrong(problem, mend) from error
        return under_base(self._base(artifact.text_of("uriBaseId")), place)

    def _base(self, name: str, depth: int = 0) -> Place:
        """The folder behind a base id; an unknown one is taken for the repository's root."""
        if not name:
            return Place("")
        if name not in self._bases:
            declared = None if self._declared is None else self._declared.get(name)
            if declared is not None and depth > _MAX_NESTED_BASES:
                raise declared.wrong("its base ids refer to each other in a circle", "give one of them an absolute uri")
            self._bases[name] = Place("") if declared is None else self._declared_base(declared, depth)
        return self._bases[name]

    def _declared_base(self, declared: Node, depth: int) -> Place:
        outer = self._base(declared.text_of("uriBaseId"), depth + 1)
        uri = declared.get("uri")
        if uri is None or uri.text() in _WHOLE_TREE:
            return outer
        try:
            place = place_of_uri(uri.text())
        except PathProblem as error:
            problem, _, mend = str(error).rpartition("; ")
            raise uri.wrong(problem, mend) from error
        # What hangs on an absolute base is relative to the base itself: most tools declare the repository's root.
        return under_base(outer, place)
