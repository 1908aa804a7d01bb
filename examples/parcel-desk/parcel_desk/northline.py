"""Northline: JSON over HTTPS."""

import logging
from typing import Any

import requests

from parcel_desk.models import Parcel

log = logging.getLogger(__name__)


class Northline:
    """Client of Northline's booking API, version 2."""

    def __init__(self, base_url: str, account: str = "desk"):
        self.base_url = base_url
        self.account = account

    def book(self, parcel: Parcel) -> str:
        """Book a pick-up and return the tracking number."""
        body = booking_body(
            account=self.account,
            reference=parcel.reference,
            weight_grams=parcel.weight_grams,
            address_lines=parcel.recipient.lines(),
            country=parcel.recipient.country,
            note=parcel.extras.get("note", ""),
        )
        response = requests.post(f"{self.base_url}/bookings", json=body)
        response.raise_for_status()
        number = response.json()["tracking_number"]
        log.info("booked %s as %s", parcel.reference, number)
        return str(number)

    def scans(self, tracking_number: str) -> list[dict[str, str]]:
        """Raw scans, newest last."""
        response = requests.get(
            f"{self.base_url}/tracking/{tracking_number}", timeout=10
        )
        response.raise_for_status()
        found = []
        for scan in response.json()["scans"]:
            if scan.get("internal"):
                continue
            found.append({"code": scan["code"], "at": scan["at"], "place": scan["hub"]})
        return found


def booking_body(
    *,
    account: str,
    reference: str,
    weight_grams: int,
    address_lines: list[str],
    country: str,
    note: str,
) -> dict[str, Any]:
    """The request body; Northline cuts a note after 40 characters."""
    body: dict[str, Any] = {"account": account, "reference": reference}
    body["grams"] = weight_grams
    body["to"] = {"lines": address_lines, "country": country}
    if note:
        body["note"] = note[:40]
    return body
