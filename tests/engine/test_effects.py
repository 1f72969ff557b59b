"""A split of money followed through the network, and ramps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import sparse

from portfolio.engine.effects import predict, ramped
from portfolio.engine.errors import EngineError
from portfolio.engine.flows import trace
from tests.engine.networks import random_shares, shares_of


def test_a_platform_that_doubles_lifts_its_consumers_by_the_part_that_they_owe_to_it():
    """The app costs 60 and pulls all of a platform's 40: 40 % of its customers' 200 answer to the platform's money."""
    found = predict([40, 60], [0, 200], shares_of(2, {(0, 1): 1.0}), [2, 1], [1.5, 1])
    assert found.own_value == pytest.approx([0, 200 * (0.6 + 0.4 * 1.5)])
    assert found.direct_cost.tolist() == [80, 60]
    assert found.loaded_cost == pytest.approx([80, 140])
    assert found.credited_before == pytest.approx([2, 2])
    assert found.credited_after == pytest.approx([240 / 140, 240 / 140])


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 4))
@examples(max_examples=60, deadline=None)
def test_what_customers_get_is_what_the_credited_value_responds_with(seed, size, links_each):
    random = np.random.default_rng(seed)
    shares = random_shares(size, links_each, random)
    cost = random.lognormal(10, 2, size) * (random.random(size) < 0.8)
    cost[random.random(size) < 0.05] *= -0.3
    value = random.lognormal(8, 2, size) * (random.random(size) < 0.5)
    ratio = random.uniform(0, 3, size)
    response = ratio ** random.uniform(0.01, 0.99, size)
    found = predict(cost, value, shares, ratio, response)
    before = trace(cost, value, shares)
    assert found.own_value.sum() == pytest.approx((before.credited_value * response).sum(), rel=1e-9)
    assert found.credited_value.sum() == pytest.approx(found.own_value.sum(), rel=1e-9)
    assert (found.own_value >= 0).all()
    assert found.direct_cost == pytest.approx(cost * ratio)
    assert found.after.retained_cost.sum() == pytest.approx((cost * ratio).sum(), rel=1e-9, abs=1e-9 * abs(cost).sum())


@given(st.integers(0, 2**32 - 1), st.integers(1, 25))
@examples(max_examples=30, deadline=None)
def test_each_customers_value_answers_to_the_parts_of_it_that_are_credited(seed, size):
    """M by dense algebra, one column of value at a time."""
    random = np.random.default_rng(seed)
    shares = random_shares(size, 2, random)
    cost = random.lognormal(3, 1, size) * (random.random(size) < 0.8)
    value, response = random.lognormal(3, 1, size), random.uniform(0, 2, size)
    parts = trace(cost, np.eye(size), shares).credited_value
    assert parts.sum(axis=0) == pytest.approx(np.ones(size))
    found = predict(cost, value, shares, np.ones(size), response)
    assert found.own_value == pytest.approx(value * (parts.T @ response), rel=1e-9)


def test_a_split_that_moves_nothing_changes_nothing():
    random = np.random.default_rng(4)
    shares = random_shares(30, 3, random)
    cost, value = random.lognormal(3, 1, 30), random.lognormal(3, 1, 30)
    found = predict(cost, value, shares, np.ones(30), np.ones(30))
    assert found.own_value == pytest.approx(value, rel=1e-9)
    assert found.credited_after == pytest.approx(found.credited_before, rel=1e-9)


def test_products_that_cost_nothing_keep_their_value_and_have_no_ratio():
    found = predict([0, 10], [5, 20], sparse.csr_array((2, 2)), [1, 0.5], [1, 0.7])
    assert found.own_value == pytest.approx([5, 14])
    assert np.isnan(found.credited_before[0])
    assert found.credited_after[1] == pytest.approx(14 / 5)


@pytest.mark.parametrize(
    ("ratio", "response", "message"),
    [
        ([1, -1], [1, 1], "ratio of spend of products 1 is negative"),
        ([1, 1], [1, np.nan], "response of products 1 is negative or no finite number"),
        ([1], [1, 1], r"ratio of spend has shape \(1,\)"),
    ],
)
def test_factors_that_mean_nothing_are_refused(ratio, response, message):
    with pytest.raises(EngineError, match=message):
        predict([1, 1], [1, 1], sparse.csr_array((2, 2)), ratio, response)


def test_growth_takes_effect_over_its_ramp_and_cuts_at_once():
    assert ramped([1.5, 0.5, 1], 4, 2).T.tolist() == [[0.25, 0.75, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
    assert ramped([2], 3, 3).ravel() == pytest.approx([1 / 6, 1 / 2, 5 / 6])
    assert ramped([2, 2, 2], 2, [0, 0.5, 1]).tolist() == [[1, 0.75, 0.5], [1, 1, 1]]


@given(st.floats(0.1, 24), st.integers(25, 40))
def test_a_ramp_loses_half_of_its_length(ramp, months):
    assert ramped([2.0], months, ramp).sum() == pytest.approx(months - ramp / 2)


def test_a_ramp_that_runs_backwards_is_refused():
    with pytest.raises(EngineError, match="0 or more"):
        ramped([2], 3, -1)
