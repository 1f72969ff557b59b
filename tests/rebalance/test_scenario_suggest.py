"""Suggested splits: against brute force, under guardrails, and what they say where no split keeps all rules."""

from datetime import date
from decimal import Decimal
from itertools import product as every

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.engine.response import responses
from portfolio.engine.rules import Group
from portfolio.rebalance import panel, studio
from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.basis import basis
from portfolio.rebalance.suggest import BEST, LEFT, CannotSuggest, _nested, suggest
from portfolio.rollup import reading
from portfolio.rollup.actions import refresh_standings
from tests.factories import (
    make_allocation,
    make_guardrail,
    make_product,
    make_scenario,
    make_stream,
    make_user,
    make_value_stream,
    make_waiver,
)
from tests.rebalance.conftest import DAY, make_earning, make_elasticity

pytestmark = pytest.mark.django_db
BEFORE = date(2015, 1, 1)


def ask(scenario):
    return suggest(studio.study(scenario), reading.asked())


def by_product(suggestion) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in suggestion.study.rows:
        code = row.line.product.code
        found[code] = found.get(code, Decimal(0)) + row.line.monthly_amount
    return found


def change(scenario, code, **fields):
    line = scenario.lines.get(product__code=code)
    version = type(scenario).objects.get(pk=scenario.pk).version
    actions.edit(scenario, version=version, changes={line.pk: fields}, by=scenario.made_by)
    scenario.refresh_from_db()


def value_of(amounts: dict[str, float]) -> float:
    ground = basis(on=DAY)
    given = np.array([float(amounts[row.code]) for row in ground.rows])
    known = np.where(ground.has_basis, ground.middle, np.nan)
    return float(np.nansum(responses(ground.spend, ground.credited, known, given)))


# -- The best split ----------------------------------------------------------------------------------------------------


def test_no_other_split_on_a_grid_is_worth_more(bold):
    best = value_of(by_product(ask(bold)))
    for high, middle in every(range(0, 3001, 50), repeat=2):
        if high + middle <= 3000:
            amounts = {"high": high, "middle": middle, "low": 3000 - high - middle, "unknown": 500}
            assert value_of(amounts) <= best + 1e-6


def test_no_other_split_on_a_grid_that_keeps_the_rules_is_worth_more(bold, services):
    make_guardrail(name="not-all", kind="product", bound="most", amount=Decimal(1500), starts=BEFORE)
    make_guardrail(
        name="some-elsewhere", kind="value_stream", bound="least", value_stream=services.top, share=Decimal("0.95"),
        starts=BEFORE,
    )  # fmt: skip
    make_guardrail(
        name="not-only-driving", kind="value_stream", bound="most", value_stream=services.driving,
        amount=Decimal(1800), starts=BEFORE,
    )  # fmt: skip
    found = ask(bold)
    amounts = by_product(found)
    assert amounts["high"] + amounts["middle"] <= 1800
    assert not found.panel.broken
    best = value_of(amounts)
    for high, middle in every(range(0, 1501, 50), repeat=2):
        low = 3000 - high - middle
        if high + middle <= 1800 and 0 <= low <= 1500:
            assert value_of({"high": high, "middle": middle, "low": low, "unknown": 500}) <= best + 1e-6


def test_locked_lines_keep_their_money_and_the_rest_is_split(bold):
    change(bold, "high", is_locked=True)
    found = ask(bold)
    # Of 2,000 between 4 : 1.
    assert by_product(found) == {
        "high": Decimal("1000.00"), "middle": Decimal("1600.00"), "low": Decimal("400.00"),
        "unknown": Decimal("500.00"),
    }  # fmt: skip
    assert (found.locked, found.kept) == (1, 1)


def test_a_larger_budget_is_split_whole(bold):
    actions.edit(bold, version=1, settings={"budget": Decimal("5000")}, by=bold.made_by)
    bold.refresh_from_db()
    found = ask(bold)
    assert sum(by_product(found).values()) == Decimal("5000.00")
    assert found.study.left == 0


def test_a_product_without_a_basis_keeps_what_the_scenario_gives_it(bold):
    change(bold, "unknown", monthly_amount=Decimal("200"))
    amounts = by_product(ask(bold))
    assert amounts["unknown"] == Decimal("200.00")
    assert sum(amounts.values()) == Decimal("3500.00")


def test_products_outside_of_the_scenario_keep_theirs(services):
    scenario = make_scenario(value_stream=services.driving, starts=DAY)
    found = ask(scenario)
    assert by_product(found) == {"high": Decimal("1600.00"), "middle": Decimal("400.00")}
    places = {row.code: place for place, row in enumerate(found.panel.basis.rows)}
    assert found.panel.amounts[places["low"]] == 1000


def test_the_streams_of_a_product_keep_their_parts(bold, services):
    other = make_stream(code="other", currency="USD")
    make_allocation(stream=other, product=services.high, monthly_amount=Decimal("500"), starts=date(2015, 2, 1))
    scenario = make_scenario(by=bold.made_by, starts=DAY)
    found = ask(scenario)
    parts = {
        row.line.stream.code: row.line.monthly_amount for row in found.study.rows if row.line.product == services.high
    }
    assert parts["fees"] == pytest.approx(2 * parts["other"], abs=Decimal("0.02"))
    assert sum(by_product(found).values()) == Decimal("4000.00")


@settings(max_examples=25)
@given(st.lists(st.integers(1, 10**9), min_size=4, max_size=4), st.integers(0, 10**9))
def test_lines_come_to_no_more_than_the_budget_and_to_within_a_cent_of_it(cents, extra):
    """On paper alone: whatever the amounts, cents are neither made nor lost."""
    from types import SimpleNamespace

    from portfolio.rebalance.suggest import _to_lines

    rows = [
        SimpleNamespace(
            line=SimpleNamespace(pk=at, product_id=at // 2, is_locked=False, monthly_amount=Decimal(cent) / 100),
            rate=Decimal(1),
        )
        for at, cent in enumerate(cents)
    ]
    total = (sum(cents) + extra) / 100
    amounts = np.array([total / 3, total - total / 3])
    problem = SimpleNamespace(
        ground=SimpleNamespace(place_of=lambda key: key), fixed=np.zeros(2, bool), locked=np.zeros(2)
    )
    given_lines = _to_lines(SimpleNamespace(rows=rows), problem, amounts)
    assert float(sum(given_lines.values())) == pytest.approx(total, abs=0.0101)
    assert float(sum(given_lines.values())) <= total + 1e-6


# -- Ties --------------------------------------------------------------------------------------------------------------


def test_leaving_it_as_it_is_is_always_a_candidate_and_a_tie_is_told(db):
    fees = make_stream()
    for code, worth in (("one", "2000"), ("other", "2001")):
        make_earning(code, spend="1000", worth=worth, stream=fees, elasticity=None)
    make_elasticity(stage="explore", low="0.05", high="0.95")
    refresh_standings()
    scenario = make_scenario(starts=DAY)
    found = ask(scenario)
    assert [one.name for one in found.candidates] == [LEFT, BEST]
    assert found.candidates[0].is_tied
    assert "cannot be told apart from leaving it as it is" in found.verdict


def test_the_scenario_as_it_stands_is_weighed_as_well(bold):
    change(bold, "high", monthly_amount=Decimal("1100"))
    change(bold, "low", monthly_amount=Decimal("900"))
    found = ask(bold)
    assert len(found.candidates) == 3
    assert [one.is_best for one in found.candidates] == [False, False, True]
    assert found.candidates[1].gain > 0


# -- What rules cost, and where they conflict --------------------------------------------------------------------------


def test_a_rule_that_binds_is_priced_by_the_best_split_without_it(bold):
    without = ask(bold)
    make_guardrail(name="not-all", kind="product", bound="most", amount=Decimal(1500), starts=BEFORE)
    found = ask(bold)
    [price] = found.prices
    assert price.cost == pytest.approx(value_of(by_product(without)) - value_of(by_product(found)), abs=0.1)
    assert price.words.startswith("“not-all” costs $")
    assert price.margin > 0


def test_a_rule_that_is_waived_is_left_out(bold):
    make_guardrail(name="not-all", kind="product", bound="most", amount=Decimal(1500), starts=BEFORE)
    make_waiver(guardrail="not-all", starts=BEFORE, ends=date(2017, 1, 1))
    found = ask(bold)
    assert found.prices == []
    assert by_product(found)["high"] > 2000
    assert found.panel.waived


def test_rules_in_conflict_are_named_and_no_others(bold, services):
    make_guardrail(
        name="driving-floor", kind="value_stream", bound="least", value_stream=services.driving,
        amount=Decimal(3400), starts=BEFORE,
    )  # fmt: skip
    make_guardrail(name="not-all", kind="product", bound="most", amount=Decimal(1500), starts=BEFORE)
    make_guardrail(name="harmless", kind="product", bound="most", amount=Decimal(10_000), starts=BEFORE)
    with pytest.raises(CannotSuggest) as refused:
        ask(bold)
    words = str(refused.value)
    assert "“driving-floor” (at least $3.4k a month)" in words
    assert "“not-all” (High at most $1.5k a month)" in words
    assert "harmless" not in words
    assert "change the budget or a lock, or ask for a waiver" in words


def test_a_budget_below_what_is_locked_is_told(bold):
    change(bold, "high", is_locked=True)
    change(bold, "high", monthly_amount=Decimal("3600"))
    with pytest.raises(CannotSuggest) as refused:
        ask(bold)
    assert "the budget of $3.5k a month" in str(refused.value)
    assert "what High keeps ($3.6k a month" in str(refused.value)


def test_where_all_is_locked_there_is_nothing_to_suggest(bold):
    for code in ("high", "middle", "low"):
        change(bold, code, is_locked=True)
    with pytest.raises(CannotSuggest, match="every line is locked"):
        ask(bold)


def test_without_figures_there_is_nothing_to_suggest():
    with pytest.raises(CannotSuggest, match="no figures yet"):
        ask(make_scenario())


def test_rules_that_cross_each_other_are_kept_as_well(bold, services):
    """High and middle are of driving, middle and low sustain: neither rule lies inside the other."""
    for product in (services.middle, services.low):
        product.stage = "sustain"
        product.save()
    make_guardrail(
        name="driving", kind="value_stream", bound="most", value_stream=services.driving, amount=Decimal(2400),
        starts=BEFORE,
    )  # fmt: skip
    make_guardrail(name="sustain", kind="stage", bound="least", stage="sustain", amount=Decimal(1500), starts=BEFORE)
    found = ask(bold)
    amounts = by_product(found)
    assert found.unmapped == []
    assert not found.panel.broken
    best = value_of(amounts)
    for high, middle in every(range(0, 3001, 50), repeat=2):
        low = 3000 - high - middle
        if low >= 0 and high + middle <= 2400 and middle + low >= 1500:
            assert value_of({"high": high, "middle": middle, "low": low, "unknown": 500}) <= best + 1e-2


def test_groups_are_told_apart_that_cross():
    groups = [
        Group("a", np.array([0, 1])), Group("b", np.array([0, 1, 2])), Group("c", np.array([2, 3])),
        Group("d", np.array([3])),
    ]  # fmt: skip
    nested, crossing = _nested(groups, 4)
    assert ([one.name for one in nested], [one.name for one in crossing]) == (["a", "b", "d"], ["c"])


# -- What it would do to others ----------------------------------------------------------------------------------------


def test_a_broken_guardrail_is_told_with_its_amount(bold, services):
    make_guardrail(name="not-all", kind="product", bound="most", amount=Decimal(1500), starts=BEFORE)
    change(bold, "high", monthly_amount=Decimal("1700"))
    found = panel.read(studio.study(bold), reading.asked())
    [outcome] = found.broken
    assert (outcome.rule.name, outcome.broken_by) == ("not-all", 200)
    assert found.already == frozenset()


def test_a_new_stream_and_a_new_product_are_held_against_the_rules(bold, services):
    make_guardrail(name="not-all", kind="product", bound="most", amount=Decimal(1500), starts=BEFORE)
    newcomer = make_product(code="new", name="New", value_stream=services.top)
    actions.add_line(
        bold, stream=make_stream(code="gift"), product=newcomer, monthly_amount=Decimal("1600"), by=bold.made_by
    )
    bold.refresh_from_db()
    found = panel.read(studio.study(bold), reading.asked())
    assert [outcome.broken_by for outcome in found.broken] == [100]


def test_neighbours_are_told_whose_own_money_stays(network):
    """Identity serves tax: more money for it makes tax cost more and bring more, without a pound of its own."""
    make_elasticity(product=network["identity"])
    leader = make_user("leader")
    scenario = make_scenario(by=leader, starts=date(2016, 1, 1))
    line = scenario.lines.get(product=network["identity"])
    actions.edit(scenario, version=1, changes={line.pk: {"monthly_amount": 2 * line.monthly_amount}}, by=leader)
    found = panel.read(studio.study(scenario), reading.asked())
    codes = {one.code for one in found.neighbours}
    assert codes
    assert "identity" not in codes
    assert all(one.moved for one in found.neighbours)


def test_a_verdict_says_when_nothing_is_moved(bold, services):
    assert panel.read(studio.study(bold), reading.asked()).verdict.startswith("Nothing is moved")
    make_value_stream()
