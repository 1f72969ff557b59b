"""Rules that cross the groups."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from portfolio.engine.crossing import best_split_crossing
from portfolio.engine.errors import EngineError, RebalancingError
from portfolio.engine.rebalancing import Group, Infeasible, best_split
from portfolio.engine.response import marginal_returns, responses
from tests.engine.portfolios import portfolio

INF = math.inf
SPEND, VALUE, HALF = [200.0, 150, 162], [240.0, 120, 144], [0.5] * 3


def test_rules_that_nest_have_the_split_and_the_prices_that_groups_have():
    rule = Group("both", [1, 2], least=250)
    nested = best_split(SPEND, VALUE, HALF, 0, INF, 512, [rule])
    found = best_split_crossing(SPEND, VALUE, HALF, 0, INF, 512, crossing=[rule])
    assert found.split.amounts == pytest.approx(nested.amounts, rel=1e-8)
    assert found.split.value == pytest.approx(nested.value, rel=1e-9)
    assert found.least == pytest.approx(nested.shadow_prices.least, rel=1e-6)
    assert found.most.tolist() == [0]


def test_rules_that_are_kept_anyway_cost_nothing():
    found = best_split_crossing(
        SPEND, VALUE, HALF, 0, INF, 512, crossing=[Group("a", [0, 1]), Group("b", [1, 2], 100, 400)]
    )
    assert found.split.amounts == pytest.approx([288, 96, 128])
    assert found.least.tolist() == found.most.tolist() == [0, 0]


def test_two_rules_that_cross_by_hand():
    """The first two at most 350, the last two at most 248: of 512 that leaves 264, 86 and 162."""
    rules = [Group("run", [0, 1], most=350), Group("web", [1, 2], most=248)]
    found = best_split_crossing(SPEND, VALUE, HALF, 0, INF, 512, crossing=rules)
    assert found.split.amounts == pytest.approx([264, 86, 162], rel=1e-7)
    first, both, last = marginal_returns(SPEND, VALUE, HALF, [264, 86, 162])
    assert found.most[0] - found.most[1] == pytest.approx(first - last, abs=1e-6)
    assert both - found.most.sum() == pytest.approx(found.split.shadow_prices.budget, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_the_gap_is_closed_and_general_optimisation_finds_no_better(seed):
    random = np.random.default_rng(seed)
    asked = portfolio(seed, 12, digits=1.0, without_basis=0.05)
    asked.floor = np.maximum(asked.floor, 0.1 * asked.current)
    asked.ceiling = np.maximum(asked.ceiling, asked.floor + 0.5 * asked.current)
    asked.kept = np.where(asked.basis, np.clip(asked.kept, asked.floor, asked.ceiling), asked.current)
    groups = [Group("half", np.arange(6), 0.95 * asked.kept[:6].sum(), 1.05 * asked.kept[:6].sum())]
    crossing = []
    for name in "abc":
        members = np.flatnonzero(random.random(12) < 0.5)
        money = asked.kept[members].sum()
        crossing.append(Group(name, members, 0.97 * money, 1.03 * money))
    figures = asked.current, asked.value, asked.elasticity
    found = best_split_crossing(*figures, asked.floor, asked.ceiling, asked.budget, groups, crossing=crossing)
    split, budget = found.split, asked.budget
    assert 0 <= split.gap <= 1e-6 * split.value
    assert split.amounts.sum() == pytest.approx(budget, rel=1e-12)
    rules = [{"type": "eq", "fun": lambda share: share.sum() - 1}]
    for rule in [*groups, *crossing]:
        money = split.amounts[rule.members].sum()
        assert rule.least - 1e-9 * budget <= money <= rule.most + 1e-9 * budget
        rules.append({"type": "ineq", "fun": lambda share, r=rule: share[r.members].sum() - r.least / budget})
        rules.append({"type": "ineq", "fun": lambda share, r=rule: r.most / budget - share[r.members].sum()})
    low, high = (np.where(asked.basis, bound, asked.current) for bound in (asked.floor, asked.ceiling))
    scale = np.abs(asked.value).sum()
    general = minimize(
        lambda share: -responses(*figures, np.maximum(share, 0) * budget).sum() / scale,
        asked.kept / budget,
        jac=lambda share: -np.nan_to_num(marginal_returns(*figures, np.maximum(share, 1e-9) * budget)) * budget / scale,
        bounds=list(zip(low / budget, high / budget, strict=True)),
        constraints=rules,
        method="SLSQP",
        options={"maxiter": 1_000, "ftol": 1e-13},
    )
    assert split.value == pytest.approx(-general.fun * scale, rel=2e-6)


def test_rules_that_cross_and_conflict_are_named():
    rules = [Group("run", [0, 1], most=100), Group("web", [1, 2], most=250), Group("all", [0, 1, 2], most=600)]
    with pytest.raises(RebalancingError, match=r"rules as well: run from 0 to 100; web from 0 to 250\."):
        best_split_crossing(SPEND, VALUE, HALF, 0, INF, 512, crossing=rules)


def test_other_rules_that_conflict_are_named_as_ever():
    with pytest.raises(Infeasible, match="the budget"):
        best_split_crossing(SPEND, VALUE, HALF, [500, 50, 0], INF, 512, crossing=[Group("run", [0, 1])])


def test_rules_that_mean_nothing_are_refused():
    with pytest.raises(EngineError, match="group odd has members 5"):
        best_split_crossing(SPEND, VALUE, HALF, 0, INF, 512, crossing=[Group("odd", [5])])
