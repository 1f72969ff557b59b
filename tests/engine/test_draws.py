"""Many draws at once: as `trace` follows each of them, to the digits that a range is read to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import sparse

from portfolio.engine import draws
from portfolio.engine.draws import follow, in_lejas_order, polynomial_roots
from portfolio.engine.errors import ClosedLoop, EngineError, Unsolved
from portfolio.engine.flows import trace
from tests.engine.networks import random_shares, ring, shares_of


def assert_followed(cost, value, shares, followed, columns):
    """Each draw is credited and reached what `trace` says, to 1e-3 of its size over the draws at the very worst."""
    size = trace(cost, np.abs(value).mean(axis=1), shares)
    for column in columns:
        exact = trace(cost, value[:, column], shares)
        reached = followed.per_dollar[:, column] * followed.loaded_cost
        credited = followed.per_dollar[:, column] * followed.own_cost
        assert (np.abs(reached - exact.reached_value) <= draws.PROVED * size.reached_value).all()
        assert (np.abs(credited - exact.credited_value) <= draws.PROVED * size.reached_value).all()
        assert credited.sum() == pytest.approx(value[:, column].sum(), abs=2e-5 * np.abs(value[:, column]).sum())


@given(
    st.integers(0, 2**32),
    st.integers(1, 150),
    st.integers(1, 6),
    st.sampled_from([0.5, 0.99, 0.999999]),
    st.sampled_from([0, 0.4, 0.9]),
)
@examples(max_examples=60)
def test_draws_go_where_each_of_them_would_go_alone(seed, size, links_each, high, without_cost):
    random = np.random.default_rng(seed)
    shares = random_shares(size, links_each, random, high=high)
    cost = random.lognormal(10, 2, size) * (random.random(size) >= without_cost)
    cost[random.random(size) < 0.1] *= -0.3
    value = (random.lognormal(8, 2, size) * (random.random(size) < 0.5))[:, None] * random.normal(1, 1, (size, 40))
    assert_followed(cost, value, shares, follow(cost, value, shares, 40), [0, 17, 39])


@pytest.mark.parametrize(("high", "within"), [(0.95, 1e-4), (1 - 1e-5, 1e-3)])
def test_draws_over_a_large_network_are_good_to_far_more_than_is_promised(high, within):
    random = np.random.default_rng(8)
    size = 3_000
    shares = random_shares(size, 6, random, low=high / 2, high=high)
    cost, value = random.lognormal(10, 1.5, size), random.lognormal(10, 1.5, (size, 90))
    followed = follow(cost, value, shares, 90)
    for column in (0, 60, 89):
        exact = trace(cost, value[:, column], shares).reached_value
        assert followed.per_dollar[:, column] * followed.loaded_cost == pytest.approx(exact, rel=within)


def test_the_same_draws_give_the_same_bits_whatever_the_blocks_and_threads(monkeypatch):
    random = np.random.default_rng(9)
    shares = random_shares(400, 5, random)
    cost, value = random.lognormal(10, 1, 400), random.lognormal(10, 1, (400, 500))
    one = follow(cost, value, shares, 500, threads=1).per_dollar
    many = follow(cost, lambda start, stop: value[:, start:stop], shares, 500, threads=4).per_dollar
    assert (one == many).all()
    monkeypatch.setattr(draws, "BLOCK_BYTES", 4 * 400 * 64)
    assert np.abs(follow(cost, value, shares, 500).per_dollar / one - 1).max() < 1e-4


def test_the_draws_of_a_product_without_cost_are_its_own():
    """0 and 1 cost nothing, alone or together; 2 pulls from them and pays for itself."""
    shares = shares_of(3, {(0, 1): 0.5, (1, 0): 0.4, (1, 2): 0.6})
    value = np.array([[3.0, 30], [4, 40], [50, 500]])
    followed = follow([0, 0, 10], value, shares, 2)
    assert (followed.per_dollar * followed.own_cost[:, None]).tolist() == value.tolist()


def test_draws_without_links_products_or_value_stay_where_they_are():
    none = sparse.csr_array((2, 2))
    assert (follow([4, 5], np.array([[8.0], [10]]), none, 1).per_dollar * [[4], [5]]).tolist() == [[8], [10]]
    assert follow([4, 5], np.zeros((2, 3)), shares_of(2, {(0, 1): 0.5}), 3).per_dollar.tolist() == [[0] * 3] * 2
    assert follow([], np.zeros((0, 3)), sparse.csr_array((0, 0)), 3).per_dollar.shape == (0, 3)


def test_a_long_cycle_that_no_polynomial_can_follow_is_left_to_the_sturdy_ways():
    size = 300
    shares = ring(np.full(size, 0.999999))
    value = np.zeros((size, 12))
    value[0] = np.arange(12) + 1
    followed = follow(np.ones(size), value, shares, 12)
    assert polynomial_roots(shares, np.ones(size) / size, 1e-6, 20).size <= 20
    credited = followed.per_dollar * followed.own_cost[:, None]
    assert credited.sum(axis=0) == pytest.approx(np.arange(12) + 1, rel=1e-5)
    assert_followed(np.ones(size), value, shares, followed, [0, 11])


def test_a_network_that_hides_its_way_out_in_rounding_is_refused():
    size = 50
    links = {(i, (i + step) % size): 1 / 3 for i in range(size) for step in (1, 2, 3)}
    links[0, 1] -= 2e-9
    with pytest.raises(Unsolved):
        follow(np.ones(size), np.ones((size, 3)), shares_of(size, links), 3)


def test_a_closed_loop_is_refused_as_it_is_for_one():
    with pytest.raises(ClosedLoop) as refused:
        follow(np.ones(4), np.ones((4, 2)), shares_of(4, {(1, 3): 1.0, (3, 1): 1.0, (0, 2): 1.0}), 2)
    assert refused.value.loops == [(1, 3)]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_draws_that_are_no_finite_numbers_are_refused(bad):
    with pytest.raises(EngineError):
        follow([1, 1], np.array([[1.0, bad], [1, 1]]), shares_of(2, {(0, 1): 0.5}), 2)


def test_draws_of_the_wrong_shape_are_refused():
    with pytest.raises(EngineError, match=r"value has shape \(2, 3\), but \(2, 4\) is needed"):
        follow([1, 1], np.ones((2, 3)), shares_of(2, {(0, 1): 0.5}), 4)


def test_roots_are_taken_farthest_first_and_pairs_together():
    roots = np.array([0.5, 1 + 0.5j, 1 - 0.5j, 0.1])
    assert in_lejas_order(roots).tolist() == [1 + 0.5j, 0.1, 0.5]
