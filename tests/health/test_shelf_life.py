"""Renewals against money: quarters, ranges, and what is lacking, to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.health.shelf_life import Due, added_up, against_money, due, due_quarter, quarter_name, quarters, use

amounts = st.integers(0, 10**13)
rooms = st.integers(-(10**13), 10**13)
lines = st.lists(st.tuples(amounts, rooms), min_size=1, max_size=12)


def test_quarters_are_those_of_the_fiscal_year_and_what_has_ended_is_due_now(settings):
    settings.TWOFOLD_FISCAL_YEAR_START = 4
    day = date(2017, 3, 31)
    assert quarters(day, 3) == [date(2017, 1, 1), date(2017, 4, 1), date(2017, 7, 1)]
    assert quarter_name(date(2017, 1, 1)) == "Q4 2016/17"
    assert due_quarter(date(2015, 7, 14), day) == date(2017, 1, 1)
    assert due_quarter(date(2017, 6, 30), day) == date(2017, 4, 1)


def test_the_expected_cost_is_the_mean_of_the_range_and_parts_add_up():
    # A lognormal from 10 to 1,000 has a mean of 266 (see portfolio.engine.uncertainty); with a rate of two, twice that.
    found = due(Decimal(10), Decimal(1000))
    assert (found.low, round(found.expected / 100), found.high) == (1000, 266, 100000)
    assert due(Decimal(10), Decimal(1000), Decimal(2)).expected == pytest.approx(2 * found.expected, abs=1)
    assert due(Decimal(0), Decimal(0)) == Due()
    assert not Due()
    assert Due(100, 100, 101).shared(3) == [Due(34, 34, 34), Due(33, 33, 34), Due(33, 33, 33)]


def test_money_that_is_set_aside_is_used_in_the_order_of_time():
    used = use([0, 50, 100, 0, 10], [30, 30, 20, -40, 60])
    assert [one.money for one in used] == [30, 60, 30, 0, 60]
    assert [one.covered for one in used] == [0, 50, 30, 0, 10]
    assert [one.gap for one in used] == [0, 0, 70, 0, 0]
    assert [one.left for one in used] == [30, 10, 0, 0, 50]
    with pytest.raises(ValueError, match="give both"):
        use([1], [])
    with pytest.raises(ValueError, match="below zero"):
        use([-1], [1])


@given(lines)
def test_what_is_covered_and_what_is_lacking_make_what_is_due(line):
    dues, headroom = zip(*line, strict=True)
    used = use(dues, headroom)
    assert all(one.covered + one.gap == cents for one, cents in zip(used, dues, strict=True))
    assert all(min(one.money, one.covered, one.gap, one.left) >= 0 for one in used)
    assert sum(one.covered for one in used) <= sum(max(0, room) for room in headroom)
    # Money is never kept for later while a renewal goes without.
    assert all(not one.gap or not one.left for one in used)


@given(st.lists(lines, max_size=4))
def test_quarters_of_products_add_up_to_those_of_all(of_products):
    firsts = quarters(date(2017, 3, 31), 12)
    shown = []
    for line in of_products:
        dues = {first: Due(cents // 2, cents, cents * 2) for first, (cents, _) in zip(firsts, line, strict=False)}
        headroom = {first: room for first, (_, room) in zip(firsts, line, strict=False)}
        shown.append(against_money(dues, headroom, firsts))
    for place, total in enumerate(added_up(shown, firsts)):
        assert total.gap == sum(line[place].gap for line in shown)
        assert total.covered + total.gap == total.due.expected
        assert total.gap_low <= total.gap <= total.gap_high


@given(st.tuples(amounts, amounts, amounts), st.integers(1, 9))
def test_a_shared_renewal_adds_up_to_the_cent(cents, count):
    whole = Due(*sorted(cents))
    parts = whole.shared(count)
    assert sum(parts, Due()) == whole
    assert all(part.low <= part.expected <= part.high for part in parts)
