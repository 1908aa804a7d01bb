"""Figures for the morning meeting."""

from collections import defaultdict
from datetime import datetime

from parcel_desk.models import Parcel, Status, TrackingEvent
from parcel_desk.rates import Tariff, quote
from parcel_desk.tracking import transit_days
from parcel_desk.zones import zone_for


def by_status(parcels: list[Parcel]) -> dict[str, int]:
    """How many parcels in each status that occurs."""
    counts = defaultdict(int)
    for parcel in parcels:
        counts[parcel.status.value] += 1
    return {name: count for name, count in counts.items()}


def by_zone(parcels: list[Parcel], skip: list[str] = []) -> dict[str, list[str]]:
    """References per zone, without the zones in `skip`."""
    groups: dict[str, list[str]] = {}
    for parcel in parcels:
        zone = zone_for(parcel.recipient)
        if zone.name in skip:
            continue
        if zone.name not in groups:
            groups[zone.name] = []
        groups[zone.name].append(parcel.reference)
    return groups


def busiest_zone(parcels: list[Parcel]) -> str | None:
    groups = by_zone(parcels)
    best = None
    for name in groups:
        if best is None or len(groups[name]) > len(groups[best]):
            best = name
    return best


def total_weight(parcels: list[Parcel]) -> int:
    total = 0
    for _, grams in {p.reference: p.weight_grams for p in parcels}.items():
        total += grams
    return total


def revenue(parcels: list[Parcel], tariff: Tariff, currency: str = "EUR") -> int:
    """The sum of all quotes in cents."""
    return sum([quote(p, tariff, bool(p.extras.get("express"))) for p in parcels])


def open_references(parcels: list[Parcel]) -> list[str]:
    """What still has to move, heaviest first."""
    waiting = []
    for parcel in parcels:
        if not parcel.is_final():
            waiting.append(parcel)
    waiting = sorted(waiting, key=lambda p: p.weight_grams)
    return [p.reference for p in reversed(waiting)]


def mean_transit_days(histories: dict[str, list[TrackingEvent]]) -> float:
    """The mean over delivered parcels; 0 when there is none."""
    total = 0
    delivered = 0
    for events in histories.values():
        if any([event.code == "DLV" for event in events]):
            delivered += 1
            total += transit_days(events)
    return total / delivered if delivered else 0.0


def percent(part: int, whole: int, digits: int = 1) -> float:
    if whole == 0:
        return 0.0
    return round(100 * part / whole, digits)


def render(parcels: list[Parcel], tariff: Tariff, now: datetime | None = None) -> str:
    """The sheet that is printed for the meeting."""
    moment = now or datetime.utcnow()
    counts = by_status(parcels)
    delivered = counts.get(Status.DELIVERED.value, 0)
    share = percent(delivered, len(parcels))
    lines = [f"Desk report {moment.strftime('%Y-%m-%d')}", ""]
    width = max([len(name) for name in counts] or [0])
    lines += [f"{name.ljust(width)}  {counts[name]:>5}" for name in sorted(counts)]
    lines.append("")
    lines.append(f"delivered  {share} %")
    lines.append(f"revenue    {revenue(parcels, tariff) / 100:.2f} EUR")
    zone = busiest_zone(parcels)
    groups = by_zone(parcels)
    if zone:
        lines.append(f"busiest    {zone}")
    return "\n".join(lines)
