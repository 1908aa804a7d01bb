"""Column types that mean the same on SQLite and on Postgres."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

ID_LENGTH = 36


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC. SQLite drops time zones: a naive value is refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; without the zone where the database keeps none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"datetime {value} has no time zone; use datetime.now(UTC)")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def identifier() -> String:
    """A UUIDv7 as text: SQLite stores native UUIDs without dashes, and text sorts by time on both."""
    return String(ID_LENGTH)


def document() -> TypeEngine[Any]:
    """JSON; binary and indexable on Postgres. None becomes NULL, not the JSON text `null`."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
