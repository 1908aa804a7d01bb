import json
from dataclasses import replace

import pytest

from parcel_desk.rates import (
    TariffError,
    Zone,
    cheapest,
    insurance,
    load_tariff,
    quote,
    volume_discount,
)
from parcel_desk.zones import needs_customs, normalise_postcode, zone_for, zone_names


@pytest.mark.parametrize(
    ("postcode", "country", "zone"),
    [
        ("1043 AB", "NL", "local"),
        ("3512jh", "NL", "national"),
        ("8897 XA", "NL", "remote"),
        ("75011", "FR", "abroad"),
    ],
)
def test_zone_follows_postcode_and_country(address, postcode, country, zone):
    assert zone_for(replace(address, postcode=postcode, country=country)).name == zone


def test_every_zone_of_the_code_is_priced():
    tariff = load_tariff()
    assert set(zone_names()) == set(tariff.zones)


def test_rates_offers_the_zone_type_to_price_scripts(address):
    assert zone_for(address) == Zone("local", 1)


def test_postcode_is_normalised():
    assert normalise_postcode(" 1043 ab ") == "1043AB"
    with pytest.raises(ValueError, match="four digits"):
        normalise_postcode("AB 1043")


def test_customs_form_outside_the_home_countries_only(address):
    assert not needs_customs(address)
    assert not needs_customs(replace(address, country="BE"))
    assert needs_customs(replace(address, country="GB"))


def test_quote_counts_started_kilos(make_parcel):
    tariff = load_tariff()
    assert quote(make_parcel(grams=1000), tariff) == 495
    assert quote(make_parcel(grams=1001), tariff) == 535


def test_quote_adds_express_and_insurance(make_parcel):
    parcel = make_parcel(grams=500, extras={"declared_value": 10_001})
    assert quote(parcel, load_tariff(), express=True) == 495 + 350 + 300


def test_nothing_declared_costs_nothing():
    assert insurance() == 0
    assert insurance(0) == 0


def test_a_price_holds_until_the_desk_restarts(tmp_path):
    card = tmp_path / "tariff.json"
    card.write_text(json.dumps({"valid_from": "2026-07-01", "zones": {}}))
    before = load_tariff(card)
    card.write_text(json.dumps({"valid_from": "2027-01-01", "zones": {}}))
    assert load_tariff(card) is before


def test_a_missing_price_names_the_zone():
    with pytest.raises(TariffError, match="no base_cents for moon"):
        load_tariff().price("moon", "base_cents")


def test_discount_by_volume():
    assert volume_discount(1000, 10) == 1000
    assert volume_discount(1000, 100) == 930
    assert volume_discount(1000, 500) == 880


def test_cheapest_takes_the_first_on_a_tie(make_parcel):
    tariff = load_tariff()
    dear = replace(tariff, zones={z: {**p, "base_cents": 9999} for z, p in tariff.zones.items()})
    assert cheapest(make_parcel(), {"b": dear, "n": tariff, "o": tariff}) == "n"
    with pytest.raises(TariffError):
        cheapest(make_parcel(), {})
