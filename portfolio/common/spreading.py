"""Spreading an amount evenly over its days, to the cent, so that the parts add back to the whole."""

from datetime import date
from decimal import Decimal

from portfolio.common.months import add_months, month_range, overlap_days


def share_of_days(cents: int, days: int, length: int) -> int:
    """Return what falls on the first `days` of `length` days, in whole cents, halves away from zero.

    `cum(k) = sign(a) ((2|a| k + N) // 2N)` in whole numbers, which is the same on every database; `cum(0)` is
    nothing and `cum(N)` the whole.
    """
    size = (2 * abs(cents) * days + length) // (2 * length)
    return size if cents >= 0 else -size


def parts_by_month(cents: int, starts: date, ends: date) -> dict[date, int]:
    """Return the cents of each month (its first day) that the days `[starts, ends)` touch, in order.

    A month's part is the difference of two running totals, each rounded on its own, so that the parts of all
    months, or of any two halves of the interval, add up to the whole and none is off by more than a cent.
    Raises ValueError where the interval has no day.
    """
    length = (ends - starts).days
    if length < 1:
        raise ValueError(f"The days from {starts} to {ends} are none: an interval ends after the day it starts.")
    parts, before = {}, 0
    for month in month_range(starts, date.fromordinal(ends.toordinal() - 1)):
        so_far = share_of_days(cents, overlap_days(starts, ends, starts, add_months(month, 1)), length)
        parts[month] = so_far - before
        before = so_far
    return parts


def amounts_by_month(amount: Decimal, starts: date, ends: date) -> dict[date, Decimal]:
    """Return `parts_by_month` of an amount in units of money with two decimals."""
    return {month: from_cents(part) for month, part in parts_by_month(to_cents(amount), starts, ends).items()}


def to_cents(amount: Decimal) -> int:
    """Return an amount with two decimals as whole cents; ValueError where it has more of them."""
    cents = amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} has parts of a cent; round it first.")
    return int(cents)


def from_cents(cents: int) -> Decimal:
    """Return whole cents as an amount with two decimals."""
    return Decimal(cents).scaleb(-2)
