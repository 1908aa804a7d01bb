"""A small package in which every tool finds something."""

import pytest

CORE = '''"""Orders."""
import os
import subprocess

from shop import prices


def total(orders):
    """Sum the orders."""
    result = []
    for order in orders:
        result.append(prices.price(order))
    return sum(result)


def run(command, log=[]):
    try:
        subprocess.call(command, shell=True)
    except:
        pass
    return None
'''
PRICES = '''"""Prices."""


def price(order: dict) -> int:
    """The price of an order."""
    return int(order["price"]) * rebate()


def rebate():
    return 1
'''
FLAWED: dict[str, str | bytes] = {
    "README.md": "# Shop\n",
    "setup.py": "from setuptools import setup\n\nsetup(name='shop')\n",
    "src/shop/__init__.py": '"""A shop."""\n\nfrom shop.core import total\n',
    "src/shop/core.py": CORE,
    "src/shop/prices.py": PRICES,
    "src/shop/lonely.py": "import sys\n\nX = eval('1')\n",
    "tests/test_shop.py": "from shop import total\n\n\ndef test_total():\n    assert total([]) == 0\n",
}


@pytest.fixture
def flawed() -> dict[str, str | bytes]:
    """Files of the small package; each test has its own copy."""
    return dict(FLAWED)
