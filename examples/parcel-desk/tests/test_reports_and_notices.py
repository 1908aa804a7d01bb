from dataclasses import replace
from datetime import datetime

from parcel_desk import notify, reports
from parcel_desk.models import Status, TrackingEvent
from parcel_desk.rates import load_tariff


def test_zones_with_and_without_the_skipped(make_parcel, address):
    away = replace(address, country="FR")
    parcels = [make_parcel("P-1"), make_parcel("P-2", recipient=away), make_parcel("P-3")]
    assert reports.by_zone(parcels) == {"local": ["P-1", "P-3"], "abroad": ["P-2"]}
    assert reports.by_zone(parcels, skip=["local"]) == {"abroad": ["P-2"]}
    assert reports.busiest_zone(parcels) == "local"
    assert reports.busiest_zone([]) is None


def test_open_references_heaviest_first(make_parcel):
    parcels = [
        make_parcel("P-1", grams=100),
        make_parcel("P-2", grams=900),
        make_parcel("P-3", status=Status.DELIVERED),
    ]
    assert reports.open_references(parcels) == ["P-2", "P-1"]
    assert reports.total_weight(parcels) == 2200


def test_mean_transit_counts_delivered_parcels_only():
    def scan(code, day):
        return TrackingEvent("P", code, datetime(2026, 3, day))

    histories = {
        "P-1": [scan("PUP", 1), scan("DLV", 3)],
        "P-2": [scan("PUP", 1), scan("DLV", 2)],
        "P-3": [scan("PUP", 1)],
    }
    assert reports.mean_transit_days(histories) == 1.5
    assert reports.mean_transit_days({}) == 0.0


def test_sheet_for_the_meeting(make_parcel):
    parcels = [make_parcel("P-1"), make_parcel("P-2", status=Status.DELIVERED)]
    sheet = reports.render(parcels, load_tariff(), datetime(2026, 3, 2)).splitlines()
    assert sheet[0] == "Desk report 2026-03-02"
    assert "booked         1" in sheet
    assert "delivered  50.0 %" in sheet
    assert "revenue    10.70 EUR" in sheet
    assert sheet[-1] == "busiest    local"


def test_mail_for_a_status_worth_a_message(make_parcel):
    message = notify.mail_for(make_parcel(), "m.visser@example.com", "Parcel desk")
    assert message["Subject"] == "Parcel P-1"
    text = message.get_content()
    assert text == "Your parcel P-1 is waiting for pick-up.\n\nParcel desk\n"
    assert notify.text_for(make_parcel(status=Status.LOST)) is None


def test_one_deaf_shop_does_not_silence_the_others(make_parcel, monkeypatch):
    called = []

    class Answer:
        def raise_for_status(self):
            return None

    def post(url, **options):
        called.append((url, options["json"]["status"]))
        if "deaf" in url:
            raise OSError("no route")
        return Answer()

    monkeypatch.setattr(notify.requests, "post", post)
    urls = ["https://deaf.example.com", "https://shop.example.com"]
    assert notify.call_webhooks(urls, make_parcel()) == ["https://deaf.example.com"]
    assert called == [(url, "booked") for url in urls]
