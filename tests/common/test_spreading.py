"""Amounts spread over days to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from portfolio.common.months import add_months, month_of
from portfolio.common.spreading import amounts_by_month, from_cents, parts_by_month, share_of_days, to_cents

MOST = 10**16 - 1  # what an amount's column holds, in cents
cents = st.integers(-MOST, MOST)
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
lengths = st.integers(1, 3000)


def test_a_day_is_one_part_in_its_month():
    assert parts_by_month(1234, date(2026, 1, 31), date(2026, 2, 1)) == {date(2026, 1, 1): 1234}


def test_a_year_of_365_cents_gives_each_month_its_days():
    parts = parts_by_month(365, date(2026, 1, 1), date(2027, 1, 1))
    assert list(parts.values()) == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_a_cent_that_cannot_be_split_falls_in_one_month():
    # Over January and February (59 days) the half is passed on the 30th day.
    assert parts_by_month(1, date(2026, 1, 1), date(2026, 3, 1)) == {date(2026, 1, 1): 1, date(2026, 2, 1): 0}


def test_halves_are_rounded_away_from_zero_for_credits_too():
    # April and half of its days again: 30 + 30 days of 101 cents leave 50.5 on either side.
    starts, ends = date(2026, 4, 1), date(2026, 5, 31)
    assert list(parts_by_month(101, starts, ends).values()) == [51, 50]
    assert list(parts_by_month(-101, starts, ends).values()) == [-51, -50]


def test_an_interval_without_a_day_is_refused():
    with pytest.raises(ValueError, match="ends after the day it starts"):
        parts_by_month(100, date(2026, 1, 1), date(2026, 1, 1))


def test_amounts_are_spread_as_their_cents_are():
    parts = amounts_by_month(Decimal("100.00"), date(2026, 1, 1), date(2026, 4, 1))
    assert parts == {
        date(2026, 1, 1): Decimal("34.44"),
        date(2026, 2, 1): Decimal("31.12"),
        date(2026, 3, 1): Decimal("34.44"),
    }
    assert sum(parts.values()) == Decimal("100.00")


def test_parts_of_a_cent_are_refused():
    with pytest.raises(ValueError, match=r"1\.005 has parts of a cent"):
        to_cents(Decimal("1.005"))


@given(cents)
def test_cents_come_back_as_they_went(amount):
    assert to_cents(from_cents(amount)) == amount


@given(cents, days, lengths)
def test_the_parts_add_back_to_the_whole(amount, starts, length):
    assert sum(parts_by_month(amount, starts, starts + timedelta(days=length)).values()) == amount


@given(cents, days, lengths)
def test_each_part_is_within_a_cent_of_its_days(amount, starts, length):
    ends = starts + timedelta(days=length)
    parts = parts_by_month(amount, starts, ends)
    assert list(parts) == sorted(parts)
    for month, part in parts.items():
        inside = (min(ends, add_months(month, 1)) - max(starts, month)).days
        assert inside > 0
        assert abs(part * length - amount * inside) <= length
        assert part * amount >= 0  # a cost never gives a month a credit


@given(cents, days, lengths)
def test_a_credit_takes_back_exactly_what_a_cost_put(amount, starts, length):
    ends = starts + timedelta(days=length)
    back = parts_by_month(-amount, starts, ends)
    assert all(part == -back[month] for month, part in parts_by_month(amount, starts, ends).items())


@given(cents, days, lengths)
def test_every_month_from_the_first_to_the_last_has_a_part(amount, starts, length):
    months = list(parts_by_month(amount, starts, starts + timedelta(days=length)))
    assert months[0] == month_of(starts)
    assert months[-1] == month_of(starts + timedelta(days=length - 1))
    assert all(add_months(month, 1) == following for month, following in pairwise(months))


@pytest.mark.django_db
def test_the_database_divides_the_same_way():
    """The roll-up does this in SQL, where division truncates toward zero: (2ak ± N) / 2N."""
    cases = [(amount, k, n) for amount in (0, 1, -1, 101, -101, 10**12 + 7) for n in (1, 2, 59, 365) for k in (0, 1, n)]
    with connection.cursor() as cursor:
        for amount, k, n in cases:
            sign = 1 if amount >= 0 else -1
            cursor.execute(f"SELECT (2 * {amount} * {k} + {sign} * {n}) / (2 * {n})")
            assert cursor.fetchone()[0] == share_of_days(amount, k, n)
