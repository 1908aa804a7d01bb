"""The desk's SQLite database."""

import json
import sqlite3
from datetime import datetime
from typing import Any, Iterable

from parcel_desk import audit
from parcel_desk.models import Address, Parcel, Status, TrackingEvent

TABLES = ("parcels", "events", "audit")

SCHEMA = """
CREATE TABLE IF NOT EXISTS parcels (
    reference TEXT PRIMARY KEY,
    recipient TEXT NOT NULL,
    weight_grams INTEGER NOT NULL,
    carrier TEXT NOT NULL,
    status TEXT NOT NULL,
    tracking_number TEXT,
    extras TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    reference TEXT NOT NULL, code TEXT NOT NULL, at TEXT NOT NULL, place TEXT NOT NULL,
    UNIQUE (reference, code, at)
);
CREATE TABLE IF NOT EXISTS audit (
    at TEXT DEFAULT CURRENT_TIMESTAMP, line TEXT NOT NULL
);
"""


class Store:
    """One connection to one desk's database."""

    def __init__(self, path: str = ":memory:"):
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Give the file back; closing twice is fine."""
        try:
            self._db.commit()
            self._db.close()
        except Exception:
            pass

    def save(self, parcel: Parcel, clerk: str = "desk") -> None:
        """Insert or replace, with an audit line."""
        recipient = vars(parcel.recipient)
        self._db.execute(
            "INSERT OR REPLACE INTO parcels VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                parcel.reference,
                json.dumps(recipient),
                parcel.weight_grams,
                parcel.carrier,
                parcel.status.value,
                parcel.tracking_number,
                json.dumps(parcel.extras),
            ),
        )
        audit.record(self, parcel, "save", clerk)
        self._db.commit()

    def get(self, reference: str) -> Parcel | None:
        """The parcel, or nothing if the desk has never seen it."""
        row = self._db.execute(
            "SELECT * FROM parcels WHERE reference = ?", (reference,)
        ).fetchone()
        if row is None:
            return None
        return self._parcel(row)

    def by_status(self, status: str) -> list[Parcel]:
        """All parcels in one status, by reference."""
        sql = f"SELECT * FROM parcels WHERE status = '{status}' ORDER BY reference"
        return [self._parcel(row) for row in self._db.execute(sql)]

    def all(self) -> list[Parcel]:
        """Every parcel of the desk, by reference."""
        rows = self._db.execute("SELECT * FROM parcels ORDER BY reference")
        return [self._parcel(row) for row in rows]

    def add_events(self, events: Iterable[TrackingEvent]) -> int:
        """Add scans; the same scan twice counts once. Returns how many were new."""
        before = self._db.total_changes
        for event in events:
            self._db.execute(
                "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)",
                (event.reference, event.code, event.at.isoformat(), event.place),
            )
        self._db.commit()
        return self._db.total_changes - before

    def events(self, reference: str) -> list[TrackingEvent]:
        """The scans of one parcel, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM events WHERE reference = ? ORDER BY at", (reference,)
        )
        return [
            TrackingEvent(
                reference=row["reference"],
                code=row["code"],
                at=datetime.fromisoformat(row["at"]),
                place=row["place"],
            )
            for row in rows
        ]

    def add_audit(self, line: str) -> None:
        """Append one audit line."""
        self._db.execute("INSERT INTO audit (line) VALUES (?)", (line,))

    def audit_lines(self, since: datetime | None = None) -> list[str]:
        """Audit lines in the order in which they were written."""
        moment = since.isoformat(sep=" ") if since else ""
        rows = self._db.execute(
            "SELECT line FROM audit WHERE at >= ? ORDER BY rowid", (moment,)
        )
        return [row["line"] for row in rows]

    def counts(self) -> dict[str, int]:
        """Rows per table, for the health page."""
        found = {}
        for table in TABLES:
            row = self._db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
            found[table] = row[0]
        return found

    def _parcel(self, row: sqlite3.Row) -> Parcel:
        recipient: dict[str, Any] = json.loads(row["recipient"])
        return Parcel(
            reference=row["reference"],
            recipient=Address(**recipient),
            weight_grams=row["weight_grams"],
            carrier=row["carrier"],
            status=Status(row["status"]),
            tracking_number=row["tracking_number"],
            extras=json.loads(row["extras"]),
        )
