"""The best split: it keeps the rules, nothing beats it, and its certificate says so."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from portfolio.engine.errors import EngineError, RebalancingError
from portfolio.engine.rebalancing import Group, Infeasible, best_split
from portfolio.engine.response import marginal_returns, responses
from tests.engine.portfolios import nested, portfolio, portfolios

NAN, INF = math.nan, math.inf

# The three products of docs/rebalancing.md.
SPEND, VALUE, HALF = np.array([200.0, 150, 162]), np.array([240.0, 120, 144]), np.full(3, 0.5)


def assert_kept(asked, split, budget=None):
    """All money is split, and every bound kept."""
    budget = asked.budget if budget is None else budget
    amounts, basis = split.amounts, asked.basis
    assert amounts.sum() == pytest.approx(budget, rel=1e-12)
    assert (amounts[~basis] == asked.current[~basis]).all()
    assert (amounts[basis] >= asked.floor[basis]).all()
    assert (amounts[basis] <= asked.ceiling[basis]).all()
    for group in asked.groups:
        money = amounts[group.members].sum()
        assert group.least * (1 - 1e-11) - 1e-9 <= money <= group.most * (1 + 1e-11) + 1e-9


# -- by hand -------------------------------------------------------------------------------------------------


def test_three_products_share_money_until_their_next_dollars_return_the_same():
    """With e = 1/2 the best amounts are as K² / x0: 288, 96 and 128 of 512, where each next dollar returns 0.50."""
    split = best_split(SPEND, VALUE, HALF, 0, INF, 512)
    assert split.amounts == pytest.approx([288, 96, 128], rel=1e-12)
    assert split.value == pytest.approx(512, rel=1e-12)
    assert split.marginal == pytest.approx([0.5] * 3, rel=1e-12)
    assert split.shadow_prices.budget == pytest.approx(0.5, rel=1e-12)
    assert split.shadow_prices.floor.tolist() == split.shadow_prices.ceiling.tolist() == [0, 0, 0]


def test_a_floor_costs_the_difference_between_the_price_of_money_and_what_it_returns_there():
    """The other two share 350 as 3 to 1, at 0.5 sqrt(384 / 350); the third's next dollar returns 72 / 162."""
    split = best_split(SPEND, VALUE, HALF, [0, 0, 162], INF, 512)
    assert split.amounts == pytest.approx([262.5, 87.5, 162], rel=1e-12)
    assert split.shadow_prices.budget == pytest.approx(0.5 * math.sqrt(384 / 350), rel=1e-12)
    assert split.shadow_prices.floor == pytest.approx([0, 0, 0.5 * math.sqrt(384 / 350) - 72 / 162], rel=1e-9)


def test_a_group_held_to_its_least_has_a_price_of_its_own():
    """The second and third get 250 instead of 224, at 0.5 sqrt(224 / 250); the first 262, at 0.5 sqrt(288 / 262)."""
    split = best_split(SPEND, VALUE, HALF, 0, INF, 512, [Group("both", [1, 2], least=250)])
    inside, outside = 0.5 * math.sqrt(224 / 250), 0.5 * math.sqrt(288 / 262)
    assert split.amounts == pytest.approx([262, 250 * 3 / 7, 250 * 4 / 7], rel=1e-12)
    assert split.marginal == pytest.approx([outside, inside, inside], rel=1e-12)
    assert split.shadow_prices.budget == pytest.approx(outside, rel=1e-12)
    assert split.shadow_prices.least == pytest.approx([outside - inside], rel=1e-9)
    assert split.shadow_prices.most.tolist() == [0]


def test_a_group_held_to_its_most_would_gain_from_more():
    split = best_split(SPEND, VALUE, HALF, 0, INF, 512, [Group("first", [0], most=200)])
    assert split.amounts == pytest.approx([200, 312 * 3 / 7, 312 * 4 / 7], rel=1e-12)
    assert split.shadow_prices.most == pytest.approx([0.6 - split.shadow_prices.budget], rel=1e-9)


def test_products_without_a_basis_keep_their_money_whatever_their_bounds():
    split = best_split(
        [200, 150, 162, 40, 0],
        [240, 120, 144, -3, 7],
        [0.5, 0.5, NAN, 0.5, 0.5],
        [0, 0, 500, 90, 9],
        [INF, 9e9, 600, 99, 9],
        552,
    )
    assert split.has_basis.tolist() == [True, True, False, False, False]
    assert split.amounts == pytest.approx([262.5, 87.5, 162, 40, 0], rel=1e-12)
    assert np.isnan(split.marginal).tolist() == [False, False, True, True, True]
    assert split.value == pytest.approx(240 * math.sqrt(262.5 / 200) + 120 * math.sqrt(87.5 / 150) + 144 - 3 + 7)


# -- by property ---------------------------------------------------------------------------------------------


@given(portfolios())
@examples(max_examples=150, deadline=None)
def test_every_rule_is_kept_and_the_gap_is_closed(asked):
    split = asked.split()
    assert_kept(asked, split)
    assert 0 <= split.gap <= 1e-9 * np.abs(asked.value).sum()
    assert split.value == pytest.approx(
        responses(asked.current, asked.value, asked.elasticity, split.amounts).sum(), rel=1e-12
    )


@given(portfolios(digits=12.0))
@examples(max_examples=100, deadline=None)
def test_spend_that_spans_twelve_digits_is_split_as_exactly(asked):
    asked.current = asked.current * 1e-3
    asked.floor, asked.ceiling, asked.kept = asked.floor * 1e-3, asked.ceiling * 1e-3, asked.kept * 1e-3
    asked.groups = [Group(g.name, g.members, g.least * 1e-3, g.most * 1e-3) for g in asked.groups]
    assert_kept(asked, asked.split())


@given(portfolios(), st.integers(0, 2**32 - 1))
@examples(max_examples=100, deadline=None)
def test_no_other_split_that_keeps_the_rules_is_worth_more(asked, seed):
    """Others: the best for other values, which lie at the edge of what is possible, and mixtures with it."""
    split = asked.split()
    random = np.random.default_rng(seed)
    others = [asked.kept]
    for _ in range(4):
        values = np.where(asked.value > 0, asked.value * random.lognormal(0, 3, asked.value.size), asked.value)
        others.append(asked.split(value=values).amounts)
    others += [split.amounts + t * (other - split.amounts) for other in others for t in (0.5, 0.01)]
    basis = asked.basis
    for other in others:
        worth = responses(asked.current, asked.value, asked.elasticity, np.where(basis, other, 0)).sum()
        assert worth <= split.value + split.gap + 1e-12 * np.abs(asked.value).sum()


@given(portfolios(), st.floats(0, 1))
@examples(max_examples=60, deadline=None)
def test_more_budget_is_never_worth_less_and_pays_its_shadow_price(asked, part):
    """Without ceilings, so that more can always be spent; value is concave in the budget, with its price as slope."""
    asked.ceiling = np.where(asked.ceiling == asked.floor, asked.floor, INF)
    asked.groups = [Group(g.name, g.members, g.least, INF) for g in asked.groups]
    if not (asked.basis & (asked.ceiling > asked.floor)).any():
        return
    split, more = asked.split(), asked.budget * (1 + part)
    richer = asked.split(budget=more)
    room = 1e-9 * np.abs(asked.value).sum()
    assert richer.value >= split.value - room
    assert richer.value - split.value <= split.shadow_prices.budget * (more - asked.budget) + room
    assert richer.value - split.value >= richer.shadow_prices.budget * (more - asked.budget) - room
    assert (richer.amounts >= split.amounts * (1 - 1e-9)).all()


@given(portfolios(), st.floats(1e-4, 1e4), st.floats(1e-4, 1e4))
@examples(max_examples=60, deadline=None)
def test_the_units_of_money_and_value_change_nothing_else(asked, money, worth):
    split = asked.split()
    scaled = asked.split(
        current=asked.current * money,
        floor=asked.floor * money,
        ceiling=asked.ceiling * money,
        budget=asked.budget * money,
        value=asked.value * worth,
        groups=[Group(g.name, g.members, g.least * money, g.most * money) for g in asked.groups],
    )
    total = asked.budget
    assert scaled.amounts / money == pytest.approx(split.amounts, rel=1e-6, abs=1e-9 * total)
    assert scaled.value / worth == pytest.approx(split.value, rel=1e-9)


@given(portfolios(most=8))
@examples(max_examples=60, deadline=None)
def test_shadow_prices_are_what_a_little_slack_gains(asked):
    """To first order, and never less: value is concave in each bound, so the price bounds the gain from above."""
    split, step = asked.split(), 1e-4
    room = 1e-9 * np.abs(asked.value).sum()
    for p in np.flatnonzero(asked.basis & (asked.floor > 0)):
        floor = asked.floor.copy()
        floor[p] *= 1 - step
        gain = asked.split(floor=floor).value - split.value
        assert gain <= split.shadow_prices.floor[p] * step * asked.floor[p] + room
    for place, group in enumerate(asked.groups):
        slack = group.most * step
        if np.isfinite(slack):
            changed = [*asked.groups[:place], Group("", group.members, group.least, group.most + slack)]
            gain = asked.split(groups=changed + asked.groups[place + 1 :]).value - split.value
            assert gain <= split.shadow_prices.most[place] * slack + room


@pytest.mark.parametrize("seed", range(6))
def test_general_optimisation_finds_the_same(seed):
    """SLSQP, in shares of the budget; with floors above 0, since it cannot start down an infinite slope."""
    asked = portfolio(seed, 20, digits=1.0, without_basis=0.0)
    asked.floor = np.maximum(asked.floor, 0.1 * asked.current)
    asked.ceiling = np.maximum(asked.ceiling, asked.floor + 0.5 * asked.current)
    asked.kept = np.clip(asked.kept, asked.floor, asked.ceiling)
    # It keeps rules to some 1e-10 and may gain by it, so it gets none that leave no room.
    asked.groups = [
        Group(g.name, g.members, 0.98 * g.least, 1.02 * g.most) for g in nested(np.random.default_rng(seed), asked.kept)
    ]
    budget, scale = asked.budget, asked.value.sum()
    ones = np.ones(20)
    rules = [{"type": "eq", "fun": lambda share: share.sum() - 1, "jac": lambda share: ones}]
    for group in asked.groups:
        row = np.zeros(20)
        row[group.members] = 1
        for sign, bound in ((1, group.least), (-1, group.most)):
            if np.isfinite(bound):
                rules.append(
                    {
                        "type": "ineq",
                        "fun": lambda share, r=sign * row, b=sign * bound: r @ share - b / budget,
                        "jac": lambda share, r=sign * row: r,
                    }
                )
    figures = asked.current, asked.value, asked.elasticity
    found = minimize(
        lambda share: -responses(*figures, np.maximum(share, 0) * budget).sum() / scale,
        asked.kept / budget,
        jac=lambda share: -marginal_returns(*figures, np.maximum(share, 1e-9) * budget) * budget / scale,
        bounds=list(zip(asked.floor / budget, asked.ceiling / budget, strict=True)),
        constraints=rules,
        method="SLSQP",
        options={"maxiter": 1_000, "ftol": 1e-14},
    )
    assert -found.fun * scale == pytest.approx(asked.split().value, rel=1e-7)


def test_no_split_on_a_fine_grid_is_better():
    current, value, elasticity = [30, 20, 10], [60, 15, 30], [0.3, 0.8, 0.5]
    split = best_split(current, value, elasticity, [5, 10, 0], [50, 40, 18], 60, [Group("pair", [0, 2], most=42)])
    grid = np.arange(0, 60.01, 0.25)
    first, second = np.meshgrid(grid, grid)
    trial = np.stack([first, second, 60 - first - second], axis=-1)
    is_kept = ((trial >= [5, 10, 0]) & (trial <= [50, 40, 18])).all(axis=-1) & (trial[..., 0] + trial[..., 2] <= 42)
    best = responses(current, value, elasticity, trial[is_kept]).sum(axis=-1).max()
    assert best <= split.value <= best * 1.001


# -- at the edges --------------------------------------------------------------------------------------------


def test_a_budget_that_is_the_sum_of_the_floors_is_spent_on_them():
    """0.1 + 0.2 is a little more than 0.3 in floating point: no conflict for that."""
    split = best_split([1, 1], [3, 4], [0.5, 0.5], [0.1, 0.2], INF, 0.3)
    assert split.amounts.tolist() == [0.1, 0.2]
    assert split.shadow_prices.budget == pytest.approx(split.marginal.max())


def test_a_budget_that_is_the_sum_of_the_ceilings_fills_them():
    split = best_split([1, 2], [3, 4], [0.5, 0.5], 0, [0.1, 0.2], 0.1 + 0.2)
    assert split.amounts.tolist() == [0.1, 0.2]
    assert split.gap == pytest.approx(0, abs=1e-15)


def test_no_money_leaves_every_product_with_none_and_an_unbounded_next_dollar():
    split = best_split([1, 2], [3, 4], [0.5, 0.2], 0, INF, 0)
    assert split.amounts.tolist() == [0, 0]
    assert split.value == split.gap == 0
    assert split.marginal.tolist() == [INF, INF]


def test_bounds_that_leave_no_choice_are_no_search():
    split = best_split([10, 20], [30, 40], [0.5, 0.5], [12, 18], [12, 18], 30)
    assert split.amounts.tolist() == [12, 18]
    assert split.gap == 0


def test_no_products_share_no_money():
    split = best_split([], [], [], [], [], 0)
    assert split.amounts.size == split.value == split.gap == 0


@pytest.mark.parametrize("elasticity", [0.01, 0.99])
def test_the_steepest_and_the_flattest_responses_are_split_exactly(elasticity):
    split = best_split([1e-3, 1, 1e9], [1, 3, 1e9], [elasticity] * 3, 0, INF, 1e6)
    assert split.amounts.sum() == pytest.approx(1e6, rel=1e-12)
    assert np.isfinite(split.marginal).all()
    assert split.marginal == pytest.approx([split.shadow_prices.budget] * 3, rel=1e-9)


def test_equal_products_get_equal_money_however_many_there_are():
    split = best_split(np.ones(5_000), np.ones(5_000), np.full(5_000, 0.4), 0, 3, 10_000)
    assert split.amounts == pytest.approx(np.full(5_000, 2.0), rel=1e-12)


def test_a_surcharge_moves_money_as_a_lower_return_would():
    split = best_split(SPEND, VALUE, HALF, 0, INF, 512, price=[0.1, 0, 0])
    assert split.marginal[0] - 0.1 == pytest.approx(split.marginal[1], rel=1e-9)
    assert split.marginal[1] == pytest.approx(split.marginal[2], rel=1e-9)
    assert split.amounts.sum() == pytest.approx(512, rel=1e-12)


@given(portfolios(), st.floats(-0.5, 0.5))
@examples(max_examples=40, deadline=None)
def test_the_same_surcharge_on_everything_changes_nothing(asked, price):
    split, same = asked.split(), asked.split(price=np.full(asked.current.size, price))
    assert same.amounts == pytest.approx(split.amounts, rel=1e-6, abs=1e-6)


# -- refusals ------------------------------------------------------------------------------------------------


def test_groups_that_cross_are_refused_by_name():
    with pytest.raises(RebalancingError, match="The groups run and web cross"):
        best_split(SPEND, VALUE, HALF, 0, INF, 512, [Group("run", [0, 1]), Group("web", [1, 2])])


def test_groups_that_cross_inside_another_are_named_and_not_that_other():
    groups = [Group("all", [0, 1, 2]), Group("web", [1, 2]), Group("run", [0, 1])]
    with pytest.raises(RebalancingError, match=r"The groups (run and web|web and run) cross"):
        best_split(SPEND, VALUE, HALF, 0, INF, 512, groups)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"elasticity": [0.5, 1, 0.5]}, r"elasticity of products 1 is not between 0 and 1 \(the first is 1\)"),
        ({"value": [1, NAN, 1]}, "value of products 1 is not a finite number"),
        ({"current": [INF, 1, 1]}, "current spend of products 0 is not a finite number"),
        ({"floor": [0, -1, 0]}, "floor of products 1 is no finite amount of 0 or more"),
        ({"ceiling": [9, 9, NAN]}, "ceiling of products 2"),
        ({"floor": [0, 0]}, r"floor has shape \(2,\), but there are 3 products"),
        ({"value": [1, 2]}, "one figure for each product"),
        ({"budget": NAN}, "The budget is nan"),
        ({"groups": [Group("far", [3])]}, "group far has members 3, but there are 3 products"),
        ({"groups": [Group("twice", [1, 1])]}, "group twice names some of its products twice"),
        ({"groups": [Group("odd", [1], NAN)]}, "group odd goes from nan"),
    ],
)
def test_figures_that_mean_nothing_are_refused(changes, message):
    asked = {
        "current": SPEND,
        "value": VALUE,
        "elasticity": HALF,
        "floor": 0,
        "ceiling": INF,
        "budget": 512,
        "groups": None,
    }
    with pytest.raises(EngineError, match=message):
        best_split(**(asked | changes))


@pytest.mark.parametrize(
    ("changes", "rules", "message"),
    [
        (
            {"floor": [10, 20, 5], "ceiling": [9, 50, 50]},
            {("floor", 0), ("ceiling", 0)},
            "the floor of Tax .10. is 1 above the ceiling of Tax",
        ),
        (
            {"floor": [10, 20, 5], "budget": 24},
            {("floor", 1), ("floor", 0), ("budget", None)},
            "come to 30, 6 above the budget of 24",
        ),
        (
            {"ceiling": [9, 50, 50], "budget": 200},
            {("ceiling", 0), ("ceiling", 1), ("ceiling", 2), ("budget", None)},
            "come to 109 at most, 91 below the budget",
        ),
        (
            {"groups": [Group("run", [0], 7, 6)]},
            {("least", 0), ("most", 0)},
            "the least of run .7. is 1 above the most of run",
        ),
        (
            {"floor": [10, 20, 5], "groups": [Group("all", [0, 1, 2]), Group("run", [0, 1], 0, 25)]},
            {("floor", 0), ("floor", 1), ("most", 1)},
            "5 above the most of run",
        ),
        (
            {"groups": [Group("all", [0, 1, 2], 40, 90), Group("run", [0, 1], 0, 25), Group("web", [2], 0, 9)]},
            {("most", 1), ("most", 2), ("least", 0)},
            "come to 34 at most, 6 below the least of all",
        ),
        (
            {"elasticity": [NAN, 0.5, 0.5], "ceiling": [1, 50, 50], "budget": 50},
            {("kept", 0), ("budget", None)},
            "the money that Tax keeps for want of a basis .200. is 150 above",
        ),
    ],
)
def test_rules_in_conflict_are_named_and_no_others(changes, rules, message):
    asked = {
        "current": SPEND,
        "value": VALUE,
        "elasticity": HALF,
        "floor": 0,
        "ceiling": INF,
        "budget": 100,
        "groups": None,
    }
    with pytest.raises(Infeasible, match=message) as refused:
        best_split(**(asked | changes), names=["Tax", "Renewals", "Identity"])
    assert {(rule.kind, rule.index) for rule in refused.value.rules} == rules


def can_be_kept(rules, size, groups):
    """Say whether some amounts of 0 or more keep all of these rules, by linear programming."""
    upper, bound, equal, total = [], [], [], []
    for rule in rules:
        row = np.zeros(size)
        if rule.kind == "budget":
            row[:] = 1
        elif rule.kind in ("least", "most"):
            row[groups[rule.index].members] = 1
        else:
            row[rule.index] = 1
        if rule.kind in ("budget", "kept"):
            equal.append(row)
            total.append(rule.amount)
        else:
            sign = 1 if rule.kind in ("most", "ceiling") else -1
            upper.append(sign * row)
            bound.append(sign * rule.amount)
    asked = {"A_ub": upper or None, "b_ub": bound or None, "A_eq": equal or None, "b_eq": total or None}
    return linprog(np.zeros(size), **asked).status == 0


@given(portfolios(most=7, digits=1.0), st.sampled_from([0.2, 0.5, 2, 5]), st.integers(0, 2**32 - 1))
@examples(max_examples=80, deadline=None)
def test_a_conflict_is_one_and_leaving_out_any_of_its_rules_ends_it(asked, factor, seed):
    random = np.random.default_rng(seed)
    asked.groups = [
        Group(g.name, g.members, g.least * random.choice([1, 1, factor]), g.most * random.choice([1, 1, 1 / factor]))
        for g in asked.groups
    ]
    try:
        asked.split(budget=asked.budget * factor)
    except Infeasible as refusal:
        rules = refusal.rules
        assert not can_be_kept(rules, asked.current.size, asked.groups)
        for fewer in itertools.combinations(rules, len(rules) - 1):
            assert can_be_kept(fewer, asked.current.size, asked.groups)
