from datetime import date

import pytest

from parcel_desk import audit, labels, manifest
from parcel_desk.models import Status


@pytest.fixture
def printer(tmp_path, monkeypatch):
    """A stand-in for `lp` that keeps its arguments and the file's text."""
    tool = tmp_path / "lp"
    tool.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/args\nfor last; do :; done\n'
        f'/bin/cat "$last" > {tmp_path}/printed\n[ "$2" != broken ]\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def test_label_has_address_zone_and_barcode(make_parcel):
    zpl = labels.render(make_parcel(tracking_number="NL77"))
    assert zpl.startswith("^XA") and zpl.endswith("^XZ")
    assert "^FD1043 AB Amsterdam^FS" in zpl
    assert "^FDLOCAL 1D^FS" in zpl
    assert "^FDNL77^FS" in zpl


def test_commands_in_a_name_are_not_printed():
    assert labels.escape("A^XZ~B") == "A XZ-B"


def test_a_label_goes_to_the_printer_as_it_is(printer):
    assert labels.send_to_printer("^XA^FDx^FS^XZ", "desk-2")
    assert (printer / "printed").read_text() == "^XA^FDx^FS^XZ"
    assert (printer / "args").read_text().startswith("-d desk-2 -o raw ")


def test_batch_keeps_what_the_printer_refused(printer, make_parcel):
    batch = labels.Batch("broken")
    batch.add(make_parcel("P-1"))
    batch.add(make_parcel("P-2"))
    assert batch.run() == 0
    assert batch.failed == ["P-1", "P-2"]


def test_pickup_tokens_are_ten_capitals_and_digits():
    token = labels.pickup_token()
    assert len(token) == 10
    assert set(token) <= set(labels.ALPHABET)
    assert len({labels.pickup_token() for _ in range(50)}) == 50


def test_manifest_lists_booked_parcels_of_one_carrier(make_parcel):
    parcels = [
        make_parcel("P-1", tracking_number="NL1"),
        make_parcel("P-2", carrier="harbour"),
        make_parcel("P-3", status=Status.NEW),
    ]
    assert manifest.rows_for(parcels, "northline") == [
        ["P-1", "NL1", "1200", "1043 AB", "NL"]
    ]


def test_checksum_is_the_one_that_northline_publishes():
    # From their integration guide, section 4.2, "Checking your upload".
    body = b"reference,tracking,grams,postcode,country\r\n"
    assert manifest.checksum(body) == "951ed7f8918e12020e72e2821b48b13d"


def test_manifest_is_written_with_its_checksum(make_parcel, tmp_path):
    day = date(2026, 3, 2)
    path = manifest.write([make_parcel(tracking_number="NL1")], "northline", tmp_path, day)
    assert path.name == "northline-20260302.csv"
    digest = manifest.checksum(path.read_bytes())
    assert path.with_suffix(".md5").read_text() == f"{digest}  {path.name}\n"


def test_audit_line_keeps_the_form_that_the_auditors_load(make_parcel):
    line = audit.line_for(make_parcel(), "save", "ruth")
    assert line == "P-1;Status.BOOKED;save;ruth"
