from datetime import datetime

import pytest

from parcel_desk import tracking
from parcel_desk.models import Status, TrackingEvent
from parcel_desk.tracking import first_scan, is_late, next_status, places, replay


def scan(code, day, place=""):
    return TrackingEvent("P-1", code, datetime(2026, 3, day, 9, 30), place)


@pytest.mark.parametrize(
    ("current", "code", "attempts", "after"),
    [
        (Status.BOOKED, "PUP", 0, Status.IN_TRANSIT),
        (Status.IN_TRANSIT, "OUT", 0, Status.OUT_FOR_DELIVERY),
        (Status.OUT_FOR_DELIVERY, "HUB", 0, Status.OUT_FOR_DELIVERY),
        (Status.OUT_FOR_DELIVERY, "NOH", 1, Status.IN_TRANSIT),
        (Status.OUT_FOR_DELIVERY, "NOH", 2, Status.HELD),
        (Status.OUT_FOR_DELIVERY, "NOH", 3, Status.RETURNED),
        (Status.IN_TRANSIT, "LOS", 0, Status.LOST),
        (Status.LOST, "HUB", 0, Status.IN_TRANSIT),
        (Status.LOST, "OUT", 0, Status.LOST),
        (Status.DELIVERED, "HUB", 0, Status.DELIVERED),
        (Status.IN_TRANSIT, "???", 0, Status.IN_TRANSIT),
    ],
)
def test_one_scan_moves_the_status(current, code, attempts, after):
    assert next_status(current, code, attempts) is after


def test_scans_are_replayed_in_time_order(make_parcel):
    events = [scan("DLV", 5), scan("PUP", 2), scan("OUT", 5)]
    assert replay(make_parcel(), events[:2]) is Status.DELIVERED


def test_third_failed_attempt_sends_it_back(make_parcel):
    events = [scan("PUP", 1)] + [scan("NOH", day) for day in (2, 3, 4)]
    assert replay(make_parcel(), events) is Status.RETURNED


def test_a_code_that_never_came_has_no_first_scan():
    events = [scan("HUB", 3), scan("HUB", 4)]
    assert first_scan(events, "HUB") == events[0]
    assert first_scan(events, "DLV") is None
    assert first_scan([], "PUP") is None


class DepotClock(datetime):
    """Half past nine on the tenth, in depot time."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 10, 9, 30, tzinfo=tz)


def test_late_after_five_days_of_depot_time(make_parcel, monkeypatch):
    monkeypatch.setattr(tracking, "datetime", DepotClock)
    assert is_late(make_parcel(), [scan("PUP", 4)])
    assert not is_late(make_parcel(), [scan("PUP", 5)])
    assert not is_late(make_parcel(), [])
    assert not is_late(make_parcel(status=Status.LOST), [scan("PUP", 1)])


def test_scan_times_are_depot_time_without_a_zone():
    event = tracking.parse_scan("P-1", {"code": "hub", "at": "2026-03-02 07:15"})
    assert event == TrackingEvent("P-1", "HUB", datetime(2026, 3, 2, 7, 15), "")


def test_places_once_each_in_travel_order():
    events = [scan("PUP", 1, "Depot"), scan("HUB", 2, "Utrecht"), scan("DEP", 2, "Utrecht")]
    assert places(events + [scan("NOH", 3)]) == ["Depot", "Utrecht"]


def test_transit_days_between_pickup_and_delivery():
    assert tracking.transit_days([scan("PUP", 2), scan("DLV", 5)]) == 3
    assert tracking.transit_days([scan("HUB", 2)]) == 0
