"""One day at the desk, from the shop's export to the tracking page."""

import json
from datetime import datetime

import pytest

from parcel_desk import audit
from parcel_desk.cli import main
from parcel_desk.models import Status
from parcel_desk.store import Store
from parcel_desk.tracking import parse_scan
from parcel_desk.web import TrackingApp

EXPORT = """reference;name;street;city;postcode;country;weight
P-1;M. Visser;Kade 12;Amsterdam;1043 AB;NL;1,2 kg
P-2;J. Moreau;Rue Basse 4;Lille;59000;FR;24 kg
P-3;Nobody;;Utrecht;3512 JH;NL;1 kg
"""


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return path


@pytest.fixture
def database(tmp_path, export):
    path = str(tmp_path / "desk.sqlite3")
    assert main(["import", str(export), "--db", path]) == 1
    return path


def get(app, path, **headers):
    seen = {}

    def start_response(status, header_list):
        seen.update(status=status, headers=dict(header_list))

    body = b"".join(app({"PATH_INFO": path, **headers}, start_response))
    return seen["status"], seen["headers"], body


def test_import_stores_good_rows_and_leaves_the_bad(database):
    desk = Store(database)
    assert [parcel.reference for parcel in desk.all()] == ["P-1", "P-2"]
    assert desk.get("P-2").carrier == "harbour"
    assert desk.get("P-9") is None
    assert desk.counts() == {"parcels": 2, "events": 0, "audit": 2}


def test_import_tells_the_clerk_which_lines(export, tmp_path, capsys):
    assert main(["import", str(export), "--db", str(tmp_path / "desk.sqlite3")]) == 1
    told = capsys.readouterr()
    assert told.out == "2 parcels, 1 rejected\n"
    assert told.err == "line 4: missing street\n"


def test_parcels_are_found_by_status(database):
    desk = Store(database)
    parcel = desk.get("P-1")
    parcel.status = Status.BOOKED
    desk.save(parcel, clerk="ruth")
    assert [p.reference for p in desk.by_status("booked")] == ["P-1"]
    assert [p.reference for p in desk.by_status("new")] == ["P-2"]
    desk.close()
    lines = audit.export(database, datetime(2020, 1, 1))
    assert lines[-1] == "P-1;Status.BOOKED;save;ruth"


def test_manifest_for_the_pickup(database, tmp_path, capsys):
    desk = Store(database)
    parcel = desk.get("P-1")
    parcel.status, parcel.tracking_number = Status.BOOKED, "NL1"
    desk.save(parcel)
    desk.close()
    order = ["manifest", "northline", "--day", "2026-03-02", "--folder", str(tmp_path)]
    assert main([*order, "--db", database]) == 0
    written = tmp_path / "northline-20260302.csv"
    assert str(written) in capsys.readouterr().out
    assert written.read_bytes().endswith(b"P-1,NL1,1200,1043AB,NL\r\n")


def test_the_same_scan_twice_counts_once(database):
    desk = Store(database)
    scan = parse_scan("P-1", {"code": "PUP", "at": "2026-03-02 17:05", "place": "Depot"})
    assert desk.add_events([scan, scan]) == 1
    assert desk.events("P-1") == [scan]


def test_tracking_api(database):
    desk = Store(database)
    raw = {"code": "PUP", "at": "2026-03-02 17:05", "place": "Depot"}
    desk.add_events([parse_scan("P-1", raw)])
    app = TrackingApp(desk, ["changeme"])
    assert get(app, "/track/P-1")[0] == "403 Forbidden"
    shop = {"HTTP_X_PARCEL_TOKEN": "changeme"}
    status, headers, body = get(app, "/track/P-1", **shop)
    assert status == "200 OK"
    assert json.loads(body)["status"] == "in_transit"
    assert json.loads(body)["places"] == ["Depot"]
    again = get(app, "/track/P-1", HTTP_IF_NONE_MATCH=headers["ETag"], **shop)
    assert (again[0], again[2]) == ("304 Not Modified", b"")
    assert get(app, "/track/P-9", **shop)[0] == "404 Not Found"
    assert get(app, "/elsewhere", **shop)[0] == "404 Not Found"


def test_page_and_health_need_no_token(database):
    app = TrackingApp(Store(database), [])
    assert b"parcel-tracking" in get(app, "/")[2]
    assert json.loads(get(app, "/health")[2])["tables"]["parcels"] == 2


def test_quote_and_report_on_the_command_line(database, capsys):
    assert main(["quote", "1043AB", "1200", "--express"]) == 0
    assert capsys.readouterr().out == "8.85 EUR\n"
    assert main(["report", "--db", database]) == 0
    assert "new      2\n" in capsys.readouterr().out
