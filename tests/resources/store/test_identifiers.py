import time

import uuid_utils

from resources.store.identifiers import id_after, new_id


def test_ids_of_one_process_sort_by_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)


def test_an_id_sorts_after_one_from_a_clock_that_is_ahead() -> None:
    ahead = str(uuid_utils.uuid7(nanoseconds=time.time_ns() + 3_600_000_000_000))
    following = id_after(ahead)
    assert following > ahead
    assert id_after(following) > following
