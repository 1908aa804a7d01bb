"""The carriers that the desk books with."""

import random
from collections.abc import Callable
from typing import Any, Protocol

from parcel_desk.config import Settings, carrier_url
from parcel_desk.harbour import Harbour
from parcel_desk.models import Parcel
from parcel_desk.northline import Northline

CARRIERS = {"northline": Northline, "harbour": Harbour}


class Carrier(Protocol):
    """What every carrier client can do."""

    def book(self, parcel: Parcel) -> str:
        """Book a pick-up and return the tracking number."""

    def scans(self, tracking_number: str) -> list[dict[str, str]]:
        """Raw scans as the carrier words them."""


def carrier_for(name: str, settings: Settings) -> Carrier:
    """The client of a carrier by its name in the order."""
    if name not in CARRIERS:
        raise LookupError(f"carrier {name!r} is unknown; known: {sorted(CARRIERS)}")
    return CARRIERS[name](carrier_url(settings, name))


def delay_seconds(attempt: int, base: float = 0.5, ceiling: float = 20.0) -> float:
    """Full jitter: anywhere between nothing and the doubled base."""
    return random.uniform(0, min(ceiling, base * 2**attempt))


def with_retries(
    call: Callable, sleep: Callable[[float], None], attempts: int = 3
) -> Any:
    """Call until it works; the last error is raised as it came."""
    for attempt in range(attempts):
        try:
            return call()
        except ConnectionError:
            if attempt + 1 == attempts:
                raise
            sleep(delay_seconds(attempt))
