"""The three products of docs/rebalancing.md: every figure on that page."""

import math
from pathlib import Path

import numpy as np
import pytest

from portfolio.engine.effects import predict, ramped
from portfolio.engine.information import information_values
from portfolio.engine.rebalancing import Group, best_split
from portfolio.engine.response import average_returns, marginal_returns, responses
from portfolio.engine.scoring import widening_factor
from tests.engine.networks import shares_of

PAGE = (Path(__file__).parents[2] / "docs" / "rebalancing.md").read_text()
SPEND, VALUE, ELASTICITY = np.array([200.0, 150, 162]), np.array([240.0, 120, 144]), np.full(3, 0.5)


def assert_on_page(*words):
    for word in words:
        assert word in PAGE


def test_average_and_marginal_returns():
    figures = SPEND, VALUE, ELASTICITY, SPEND
    for name, spend, value, average, marginal in zip(
        ("Tax", "Renewals", "Identity"),
        SPEND,
        VALUE,
        average_returns(*figures),
        marginal_returns(*figures),
        strict=True,
    ):
        assert_on_page(f"| {name} | {spend:.0f} | {value:.0f} | 0.50 | {average:.2f} | **{marginal:.3f}** |")
    assert_on_page(f"| together | {SPEND.sum():.0f} | {VALUE.sum():.0f} | | | |")


def test_the_best_split():
    split = best_split(SPEND, VALUE, ELASTICITY, 0, math.inf, 512)
    found = zip(
        ("Tax", "Renewals", "Identity"),
        SPEND,
        split.amounts,
        responses(SPEND, VALUE, ELASTICITY, split.amounts),
        split.marginal,
        ("240 √1.44", "120 √0.64", "144 √0.7901"),
        strict=True,
    )
    for name, spend, amount, value, marginal, how in found:
        assert_on_page(f"| {name} | {spend:.0f} | **{amount:.0f}** | {how} = {value:.0f} | {marginal:.2f} |")
    assert split.value == pytest.approx(512)
    assert split.shadow_prices.budget == pytest.approx(0.5)


def test_what_a_floor_costs():
    split = best_split(SPEND, VALUE, ELASTICITY, [0, 0, 162], math.inf, 512)
    assert_on_page(f"{split.amounts[0]:.2f} and {split.amounts[1]:.2f}", f"= {split.shadow_prices.budget:.4f}`")
    assert_on_page(f"72 / 162 = {split.marginal[2]:.4f}", f"**{split.shadow_prices.floor[2]:.4f} for each")
    assert_on_page(f"worth {split.value:.2f}, {512 - split.value:.2f} less")


def test_what_a_group_costs():
    split = best_split(SPEND, VALUE, ELASTICITY, 0, math.inf, 512, [Group("both", [1, 2], least=250)])
    assert_on_page(f"{split.amounts[1]:.2f} and {split.amounts[2]:.2f}", f"= {split.marginal[1]:.4f}`")
    assert_on_page(f"Tax gets {split.amounts[0]:.0f}", f"= {split.marginal[0]:.4f}`")
    assert_on_page(f"**{split.shadow_prices.least[0]:.4f}** a dollar")


def test_what_measuring_is_worth():
    known = information_values(
        SPEND, VALUE, ELASTICITY, 0, math.inf, 512, share=[[240, 0, 0]], worth_draws=[[1.5], [0.5]]
    )
    gains = []
    for multiple, expected in ((1.5, 656), (0.5, 368)):
        best = best_split(SPEND, VALUE * [multiple, 1, 1], ELASTICITY, 0, math.inf, 512)
        assert_on_page(f"= {best.value:.2f}`")
        gains.append(best.value - expected)
    assert_on_page(f"Knowing gains {gains[0]:.2f} or {gains[1]:.2f}", f"**{known.worth.value[0]:.2f}**")


def test_what_it_does_to_the_network():
    found = predict([60, 40], [200, 0], shares_of(2, {(1, 0): 1.0}), [1, 2], [1, 2**0.585])
    assert found.own_value == pytest.approx([240, 0], rel=1e-3)
    assert found.before.credited_value == pytest.approx([120, 80])
    assert_on_page(f"240 / 140 = {found.credited_after[0]:.2f}` where it returned {found.credited_before[0]:.2f}")
    assert ramped([2], 3, 2).ravel().tolist() == [0.25, 0.75, 1]


def test_what_widens_the_next_ranges():
    ones = np.ones(10)
    assert_on_page(f"/ 20 = {widening_factor(0 * ones, -ones, ones, 2 * ones):.1f}`")
