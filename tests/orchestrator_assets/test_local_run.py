"""A run in this process, with the real definitions, as far as no sandbox is needed."""

from pathlib import Path

import pytest
import yaml

from orchestrator_assets.domain.job import CustomerId, JobOrder, JobState, RepoRef
from orchestrator_assets.local_run import RUN_HERE_SETTINGS, prepare_instance, run_here
from resources.platform import Platform


def test_a_repository_that_is_gone_by_now_fails_the_job_as_bad_input(platform: Platform, tmp_path: Path) -> None:
    job = platform.store.submit(JobOrder(CustomerId("acme"), RepoRef(path=str(tmp_path / "gone"))), actor="ann")
    heard: list[tuple[str, bool]] = []
    record = run_here(
        platform.store.get(job), platform.store, platform.settings.dagster_home, lambda stage, ended: heard.append((stage, ended))
    )
    assert (record.state, record.attempt, record.error_code) == (JobState.FAILED, 1, "bad_repository")
    assert "no such folder" in (record.error_message or "")
    assert heard == [("job_order", False), ("job_order", True), ("repo_snapshot", False), ("repo_snapshot", True)]
    assert not list(platform.settings.work_root.glob("*"))


def test_an_error_that_nobody_foresaw_is_told_in_its_own_words(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*arguments: object) -> None:
        raise ZeroDivisionError("what nobody foresaw")

    monkeypatch.setattr("orchestrator_assets.assets.intake.take_snapshot", breaks)
    job = platform.store.submit(JobOrder(CustomerId("acme"), RepoRef(path="/srv/x")), actor="ann")
    record = run_here(platform.store.get(job), platform.store, platform.settings.dagster_home, lambda stage, ended: None)
    assert (record.state, record.error_code) == (JobState.FAILED, "internal")
    assert (record.error_message or "").startswith("repo_snapshot: ZeroDivisionError: what nobody foresaw")


def test_the_instances_settings_are_this_releases(tmp_path: Path) -> None:
    prepare_instance(tmp_path / "dagster")
    for name in ("dagster.yaml", RUN_HERE_SETTINGS):
        settings = yaml.safe_load((tmp_path / "dagster" / name).read_text())
        # A resumed run would do, and one day pay for, every step again; and a failed stage is no reason to repeat all others.
        assert settings["run_monitoring"]["max_resume_run_attempts"] == 0
        assert settings["run_retries"]["retry_on_asset_or_op_failure"] is False
        assert settings["telemetry"]["enabled"] is False
    whole = (tmp_path / "dagster" / "dagster.yaml").read_text()
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: true}\n")
    prepare_instance(tmp_path / "dagster")
    assert (tmp_path / "dagster" / "dagster.yaml").read_text() == whole


def test_settings_that_are_right_are_not_written_again(tmp_path: Path) -> None:
    prepare_instance(tmp_path)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    prepare_instance(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == written
