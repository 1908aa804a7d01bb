from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.cost import MicroUsd, micro_to_usd, usd_to_micro


@given(st.integers(-(10**15), 10**15))
def test_an_amount_comes_back_as_it_was(amount: int) -> None:
    assert usd_to_micro(micro_to_usd(MicroUsd(amount))) == amount


@pytest.mark.parametrize(
    ("usd", "micro"), [("0.0000005", 1), ("0.0000004", 0), ("-0.0000005", -1), (20, 20_000_000), (Decimal("0.1"), 100_000), ("1e-6", 1)]
)
def test_half_a_micro_dollar_is_rounded_up(usd: Decimal | str | int, micro: int) -> None:
    assert usd_to_micro(usd) == micro


def test_an_amount_is_shown_with_six_decimals() -> None:
    assert str(micro_to_usd(MicroUsd(1))) == "0.000001"
    assert str(micro_to_usd(MicroUsd(20_000_000))) == "20.000000"
