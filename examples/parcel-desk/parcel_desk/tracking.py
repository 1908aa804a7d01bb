"""From carrier scans to one status."""

from datetime import datetime, timedelta

from parcel_desk.models import Parcel, Status, TrackingEvent

SCAN_FORMAT = "%Y-%m-%d %H:%M"
LATE_AFTER = timedelta(days=5)


def parse_scan(reference: str, raw: dict[str, str]) -> TrackingEvent:
    """A scan as the carriers send it, in depot time."""
    at = datetime.strptime(raw["at"], SCAN_FORMAT)
    return TrackingEvent(reference, raw["code"].upper(), at, raw.get("place", ""))


def next_status(current: Status, code: str, attempts: int = 0) -> Status:
    """The status after one scan.

    Carriers send scans late and twice, so that a scan never takes a parcel back
    from a final status, except that a lost one may turn up again.
    """
    if current == Status.LOST:
        if code in ("HUB", "DEP", "ARR"):
            return Status.IN_TRANSIT
        return Status.DELIVERED if code == "DLV" else current
    if current in (Status.DELIVERED, Status.RETURNED):
        return current
    if code == "PUP":
        return Status.IN_TRANSIT
    if code in ("HUB", "DEP", "ARR"):
        if current == Status.OUT_FOR_DELIVERY:
            return current
        return Status.IN_TRANSIT
    if code == "OUT":
        return Status.OUT_FOR_DELIVERY
    if code == "DLV":
        return Status.DELIVERED
    if code == "NOH":
        if attempts >= 3:
            return Status.RETURNED
        if attempts == 2:
            return Status.HELD
        return Status.IN_TRANSIT
    if code == "RTS":
        return Status.RETURNED
    if code == "LOS":
        return Status.LOST
    return current


def replay(parcel: Parcel, events: list[TrackingEvent]) -> Status:
    """The status after all scans, whatever order they came in."""
    status = parcel.status
    attempts = 0
    for event in sorted(list(events), key=lambda event: event.at):
        if event.code == "NOH":
            attempts += 1
        status = next_status(status, event.code, attempts)
    return status


def first_scan(events: list[TrackingEvent], code: str) -> TrackingEvent | None:
    """The first scan with this code, or nothing."""
    try:
        return [event for event in events if event.code == code][0]
    except IndexError:
        return None


def is_late(parcel: Parcel, events: list[TrackingEvent]) -> bool:
    """Whether the carrier has had it for too long."""
    if parcel.is_final():
        return False
    pickup = first_scan(events, "PUP")
    if pickup is None:
        return False
    return datetime.now() - pickup.at > LATE_AFTER


def transit_days(events: list[TrackingEvent]) -> int:
    """Whole days between pick-up and delivery."""
    pickup = first_scan(events, "PUP")
    delivery = first_scan(events, "DLV")
    if not pickup:
        return 0
    return (delivery.at - pickup.at).days


def places(events: list[TrackingEvent]) -> list[str]:
    """Hubs on the way, each once, in travel order."""
    names = []
    for event in events:
        if event.place:
            names.append(event.place)
    return list(dict.fromkeys(names))
