"""When what a product is built of ends its support, what renewing it costs, and what no money is set aside for.

Plain values in cents; no database. For one product, quarter by quarter:

    money   = what earlier quarters left + headroom of this one, never below nothing
    covered = min(due, money)
    gap     = due - covered
    left    = money - covered, for later quarters

Headroom is what a product is allocated less what it spends on running. Money is used in the order of time. A quarter
that spends more than it is allocated takes from what is set aside, never below nothing: that it lacks money for running
is not a gap of renewals. docs/estate.md has an example by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from portfolio.common.months import add_months, fiscal_year, fiscal_year_name
from portfolio.engine.uncertainty import Range

AHEAD = 12  #: quarters that are looked at: three years


@dataclass(frozen=True)
class Due:
    """What renewing costs, in cents: the ends of a 90 % range and its expected value.

    Ends of several are added as if all turned out dear, or cheap, together: the widest that their sum can be.
    """

    low: int = 0
    expected: int = 0
    high: int = 0

    def __add__(self, other: "Due") -> "Due":
        return Due(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __bool__(self) -> bool:
        return bool(self.low or self.expected or self.high)

    def shared(self, count: int) -> list["Due"]:
        """Return it in `count` even parts that add up to it, to the cent; the first take what is left over."""
        ends = [_evenly(cents, count) for cents in (self.low, self.expected, self.high)]
        return [Due(*part) for part in zip(*ends, strict=True)]


def _evenly(cents: int, count: int) -> list[int]:
    each, left = divmod(cents, count)
    return [each + (place < left) for place in range(count)]


def due(low: Decimal, high: Decimal, rate: Decimal = Decimal(1)) -> Due:
    """Return what a renewal costs from its 90 % range, at an exchange rate.

    The expected value is the mean of the distribution that the range is read as: see `portfolio.engine.uncertainty`.
    """
    low, high = low * rate, high * rate
    mean = Decimal(repr(Range(float(low), float(high)).mean))
    return Due(_cents(low), _cents(mean), _cents(high))


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2).to_integral_value(ROUND_HALF_UP))


# -- Quarters ---------------------------------------------------------------------------------------------------------


def quarter_of(day: date) -> date:
    """Return the first day of the quarter, of the fiscal year, that a day lies in."""
    year = fiscal_year(day)
    months = (day.year - year.year) * 12 + day.month - year.month
    return add_months(year, months // 3 * 3)


def quarter_name(first: date) -> str:
    """Return what the quarter that starts on `first` is called, such as Q4 2016/17."""
    year = fiscal_year(first)
    months = (first.year - year.year) * 12 + first.month - year.month
    return f"Q{months // 3 + 1} {fiscal_year_name(year)}"


def quarters(day: date, count: int = AHEAD) -> list[date]:
    """Return the first days of `count` quarters, that of a day first."""
    first = quarter_of(day)
    return [add_months(first, 3 * place) for place in range(count)]


def due_quarter(ends: date, day: date) -> date:
    """Return the quarter in which a renewal is due, seen from a day: what has ended its support is due now."""
    return quarter_of(max(ends, day))


# -- Against money ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Used:
    """What one quarter has of money that is set aside, and what it lacks, in cents."""

    money: int  #: that is there: left by earlier quarters, and headroom of this one
    covered: int
    gap: int
    left: int  #: for later quarters


def use(dues: Sequence[int], headroom: Sequence[int]) -> list[Used]:
    """Return how headroom, in the order of time, covers what is due in each quarter.

    Raises ValueError where there are not as many quarters of the one as of the other, or a due amount is below zero.
    """
    if len(dues) != len(headroom):
        raise ValueError(f"{len(dues)} quarters have dues and {len(headroom)} have headroom; give both for each.")
    if any(cents < 0 for cents in dues):
        raise ValueError(f"A renewal costs something or nothing; {min(dues)} cents is below zero.")
    found, left = [], 0
    for cents, room in zip(dues, headroom, strict=True):
        money = max(0, left + room)
        covered = min(cents, money)
        left = money - covered
        found.append(Used(money, covered, cents - covered, left))
    return found


@dataclass(frozen=True)
class Quarter:
    """Renewals of one quarter against money, in cents: of a product, or of several added up."""

    first: date
    due: Due = Due()
    headroom: int = 0
    money: int = 0
    covered: int = 0
    left: int = 0
    gap: int = 0
    gap_low: int = 0  #: what would be lacking if all renewals came to the low ends of their ranges
    gap_high: int = 0  #: and to the high ends

    def __add__(self, other: "Quarter") -> "Quarter":
        if self.first != other.first:
            raise ValueError(f"Quarters are added to the same quarter; these start on {self.first} and {other.first}.")
        return Quarter(
            self.first,
            self.due + other.due,
            *(
                getattr(self, name) + getattr(other, name)
                for name in ("headroom", "money", "covered", "left", "gap", "gap_low", "gap_high")
            ),
        )

    @property
    def name(self) -> str:
        """What it is called."""
        return quarter_name(self.first)


def against_money(dues: Mapping[date, Due], headroom: Mapping[date, int], firsts: Sequence[date]) -> list[Quarter]:
    """Return a product's quarters, those that start on `firsts`: its renewals against its headroom."""
    renewals = [dues.get(first, Due()) for first in firsts]
    rooms = [headroom.get(first, 0) for first in firsts]
    expected = use([one.expected for one in renewals], rooms)
    lowest = use([one.low for one in renewals], rooms)
    highest = use([one.high for one in renewals], rooms)
    return [
        Quarter(first, one, room, used.money, used.covered, used.left, used.gap, low.gap, high.gap)
        for first, one, room, used, low, high in zip(firsts, renewals, rooms, expected, lowest, highest, strict=True)
    ]


def added_up(lines: Sequence[Sequence[Quarter]], firsts: Sequence[date]) -> list[Quarter]:
    """Return the quarters of several products, added up."""
    found = [Quarter(first) for first in firsts]
    for line in lines:
        found = [total + one for total, one in zip(found, line, strict=True)]
    return found
