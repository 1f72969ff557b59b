"""Whose money went into what: the shortcut to what is credited to a set agrees with following every value."""

import numpy as np
import pytest

from portfolio.engine.flows import trace
from portfolio.engine.origins import origins
from tests.engine.networks import random_shares, shares_of


def test_half_of_a_service_that_costs_as_much_as_its_platform_came_out_of_the_platforms_money():
    # A platform of 100 passes half on to a service of 50.
    shares = shares_of(2, {(0, 1): 0.5})
    assert origins([100, 50], shares, [[True], [False]]).tolist() == [[1.0], [0.5]]


def test_what_is_credited_to_a_set_is_what_following_every_value_gives():
    random = np.random.default_rng(7)
    for size, links_each in ((3, 1), (40, 3), (400, 5)):
        shares = random_shares(size, links_each, random)
        cost = np.where(random.random(size) < 0.1, 0.0, random.gamma(1.0, 1e5, size) - 2e3)
        value = random.gamma(1.0, 1e5, (size, 4))
        inside = random.random((size, 6)) < 0.3
        credited = trace(cost, value, shares).credited_value
        assert origins(cost, shares, inside).T @ value == pytest.approx(inside.T @ credited, rel=1e-8)


def test_everyones_money_is_all_that_anything_cost():
    random = np.random.default_rng(8)
    shares = random_shares(60, 4, random)
    cost = random.gamma(1.0, 1e5, 60)
    everyone, nobody = np.ones((60, 1)), np.zeros((60, 1))
    assert origins(cost, shares, np.hstack([everyone, nobody])) == pytest.approx(np.hstack([everyone, nobody]))


def test_a_product_that_nobody_paid_for_keeps_its_value_in_its_own_sets():
    shares = shares_of(2, {(0, 1): 0.5})
    assert origins([0, 0], shares, [[True, False], [False, True]]).tolist() == [[1.0, 0.0], [0.0, 1.0]]
