"""Who did what at the desk, one line per deed."""

import logging
from datetime import datetime

from parcel_desk import store
from parcel_desk.models import Parcel

log = logging.getLogger(__name__)


def line_for(parcel: Parcel, deed: str, clerk: str) -> str:
    """The line that the auditors load; its form is agreed with them."""
    return f"{parcel.reference};{parcel.status};{deed};{clerk}"


def record(desk, parcel: Parcel, deed: str, clerk: str = "desk") -> str:
    """Write one line to the audit table and return it."""
    line = line_for(parcel, deed, clerk)
    desk.add_audit(line)
    log.info(f"audit {parcel.reference} {deed}")
    return line


def export(database: str, since: datetime) -> list[str]:
    """All lines of a desk since a moment, for the auditors."""
    desk = store.Store(database)
    try:
        return desk.audit_lines(since)
    finally:
        desk.close()
