"""UUIDv7 text: ids that sort by the time at which they were made."""

import uuid_utils

_NANOSECONDS_PER_MS = 1_000_000


def new_id() -> str:
    """A new id; later ones of this process sort after it."""
    return str(uuid_utils.uuid7())


def id_after(last: str | None) -> str:
    """A new id that sorts after `last`, even when that one comes from another process or from a clock that is ahead."""
    candidate = uuid_utils.uuid7()
    if last is None or str(candidate) > last:
        return str(candidate)
    return str(uuid_utils.uuid7(nanoseconds=(uuid_utils.UUID(last).timestamp + 1) * _NANOSECONDS_PER_MS))
