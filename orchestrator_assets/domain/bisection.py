"""Find the culprits of a failure among many suspects with few trials."""

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

Bisection = Generator[list[T], bool, list[T]]


def bisect_culprits(suspects: Sequence[T]) -> Bisection[T]:
    """Yield sets to try, receive whether the set is bad, return the culprits.

    The whole of `suspects` is taken to be bad and the empty set to be good. One culprit among n costs about log2(n) trials; k culprits at
    most k times as many. Trials leave suspects out, they don't select single ones: a change that only works with another keeps its company.
    """
    return (yield from _search([], list(suspects)))


def _search(kept: list[T], suspects: list[T]) -> Bisection[T]:
    """`kept` is good, `kept + suspects` is bad."""
    if len(suspects) <= 1:
        return suspects
    half = len(suspects) // 2
    left, right = suspects[:half], suspects[half:]
    culprits: list[T] = []
    if (yield kept + left):
        culprits = yield from _search(kept, left)
    cleared = kept + [item for item in left if item not in culprits]
    # With no culprit on the left the right half must hold one, without a trial.
    if not culprits or (yield cleared + right):
        culprits = culprits + (yield from _search(cleared, right))
    return culprits


def run_bisections(
    suspects: Mapping[K, Sequence[T]], bad_keys: Callable[[Mapping[K, Sequence[T]]], set[K]], max_trials: int
) -> dict[K, list[T]]:
    """Bisect several independent sets in lock step, one trial for all of them at a time.

    Args:
        suspects: Per key, the suspects; each whole set is known to be bad.
        bad_keys: Tries one subset per key at once (the subsets of finished keys have their culprits left out) and gives the keys still bad.
        max_trials: After so many trials, what is still undecided counts as guilty as a whole.

    Returns:
        The culprits per key.
    """
    searches = {key: bisect_culprits(items) for key, items in suspects.items()}
    trials: dict[K, list[T]] = {}
    culprits: dict[K, list[T]] = {}
    for key in searches:
        _advance(key, None, searches, trials, culprits)
    for _ in range(max_trials):
        if not trials:
            return culprits
        done = {key: [item for item in suspects[key] if item not in guilty] for key, guilty in culprits.items()}
        bad = bad_keys({**done, **trials})
        for key in list(trials):
            _advance(key, key in bad, searches, trials, culprits)
    return {**culprits, **{key: list(suspects[key]) for key in trials}}


def _advance(key: K, answer: bool | None, searches: Mapping[K, Bisection[T]], trials: dict[K, list[T]], culprits: dict[K, list[T]]) -> None:
    try:
        trials[key] = next(searches[key]) if answer is None else searches[key].send(answer)
    except StopIteration as stop:
        trials.pop(key, None)
        culprits[key] = stop.value
