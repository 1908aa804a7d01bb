from dataclasses import replace
from pathlib import Path

from orchestrator_assets.domain.job import CustomerId, JobOrder, RepoRef, Tier
from orchestrator_assets.domain.ports import JobRecord
from orchestrator_assets.runs import run_request, run_tags
from resources.store.job_store import open_job_store


def a_job(folder: Path, tier: Tier = Tier.STANDARD, commit: str | None = None) -> JobRecord:
    store = open_job_store(f"sqlite:///{folder}/store.db")
    return store.get(store.submit(JobOrder(CustomerId("acme"), RepoRef(path="/srv/x", commit=commit), tier), actor="ann"))


def test_a_run_is_found_by_customer_job_tier_and_commit(tmp_path: Path) -> None:
    job = a_job(tmp_path, commit="c" * 40)
    assert run_tags(job) == {"customer": "acme", "job": job.id, "tier": "standard", "commit": "c" * 40, "dagster/priority": "0"}
    assert "commit" not in run_tags(a_job(tmp_path))


def test_premium_jobs_go_before_standard_ones(tmp_path: Path) -> None:
    premium, standard = (int(run_tags(a_job(tmp_path, tier))["dagster/priority"]) for tier in (Tier.PREMIUM, Tier.STANDARD))
    assert premium > standard


def test_a_request_is_for_the_jobs_partition_once_per_attempt(tmp_path: Path) -> None:
    job = a_job(tmp_path)
    first, same, next_attempt = run_request(job), run_request(job), run_request(replace(job, attempt=1))
    assert (first.partition_key, first.job_name) == (f"acme/{job.id}", "transformation_run")
    assert first.run_key == same.run_key
    assert first.run_key != next_attempt.run_key
    assert first.run_key != run_request(a_job(tmp_path)).run_key
