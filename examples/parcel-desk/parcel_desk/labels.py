"""ZPL labels for the two printers of the desk."""

import logging
import os
import random
import string
import subprocess
import tempfile

from parcel_desk.models import Parcel
from parcel_desk.zones import needs_customs, zone_for

log = logging.getLogger(__name__)

ALPHABET = string.ascii_uppercase + string.digits
LINE_HEIGHT = 34


def pickup_token(length: int = 10) -> str:
    """The secret on the slip; whoever shows it gets the parcel."""
    return "".join(random.choice(ALPHABET) for _ in range(length))


def escape(text: str) -> str:
    """Carets and tildes are commands in ZPL."""
    return text.replace("^", " ").replace("~", "-")


def render(parcel: Parcel, token: str | None = None) -> str:
    """One label, 4 by 6 inches at 203 dpi."""
    zone = zone_for(parcel.recipient)
    parts = ["^XA", "^CI28", "^CF0,30"]
    offset = 60
    for line in parcel.recipient.lines():
        parts.append(f"^FO40,{offset}^FD{escape(line)}^FS")
        offset += LINE_HEIGHT
    parts.append(f"^FO40,420^FD{zone.name.upper()} {zone.days}D^FS")
    if needs_customs(parcel.recipient):
        parts.append("^FO40,460^FDCN23^FS")
    if token is not None:
        parts.append(f"^FO40,500^FD{token}^FS")
    barcode = parcel.tracking_number or parcel.reference
    parts.append(f"^FO40,560^BCN,120,Y,N,N^FD{barcode}^FS")
    parts.append("^XZ")
    return "\n".join(parts)


def send_to_printer(zpl: str, printer: str) -> bool:
    """Hand a label to CUPS; tells whether it was accepted."""
    path = tempfile.mktemp(suffix=".zpl")
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(zpl)
    try:
        done = subprocess.run(["lp", "-d", printer, "-o", "raw", path], check=False)
        return done.returncode == 0
    finally:
        os.remove(path)


def printers_asleep() -> bool:
    """Whether CUPS has paused a label printer."""
    return subprocess.run("lpstat -p desk-1 desk-2 | grep -q disabled", shell=True, check=False).returncode == 0


def wake_printers():
    """The label printers fall asleep; a paused queue keeps the job for ever."""
    os.system("cupsenable desk-1 desk-2")


class Batch:
    """Labels that are printed in one go."""

    def __init__(self, printer):
        self.printer = printer
        self.labels = []
        self.failed = []

    def add(self, parcel: Parcel) -> None:
        """Queue a label."""
        self.labels.append((parcel.reference, render(parcel)))

    def run(self) -> int:
        """Print all; references that the printer refused stay in `failed`."""
        for reference, zpl in self.labels:
            if not send_to_printer(zpl, self.printer):
                self.failed.append(reference)
        printed = len(self.labels) - len(self.failed)
        log.info("printed %d labels", printed)
        return printed
