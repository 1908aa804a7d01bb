import pytest

from orchestrator_assets.stages.guards import objection

BEFORE = """import os
from shop.base import Base
from . import parts
import json as _json

LIMIT = 3


def price(item, *, currency="EUR"):
    total = item.cost
    return total


class Cart:
    def add(self, item):
        return item
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("total = item.cost", "total = item.cost  # noqa: F841", "silences a tool"),
        ("total = item.cost", "total = item.cost  # type: ignore[attr]", "silences a tool"),
        ("total = item.cost", "total = item.cost  # nosec", "silences a tool"),
        ("total = item.cost", "total = item.cost  # pylint: disable=all", "silences a tool"),
        ("total = item.cost", "total = item.cost  # pragma: no cover", "silences a tool"),
        ("    def add(self, item):\n        return item\n", "    pass\n", "deletes Cart.add"),
        ('def price(item, *, currency="EUR")', "def price(item)", "takes the parameter currency from price"),
        ("LIMIT = 3\n", "", "removes LIMIT from the module's names"),
        ("from shop.base import Base\n", "", "removes Base from the module's names"),
        ("from . import parts\n", "", "removes parts from the module's names"),
    ],
)
def test_what_is_no_fix_is_refused_with_the_reason(old: str, new: str, words: str) -> None:
    assert words in objection("src/shop/cart.py", BEFORE, BEFORE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import os\n", ""),
        ("import json as _json\n", ""),
        ("total = item.cost\n    return total", "return item.cost"),
        ("def add(self, item):", "def add(self, item: object, count: int = 1) -> object:"),
    ],
)
def test_an_honest_change_is_let_through(old: str, new: str) -> None:
    assert objection("src/shop/cart.py", BEFORE, BEFORE.replace(old, new)) == ""


def test_an_import_of_a_package_s_init_is_an_export() -> None:
    assert "removes os" in objection("shop/__init__.py", BEFORE, BEFORE.replace("import os\n", ""))
