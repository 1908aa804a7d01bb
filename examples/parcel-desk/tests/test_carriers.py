import random

import pytest

from parcel_desk import carriers, northline
from parcel_desk.config import Settings
from parcel_desk.harbour import parse_booking, parse_scans


def test_harbour_leaves_out_trailing_fields():
    text = "PUP|2026-03-02 08:00|Depot\n\nHUB|2026-03-02 21:40\n"
    assert parse_scans(text) == [
        {"code": "PUP", "at": "2026-03-02 08:00", "place": "Depot"},
        {"code": "HUB", "at": "2026-03-02 21:40"},
    ]


def test_harbour_booking():
    assert parse_booking("OK|HF123\n") == "HF123"
    with pytest.raises(ValueError, match="refused: closed"):
        parse_booking("NO|closed")
    with pytest.raises(ValueError, match="expected OK"):
        parse_booking("busy")


def test_northline_cuts_long_notes():
    body = northline.booking_body(
        account="desk",
        reference="P-1",
        weight_grams=900,
        address_lines=["M. Visser"],
        country="NL",
        note="x" * 60,
    )
    assert len(body["note"]) == 40
    assert body["to"] == {"lines": ["M. Visser"], "country": "NL"}


def test_northline_books_with_the_account(make_parcel, monkeypatch):
    sent = {}

    class Answer:
        def raise_for_status(self):
            return None

        def json(self):
            return {"tracking_number": 7711}

    def post(url, **options):
        sent.update(options, url=url)
        return Answer()

    monkeypatch.setattr(northline.requests, "post", post)
    client = northline.Northline("https://api.northline.example.com/v2")
    assert client.book(make_parcel()) == "7711"
    assert sent["url"].endswith("/v2/bookings")
    assert sent["json"]["account"] == "desk"


def test_client_by_name():
    settings = Settings(carriers={"harbour": "https://harbour.depot.example.com/"})
    assert carriers.carrier_for("harbour", settings).base_url.endswith("example.com")
    with pytest.raises(LookupError, match="known: .*northline"):
        carriers.carrier_for("pigeon", settings)


def test_delay_grows_up_to_the_ceiling(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    assert [carriers.delay_seconds(n) for n in (0, 1, 2, 9)] == [0.5, 1.0, 2.0, 20.0]


def test_retries_until_it_works_and_gives_up_after_three():
    waits = []
    answers = iter([ConnectionError("one"), ConnectionError("two"), "booked"])

    def call():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert carriers.with_retries(call, waits.append) == "booked"
    assert len(waits) == 2

    def down():
        raise ConnectionError("down")

    with pytest.raises(ConnectionError, match="down"):
        carriers.with_retries(down, waits.append)
