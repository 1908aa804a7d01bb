import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.errors import ManifestError
from orchestrator_assets.domain.job import CustomerId, JobId, JobState, RepoRef, customer_id, partition_key, split_partition_key


@pytest.mark.parametrize("name", ["a", "acme", "acme-corp.eu_2", "0", "a" * 64])
def test_a_customers_name_is_taken(name: str) -> None:
    assert customer_id(name) == name


@pytest.mark.parametrize("name", ["", "Acme", "a/b", "../a", ".a", "a.", "-a", "a b", "a\n", "é", "a" * 65, "a\0"])
def test_a_name_that_could_leave_its_folder_or_break_a_key_is_refused_and_quoted(name: str) -> None:
    with pytest.raises(ManifestError) as refused:
        customer_id(name)
    assert repr(name) in str(refused.value)


@given(st.from_regex(r"[a-z0-9]([a-z0-9_.-]{0,8}[a-z0-9])?", fullmatch=True), st.uuids().map(str))
def test_a_partition_key_tells_customer_and_job(customer: str, job: str) -> None:
    assert split_partition_key(partition_key(customer_id(customer), JobId(job))) == (customer, job)


@pytest.mark.parametrize("key", ["", "acme", "acme/"])
def test_a_key_without_a_job_is_refused(key: str) -> None:
    with pytest.raises(ManifestError, match="customer"):
        split_partition_key(key)


def test_only_queued_and_running_jobs_are_unfinished() -> None:
    assert {state for state in JobState if not state.finished} == {JobState.QUEUED, JobState.RUNNING}


def test_a_repository_is_called_by_its_path_or_address() -> None:
    assert (RepoRef(path="/srv/x").location, RepoRef(url="https://x.example/y").location) == ("/srv/x", "https://x.example/y")
    assert partition_key(CustomerId("a"), JobId("b")) == "a/b"
