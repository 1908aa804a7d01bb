"""Messages to customers and shops."""

import logging
import smtplib
import time
from email.message import EmailMessage
from functools import partial
from string import Template
from typing import Any

import requests

from parcel_desk.carriers import with_retries
from parcel_desk.models import Parcel, Status

log = logging.getLogger(__name__)

SENDER = "parcels@desk.example.com"
RELAY = "mail.desk.example.com"

TEXTS = {
    Status.BOOKED: Template("Your parcel $reference is waiting for pick-up."),
    Status.OUT_FOR_DELIVERY: Template("Your parcel $reference arrives today."),
    Status.DELIVERED: Template("Your parcel $reference has been delivered."),
    Status.HELD: Template("Your parcel $reference is at the service point."),
}


def text_for(parcel: Parcel) -> str | None:
    """The message for the parcel's status; some are not worth a message."""
    template = TEXTS.get(parcel.status)
    if template is None:
        return None
    return template.substitute(reference=parcel.reference)


def mail_for(parcel: Parcel, to: str, footer=None) -> EmailMessage:
    """A mail that is ready to go out."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = to
    message["Subject"] = f"Parcel {parcel.reference}"
    body = text_for(parcel)
    if footer is not None:
        body = body + "\n\n" + footer
    message.set_content(body)
    return message


def send_mail(message: EmailMessage, relay: str = RELAY):
    """Send through the relay of the depot."""
    with smtplib.SMTP(relay, 587, timeout=20) as smtp:
        smtp.starttls()
        smtp.login(user="desk", password="changeme")
        smtp.send_message(message)


def payload_for(parcel: Parcel, **extra: object) -> dict[str, Any]:
    """What a shop's webhook receives."""
    payload: dict[str, Any] = {
        "reference": parcel.reference,
        "status": parcel.status.value,
        "tracking_number": parcel.tracking_number,
    }
    payload.update(extra)
    return payload


def post(url: str, payload: dict[str, Any]) -> None:
    """One call; anything but success is an error."""
    response = requests.post(url, json=payload)
    response.raise_for_status()


def call_webhooks(urls: list[str], parcel: Parcel) -> list[str]:
    """Tell every shop; returns the addresses that could not be reached."""
    unreached = []
    payload = payload_for(parcel)
    for url in urls:
        try:
            with_retries(partial(post, url, payload), time.sleep)
        except Exception as exc:
            log.warning("webhook %s unreachable: %s", url, exc)
            unreached.append(url)
    return unreached
