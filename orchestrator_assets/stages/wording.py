"""Amounts and outcomes in words, the same on the page, in the terminal and in the UI; hostile text made visible."""

import re
from decimal import Decimal

from orchestrator_assets.domain.cost import MicroUsd, micro_to_usd
from orchestrator_assets.domain.finding import OutcomeKind
from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.job import JobState
from orchestrator_assets.domain.report import QualityReport, SuiteCounts
from orchestrator_assets.domain.suite import SuiteStatus

# Control characters, lone surrogates, and the marks that reorder or hide text ("Trojan Source").
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")

STATES = {
    JobState.QUEUED: "Queued",
    JobState.RUNNING: "Running",
    JobState.DELIVERED: "Delivered",
    JobState.NEEDS_REVIEW: "Needs review",
    JobState.REJECTED: "Rejected",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}

GATE_STATES = {
    GateStatus.PASSED: "Passed",
    GateStatus.FAILED: "Failed",
    GateStatus.ERROR: "Error",
    GateStatus.NOT_APPLICABLE: "Not applicable",
}

OUTCOMES = {
    OutcomeKind.DROPPED: "Tried and withdrawn",
    OutcomeKind.NO_FIX: "Left for a person",
    OutcomeKind.NOT_REPRODUCED: "Not found again",
    OutcomeKind.FIXED: "Fixed",
}

TIERS = {"rules": "Deterministic rules", "model": "Language models"}


def visible(text: str) -> str:
    """Replace characters that a reader would not see, or that act on a terminal, by their escapes."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str) -> str:
    """`visible`, on one line."""
    return visible(" ".join(text.split()))


def clipped(text: str, length: int) -> str:
    """At most `length` characters, the cut marked."""
    return text if len(text) <= length else text[: max(length - 3, 0)].rstrip() + "..."


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 finding`, `2,000 findings`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def usd(amount: MicroUsd) -> str:
    """Two decimals, or as many of the six as say something."""
    exact = micro_to_usd(amount)
    cents = exact.quantize(Decimal("0.01"))
    return f"{cents:,} USD" if cents == exact else f"{exact.normalize():,f} USD"


def duration(seconds: float) -> str:
    """`0.02 s`, `0.3 s`, `12 s`, `4 min 05 s`, `2 h 03 min`."""
    if seconds < 0.095:
        return f"{seconds:.2f} s"
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def change(before: float, after: float) -> str:
    """`+3.20`, `-1.00` or `no change`."""
    return f"{after - before:+.2f}" if round(after - before, 2) else "no change"


def measure(value: float | int | str | None) -> str:
    """A gate's measure: whole numbers with separators, others with at most two decimals."""
    if isinstance(value, bool) or value is None:
        return "-" if value is None else str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, int) or value.is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def spaced(name: str) -> str:
    """`type_safety` as `Type safety`."""
    return name.replace("_", " ").strip().capitalize()


def suite_line(run: SuiteCounts) -> str:
    """`45 passed, 0 failed`, or why there are no results."""
    if run.status is SuiteStatus.RAN:
        return f"{run.passed:,} passed, {run.failed:,} failed" + (f", {run.skipped:,} skipped" if run.skipped else "")
    state = "there are none" if run.status is SuiteStatus.NO_TESTS else "could not run"
    return f"{state}: {run.reason}" if run.reason else state


def untested(report: QualityReport) -> str:
    """The warning that belongs to a report whose fixes no test has seen, empty otherwise."""
    run = report.tests.blocker
    if run is None:
        return ""
    which = "before" if run is report.tests.before else "after"
    why = f" ({run.reason.rstrip('.')})" if run.reason else ""
    state = "The repository has no tests" if run.status is SuiteStatus.NO_TESTS else f"The tests could not be run {which} the changes"
    return f"{state}{why}. Fixes were verified by re-scanning alone; nothing shows that behaviour is unchanged."


def verification(report: QualityReport) -> str:
    """What the numbers rest on, in a sentence or two."""
    findings = len(report.outcomes)
    if not findings:
        return "There were no findings to work on."
    fixed = f"{report.fixed:,} of {counted(findings, 'finding')} {'is' if report.fixed == 1 else 'are'} verified as fixed"
    if not report.fixed:
        return f"None of {counted(findings, 'finding')} is verified as fixed."
    if untested(report):
        return f"{fixed}, by re-scanning alone: no tests could vouch for the behaviour."
    broken, kept = len(report.tests.regressed), report.tests.kept
    if broken:
        return f"{fixed}, but {counted(broken, 'test')} that passed before {'does' if broken == 1 else 'do'} not pass now."
    kept_words = f"all {kept:,}" if kept == report.tests.before.passed else f"{kept:,} of {report.tests.before.passed:,}"
    them = "it" if report.fixed == 1 else "them"
    return f"{fixed}: a re-scan no longer reports {them}, and {kept_words} tests that passed before still pass."
