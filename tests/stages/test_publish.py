import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestrator_assets.domain.errors import ReportError
from orchestrator_assets.domain.finding import OutcomeKind
from orchestrator_assets.domain.job import JobState
from orchestrator_assets.domain.score import Decision, score_after, score_before
from orchestrator_assets.domain.stored_report import read_report
from orchestrator_assets.domain.verification import Effort, Verification
from orchestrator_assets.stages.judgement import Judgement
from orchestrator_assets.stages.publish import job_result, publish_costs, publish_report, seconds_before
from resources.artifact_store import LocalArtifactStore
from tests.builders import GATES, a_finding, a_gate_result, a_scan, a_suite, an_outcome, report_inputs

INPUTS = report_inputs()
FOLDER = f"customers/acme/jobs/{INPUTS.job}"


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifactStore:
    return LocalArtifactStore(tmp_path)


def a_verification(*kinds: OutcomeKind) -> Verification:
    outcomes = tuple(an_outcome(kind, a_finding(line=line)) for line, kind in enumerate(kinds, 1))
    return Verification((), outcomes, a_scan(), a_suite(), (), (), 0, frozenset(), Effort(1, 1, 1))


def test_the_report_is_left_for_people_and_machines_and_all_four_tell_the_same(artifacts: LocalArtifactStore) -> None:
    published = publish_report(INPUTS, artifacts)
    names = ["findings.parquet", "findings.sarif", "quality_report.html", "quality_report.json"]
    assert artifacts.keys(FOLDER) == [f"{FOLDER}/{name}" for name in names]
    assert {name: Path(place).name for name, place in published.places.items()} == {name: name for name in names}
    document = json.loads(artifacts.get(f"{FOLDER}/quality_report.json"))
    assert read_report(document) == published.report
    sarif = json.loads(artifacts.get(f"{FOLDER}/findings.sarif"))
    told = [result["properties"]["outcome"] for run in sarif["runs"] for result in run["results"]]
    table = pq.read_table(io.BytesIO(artifacts.get(f"{FOLDER}/findings.parquet"))).to_pylist()
    assert sorted(told) == sorted(row["outcome"] for row in table) == sorted(row["outcome"] for row in document["outcomes"])
    assert str(INPUTS.job).encode() in artifacts.get(f"{FOLDER}/quality_report.html")


def test_a_report_that_contradicts_itself_is_not_left_at_all(artifacts: LocalArtifactStore) -> None:
    with pytest.raises(ReportError):
        publish_report(replace(INPUTS, outcomes=[*INPUTS.outcomes, INPUTS.outcomes[0]]), artifacts)
    assert artifacts.keys(FOLDER) == []


def test_a_report_that_is_made_again_knows_how_long_the_stages_took(artifacts: LocalArtifactStore) -> None:
    customer = INPUTS.order.customer
    assert seconds_before(customer, INPUTS.job, artifacts) == {}
    publish_report(INPUTS, artifacts)
    assert seconds_before(customer, INPUTS.job, artifacts) == INPUTS.stage_seconds
    for unreadable in (b"{", b"[]", b'{"duration_seconds": {"by_stage": {"scan": "long"}}}'):
        artifacts.put(f"{FOLDER}/quality_report.json", unreadable)
        assert seconds_before(customer, INPUTS.job, artifacts) == {}


def test_the_rules_tier_costs_nothing_and_the_account_says_per_fix_what_that_means(artifacts: LocalArtifactStore) -> None:
    costs, where = publish_costs(INPUTS.job, INPUTS.order, a_verification(OutcomeKind.FIXED, OutcomeKind.NO_FIX), artifacts)
    assert sum(costs.values()) == 0
    document = json.loads(Path(where).read_bytes())
    assert (document["total_usd"], document["verified_fixes"], document["usd_per_verified_fix"]) == (0, 1, 0)
    publish_costs(INPUTS.job, INPUTS.order, a_verification(OutcomeKind.NO_FIX), artifacts)
    assert json.loads(Path(where).read_bytes())["usd_per_verified_fix"] is None


def test_the_jobs_row_gets_the_decision_the_score_and_every_outcome() -> None:
    gates = tuple(a_gate_result(name) for name in GATES)
    judgement = Judgement(gates, score_before(gates), score_after(gates), Decision(JobState.NEEDS_REVIEW, ("below",)))
    verification = a_verification(OutcomeKind.FIXED, OutcomeKind.NO_FIX)
    result = job_result(judgement, verification, {"llm": 7})
    assert (result.state, result.quality_score, result.findings_count, dict(result.costs)) == (JobState.NEEDS_REVIEW, 80.0, 2, {"llm": 7})
    assert (result.gates, result.outcomes) == (gates, verification.outcomes)
