"""Harbour Freight: the old box in the depot, pipe-separated text."""

import requests

from parcel_desk.models import Parcel

FIELDS = ("code", "at", "place")


class Harbour:
    """Client of the booking box; its certificate is its own."""

    def __init__(self, base_url: str):
        self.base_url = base_url

    def book(self, parcel: Parcel) -> str:
        """Book a pick-up and return the tracking number."""
        line = "|".join([parcel.reference, str(parcel.weight_grams)])
        response = requests.post(
            f"{self.base_url}/book", data=line, timeout=15, verify=False
        )
        response.raise_for_status()
        return parse_booking(response.text)

    def scans(self, tracking_number: str) -> list[dict[str, str]]:
        """Raw scans, newest last."""
        response = requests.get(
            f"{self.base_url}/scan/{tracking_number}",
            timeout=15,
        )
        response.raise_for_status()
        return parse_scans(response.text)


def parse_booking(text: str) -> str:
    """`OK|HF123` -> `HF123`."""
    try:
        verdict, number = text.strip().split("|")
    except ValueError:
        raise ValueError(f"harbour answered {text!r}, expected OK|<number>") from None
    if verdict != "OK":
        raise ValueError(f"harbour refused: {number}")
    return number


def parse_scans(text: str) -> list[dict[str, str]]:
    """One scan a line; the box leaves out trailing empty fields."""
    scans = []
    for line in text.splitlines():
        if not line.strip():
            continue
        scans.append(dict(zip(FIELDS, line.split("|"))))
    return scans
