"""Assets' values in the artifact store, through Dagster."""

import pickle
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from orchestrator_assets.domain.score import Decision, Score
from orchestrator_assets.partitions import JOBS
from resources.artifact_io import ArtifactIOManager
from resources.artifact_store import LocalArtifactStore

KEY = "acme/0198a6b2-0000-7000-8000-000000000001"
PLACE = "customers/acme/jobs/0198a6b2-0000-7000-8000-000000000001/assets"


class Plant:
    """Two assets: `value` is made by a function, `reader` hands on what it is given."""

    def __init__(self, folder: Path) -> None:
        self.artifacts = LocalArtifactStore(folder)
        self.instance = dg.DagsterInstance.ephemeral()
        self.instance.add_dynamic_partitions("customer_job", [KEY])
        self.seen: list[object] = []

    def run(self, names: list[str], make: Callable[[], object] = lambda: None) -> dg.ExecuteInProcessResult:
        @dg.asset(partitions_def=JOBS)
        def value() -> object:
            return make()

        @dg.asset(partitions_def=JOBS)
        def reader(value: object) -> None:
            self.seen.append(value)

        return dg.materialize(
            [value, reader],
            selection=names,
            instance=self.instance,
            partition_key=KEY,
            resources={"io_manager": ArtifactIOManager(self.artifacts)},
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


def failure(result: dg.ExecuteInProcessResult) -> str:
    [event] = [event for event in result.all_events if event.is_step_failure]
    error = event.step_failure_data.error
    assert error is not None
    return (error.cause or error).message


def test_a_value_lies_beside_the_jobs_other_artifacts_and_is_read_by_the_next_run(plant: Plant) -> None:
    assert plant.run(["value"], lambda: {"a": Score(90.0, 90.0, (), 0)}).success
    assert plant.artifacts.keys("customers/acme/jobs/") == [f"{PLACE}/value.pickle"]
    assert plant.run(["reader"]).success
    assert plant.seen == [{"a": Score(90.0, 90.0, (), 0)}]


def test_a_value_that_was_made_again_is_the_one_that_is_read(plant: Plant) -> None:
    for number in (1, 2):
        assert plant.run(["value", "reader"], lambda number=number: number).success
    assert plant.seen == [1, 2]


def test_a_run_reads_what_it_made_from_memory_and_what_others_made_once(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    get = plant.artifacts.get
    monkeypatch.setattr(plant.artifacts, "get", lambda key: reads.append(key) or get(key))
    plant.run(["value", "reader"], lambda: [1])
    assert reads == []
    plant.run(["reader"])
    assert reads == [f"{PLACE}/value.pickle"]


def test_a_value_that_was_never_made_is_named(plant: Plant) -> None:
    result = plant.run(["reader"])
    assert f"artifact '{PLACE}/value.pickle' is not in" in failure(result)


@pytest.mark.parametrize(
    "stored",
    [
        b"corchestrator_assets.domain.score\nNoSuchClass\n.",
        b"cno_such_module\nThing\n.",
        b"not a pickle",
        b"",
        pickle.dumps(Decision)[:10],
        b"corchestrator_assets.domain.score\nScore\n(I1\ntR.",
        b"corchestrator_assets.domain.job\nJobState\n(Vretired\ntR.",
    ],
    ids=["class gone", "module gone", "garbage", "empty", "cut off", "fields changed", "state gone"],
)
def test_a_value_of_a_release_whose_types_have_changed_asks_to_be_made_again(plant: Plant, stored: bytes) -> None:
    plant.artifacts.put(f"{PLACE}/value.pickle", stored)
    words = failure(plant.run(["reader"]))
    assert "asset value: made by another release" in words
    assert "re-run it" in words
