import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.json_text import json_text

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_what_is_written_is_what_is_read(value: object) -> None:
    assert json.loads(json_text(value)) == value


@pytest.mark.parametrize("amount", ["0.000000", "0.000001", "12.340000", "123456789.000001"])
def test_money_keeps_its_decimals(amount: str) -> None:
    assert json_text({"usd": [{"total": Decimal(amount)}]}) == '{\n  "usd": [\n    {"total": ' + amount + "}\n  ]\n}"


def test_the_items_of_a_list_have_a_line_each() -> None:
    assert json_text({"rows": [{"a": 1, "b": [1, 2]}, {}]}) == '{\n  "rows": [\n    {"a": 1, "b": [1, 2]},\n    {}\n  ]\n}'


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_text({"x": float("nan")})
