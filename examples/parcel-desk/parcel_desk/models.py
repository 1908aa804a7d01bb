"""Records that the desk works with."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Optional


class Status(str, Enum):
    """Where a parcel stands, in the order in which it normally moves."""

    NEW = "new"
    BOOKED = "booked"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    HELD = "held"
    DELIVERED = "delivered"
    RETURNED = "returned"
    LOST = "lost"


FINAL = frozenset({Status.DELIVERED, Status.RETURNED, Status.LOST})


@dataclass(frozen=True)
class Address:
    """A postal address; `postcode` keeps the spelling of the customer."""

    name: str
    street: str
    city: str
    postcode: str
    country: str = "NL"

    def lines(self) -> list[str]:
        """The address as it is printed, one line each."""
        lines = [self.name, self.street, f"{self.postcode} {self.city}"]
        if self.country != "NL":
            lines.append(self.country)
        return lines


@dataclass
class Parcel:
    """One parcel from the order to its last scan."""

    reference: str
    recipient: Address
    weight_grams: int
    carrier: str = "northline"
    status: Status = Status.NEW
    tracking_number: Optional[str] = None
    extras: dict = field(default_factory=dict)

    def is_final(self) -> bool:
        """Whether no further scan is expected."""
        return self.status in FINAL

    def is_booked(self) -> bool:
        """Whether a carrier has taken it on."""
        if self.tracking_number:
            return True
        return False


@dataclass(frozen=True)
class TrackingEvent:
    reference: str
    code: str
    at: datetime
    place: str = ""
