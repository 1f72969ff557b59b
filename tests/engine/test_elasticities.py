"""Elasticities from histories, drawn towards their stage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portfolio.engine.elasticities import LEAST_ERROR, estimate_elasticities, own_slopes, pooled
from portfolio.engine.errors import EngineError
from portfolio.engine.uncertainty import Z95

NAN = math.nan


def histories(elasticity, periods, noise, *, seed=1, growth=0.0, variation=0.3):
    """Return spend and value, shape (T, P), of products whose value responds with these elasticities."""
    random = np.random.default_rng(seed)
    elasticity = np.asarray(elasticity)
    spend = 1_000 * np.exp(variation * random.standard_normal((periods, elasticity.size)))
    trend = growth * np.arange(periods)[:, None]
    value = 50 * spend**elasticity * np.exp(trend + noise * random.standard_normal(spend.shape))
    return spend, value


def test_the_slope_and_its_error_are_those_of_least_squares():
    """Nine points of Anscombe (1973), The American Statistician 27(1), set I: too few for a trend."""
    x = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5.0])
    y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
    even = np.exp(x - x.mean())[:9][:, None], np.exp(y - y.mean())[:9][:, None]
    slope, error = own_slopes(*even)
    design = np.column_stack([np.ones(9), x[:9]])
    expected, residual, *_ = np.linalg.lstsq(design, y[:9], rcond=None)
    assert slope == pytest.approx(expected[1])
    # 7 degrees of freedom, and the variance of t is 7/5 of a normal one's.
    squares = ((x[:9] - x[:9].mean()) ** 2).sum()
    assert error == pytest.approx(math.sqrt(residual[0] / 7 / squares * 7 / 5))


def test_a_trend_in_time_is_taken_out():
    spend, value = histories([0.4], 40, 0.0, growth=0.05)
    spend = spend * np.exp(0.02 * np.arange(40))[:, None]
    value = value * np.exp(0.4 * 0.02 * np.arange(40))[:, None]
    slope, error = own_slopes(spend, value)
    assert slope == pytest.approx(0.4)
    assert error == pytest.approx(LEAST_ERROR)


def test_with_a_trend_the_slope_is_that_of_both_regressors():
    spend, value = histories([0.4], 15, 0.2)
    slope, _ = own_slopes(spend, value)
    design = np.column_stack([np.ones(15), np.log(spend), np.arange(15)])
    assert slope == pytest.approx(np.linalg.lstsq(design, np.log(value[:, 0]), rcond=None)[0][1])


def test_a_long_and_clear_history_speaks_for_itself():
    spend, value = histories([0.3, 0.7], 120, 0.01)
    found = estimate_elasticities(spend, value, [0, 0], [0.4], [0.6])
    assert found.mid == pytest.approx([0.3, 0.7], abs=0.03)
    assert (found.weight > 0.9).all()
    assert found.is_estimated.all()


def test_a_history_is_weighed_with_the_stated_range_by_precision():
    spend, value = histories([0.5], 24, 0.1)
    found = estimate_elasticities(spend, value, [0], [0.3], [0.4])
    (slope,), (error,) = own_slopes(spend, value)
    spread = 0.1 / (2 * Z95)
    weight = spread**2 / (spread**2 + error**2)
    assert found.weight == pytest.approx([weight])
    assert found.mid == pytest.approx([weight * slope + (1 - weight) * 0.35], abs=1e-6)
    assert found.high - found.mid == pytest.approx([Z95 * math.sqrt(weight) * error], abs=1e-4)


def test_without_variation_or_periods_the_stated_range_stands_as_it_is():
    spend, value = histories([0.5, 0.5], 12, 0.1)
    spend[:, 0] = 1_000
    spend[5:, 1] = 0
    found = estimate_elasticities(spend, value, [0, 1], [0.2, 0.3], [0.6, 0.3])
    assert found.low.tolist() == [0.2, 0.3]
    assert found.high.tolist() == [0.6, 0.3]
    assert found.mid == pytest.approx([0.4, 0.3])
    assert not found.is_estimated.any()
    assert found.weight.tolist() == [0, 0]


def test_without_variation_and_without_a_stated_range_there_is_no_basis():
    spend, value = histories([0.5, 0.5], 12, 0.1)
    spend[:, 0] = 1_000 * np.exp(1e-3 * np.arange(12))
    found = estimate_elasticities(spend, value, [0, 0], [NAN], [NAN])
    assert np.isnan([found.low[0], found.mid[0], found.high[0]]).all()
    assert not np.isnan(found.mid[1])
    assert found.is_estimated.tolist() == [False, True]


def test_spend_that_only_follows_a_trend_says_nothing_beside_it():
    spend = 1_000 * np.exp(0.05 * np.arange(24))[:, None]
    found = estimate_elasticities(spend, spend**0.5, [0], [NAN], [NAN])
    assert np.isnan(found.mid).all()


def test_pooling_eight_schools_by_dersimonian_and_laird():
    """Rubin (1981), as in Gelman et al., section 5.5: the effects vary less than their errors say, so tau² is 0."""
    effects = np.array([28, 8, -3, 7, -1, 1, 18, 12.0])
    errors = np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
    mean, error, between = pooled(effects, errors)
    assert mean == pytest.approx(7.7, abs=0.05)
    assert error == pytest.approx(4.1, abs=0.05)
    assert between == 0


def test_pooling_estimates_that_differ_by_more_than_their_errors_finds_by_how_much():
    """Q = 2 (1 + 1) / 0.01 = 400 with 3 degrees; C = 400 - 40000 / 400 = 300: (400 - 3) / 300."""
    mean, _, between = pooled(np.array([1, 1, -1, -1.0]), np.full(4, 0.1))
    assert mean == pytest.approx(0)
    assert between == pytest.approx(397 / 300)


def test_without_a_stated_range_histories_are_drawn_towards_the_mean_of_their_stage():
    true = np.random.default_rng(5).normal(0.5, 0.05, 40)
    spend, value = histories(true, 24, 0.3)
    slope, _ = own_slopes(spend, value)
    found = estimate_elasticities(spend, value, np.zeros(40, int), [NAN], [NAN])
    assert np.mean((found.mid - true) ** 2) < 0.5 * np.mean((np.clip(slope, 0.01, 0.99) - true) ** 2)
    assert ((found.weight >= 0) & (found.weight < 0.9)).all()
    assert found.is_estimated.all()


def test_ranges_hold_the_truth_about_nine_times_in_ten():
    random = np.random.default_rng(6)
    true = np.clip(random.normal(0.5, 0.12, 1_000), 0.02, 0.98)
    spend, value = histories(true, 24, 0.15, seed=7)
    half = Z95 * 0.12
    found = estimate_elasticities(spend, value, np.zeros(1_000, int), [0.5 - half], [0.5 + half])
    assert 0.87 <= np.mean((found.low <= true) & (true <= found.high)) <= 0.95


def test_a_slope_below_zero_leaves_a_range_near_zero_with_a_width():
    spend, value = histories([-0.8, 2.5], 60, 0.05)
    found = estimate_elasticities(spend, value, [0, 1], [NAN, NAN], [NAN, NAN])
    assert 0.01 <= found.low[0] < found.mid[0] < found.high[0] < 0.1
    assert 0.9 < found.low[1] < found.mid[1] < found.high[1] <= 0.99


@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.integers(0, 12), st.floats(0, 3))
@examples(max_examples=60)
def test_every_range_is_within_limits_or_there_is_none(seed, periods, size, noise):
    random = np.random.default_rng(seed)
    spend, value = histories(random.uniform(-1, 2, size), periods, noise, seed=seed)
    value[random.random(value.shape) < 0.2] *= -1
    low = np.array([NAN, 0.2, 0.5])
    found = estimate_elasticities(spend, value, random.integers(0, 3, size), low, low + np.array([0, 0.4, 0]))
    has = ~np.isnan(found.mid)
    assert (has == ~np.isnan(found.low)).all()
    assert (found.low[has] >= 0.01).all()
    assert (found.high[has] <= 0.99).all()
    assert (found.low[has] <= found.mid[has]).all()
    assert (found.mid[has] <= found.high[has]).all()
    assert not (found.is_estimated & ~has).any()
    assert ((found.weight >= 0) & (found.weight <= 1)).all()


def test_other_currencies_change_nothing():
    spend, value = histories([0.3, 0.6], 20, 0.2)
    one = estimate_elasticities(spend, value, [0, 0], [0.2], [0.7])
    other = estimate_elasticities(spend * 7, value * 0.01, [0, 0], [0.2], [0.7])
    assert other.mid == pytest.approx(one.mid, rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stage": [3]}, "stages of products 0 are none of 0 to 0"),
        ({"prior_low": [0.7]}, "ranges stated for stages 0 are none between 0 and 1"),
        ({"value": np.ones((3, 2))}, "do not fit together"),
    ],
)
def test_figures_that_do_not_fit_are_refused(changes, message):
    asked = {"spend": np.ones((3, 1)), "value": np.ones((3, 1)), "stage": [0], "prior_low": [0.2], "prior_high": [0.5]}
    with pytest.raises(EngineError, match=message):
        estimate_elasticities(**(asked | changes))
