"""Effects of experiments, drawn towards what effects have been."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.shrinkage import Prior, effect_range, prior_of, shrink, welch


def test_welch_is_that_of_the_handbook():
    """NIST/SEMATECH e-Handbook 1.3.5.3, AUTO83B.DAT, unequal variances: t = -12.94627, 136.8750 degrees of freedom."""
    effect, error, freedom = welch((30.48101, 6.107710, 79), (20.14458, 6.414700, 249))
    assert effect / error == pytest.approx(-12.94627, abs=1e-4)
    assert freedom == pytest.approx(136.8750, abs=1e-3)


def test_past_effects_say_what_effects_are_like_once_there_are_enough():
    """Gelman et al., Bayesian Data Analysis, table 5.2: pooled 7.7 with a standard error of 4.1."""
    effects, errors = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
    prior = prior_of(effects, errors)
    assert (prior.centre, prior.spread, prior.count) == pytest.approx((7.7, 4.1, 8), abs=0.05)
    assert prior_of(effects[:4], errors[:4]) == Prior(0, 0.1, 0)


def test_a_large_effect_of_a_small_experiment_counts_for_little():
    """By hand: a tenth of 100 is 10; 10² / (10² + 20²) = 0.2, and a fifth of 30 is 6, give or take 1.645 x sqrt(80)."""
    found = shrink(30, 20, Prior(0, 0.1, 0), scale=100)
    assert (found.weight, found.effect) == pytest.approx((0.2, 6))
    assert found.high - found.effect == pytest.approx(1.6448536 * 80**0.5)


@given(st.floats(-100, 100), st.floats(0.01, 100), st.floats(-0.5, 0.5), st.floats(0.01, 1), st.floats(0.1, 50))
def test_what_is_believed_lies_between_what_was_seen_and_what_is_usual(effect, error, centre, spread, by):
    """And the unit it is told in changes nothing."""
    prior = Prior(centre, spread, 0)
    found = shrink(effect, error, prior, scale=20)
    least, most = sorted((effect, centre * 20))
    assert least - 1e-9 <= found.effect <= most + 1e-9
    other = shrink(effect * by, error * by, prior, scale=20 * by)
    assert (other.effect, other.low) == pytest.approx((found.effect * by, found.low * by), rel=1e-6, abs=1e-9)


def test_effects_that_nothing_is_known_about_are_refused():
    with pytest.raises(EngineError, match="2 or more"):
        welch((1, 1, 1), (2, 1, 10))
    with pytest.raises(EngineError, match="any spread"):
        welch((1, 0, 5), (2, 0, 5))
    with pytest.raises(EngineError, match="above 0"):
        shrink(1, 0, Prior(0, 0.1, 0))
    with pytest.raises(EngineError, match="above 0"):
        prior_of([1], [0])
    low, high = effect_range(10, 1, 5)
    assert (low, high) == pytest.approx((10 - 2.015, 10 + 2.015), abs=1e-3)
