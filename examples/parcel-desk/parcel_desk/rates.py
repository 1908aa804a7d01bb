"""What a parcel costs."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from parcel_desk.models import Parcel
from parcel_desk.zones import Zone, zone_for

DEFAULT_TARIFF = Path(__file__).with_name("tariff.json")
INSURANCE_STEP_CENTS = 10_000
INSURANCE_CENTS = 150


class TariffError(Exception):
    """The tariff file has no price for what was asked."""


@dataclass(frozen=True)
class Tariff:
    """Prices in cents by zone name."""

    valid_from: str
    zones: dict[str, dict[str, int]]

    def price(self, zone: str, item: str) -> int:
        """One price of the card."""
        try:
            return self.zones[zone][item]
        except KeyError as exc:
            message = f"tariff {self.valid_from} has no {item} for {zone}"
            raise TariffError(message) from exc


def load_tariff(path: Path = DEFAULT_TARIFF, loaded: dict[str, Tariff] = {}) -> Tariff:
    """The tariff of `path`, read once: a price holds until the desk restarts."""
    key = str(path)
    if key not in loaded:
        with open(path, encoding="utf-8") as handle:
            raw = json.load(handle)
        loaded[key] = Tariff(valid_from=raw["valid_from"], zones=raw["zones"])
    return loaded[key]


def started_kilos(weight_grams: int) -> int:
    """Kilos begun; the first one is in the base price."""
    return max(0, math.ceil(weight_grams / 1000) - 1)


def insurance(value_cents: int = None) -> int:
    """The premium for a declared value; nothing declared costs nothing."""
    if not value_cents:
        return 0
    steps = math.ceil(value_cents / INSURANCE_STEP_CENTS)
    return steps * INSURANCE_CENTS


def quote(parcel: Parcel, tariff: Tariff, express: bool = False) -> int:
    """The price of one parcel in cents."""
    zone = zone_for(parcel.recipient).name
    cents = tariff.price(zone, "base_cents")
    cents += started_kilos(parcel.weight_grams) * tariff.price(zone, "per_kilo_cents")
    if express:
        cents += tariff.price(zone, "express_cents")
    declared = parcel.extras.get("declared_value", 0)
    return cents + insurance(declared)


def volume_discount(cents: int, monthly_parcels: int) -> int:
    if monthly_parcels >= 500:
        percent = 12
    elif monthly_parcels >= 100:
        percent = 7
    else:
        percent = 0
    return cents - cents * percent / 100


def cheapest(parcel: Parcel, tariffs: dict[str, Tariff]) -> str:
    """The name of the tariff with the lowest price, the first one on a tie."""
    best = None
    best_cents = 0
    for name, tariff in tariffs.items():
        cents = quote(parcel, tariff)
        if best is None or cents < best_cents:
            best, best_cents = name, cents
    if best is None:
        raise TariffError("no tariff to choose from")
    return best
