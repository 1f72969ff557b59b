"""Parts that add up to the total beside them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.rounding import to_cents

amounts = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50)


@pytest.mark.parametrize(
    ("parts", "total", "cents"),
    [
        ([100 / 3] * 3, 100, [34, 33, 33]),
        ([-100 / 3] * 3, -100, [-33, -33, -34]),
        ([0.5, 0.25, 0.25], 1, [1, 0, 0]),
        ([10, 20.6, 30.4], 61, [10, 21, 30]),
        ([-10.4, 10.4], 0, [-10, 10]),
        ([29.000000000000004, 28.999999999999996], 58, [29, 29]),
        ([1.4, 1.4], 3, [2, 1]),
        ([7], 7, [7]),
        ([], 0, []),
    ],
)
def test_missing_cents_go_to_the_largest_remainders(parts, total, cents):
    assert to_cents(parts, total).tolist() == cents


def test_the_seats_of_a_known_apportionment_come_out():
    """The usual example of the method: 100,000 votes for 10 seats, with quotas of 4.7, 1.6, 1.59, 1.2, 0.6 and 0.31."""
    assert to_cents([4.7, 1.6, 1.59, 1.2, 0.6, 0.31], 10).tolist() == [5, 2, 1, 1, 1, 0]


@given(amounts)
def test_parts_add_up_and_none_is_more_than_a_cent_off(parts):
    total = round(math.fsum(parts))
    cents = to_cents(parts, total)
    assert cents.dtype == np.int64
    assert cents.sum() == total
    assert (np.abs(cents - parts) <= 1 + 1e-6).all()


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=50))
def test_amounts_that_are_whole_cents_stay_as_they_are(parts):
    assert to_cents(parts, sum(parts)).tolist() == parts


def test_a_total_a_cent_below_the_parts_is_reached_too():
    assert to_cents([1.0, 2.0, 3.0], 5).sum() == 5


@pytest.mark.parametrize(
    ("parts", "total", "message"),
    [
        ([10, 20], 33, "within a cent of each other"),
        ([], 1, "No amounts cannot make 1 cents"),
        ([math.nan], 0, "finite number"),
        ([math.inf, -math.inf], 0, "finite number"),
        ([1e16], 10**16, "below 90 trillion"),
        ([[1, 2]], 3, "plain row of amounts"),
    ],
)
def test_parts_that_do_not_make_the_total_are_refused(parts, total, message):
    with pytest.raises(EngineError, match=message):
        to_cents(parts, total)
