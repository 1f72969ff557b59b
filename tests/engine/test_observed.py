"""What a metric did after something shipped, against its trend before."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from portfolio.engine.errors import EngineError
from portfolio.engine.observed import Outcome, by_month, change_after, kept_share, outcome_of, trend_line

#: Montgomery, Peck & Vining (2012), table 2.1: age of the propellant in weeks, and shear strength in psi.
AGE = [15.5, 23.75, 8, 17, 5.5, 19, 24, 2.5, 7.5, 11, 13, 3.75, 25, 9.75, 22, 18, 6, 12.5, 2, 21.5]
STRENGTH = [
    2158.70, 1678.15, 2316.00, 2061.30, 2207.50, 1708.30, 1784.70, 2575.00, 2357.90, 2256.70,
    2165.20, 2399.55, 1779.80, 2336.75, 1765.30, 2053.50, 2414.40, 2200.50, 2654.20, 1753.70,
]  # fmt: skip
figures = st.lists(st.floats(-1e4, 1e4), min_size=6, max_size=30)


def test_the_line_is_that_of_the_textbook():
    """Example 2.1: 2,627.82 - 37.15 x, squares 1,106.56, residual 166,402.65 (of rounded sums);
    example 2.7: 2,048.32 to 2,464.32.
    """
    order = np.argsort(AGE)
    line = trend_line(np.array(AGE)[order], np.array(STRENGTH)[order])
    assert (line.level, line.slope) == pytest.approx((2627.82, -37.15), abs=0.01)
    assert line.squares == pytest.approx(1106.56, abs=0.01)
    assert line.deviation**2 * line.freedom == pytest.approx(166_402.65, abs=200)
    # The book takes neighbours for independent: 20 points count for 20.
    squared = line.deviation**2 * line.freedom
    line = replace(line, effective=20, deviation=math.sqrt(squared / 18))
    half = stats.t.ppf(0.975, line.freedom) * line.error_at(10, 1)
    assert (line.at(10) - half, line.at(10) + half) == pytest.approx((2048.32, 2464.32), abs=1)


def test_a_step_on_a_trend_is_found_and_the_trend_is_not():
    rng = np.random.default_rng(3)
    before, after = np.arange(-12, 0), np.arange(0, 6)
    noise = rng.normal(0, 2, 18)
    found = change_after(before, 100 + 3 * before + noise[:12], after, 130 + 3 * after + noise[12:])
    assert found.low < 30 < found.high
    assert (found.before, found.after) == (12, 6)
    assert found.high - found.low < 12


def test_nine_ranges_in_ten_hold_and_neighbours_alike_widen_them():
    rng, held = np.random.default_rng(5), {}
    days = np.arange(-24, 6)
    for alike in (0.0, 0.5):
        inside = 0
        for _ in range(400):
            noise = stats.norm.rvs(size=60, random_state=rng)
            for place in range(1, 60):
                noise[place] += alike * noise[place - 1]
            found = change_after(days[:24], noise[30:54], days[24:], noise[54:])
            inside += found.low <= 0 <= found.high
        held[alike] = inside / 400
    assert 0.86 < held[0.0] < 0.96
    assert held[0.5] > 0.8


@given(figures, st.floats(-100, 100), st.floats(-10, 10))
def test_what_a_straight_line_adds_changes_nothing(values, level, slope):
    """The trend is taken out, whatever it is; and a step adds just itself."""
    days = np.arange(len(values), dtype=float)
    split = len(values) - 1
    plain = change_after(days[:split], values[:split], days[split:], values[split:])
    moved = np.array(values) + level + slope * days
    other = change_after(days[:split], moved[:split], days[split:], moved[split:] + 7)
    assert other.change == pytest.approx(plain.change + 7, rel=1e-6, abs=1e-4)
    assert plain.low <= plain.change <= plain.high


def test_too_few_points_give_no_figure_and_mixed_up_ones_are_refused():
    assert change_after([0, 1, 2], [1, 2, 3], [3], [4]) is None
    assert change_after([0, 1, 2, 3], [1, 2, 3, 4], [], []) is None
    with pytest.raises(EngineError, match="at least 4 points; there are 3"):
        trend_line([0, 1, 2], [1, 2, 3])
    with pytest.raises(EngineError, match="order of time"):
        change_after([0, 2, 1, 3], [1, 2, 3, 4], [5], [5])
    with pytest.raises(EngineError, match="before the last one before"):
        change_after([0, 1, 2, 3], [1, 2, 3, 4], [2], [5])


def test_flows_become_rates_a_month_and_what_spans_the_day_is_on_neither_side():
    days, rates = by_month([-31, -1, 30], [-1, 30, 61], [30, 10, 62], is_flow=True)
    assert days.tolist() == [-16, 45.5]
    assert rates == pytest.approx([30 / 30 * 365.25 / 12, 62 / 31 * 365.25 / 12])
    days, levels = by_month([-3, -2, 1], [-2, -1, 2], [4, 6, 9], is_flow=False)
    assert (days.tolist(), levels.tolist()) == ([-2.5, 1], [5, 9])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_days_taken_together_keep_their_sum(values):
    """Over whole months that are all observed, rate times length adds up to what was counted."""
    starts = -np.arange(len(values), 0, -1, dtype=float)
    days, rates = by_month(starts, starts + 1, values, is_flow=True)
    counts = np.bincount((np.floor((starts + 0.5) / (365.25 / 12)) - np.floor(days[0] / (365.25 / 12))).astype(int))
    assert float(rates @ counts[counts > 0]) * 12 / 365.25 == pytest.approx(sum(values), rel=1e-9, abs=1e-6)


def test_what_came_of_a_promise_in_words():
    assert outcome_of(30, 25, 35, 20, 40) == Outcome.REACHED
    assert outcome_of(30, 10, 50, 20, 40) == Outcome.WITHIN
    assert outcome_of(5, -5, 15, 20, 40) == Outcome.SHORT
    assert outcome_of(15, 5, 25, 20, 40) == Outcome.UNCLEAR
    # A promise to bring down from 10 to between 4 and 6.
    assert outcome_of(-5, -5.5, -4.5, -6, -4) == Outcome.REACHED
    assert outcome_of(2, 1, 3, -6, -4) == Outcome.SHORT
    with pytest.raises(EngineError):
        outcome_of(5, 6, 7, 1, 2)


def test_how_much_of_what_was_promised_came_is_a_mean_with_its_range():
    """BDA table 5.2: eight schools, all promised 1: pooled 7.7 with error 4.1, and no spread between them."""
    effects, errors = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
    mean, low, high = kept_share(effects, errors, np.ones(8))
    assert (mean, (high - low) / 2 / 1.645) == pytest.approx((7.7, 4.1), abs=0.05)
    assert kept_share([1], [1], [0]) is None
    with pytest.raises(EngineError, match="one shape"):
        kept_share([1], [1, 2], [1])
    assert not math.isnan(kept_share([2], [0], [4])[0])
