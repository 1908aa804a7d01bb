import base64
import hashlib
import re
import time
from html.parser import HTMLParser

import pytest

from orchestrator_assets.domain.finding import OutcomeKind, Severity
from orchestrator_assets.domain.gate import GateStatus
from orchestrator_assets.domain.report import ReportInputs
from orchestrator_assets.domain.scan import RunStatus, ToolRun
from orchestrator_assets.domain.suite import SuiteRun, SuiteStatus
from orchestrator_assets.stages.report import build_report, report_html
from tests.builders import GATES, a_diff, a_finding, a_fix, a_gate_result, a_suite, a_verdict, an_applied_group, an_outcome, report_inputs

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}&lt;"
VOID = {"meta", "rect", "line", "input", "link", "br", "img"}


class Page(HTMLParser):
    """A page's elements, its text, and whether its tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.words: list[str] = []
        self.raw = {"style": "", "script": ""}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]] += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(inputs: ReportInputs) -> Page:
    return Page(report_html(build_report(inputs)).decode())


def rich_job() -> ReportInputs:
    outcomes = [an_outcome(kind, a_finding(line=n + 1, severity=Severity.HIGH, cwe=(78,))) for n, kind in enumerate(OutcomeKind)]
    group = an_applied_group(a_fix("app/core.py", outcomes[0].finding.fingerprint))
    return report_inputs(outcomes=outcomes, groups=[group], introduced=[a_finding(line=99)], notes=("A note.",))


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    shown = page(rich_job())
    assert (shown.unbalanced, shown.open) == ([], [])
    attributes = {name for _, found in shown.elements for name in found}
    assert not attributes & {"src", "srcset", "style", "action", "onload", "onclick", "onerror"}
    assert all(str(link["href"]).startswith("#") for link in shown.all("a"))
    assert not re.search(r"@import|url\(", shown.raw["style"])


def test_every_link_leads_to_a_section() -> None:
    shown = page(rich_job())
    ids = [str(found["id"]) for _, found in shown.elements if "id" in found]
    assert len(ids) == len(set(ids))
    assert {str(link["href"])[1:] for link in shown.all("a")} <= set(ids)


@pytest.mark.parametrize("part", ["style", "script"])
def test_the_browser_runs_only_what_the_policy_names(part: str) -> None:
    shown = page(rich_job())
    policy = next(str(meta["content"]) for meta in shown.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(shown.raw[part].encode()).digest()).decode()
    assert f"{part}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert len(shown.all(part)) == 1


def test_hostile_text_stays_text_wherever_it_comes_from() -> None:
    finding = a_finding(HOSTILE, HOSTILE, message=HOSTILE, path=f"src/{HOSTILE}", fingerprint="h")
    fixed = a_finding(HOSTILE, HOSTILE, message=HOSTILE, path=HOSTILE, fingerprint="f1")
    fix = a_fix(HOSTILE, "f1", evidence=HOSTILE, title=HOSTILE, rule=HOSTILE)
    inputs = report_inputs(
        gates=[a_gate_result("security", 0.5, a_verdict(0.5, None, HOSTILE, summary=HOSTILE, details={HOSTILE: HOSTILE}))],
        outcomes=[an_outcome(OutcomeKind.NO_FIX, finding, reason=HOSTILE), an_outcome(OutcomeKind.FIXED, fixed)],
        introduced=[finding],
        groups=[an_applied_group(fix, rule=HOSTILE, title=HOSTILE, commit=HOSTILE, diff=a_diff(HOSTILE, HOSTILE, HOSTILE))],
        suite_before=SuiteRun("t", SuiteStatus.COULD_NOT_RUN, HOSTILE, reason=HOSTILE),
        suite_after=a_suite(flaky=(HOSTILE,), reason=HOSTILE),
        tool_runs=[ToolRun(HOSTILE, HOSTILE, RunStatus.ERROR, message=HOSTILE)],
        stage_seconds={HOSTILE: 1.0},
        notes=[HOSTILE],
        sandbox=HOSTILE,
        commit_before=HOSTILE,
    )
    shown = page(inputs)
    assert shown.unbalanced == []
    assert len(shown.all("script")) == 1
    assert shown.all("img") == []
    assert shown.text.count("alert(1)") > 20
    assert "49" not in re.sub(r"[0-9a-f-]{36}", "", shown.text)


def test_marks_that_reorder_or_hide_text_are_shown_as_escapes() -> None:
    finding = a_finding(message="if admin\u202e\u2066 // check\u2069", path="a\u200bb\x1b[31m\udce9.py")
    html = report_html(build_report(report_inputs(outcomes=[an_outcome(OutcomeKind.NO_FIX, finding)]))).decode()
    assert "if admin\\u202e\\u2066 // check\\u2069" in html
    assert "a\\u200bb\\u001b[31m\\udce9.py" in html
    assert not re.search("[\u200b\u202e\u2066\x1b]", html)


def test_the_page_tells_scores_findings_tests_and_cost() -> None:
    text = page(rich_job()).text
    assert "60.00 → 80.00" in text
    assert "1 of 4" in text
    assert "The score rose from 60.00 to 80.00 and no gate got worse." in text
    assert "1 of 4 findings is verified as fixed: a re-scan no longer reports it, and all 10 tests that passed before still pass." in text
    assert "0.00 USD" in text
    for title in ("Tried and withdrawn: 1", "Left for a person: 1", "Not found again: 1"):
        assert title in text


def test_every_gate_has_its_row_with_words_for_its_status() -> None:
    kinds = dict(zip(GATES, list(GateStatus) * 3, strict=False))
    unmeasured = {GateStatus.ERROR, GateStatus.NOT_APPLICABLE}
    gates = [a_gate_result(name, 0.5, a_verdict(0.0 if kind in unmeasured else 0.5, kind)) for name, kind in kinds.items()]
    text = page(report_inputs(gates=gates)).text
    for name in GATES:
        assert name.replace("_", " ").capitalize() in text
    assert text.count("✓ Passed") == 3
    assert text.count("✗ Failed") == 3
    assert text.count("! Error") == 2
    assert text.count("\N{EN DASH} Not applicable") == 2


def test_a_veto_is_said_with_its_reason() -> None:
    gates = [a_gate_result("security", 0.5, a_verdict(0.5, None, "critical: eval of a request in app/core.py"))]
    text = page(report_inputs(gates=gates)).text
    assert "The score is vetoed." in text
    assert "critical: eval of a request in app/core.py" in text
    assert "50.00 without the veto" in text


def test_a_job_without_tests_says_what_its_fixes_rest_on() -> None:
    nothing = SuiteRun("t", SuiteStatus.NO_TESTS, reason="no test files were found")
    text = page(report_inputs(suite_before=nothing, suite_after=nothing)).text
    assert "The repository has no tests (no test files were found). Fixes were verified by re-scanning alone" in text
    assert "still pass" not in text


def test_a_job_that_changed_nothing_is_shown_as_such() -> None:
    inputs = report_inputs(outcomes=[], groups=[], introduced=[], commit_after="a" * 40, tool_runs=[], stage_seconds={}, gates=[])
    shown = page(inputs)
    assert shown.unbalanced == []
    assert "There were no findings to work on." in shown.text
    assert "No fix was applied; the code is as it was." in shown.text
    assert "None: no analyzer reports anything that it did not report before." in shown.text
    assert shown.all("script") == []


def test_tables_name_their_columns_for_screen_readers() -> None:
    shown = page(rich_job())
    assert all("scope" in header for header in shown.all("th"))
    labels = {str(label["for"]) for label in shown.all("label")}
    assert {str(field["id"]) for field in shown.all("input")} <= labels
    assert shown.all("html")[0]["lang"] == "en"


def test_the_page_opens_with_few_findings_and_folds_many() -> None:
    few = [an_outcome(OutcomeKind.NO_FIX, a_finding(line=n + 1)) for n in range(60)]
    many = [an_outcome(OutcomeKind.NO_FIX, a_finding(line=n + 1)) for n in range(61)]
    assert "open" in next(part for part in page(report_inputs(outcomes=few)).all("details") if part.get("id") == "no-fix")
    assert "open" not in next(part for part in page(report_inputs(outcomes=many)).all("details") if part.get("id") == "no-fix")


def test_a_huge_job_makes_a_page_under_three_megabytes_in_a_second() -> None:
    def finding(number: int):  # type: ignore[no-untyped-def]
        path = f"src/some_package/with_a_long_name/module_{number % 211}.py"
        return a_finding("pylint", "too-many-locals", message="Too many local variables (19/15) " * 6, path=path, line=number)

    kinds = list(OutcomeKind)
    outcomes = [an_outcome(kinds[n % 4], finding(n), reason=f"reason {n % 37} " * 8) for n in range(5000)]
    big = "".join(a_diff(f"src/m{n}.py", "x" * 120, "<&>" * 40) for n in range(100))
    groups = [an_applied_group(a_fix("src/m.py", f"f{n}"), diff=big) for n in range(300)]
    report = build_report(report_inputs(outcomes=outcomes, groups=groups))
    started = time.process_time()
    html = report_html(report)
    assert time.process_time() - started < 1
    assert len(html) < 3_000_000
    assert html.count(b'<tr class="finding">') == 3750
    assert b"in changes.patch" in html


def test_what_does_not_fit_is_counted() -> None:
    outcomes = [an_outcome(OutcomeKind.NO_FIX, a_finding(line=n)) for n in range(6100)]
    assert "100 more findings in findings.sarif" in page(report_inputs(outcomes=outcomes)).text


def test_a_diff_keeps_its_signs_beside_its_colours() -> None:
    html = report_html(build_report(rich_job())).decode()
    assert "<del>-import os</del>" in html
    assert "<ins>+import sys</ins>" in html


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    colours = _colours(page(rich_job()).raw["style"])[scheme]
    pairs = [("ink", ground) for ground in ("page", "card", "soft", "warn-bg", "bad-bg")]
    pairs += [("muted", ground) for ground in ("page", "card", "soft")] + [("accent", "page"), ("accent", "card")]
    pairs += [(state, f"{state}-bg") for state in ("ok", "warn", "bad", "none")]
    low = {
        pair: round(_contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in pairs
        if _contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    }
    assert low == {}


def _colours(style: str) -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root\{([^}]*)\}", style)
    return dict(zip(("light", "dark", "print"), (dict(re.findall(r"--([\w-]+):(#\w+)", block)) for block in blocks), strict=True))


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
