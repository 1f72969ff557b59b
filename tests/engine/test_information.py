"""Measure next: what it would be worth to know, against finding the best split anew for every draw."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import sparse

from portfolio.engine.errors import EngineError
from portfolio.engine.information import information_values
from portfolio.engine.rebalancing import Group, best_split
from portfolio.engine.response import responses
from tests.engine.portfolios import portfolio

NAN, INF = math.nan, math.inf


def solved_anew(asked, changed):
    """Return value, probability and money moved by splitting anew for each (value, elasticity) that may be known."""
    split, basis = asked.split(), asked.basis
    gains, moves = [], []
    for value, elasticity in changed:
        # A product that has turned out to be worth nothing is split for as next to nothing.
        known = asked.split(value=np.where(basis, np.maximum(value, 1e-12 * asked.value), value), elasticity=elasticity)
        ratio = [np.where(basis, found.amounts / asked.current, 1.0) for found in (known, split)]
        power = np.where(basis, elasticity, 1.0)
        gains.append((value * (ratio[0] ** power - ratio[1] ** power)).sum())
        moves.append(np.abs(known.amounts - split.amounts).sum() / 2)
    return np.mean(gains), np.mean(np.array(moves) > 0.01 * asked.budget), np.mean(moves)


def draws_of(random, count, size, spread=0.6):
    worth = random.lognormal(0, spread, (count, size))
    return worth / worth.mean(axis=0)


def test_two_alike_products_one_of_which_may_return_three_times_as_much_or_nothing():
    """e = 1/2 and x0 = K = 100. Known to be 3: 180 and 20, worth 3 sqrt(1.8) + sqrt(0.2) a hundred; not known: 4.
    Known to be -1, all goes to the other: sqrt(2) instead of 1 - 1."""
    found = information_values(
        [100, 100], [100, 100], [0.5, 0.5], 0, INF, 200, share=[[100, 0]], worth_draws=[[3.0], [-1.0]]
    )
    gains = 100 * (3 * math.sqrt(1.8) + math.sqrt(0.2) - 4), 100 * math.sqrt(2)
    assert found.split.amounts == pytest.approx([100, 100])
    assert found.worth.value == pytest.approx([sum(gains) / 2], rel=1e-6)
    assert found.worth.moved == pytest.approx([(80 + 100) / 2], rel=1e-6)
    assert found.worth.probability.tolist() == [1]


@given(st.integers(0, 2**32 - 1), st.integers(2, 7))
@examples(max_examples=25, deadline=None)
def test_one_table_says_what_splitting_anew_for_every_metric_says(seed, size):
    asked = portfolio(seed, size, digits=2.0, with_groups=False)
    random = np.random.default_rng(seed)
    drawn = draws_of(random, 15, size)
    found = information_values(
        asked.current, asked.value, asked.elasticity, asked.floor, asked.ceiling, asked.budget,
        share=np.diag(asked.value), worth_draws=drawn,
    )  # fmt: skip
    scale = np.abs(asked.value).sum()
    for p in range(size):
        changed = []
        for worth in drawn[:, p]:
            value = asked.value.copy()
            value[p] *= worth
            changed.append((value, asked.elasticity))
        if not asked.basis[p]:
            assert (found.worth.value[p], found.worth.moved[p]) == (0, 0)
            continue
        gain, _, moved = solved_anew(asked, changed)
        assert found.worth.value[p] == pytest.approx(gain, rel=5e-3, abs=1e-5 * scale)
        assert found.worth.moved[p] == pytest.approx(moved, rel=2e-2, abs=2e-3 * asked.budget)


@given(st.integers(0, 2**32 - 1), st.integers(2, 8))
@examples(max_examples=20, deadline=None)
def test_the_same_for_elasticities(seed, size):
    asked = portfolio(seed, size, digits=2.0, with_groups=False)
    random = np.random.default_rng(seed)
    drawn = 1 / (1 + np.exp(-np.log(asked.elasticity / (1 - asked.elasticity)) - 0.4 * random.normal(size=(15, size))))
    found = information_values(
        asked.current, asked.value, asked.elasticity, asked.floor, asked.ceiling, asked.budget,
        share=sparse.csr_array((1, size)), worth_draws=[[1.0]], elasticity_draws=drawn,
    )  # fmt: skip
    for p in np.flatnonzero(asked.basis):
        changed = []
        for e in drawn[:, p]:
            elasticity = asked.elasticity.copy()
            elasticity[p] = e
            changed.append((asked.value, elasticity))
        gain, _, moved = solved_anew(asked, changed)
        assert found.elasticity.value[p] == pytest.approx(gain, rel=5e-3, abs=1e-5 * np.abs(asked.value).sum())
        assert found.elasticity.moved[p] == pytest.approx(moved, rel=2e-2, abs=2e-3 * asked.budget)
    assert (found.elasticity.value[~asked.basis] == 0).all()
    assert found.worth.value.tolist() == [0]


@pytest.mark.parametrize("seed", range(4))
def test_a_metric_that_counts_in_several_products_under_groups_is_one_unknown(seed):
    asked = portfolio(seed, 9, digits=1.0)
    random = np.random.default_rng(seed)
    share = np.where(random.random(9) < 0.5, 0.8 * np.abs(asked.value), 0.0)
    drawn = draws_of(random, 40, 1)
    elasticities = np.tile(asked.elasticity, (40, 1))
    free = int(np.flatnonzero(asked.basis)[0])
    elasticities[:, free] = random.uniform(0.1, 0.9, 40)
    found = information_values(
        asked.current, asked.value, asked.elasticity, asked.floor, asked.ceiling, asked.budget,
        share=[share], worth_draws=drawn, elasticity_draws=elasticities, groups=asked.groups,
    )  # fmt: skip
    about = np.where(asked.basis, share, 0.0)
    gain, probability, moved = solved_anew(
        asked, [(asked.value + about * (w - 1), asked.elasticity) for w in drawn[:, 0]]
    )
    scale = np.abs(asked.value).sum()
    assert found.worth.value == pytest.approx([gain], rel=1e-2, abs=1e-5 * scale)
    assert found.worth.moved == pytest.approx([moved], rel=3e-2, abs=2e-3 * asked.budget)
    assert found.worth.probability == pytest.approx([probability], abs=0.07)

    changed = []
    for e in elasticities[:, free]:
        elasticity = asked.elasticity.copy()
        elasticity[free] = e
        changed.append((asked.value, elasticity))
    gain, _, moved = solved_anew(asked, changed)
    assert found.elasticity.value[free] == pytest.approx(gain, rel=1e-2, abs=1e-5 * scale)
    assert found.elasticity.moved[free] == pytest.approx(moved, rel=3e-2, abs=2e-3 * asked.budget)


def test_what_is_certain_is_not_worth_measuring():
    found = information_values(
        [10, 20], [30, 40], [0.5, 0.6], 0, INF, 30, share=np.eye(2), worth_draws=np.full((50, 2), 7.0),
        elasticity_draws=np.tile([0.5, 0.6], (50, 1)),
    )  # fmt: skip
    assert found.worth.value.tolist() == found.elasticity.value.tolist() == [0, 0]
    assert found.worth.moved.tolist() == [0, 0]


def test_what_would_change_no_split_is_not_worth_measuring():
    """No basis, no room between the bounds, no money, or nowhere else to put it."""
    drawn = np.random.default_rng(1).lognormal(0, 1, (30, 3))
    for bounds in ({"elasticity": [NAN, NAN, NAN]}, {"floor": [10, 10, 10]}, {"floor": 0, "budget": 0}):
        asked = {
            "current": [10, 10, 10], "value": [20, 30, 40], "elasticity": [0.5] * 3,
            "floor": 0, "ceiling": INF, "budget": 30,
        }  # fmt: skip
        found = information_values(**(asked | bounds), share=np.eye(3), worth_draws=drawn)
        assert found.worth.value == pytest.approx([0, 0, 0], abs=1e-9)
    found = information_values([10], [20], [0.5], 0, INF, 30, share=[[1]], worth_draws=drawn[:, :1])
    assert found.worth.value == pytest.approx([0], abs=1e-9)


def test_information_is_never_worth_more_than_knowing_everything_of_a_product_could_move():
    """And never less than nothing; the most uncertain of alike products comes first."""
    random = np.random.default_rng(3)
    worth = np.column_stack([random.lognormal(0, spread, 4_000) for spread in (0.1, 0.4, 0.9)])
    found = information_values(
        [10] * 3, [20] * 3, [0.5] * 3, 2, 25, 30, share=np.eye(3) * 20, worth_draws=worth / worth.mean(axis=0)
    )
    assert 0 < found.worth.value[0] < found.worth.value[1] < found.worth.value[2] < 20
    assert (found.worth.moved <= 15).all()


def test_many_products_at_once_are_as_exact():
    random = np.random.default_rng(4)
    current = random.lognormal(10, 1.5, 300)
    value, elasticity = current * random.lognormal(0.5, 0.5, 300), random.uniform(0.05, 0.9, 300)
    drawn = draws_of(random, 40, 300)
    figures = current, value, elasticity, 0.5 * current, 2 * current, current.sum()
    found = information_values(*figures, share=np.diag(value), worth_draws=drawn)
    for p in np.argsort(-found.worth.value)[[0, 5, 40]]:
        gains = []
        for worth in drawn[:, p]:
            known = value.copy()
            known[p] *= worth
            best = best_split(current, known, elasticity, *figures[3:])
            gains.append(best.value - responses(current, known, elasticity, found.split.amounts).sum())
        assert found.worth.value[p] == pytest.approx(np.mean(gains), rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"share": [[1, 0]]}, r"share has shape \(1, 2\); metrics and products are \(2, 2\)"),
        ({"share": [[1, NAN], [0, 1]]}, "Shares of metrics in products must be finite"),
        ({"worth_draws": [1.0, 2.0]}, r"Draws of worth have shape \(2,\)"),
        ({"worth_draws": [[NAN, 1.0]]}, "Draws of worth must be finite"),
        ({"elasticity_draws": [[0.5]]}, "1 columns of drawn elasticities, but 2 products"),
        ({"elasticity_draws": [[0.5, 1.5]]}, "above 0 and below 1"),
        ({"groups": [Group("odd", [7])]}, "group odd has members 7"),
    ],
)
def test_figures_that_do_not_fit_are_refused(changes, message):
    asked = {"share": np.eye(2), "worth_draws": np.ones((3, 2))}
    with pytest.raises(EngineError, match=message):
        information_values([10, 20], [30, 40], [0.5, 0.5], 0, INF, 30, **(asked | changes))
