"""Money: integer micro-USD inside, `Decimal` USD at borders, never a float."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NewType

MicroUsd = NewType("MicroUsd", int)

_MICRO = Decimal(1_000_000)


def usd_to_micro(amount: Decimal | str | int) -> MicroUsd:
    """Convert a USD amount to micro-USD, rounding half up at the seventh decimal."""
    return MicroUsd(int((Decimal(amount) * _MICRO).quantize(Decimal(1), rounding=ROUND_HALF_UP)))


def micro_to_usd(amount: MicroUsd) -> Decimal:
    """Convert micro-USD to USD with six decimals."""
    return (Decimal(amount) / _MICRO).quantize(Decimal("0.000001"))


@dataclass(frozen=True, slots=True)
class CallCost:
    """What one model call cost, failed ones too."""

    provider: str
    model: str
    category: str
    cost: MicroUsd
