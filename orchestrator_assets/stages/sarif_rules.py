"""What a SARIF run says about its rules, and what follows from it for a result: severity, confidence, message, CWE.

Source: OASIS SARIF 2.1.0 (reportingDescriptor 3.49, reportingConfiguration 3.50, message 3.11, taxa 3.27.8).
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator_assets.domain.finding import Confidence, Severity
from orchestrator_assets.stages.json_node import Node
from orchestrator_assets.stages.rule_names import (
    confidence_of_word,
    cwe_numbers,
    severity_of_level,
    severity_of_score,
    severity_of_word,
)

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A result's rule: what its descriptor says, or just its id where there is none."""

    rule_id: str
    name: str = ""
    level: str = ""
    score: float | None = None
    precision: str = ""
    tags: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    text: str = ""
    descriptor: Node | None = None


class Rules:
    """The rules of one run: its driver's and its extensions'."""

    def __init__(self, run: Node) -> None:
        """Index the descriptors by component and id."""
        tool = run.need("tool")
        self._taxonomies = list(run.members("taxonomies"))
        self._components = [tool.need("driver"), *tool.members("extensions")]
        self._descriptors = [list(component.members("rules")) for component in self._components]
        self._by_id: dict[str, Node] = {}
        for descriptors in self._descriptors:
            for descriptor in descriptors:
                self._by_id.setdefault(descriptor.text_of("id"), descriptor)
        self._overrides = dict(self._overridden_levels(run))
        self._read: dict[tuple[str, int], Rule] = {}

    def of(self, result: Node) -> Rule:
        """The result's rule; `unspecified` where the result names none."""
        reference = result.get("rule")
        rule_id = result.text_of("ruleId") or ("" if reference is None else reference.text_of("id"))
        descriptor = self._descriptor(result, reference, rule_id)
        key = (rule_id, id(descriptor.value) if descriptor is not None else 0)
        if key not in self._read:
            self._read[key] = self._rule(rule_id, descriptor)
        return self._read[key]

    def taxa(self, result: Node) -> tuple[int, ...]:
        """CWE numbers that the result itself is classified by."""
        return self._cwe_of(result.members("taxa"))

    def _descriptor(self, result: Node, reference: Node | None, rule_id: str) -> Node | None:
        """By component and index when both fit the id, else by id, else by the id's first part (`CA1000/1`)."""
        index = result.integer_of("ruleIndex")
        component = 0
        if reference is not None:
            index = reference.integer_of("index") if index is None else index
            component = self._component(reference.get("toolComponent"))
        if index is not None and 0 <= index < len(self._descriptors[component]):
            found = self._descriptors[component][index]
            named = found.text_of("id")
            if not rule_id or rule_id == named or rule_id.startswith(f"{named}/"):
                return found
        return self._by_id.get(rule_id) or self._by_id.get(rule_id.rpartition("/")[0])

    def _component(self, reference: Node | None) -> int:
        """Index into driver and extensions; a reference without an index is by name, one with neither means the driver."""
        if reference is None:
            return 0
        index = reference.integer_of("index")
        if index is not None:
            return index + 1 if 0 <= index + 1 < len(self._components) else 0
        name = reference.text_of("name")
        return next((i for i, component in enumerate(self._components) if name and component.text_of("name") == name), 0)

    def _rule(self, rule_id: str, descriptor: Node | None) -> Rule:
        if descriptor is None:
            return Rule(rule_id or "unspecified", level=self._overrides.get(rule_id, ""))
        own_id = descriptor.text_of("id")
        tags = property_texts(descriptor, "tags", "cwe")
        related = (target for relation in descriptor.members("relationships") if (target := relation.get("target")) is not None)
        level = descriptor.at("defaultConfiguration", "level")
        text = descriptor.at("shortDescription", "text") or descriptor.at("fullDescription", "text")
        return Rule(
            rule_id=rule_id or own_id or "unspecified",
            name=descriptor.text_of("name"),
            level=self._overrides.get(own_id, "" if level is None else level.text()),
            score=_score(descriptor),
            precision=next(iter(property_texts(descriptor, "precision")), ""),
            tags=tuple(tags),
            cwe=tuple(sorted({*cwe_numbers(tags), *self._cwe_of(related)})),
            text="" if text is None else text.text(),
            descriptor=descriptor,
        )

    def _cwe_of(self, references: Iterable[Node]) -> tuple[int, ...]:
        """CWE numbers among references to taxa, which name the taxonomy or just count into it."""
        found: set[int] = set()
        for reference in references:
            component = reference.get("toolComponent")
            name = "" if component is None else component.text_of("name")
            taxon = reference.text_of("id")
            at = None if component is None else component.integer_of("index")
            if at is not None and 0 <= at < len(self._taxonomies):
                taxonomy = self._taxonomies[at]
                name = name or taxonomy.text_of("name")
                entries = list(taxonomy.members("taxa"))
                index = reference.integer_of("index")
                if not taxon and index is not None and 0 <= index < len(entries):
                    taxon = entries[index].text_of("id")
            if name.upper() == "CWE" or taxon.upper().startswith("CWE"):
                found.update(cwe_numbers([taxon if taxon.upper().startswith("CWE") else f"CWE-{taxon}"]))
        return tuple(sorted(found))

    def _overridden_levels(self, run: Node) -> Iterable[tuple[str, str]]:
        for invocation in run.members("invocations"):
            for override in invocation.members("ruleConfigurationOverrides"):
                level = override.at("configuration", "level")
                descriptor = override.get("descriptor")
                if level is None or descriptor is None:
                    continue
                index = descriptor.integer_of("index")
                listed = self._descriptors[0][index] if index is not None and 0 <= index < len(self._descriptors[0]) else None
                rule_id = descriptor.text_of("id") or ("" if listed is None else listed.text_of("id"))
                yield rule_id, level.text()


def severity_of(result: Node, rule: Rule, tool: str, rule_id: str) -> Severity:
    """The result's own severity, else its or its rule's `security-severity`, else bandit's word, else the level."""
    own = next((s for word in property_texts(result, "severity") if (s := severity_of_word(word)) is not None), None)
    if own is not None:
        return own
    score = _score(result)
    score = rule.score if score is None else score
    if score is not None:
        return severity_of_score(score)
    issue = next((s for word in property_texts(result, "issue_severity") if (s := severity_of_word(word)) is not None), None)
    if issue is not None:
        return issue
    if result.text_of("kind") == "informational":
        return Severity.INFO
    return severity_of_level(result.text_of("level") or rule.level or "warning", tool, rule_id)


def confidence_of(result: Node, rule: Rule) -> Confidence:
    """The result's own confidence, else its rule's precision, else medium."""
    words = [*property_texts(result, "confidence", "issue_confidence"), rule.precision]
    return next((c for word in words if (c := confidence_of_word(word)) is not None), Confidence.MEDIUM)


def message_of(result: Node, rule: Rule) -> str:
    """The message with its arguments put in; the rule's description where the result has none."""
    message = result.get("message")
    if message is None:
        return rule.text
    text = message.get("text") or message.get("markdown")
    if text is None and rule.descriptor is not None:
        text = rule.descriptor.at("messageStrings", message.text_of("id"), "text")
    if text is None:
        return rule.text
    arguments = [argument.text() for argument in message.members("arguments")]
    return _filled(text.text(), arguments) if arguments else text.text()


def property_texts(owner: Node, *names: str) -> Sequence[str]:
    """The strings of the named members of a property bag, alone or in an array; anything else in it is the tool's own affair."""
    bag = owner.get("properties")
    if bag is None or not isinstance(bag.value, dict):
        return []
    found: list[str] = []
    for name in names:
        value = bag.value.get(name)
        found += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
    return found


def _score(owner: Node) -> float | None:
    bag = owner.get("properties")
    value = bag.value.get("security-severity") if bag is not None and isinstance(bag.value, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        score = float(value)
    except (ValueError, OverflowError):
        return None
    return score if math.isfinite(score) else None


def _filled(text: str, arguments: Sequence[str]) -> str:
    def fill(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return match.group()[0]
        index = int(match.group(1))
        return arguments[index] if index < len(arguments) else match.group()

    return _PLACEHOLDER.sub(fill, text)
