"""One solve: answers whose error is proved, and the sturdy ways where it cannot be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import sparse

from portfolio.engine import solver
from portfolio.engine.flows import trace
from portfolio.engine.solver import System, lower_bound
from tests.engine.networks import random_shares, ring, shares_of


def nearly_closed(size, random, *, keeps=(1e-6, 1e-2)):
    """Everyone passes nearly everything on: to nine others, and to the next of a cycle through all of them."""
    shares = random_shares(size, 9, random, low=1, high=1) * 0.8 + ring(np.full(size, 0.2))
    shares = sparse.csr_array(sparse.diags_array(1 / shares.sum(axis=1)) @ shares)
    return sparse.csr_array(sparse.diags_array(1 - 10 ** random.uniform(*np.log10(keeps), size)) @ shares)


def exactly(weights, right):
    """Return x = b + N x in extended precision: dense elimination, and three corrections."""
    matrix = np.eye(len(right)) - weights.toarray()
    exact = np.eye(len(right), dtype=np.longdouble) - weights.toarray().astype(np.longdouble)
    answer = np.zeros(len(right), np.longdouble)
    for _ in range(4):
        answer += np.linalg.solve(matrix, (right - exact @ answer).astype(np.float64))
    return answer


@given(st.integers(0, 2**32), st.sampled_from([0.5, 0.99, 1 - 1e-5]), st.booleans())
@examples(max_examples=20)
def test_an_answer_is_within_a_billionth_of_each_entry_of_the_exact_one(seed, high, is_sparse):
    random = np.random.default_rng(seed)
    size = solver.DENSE_AT_ONCE + 50
    weights = random_shares(size, 4, random, low=high / 2, high=high)
    right = random.lognormal(0, 4, size) * (random.random(size) < (0.05 if is_sparse else 1))
    right[0] = 1
    answer, exact = System(weights, weights.T.tocsr()).solve(right), exactly(weights, right)
    assert (np.abs(answer - exact) <= 1e-9 * exact + 1e-300).all()


def test_nearly_closed_networks_with_long_cycles_are_solved_as_exactly():
    random = np.random.default_rng(4)
    weights = nearly_closed(600, random)
    right = random.lognormal(0, 2, 600)
    answer, exact = System(weights, weights.T.tocsr()).solve(right), exactly(weights, right)
    assert (np.abs(answer - exact) <= 1e-9 * exact).all()
    assert (exact / right).max() > 1e3  # it does go round


def test_the_sum_that_bounds_an_error_stays_below_the_answer():
    random = np.random.default_rng(5)
    weights = random_shares(300, 3, random)
    right = random.random(300)
    low, before, count = lower_bound(weights, right)
    twice = exactly(weights, low)
    assert 0 < count <= solver.MOST_SUMMED
    assert low == pytest.approx(right + weights @ before)
    assert (low <= exactly(weights, right)).all()
    assert (twice <= count * exactly(weights, right)).all()


def test_a_chain_too_long_to_be_bounded_is_solved_by_the_sturdy_ways():
    """Cost walks down a thousand products: no few sweeps reach the last, so nothing can be said about it beforehand."""
    size = 1_000
    shares = shares_of(size, {(i, i + 1): 1.0 for i in range(size - 1)})
    cost = np.zeros(size)
    cost[0] = 70.0
    assert lower_bound(shares.T.tocsr(), cost)[2] == 0
    assert trace(cost, np.zeros(size), shares).loaded_cost.tolist() == [70.0] * size


@pytest.mark.parametrize("columns", [2, 40])
def test_columns_of_any_number_and_sign_are_solved_alike(columns):
    random = np.random.default_rng(6)
    size = solver.DENSE + 10
    weights = random_shares(size, 5, random)
    right = random.normal(0, 1, (size, columns)) * random.lognormal(0, 2, (size, 1))
    system = System(weights, weights.T.tocsr())
    together, scale = system.solve(right), system.solve(np.abs(right).mean(axis=1))
    for column in range(0, columns, 13):
        assert (np.abs(together[:, column] - system.solve(right[:, column])) <= 2e-9 * scale).all()
