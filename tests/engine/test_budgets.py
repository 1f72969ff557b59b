"""Error budgets: what an objective lets go wrong, and how much of it is spent."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.budgets import Measured, budget, burn_rate, days_of, left_over_time
from portfolio.engine.errors import EngineError

UNTIL = date(2017, 3, 31)
TARGET = Decimal("0.999")


def daily(*bad, total=10_000, until=UNTIL):
    first = until - timedelta(days=len(bad))
    days = [first + timedelta(days=place) for place in range(len(bad))]
    return days_of(
        [Measured(day, day + timedelta(days=1), total - one, total) for day, one in zip(days, bad, strict=True)],
        first,
        until,
    )


def test_a_budget_is_that_of_the_workbook():
    """Site Reliability Workbook, chapter 2 and table 5-4: 3 million requests at 99.9 % allow 3,000 errors; at a burn
    rate of 2 a budget of 30 days is gone in 15."""
    days = daily(*[200] * 30, total=100_000)
    found = budget(days, TARGET, 30, UNTIL)
    assert (found.total, found.allowed, found.spent) == (3_000_000, 3000, 6000)
    assert (found.week_burn, found.day_burn, found.spent_share) == (2, 2, 2)
    assert found.is_overspent
    assert found.left == -3000
    assert found.left_share == -1
    assert found.runs_out is None
    fresh = daily(*[0] * 23, *[200] * 7, total=100_000)  # a week in, 16 of 30 hundreds are left
    assert budget(fresh, TARGET, 30, UNTIL).left == 1600
    assert budget(fresh, TARGET, 30, UNTIL).runs_out == UNTIL + timedelta(days=8)  # 8 more days use just that


def test_time_without_measurement_is_neither_good_nor_bad():
    days = days_of([Measured(date(2017, 3, 1), date(2017, 3, 11), 99_990, 100_000)], date(2017, 1, 1), UNTIL)
    found = budget(days, TARGET, 28, UNTIL)
    assert (found.measured_days, found.unmeasured_days) == (8, 20)  # from 3 March on
    assert (found.total, found.spent) == (80_000, 8)
    assert found.week_burn is None
    assert found.day_burn is None
    assert found.runs_out is None
    nothing = budget(days, TARGET, 7, UNTIL)
    assert (nothing.total, nothing.allowed, nothing.spent_share, nothing.is_overspent) == (0, 0, None, False)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9), st.integers(0, 999), st.integers(0, 999)), max_size=8))
def test_days_add_up_to_what_was_measured(rows):
    first = date(2017, 1, 1)
    measured = [
        Measured(first + timedelta(days=at), first + timedelta(days=at + length), good, good + bad)
        for at, length, good, bad in rows
    ]
    days = days_of(measured, first, date(2017, 4, 1))
    assert days.good.sum() == sum(one.good for one in measured)
    assert days.bad.sum() == sum(one.total - one.good for one in measured)
    assert (days.good >= 0).all()
    assert (days.bad >= 0).all()


@given(st.lists(st.integers(0, 40), min_size=30, max_size=60), st.integers(1, 28))
def test_the_budget_over_time_ends_where_the_budget_stands(bad, window):
    days = daily(*bad)
    over_time = left_over_time(days, TARGET, window)
    found = budget(days, TARGET, window, UNTIL)
    assert over_time[-1] == pytest.approx(found.left_share)
    if found.runs_out:
        assert burn_rate(days, TARGET)
        assert UNTIL <= found.runs_out < UNTIL + timedelta(days=window)


def test_a_budget_that_cannot_be_is_refused():
    days = daily(1, 2)
    for target, window in ((Decimal(1), 28), (Decimal(0), 28), (TARGET, 0)):
        with pytest.raises(EngineError, match="sets no budget"):
            budget(days, target, window, UNTIL)
    with pytest.raises(EngineError, match="cannot be"):
        days_of([Measured(UNTIL, UNTIL, 1, 1)], UNTIL, UNTIL)
    assert np.isnan(left_over_time(days_of([], UNTIL, date(2017, 4, 2)), TARGET, 28)).all()
