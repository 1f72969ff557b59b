"""Draws of elasticities, and gains over leaving it as it is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.gains import draw_elasticities, gains
from portfolio.engine.response import responses

NAN = math.nan


def test_the_ends_of_a_range_are_its_5th_and_95th_percentile():
    normals = np.random.default_rng(1).standard_normal((200_000, 1))
    draws = draw_elasticities([0.2], [0.7], normals)
    assert np.percentile(draws, [5, 95]) == pytest.approx([0.2, 0.7], abs=0.005)
    assert ((draws > 0) & (draws < 1)).all()


def test_the_middle_of_a_range_is_the_middle_of_its_odds():
    """Odds of 0.2 and 0.8 are 1/4 and 4, whose geometric middle is 1: e = 0.5."""
    assert draw_elasticities([0.2], [0.8], [[0.0]]) == pytest.approx(0.5)


def test_a_certain_elasticity_is_drawn_as_it_is_and_an_unknown_one_as_unknown():
    draws = draw_elasticities([0.3, NAN], [0.3, NAN], np.ones((4, 2)))
    assert (draws[:, 0] == 0.3).all()
    assert np.isnan(draws[:, 1]).all()


@pytest.mark.parametrize(("low", "high"), [(0, 0.5), (0.5, 1), (0.6, 0.5), (NAN, 0.5)])
def test_a_range_outside_of_0_to_1_is_refused(low, high):
    with pytest.raises(EngineError, match="elasticities of products 0 are no ranges between 0 and 1"):
        draw_elasticities([low], [high], [[0.0]])


def test_gains_of_two_draws_by_hand():
    """All of the second product's 100 to the first: sqrt(2) - 1 of 50 or 70 more, and 30 less."""
    found = gains([100, 100], [[50, 30], [70, 30]], np.full((2, 2), 0.5), [[200, 0]])
    more = math.sqrt(2) - 1
    assert found.draws == pytest.approx(np.array([[0, 0], [50 * more - 30, 70 * more - 30]]))
    assert found.mean == pytest.approx([0, 60 * more - 30])
    assert found.probability.tolist() == [0, 0]
    assert found.best == 0


def test_leaving_it_as_it_is_comes_first_and_gains_nothing():
    found = gains([10, 10], [[5, 5]], [[0.5, 0.5]], np.empty((0, 2)))
    assert found.mean.tolist() == found.low.tolist() == found.high.tolist() == [0]
    assert found.best == 0
    assert found.is_tied.tolist() == [True]


def test_splits_that_cannot_be_told_from_the_best_are_tied_with_it():
    """The first gains for sure; the second as much but for a hair either way; the third loses for sure."""
    random = np.random.default_rng(2)
    value = np.column_stack([random.normal(100, 1, 4_000), random.normal(100, 1, 4_000), np.full(4_000, 1.0)])
    found = gains([10, 10, 10], value, np.full((4_000, 3), 0.5), [[15, 10, 5], [10, 15, 5], [5, 10, 15]])
    assert found.best in (1, 2)
    assert found.is_tied.tolist() == [False, True, True, False]
    assert found.probability.tolist() == [0, 1, 1, 0]


def test_what_is_unsure_about_all_alike_does_not_tie_them():
    """Ranges of the gains overlap widely, but one is above the other in every draw."""
    worth = np.random.default_rng(3).lognormal(0, 1, 2_000)[:, None] * [[100.0, 50]]
    found = gains([10, 10], worth, np.full((2_000, 2), 0.5), [[15, 10], [12, 10]])
    assert found.low[1] < found.high[2]
    assert found.is_tied.tolist() == [False, True, False]


def test_products_without_a_basis_gain_nothing():
    found = gains([10, 0, 10], [[5, 5, -5]], [[NAN, 0.5, 0.5]], [[20, 20, 20]])
    assert found.mean.tolist() == [0, 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 20))
@examples(max_examples=40)
def test_a_gain_is_the_difference_of_two_responses(seed, size, count):
    random = np.random.default_rng(seed)
    current, amounts = random.lognormal(3, 1, size), random.lognormal(3, 1, (2, size))
    value, elasticity = random.lognormal(3, 1, (count, size)), random.uniform(0.01, 0.99, (count, size))
    found = gains(current, value, elasticity, amounts)
    for place in (0, 1):
        change = responses(current, value, elasticity, amounts[place]) - value
        assert found.draws[place + 1] == pytest.approx(change.sum(axis=1), rel=1e-9, abs=1e-9)
    assert ((found.low <= found.high) & (found.probability >= 0) & (found.probability <= 1)).all()
    assert found.is_tied[found.best]


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(EngineError, match="do not fit together"):
        gains([1, 2], [[1, 2]], [[0.5, 0.5]], [[1, 2, 3]])
    with pytest.raises(EngineError, match="amount that is negative"):
        gains([1, 2], [[1, 2]], [[0.5, 0.5]], [[-1, 4]])
