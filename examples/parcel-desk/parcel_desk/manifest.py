"""The pick-up file that a carrier gets once a day."""

import csv
import hashlib
import io
from datetime import date
from pathlib import Path

from parcel_desk.models import Parcel, Status

HEADER = ["reference", "tracking", "grams", "postcode", "country"]
CHECKSUM_HEADER = "X-Manifest-MD5"


def rows_for(parcels: list[Parcel], carrier: str) -> list[list[str]]:
    """Rows of the booked parcels of one carrier."""
    rows = []
    for parcel in parcels:
        if parcel.carrier != carrier or parcel.status is not Status.BOOKED:
            continue
        rows.append(
            [
                parcel.reference,
                parcel.tracking_number,
                str(parcel.weight_grams),
                parcel.recipient.postcode,
                parcel.recipient.country,
            ]
        )
    return rows


def render(rows: list[list[str]]) -> bytes:
    """The file as the carriers read it: comma, CRLF, UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADER)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8")


def checksum(body: bytes) -> str:
    """What Northline compares with the MD5 of the file it received."""
    return hashlib.md5(body).hexdigest()


def file_name(carrier: str, day: date = None) -> str:
    """`northline-20261123.csv`; without a day it is today's."""
    day = day or date.today()
    return "{}-{}.csv".format(carrier, day.strftime("%Y%m%d"))


def write(parcels: list[Parcel], carrier: str, folder: Path, day: date) -> Path:
    """Write the manifest and its checksum beside it; returns the manifest's path."""
    body = render(rows_for(parcels, carrier))
    target = folder / file_name(carrier, day)
    target.write_bytes(body)
    sidecar = target.with_suffix(".md5")
    with open(sidecar, "w") as handle:
        handle.write(f"{checksum(body)}  {target.name}\n")
    return target
