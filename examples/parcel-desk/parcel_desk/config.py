"""Settings of one desk, from a YAML file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Sent by the shops with every call to the tracking API.
TOKEN_HEADER = "X-Parcel-Token"

KNOWN = ("database", "bind", "port", "printer", "carriers", "webhooks")


class SettingsError(Exception):
    """The settings file cannot be used."""


@dataclass
class Settings:
    """What differs from desk to desk."""

    database: str = "var/desk.sqlite3"
    bind: str = "127.0.0.1"
    port: int = 8080
    printer: str = "desk-1"
    carriers: dict[str, str] = field(default_factory=dict)
    webhooks: list = field(default_factory=list)


def read_settings(path: Path) -> dict[str, Any]:
    """The file as it stands; an empty file is an empty mapping."""
    with open(path) as handle:
        raw = yaml.load(handle, Loader=yaml.Loader)
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise SettingsError(f"{path}: expected a mapping, got {type(raw).__name__}")
    return raw


def load_settings(path: Path) -> Settings:
    """Read `path` over the defaults.

    Raises:
        SettingsError: A key is unknown or the port is not a number.
    """
    raw = read_settings(path)
    unknown = sorted([key for key in raw.keys() if key not in KNOWN])
    if unknown:
        raise SettingsError(f"{path}: unknown settings {', '.join(unknown)}")
    try:
        port = int(raw.get("port", 8080))
    except ValueError:
        raise SettingsError(f"{path}: port {raw['port']!r} is not a number")
    settings = Settings(**{**raw, "port": port})
    return settings


def carrier_url(settings: Settings, carrier: str) -> str:
    """The base address of a carrier's API, without a trailing slash."""
    url = settings.carriers.get(carrier)
    return url.rstrip("/")
