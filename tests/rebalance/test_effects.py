"""What a split of money would do, worked through on four products."""

import dataclasses

import numpy as np
import pytest

from portfolio.rebalance.basis import basis
from portfolio.rebalance.effects import effects
from portfolio.rollup.reading import asked
from tests.rebalance.conftest import MONTH, make_elasticity

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(network):
    make_elasticity(stage=network["tax"].stage, low="0.5", high="0.5")
    return basis(asked=asked(first=MONTH, last=MONTH))


def amounts(found, **changes):
    return np.array([changes.get(row.code, spend) for row, spend in zip(found.rows, found.spend, strict=True)])


def test_leaving_it_as_it_is_changes_nothing(found):
    same = effects(found, found.spend)
    assert same.gain == pytest.approx(0, abs=1e-9)
    assert (same.gain_low, same.gain_high, same.probability) == (0, 0, 0.5)
    assert same.is_tie
    assert same.after.ratio == pytest.approx(same.before.ratio)
    assert same.whole.before.value == pytest.approx(found.credited.sum())


def test_four_times_the_money_earns_twice_the_value_at_an_elasticity_of_a_half(found):
    place = [row.code for row in found.rows].index("renewals")
    much = effects(found, amounts(found, renewals=120))
    assert much.gain == pytest.approx(found.credited[place], rel=1e-4)
    assert much.whole.after.spend == much.whole.after.cost == pytest.approx(159 + 90)


def test_what_a_supplier_earns_more_its_consumers_customers_get(found):
    codes = [row.code for row in found.rows]
    given = amounts(found, hosting=50)
    more = effects(found, given)
    grown = more.after.own_value - more.before.own_value
    assert grown[codes.index("tax")] > 0
    assert grown.sum() == pytest.approx(more.gain, rel=1e-4)
    # Renewals pulls nothing of hosting itself, but identity does, and costs more for it.
    assert more.after.loaded[codes.index("renewals")] > more.before.loaded[codes.index("renewals")]
    assert codes.index("hosting") in more.moved_most(4)
    assert codes.index("hosting") not in more.moved_most(4, but_for=found.spend != given)


def test_values_of_the_streams_add_up_to_the_whole(found):
    moved = effects(found, amounts(found, tax=20, hosting=47))
    for state in ("before", "after"):
        parts = [getattr(change, state) for change in moved.streams]
        whole = getattr(moved.whole, state)
        for name in ("value", "spend", "cost"):
            assert sum(getattr(part, name) for part in parts) == pytest.approx(getattr(whole, name))


def test_a_product_without_a_basis_keeps_its_value_whatever_it_is_given(network):
    found = basis(asked=asked(first=MONTH, last=MONTH))
    given = effects(found, amounts(found, tax=420))
    assert given.gain == pytest.approx(0, abs=1e-6)
    assert given.whole.after.cost == pytest.approx(159 + 378)
    assert given.probability == 0.5


def test_a_product_that_had_nothing_costs_what_it_gets(found):
    bare = dataclasses.replace(found, lines=[line for line in found.lines if found.rows[line.place].code != "tax"])
    given = effects(bare, amounts(bare, tax=8))
    assert given.whole.after.cost == pytest.approx(159 + 8)


def test_ranges_lie_about_the_figure_and_the_gain_says_how_sure_it_is(found):
    moved = effects(found, amounts(found, renewals=120))
    assert moved.low < moved.whole.after.ratio < moved.high
    assert moved.low_before < moved.whole.before.ratio < moved.high_before
    assert 0 < moved.gain_low < moved.gain < moved.gain_high
    assert moved.probability == 1
    assert not moved.is_tie
