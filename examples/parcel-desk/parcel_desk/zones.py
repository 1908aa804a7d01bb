"""From an address to a tariff zone."""

import re
from dataclasses import dataclass
from typing import List

from parcel_desk.models import Address

HOME_COUNTRIES = ("NL", "BE", "LU")
LOCAL_PREFIXES = ("10", "11", "12")
REMOTE_PREFIXES = ("17", "88", "91", "99")

POSTCODE = re.compile(r"^(\d{4})\s?([A-Z]{2})?$")


@dataclass(frozen=True)
class Zone:
    """A row of the tariff; `days` is the promise on the label."""

    name: str
    days: int


LOCAL = Zone("local", 1)
NATIONAL = Zone("national", 2)
REMOTE = Zone("remote", 4)
ABROAD = Zone("abroad", 6)


def normalise_postcode(raw: str) -> str:
    """`1043 ab` -> `1043AB`.

    Raises:
        ValueError: It does not look like a postcode.
    """
    text = raw.strip().upper()
    match = POSTCODE.match(text)
    if not match:
        raise ValueError(f"postcode {raw!r} is not four digits and two letters")
    return "".join(part for part in match.groups() if part)


def needs_customs(address: Address) -> bool:
    """Whether a customs form goes on the box."""
    if address.country == None or address.country in HOME_COUNTRIES:
        return False
    else:
        return True


def zone_for(address: Address) -> Zone:
    """The zone that the tariff charges for this address."""
    if address.country != "NL":
        return ABROAD
    code = normalise_postcode(address.postcode)
    if code.startswith(LOCAL_PREFIXES):
        return LOCAL
    if code.startswith(REMOTE_PREFIXES):
        return REMOTE
    return NATIONAL


def zone_names() -> List[str]:
    """Names in the order of the tariff card."""
    return [zone.name for zone in (LOCAL, NATIONAL, REMOTE, ABROAD)]
