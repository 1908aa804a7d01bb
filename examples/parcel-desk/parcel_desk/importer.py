"""Orders from the shop's CSV export."""

import csv
import logging
from dataclasses import dataclass, field
from pathlib import Path

from parcel_desk.models import Address, Parcel
from parcel_desk.zones import normalise_postcode

log = logging.getLogger(__name__)

MAX_GRAMS = 30_000
COLUMNS = ("reference", "name", "street", "city", "postcode", "country", "weight")


class RowError(ValueError):
    """A row that the clerk has to look at."""


@dataclass
class ImportResult:
    """Parcels that can be shipped, and the rows that cannot, with the reason."""

    parcels: list[Parcel] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)


def parse_weight(text: str) -> int:
    """`1,2 kg`, `1.2kg`, `800 g` or `800` -> grams."""
    cleaned = text.strip().lower().replace(",", ".")
    try:
        if cleaned.endswith("kg"):
            return round(float(cleaned[:-2]) * 1000)
        if cleaned.endswith("g"):
            return round(float(cleaned[:-1]))
        return int(cleaned)
    except ValueError:
        raise RowError(f"weight {text!r} is not a number with kg or g")


def parse_row(row: dict[str, str]) -> Parcel:
    """One order.

    Raises:
        RowError: The row cannot be shipped as it is.
    """
    missing = [name for name in COLUMNS[:5] if not row.get(name, "").strip()]
    if missing:
        raise RowError("missing " + ", ".join(missing))
    grams = parse_weight(row.get("weight") or "0")
    if grams <= 0:
        raise RowError("weight must be above zero")
    if grams > MAX_GRAMS:
        raise RowError(f"{grams} g is over the limit of {MAX_GRAMS} g")
    country = (row.get("country") or "NL").strip().upper()
    postcode = row["postcode"].strip()
    if country == "NL":
        try:
            postcode = normalise_postcode(postcode)
        except ValueError as exc:
            raise RowError(str(exc)) from exc
    elif len(country) != 2:
        raise RowError(f"country {country!r} is not a two-letter code")
    extras: dict[str, object] = {}
    value = row.get("value", "").strip()
    if value:
        if value.startswith("EUR"):
            value = value[3:].strip()
        if "," in value:
            value = value.replace(".", "").replace(",", ".")
        extras["declared_value"] = round(float(value) * 100)
    note = row.get("note", "").strip()
    if note:
        extras["note"] = note
    if row.get("express", "").strip().lower() in ("y", "yes", "1"):
        extras["express"] = True
    carrier = row.get("carrier", "").strip().lower()
    if not carrier:
        if grams > 20_000:
            carrier = "harbour"
        else:
            carrier = "northline"
    address = Address(row["name"], row["street"], row["city"], postcode, country)
    return Parcel(row["reference"].strip(), address, grams, carrier, extras=extras)


def import_orders(path: Path, delimiter: str = ";") -> ImportResult:
    """Read a whole export; bad rows are kept with their line number."""
    result = ImportResult()
    seen = set([])
    with open(path, newline="") as handle:
        reader = csv.DictReader(handle, delimiter=delimiter, restval="")
        for number, row in enumerate(reader, start=2):
            try:
                parcel = parse_row(row)
            except RowError as exc:
                result.rejected.append((number, str(exc)))
                continue
            if parcel.reference in seen:
                result.rejected.append((number, f"{parcel.reference} appears twice"))
                continue
            seen.add(parcel.reference)
            result.parcels.append(parcel)
    if result.rejected:
        log.warning("%s: %d rows need a clerk", path.name, len(result.rejected))
    return result
