import math
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.bisection import run_bisections


@given(st.integers(1, 300), st.data())
def test_every_independent_culprit_is_found_with_logarithmically_many_trials(count: int, data: st.DataObject) -> None:
    guilty = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=4))
    trials = 0

    def bad(trial: Mapping[str, Sequence[int]]) -> set[str]:
        nonlocal trials
        trials += 1
        return {"k"} if guilty & set(trial["k"]) else set()

    assert set(run_bisections({"k": list(range(count))}, bad, 10_000)["k"]) == guilty
    assert trials <= 2 * len(guilty) * (math.ceil(math.log2(count)) + 1)


def test_independent_sets_share_their_trials() -> None:
    trials = 0

    def bad(trial: Mapping[str, Sequence[int]]) -> set[str]:
        nonlocal trials
        trials += 1
        return {key for key, items in trial.items() if 3 in items}

    found = run_bisections({f"file{n}": list(range(16)) for n in range(20)}, bad, 100)
    assert all(culprits == [3] for culprits in found.values())
    assert trials <= 8


def test_when_trials_run_out_all_that_is_undecided_is_guilty() -> None:
    found = run_bisections({"k": list(range(64))}, lambda trial: {"k"} if 5 in trial["k"] else set(), max_trials=2)
    assert found["k"] == list(range(64))


def test_two_that_only_fail_together_lose_at_least_one() -> None:
    found = run_bisections({"k": list(range(16))}, lambda trial: {"k"} if {2, 13} <= set(trial["k"]) else set(), 100)
    assert set(found["k"]) & {2, 13}
