"""The smallest parts that an outlook adds up, in cents of the base currency, and exact ways to share them out."""

from collections.abc import Hashable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, TypeVar

# What a budget is made of: what was allocated on the period's first day, carried on; what was changed since; what
# exchange rates moved since; what streams gave each other; what they took along from the year before.
PLAN, CHANGED, RATES, TRANSFERRED, CARRIED = "plan", "changed", "rates", "transferred", "carried"
# What is spent, or will be: what the books have, up to the last whole month and dated later; what is agreed and not
# in the books; teams that the books do not pay for; what recurs.
BOOKED, DATED, COMMITTED, PEOPLE, RECURRING = "booked", "dated", "committed", "people", "recurring"
FORECAST = (DATED, COMMITTED, PEOPLE, RECURRING)
#: Of a forecast, what is not agreed or booked yet, so that it has a range.
UNCERTAIN = frozenset({PEOPLE, RECURRING})

Key = TypeVar("Key", bound=Hashable)


class Budgeted(NamedTuple):
    """Where a part of a budget counts; what a stream gave away or took along is with no product."""

    month: date
    product: int | None
    stream: int
    kind: str


class Spent(NamedTuple):
    """Where a cost counts or is expected; `stream` is None where it is drawn from none.

    `account` is None for teams that the books do not pay for.
    """

    month: date
    product: int
    stream: int | None
    is_capital: bool
    account: str | None
    kind: str


class Effect(NamedTuple):
    """Where something moved what was booked, such as an exchange rate."""

    month: date
    product: int
    stream: int | None
    account: str | None


def shared(cents: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """Return `cents` shared out by weights, in whole cents that add back to it exactly.

    A part is the difference of two running totals, each rounded on its own. Raises ValueError where the weights come
    to nothing.
    """
    total = sum(weights.values())
    if not total:
        raise ValueError("There is nothing to share by: the weights come to nothing.")
    parts, so_far, before = {}, 0, 0
    for key, weight in weights.items():
        so_far += weight
        after = rounded(Decimal(cents * so_far) / total)
        parts[key] = after - before
        before = after
    return parts


def rounded(amount: Decimal) -> int:
    """Round to a whole number, halves away from zero."""
    return int(amount.to_integral_value(ROUND_HALF_UP))
