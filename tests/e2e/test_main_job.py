"""The main job as a user sees it, with the real tools, sandbox and Dagster."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import SHOP, Desk
from tests.repositories import git

pytestmark = pytest.mark.slow

CONTRACT = {
    "job_id", "customer", "commit_before", "commit_after", "status", "policy", "score_before", "score_after", "gates", "findings", "tests",
    "cost_usd", "duration_seconds", "outcomes",
}  # fmt: skip
GATES = [
    "syntax", "type_safety", "security", "code_quality", "test_coverage", "performance", "architecture", "documentation",
    "best_practices", "functional_correctness",
]  # fmt: skip


def test_a_job_leaves_what_its_contract_says_and_its_report_is_true(desk: Desk) -> None:
    repo = desk.repository()
    before = {path: path.read_bytes() for path in repo.rglob("*") if path.is_file()}
    ended = desk.run("run", repo, "--customer", "acme", "--out", desk.folder / "out", "--json")
    report = ended.document

    assert ended.code == {"delivered": 0, "needs_review": 3}[report["status"]], ended.err
    assert set(report) >= CONTRACT
    assert [gate["name"] for gate in report["gates"]] == GATES
    out = desk.folder / "out"
    assert json.loads((out / "quality_report.json").read_text()) == report
    assert {path.name for path in out.iterdir()} >= {
        "quality_report.json", "quality_report.html", "cost_breakdown.json", "changes.patch", "findings.sarif", "transformed",
    }  # fmt: skip
    assert {path: path.read_bytes() for path in repo.rglob("*") if path.is_file()} == before

    found = report["findings"]
    kinds = [row["outcome"] for row in report["outcomes"]]
    assert (found["total"], found["fixed"], found["introduced"]) == (len(kinds), kinds.count("fixed"), 0)
    assert found["remaining"] == found["total"] - found["fixed"]
    assert report["tests"]["before"]["passed"] == report["tests"]["after"]["passed"] == 3
    outcome = {row["rule_id"]: row["outcome"] for row in report["outcomes"]}
    assert (outcome["B506"], outcome["F401"], outcome["E711"]) == ("fixed", "fixed", "fixed")
    assert outcome["B006"] != "fixed"

    git(repo, "apply", "--check", str(out / "changes.patch"))
    transformed = out / "transformed"
    assert git(transformed, "rev-parse", "--abbrev-ref", "HEAD") == f"orchestrator/{report['job_id']}"
    assert git(transformed, "rev-parse", "HEAD") == report["commit_after"]
    assert git(transformed, "status", "--porcelain") == ""
    git(repo, "apply", str(out / "changes.patch"))
    for path in SHOP:
        assert (repo / path).read_bytes() == (transformed / path).read_bytes()
    assert still_reported(transformed, "F401", "E711") == []
    assert list((desk.home / "work").iterdir()) == []


def still_reported(tree: Path, *rules: str) -> list[str]:
    """What ruff, bare, says of these rules."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        ",".join(rules),
        "--output-format",
        "json",
        "shop",
    ]
    return [row["code"] for row in json.loads(subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False).stdout)]


def test_a_job_can_be_looked_at_approved_and_run_again_with_the_same_result(desk: Desk) -> None:
    first = desk.run("run", desk.repository(), "--json").document
    job = first["job_id"]
    assert (desk.folder / "orchestrator-out" / job / "quality_report.html").is_file()
    assert desk.run("status", job, "--json").document["status"] == first["status"] == "needs_review"
    assert desk.run("report", job).code == 3
    again = desk.run("resume", job, "--out", desk.folder / "again", "--json").document
    assert (again["commit_after"], again["outcomes"], again["score_after"]) == (
        first["commit_after"],
        first["outcomes"],
        first["score_after"],
    )
    assert desk.run("approve", job, "--note", "looks right").code == 0
    assert desk.run("status", job, "--json").document["status"] == "delivered"
    refused = desk.run("approve", job)
    assert refused.code == 2
    assert "error: " in refused.err


def test_without_tests_the_report_says_so_and_unsafe_fixes_are_held_back(desk: Desk) -> None:
    repo = desk.repository({path: text for path, text in SHOP.items() if not path.startswith("tests/")})
    ended = desk.run("run", repo, "--json")
    assert ended.code == 3
    assert ended.document["tests"]["before"]["passed"] == 0
    held = [row["reason"] for row in ended.document["outcomes"] if "held back" in row["reason"]]
    assert held
    assert any("no test could be run" in note for note in ended.document["notes"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "no such folder"),
        (["shop-repo", "--branch", "nope"], "no branch 'nope'"),
        (["shop-repo", "--findings", "absent.sarif"], "absent.sarif"),
        (["shop-repo", "--findings", "broken.sarif"], "broken.sarif"),
        (["shop-repo", "--findings", "outside.csv"], "outside"),
        (["shop-repo", "--manifest", "typo.yaml"], "customers"),
        (["shop-repo", "--customer", "No Such/Name"], "customer"),
        ([], "no repository given"),
    ],
)
def test_bad_input_is_named_with_exit_code_2_and_leaves_no_job(desk: Desk, arguments: list[str], words: str) -> None:
    desk.repository()
    (desk.folder / "broken.sarif").write_text('{"version": "2.1.0", "runs": [')
    (desk.folder / "outside.csv").write_text("path,line,rule_id,message\n../outside.py,1,X1,m\n")
    (desk.folder / "typo.yaml").write_text("customers: acme\nrepo: shop-repo\n")
    ended = desk.run("run", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert desk.run("status", "--json").document == []
    assert not (desk.folder / "orchestrator-out").exists()


def test_a_tree_is_scored_and_a_job_estimated_without_changing_anything(desk: Desk) -> None:
    repo = desk.repository()
    scored = desk.run("gates", repo, "--json").document
    assert [gate["name"] for gate in scored["gates"]] == GATES
    assert 0 < scored["score"] < 100
    estimated = desk.run("estimate", repo, "--json").document
    assert 0 < estimated["answered_by_rules"] <= estimated["findings"]
    assert estimated["worst_usd"] == 0
    assert desk.run("status", "--json").document == []


def test_a_repository_without_findings_gets_a_true_report_and_a_relative_out_folder_works(desk: Desk) -> None:
    desk.repository({"app.py": '"""Nothing to find."""\n', "README.md": "An app.\n"})
    ended = desk.run("run", "shop-repo", "--out", "results", "--json")
    report = ended.document
    assert ended.code in {0, 4}, ended.err
    assert report["findings"]["total"] == 0
    assert (desk.folder / "results" / "transformed" / "app.py").is_file()


def test_ctrl_c_leaves_a_job_that_can_be_resumed(desk: Desk) -> None:
    repo = desk.repository()
    process = desk.start("run", repo)
    wait_for(lambda: list((desk.home / "artifacts").glob("customers/local/jobs/*/assets/test_environment.pickle")))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in err
    job = desk.run("status", "--json").document[0]["job_id"]
    assert desk.run("resume", job, "--json").document["findings"]["fixed"] > 0


def test_a_cancelled_job_stops_at_once(desk: Desk) -> None:
    repo = desk.repository()
    process = desk.start("run", repo)
    started = wait_for(lambda: list((desk.home / "artifacts").glob("customers/local/jobs/*/assets/test_environment.pickle")))
    job = started[0].parent.parent.name
    assert desk.run("cancel", job).code == 0
    _, err = process.communicate(timeout=20)
    assert process.returncode == 5, err
    assert "cancelled" in err
    assert desk.run("status", job, "--json").document["status"] == "cancelled"


def wait_for(found: Callable[[], list[Path]]) -> list[Path]:
    deadline = time.monotonic() + 120
    while not (seen := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return seen
