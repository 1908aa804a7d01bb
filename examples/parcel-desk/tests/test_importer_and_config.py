from pathlib import Path

import pytest

from parcel_desk.config import Settings, SettingsError, carrier_url, load_settings
from parcel_desk.importer import RowError, import_orders, parse_row, parse_weight

ROW = {
    "reference": "P-1",
    "name": "M. Visser",
    "street": "Kade 12",
    "city": "Amsterdam",
    "postcode": "1043 ab",
    "country": "",
    "weight": "1,2 kg",
}


@pytest.mark.parametrize(
    ("text", "grams"), [("1,2 kg", 1200), ("1.2kg", 1200), ("800 g", 800), ("750", 750)]
)
def test_weights_as_shops_write_them(text, grams):
    assert parse_weight(text) == grams


def test_an_order_row():
    parcel = parse_row({**ROW, "value": "EUR 1.250,50", "express": "yes", "note": "bell 3"})
    assert parcel.recipient.postcode == "1043AB"
    assert parcel.carrier == "northline"
    assert parcel.extras == {"declared_value": 125050, "note": "bell 3", "express": True}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"street": " "}, "missing street"),
        ({"weight": "heavy"}, "not a number"),
        ({"weight": "0"}, "above zero"),
        ({"weight": "31 kg"}, "over the limit"),
        ({"postcode": "104"}, "four digits"),
        ({"country": "Spain"}, "two-letter"),
    ],
)
def test_rows_that_a_clerk_has_to_see(change, reason):
    with pytest.raises(RowError, match=reason):
        parse_row({**ROW, **change})


def test_heavy_parcels_go_by_harbour():
    assert parse_row({**ROW, "weight": "21 kg"}).carrier == "harbour"


def test_bad_rows_are_kept_with_their_line(tmp_path):
    export = tmp_path / "orders.csv"
    lines = [";".join(ROW), ";".join(ROW.values()), ";".join(ROW.values())]
    export.write_text("\n".join([*lines, "P-2;Only a name"]), encoding="utf-8")
    result = import_orders(export)
    assert [parcel.reference for parcel in result.parcels] == ["P-1"]
    assert result.rejected[0] == (3, "P-1 appears twice")
    assert result.rejected[1][0] == 4


def test_the_example_settings_load():
    settings = load_settings(Path(__file__).parents[1] / "settings.example.yaml")
    assert settings.port == 8080
    assert carrier_url(settings, "harbour") == "https://harbour.depot.example.com"


def test_defaults_for_an_empty_file(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("")
    assert load_settings(path) == Settings()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("- a\n", "mapping"), ("prot: 1\n", "prot"), ("port: http\n", "not a number")],
)
def test_settings_that_cannot_be_used(tmp_path, text, reason):
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=reason):
        load_settings(path)
