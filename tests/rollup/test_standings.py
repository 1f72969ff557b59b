"""Standings: what they cost when little changed, and that it makes no difference to a single bit."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from portfolio.common import actions as rows
from portfolio.engine import draws
from portfolio.rollup import actions, corrections, movement, ranges
from portfolio.rollup.models import Standing
from portfolio.rollup.panel import CREDITED, VALUE, stored_panel
from portfolio.rollup.writing import COMPARED, KEY
from tests.factories import (
    make_ledger_entry,
    make_link,
    make_metric,
    make_observation,
    make_product,
    make_valuation,
    make_value_stream,
)

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = date(2016, 1, 1), date(2016, 2, 1), date(2016, 3, 1)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 3, 31)


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget()


def forget():
    """Let this process be as new: nothing was drawn or solved in it yet."""
    ranges._kept.forget(set())
    ranges._last_worths[0] = ranges.NO_WORTHS
    ranges._last_ranges.clear()
    corrections._solved.clear()
    movement._swapped.clear()


@pytest.fixture
def network():
    """Six products on a cycle in two value streams, each with costs and uncertain value in three months."""
    streams = [make_value_stream(), make_value_stream()]
    products = [make_product(value_stream=streams[place % 2]) for place in range(6)]
    for place, product in enumerate(products):
        metric = make_metric(product=product)
        make_valuation(metric=metric, low=Decimal(place + 1), high=Decimal(3 * place + 2), starts=JANUARY)
        for month in (JANUARY, FEBRUARY, MARCH):
            make_ledger_entry(product=product, starts=month, amount=Decimal(100 + 7 * place))
            make_observation(metric=metric, starts=month, value=Decimal(10 + place))
        make_link(supplier=product, consumer=products[(place + 1) % 6], share=Decimal("0.4"), starts=JANUARY)
    actions.refresh_standings()
    return products


def kept() -> list[tuple]:
    """Return all standings, but for their keys and runs."""
    return sorted(Standing.objects.values_list(*KEY, *COMPARED), key=str)


@pytest.fixture
def followed(monkeypatch):
    """Count the months whose draws are followed."""
    months = []

    def counted(*args, **about):
        months.append(args)
        return draws.follow(*args, **about)

    monkeypatch.setattr(ranges, "follow", counted)
    return months


def test_one_changed_month_costs_the_draws_of_one_month(network, followed):
    make_observation(metric=network[2].metrics.get(), starts=date(2016, 2, 9), value=Decimal(5))
    actions.refresh_standings()
    # The observation before it was due on that day; from then on months are as they were.
    assert len(followed) == 1


def test_a_fact_of_a_month_in_no_window_costs_no_draws_at_all(network, followed, settings):
    settings.TWOFOLD_TODAY = date(2016, 4, 20)
    make_observation(metric=network[2].metrics.get(), starts=date(2016, 4, 9), value=Decimal(5))
    drawn = ranges._kept.draws.copy()
    actions.refresh_standings()
    assert (len(followed), ranges._kept.draws) == (0, drawn)


def test_whatever_was_kept_the_figures_are_the_same_to_the_bit(network):
    make_observation(metric=network[2].metrics.get(), starts=date(2016, 2, 9), value=Decimal(5))
    rows.correct(
        network[4].ledger_entries.first(), changes={"amount": Decimal("50.00")}, reason="Transposed digits", by=None
    )
    actions.refresh_standings()
    refreshed = kept()
    forget()
    actions.roll_up(cause="comparison")
    assert kept() == refreshed


def test_a_standing_that_did_not_change_is_left_alone(network):
    before = {(row.window, row.product_id, row.value_stream_id): row for row in Standing.objects.all()}
    run = actions.roll_up(cause="comparison")
    assert set(Standing.objects.values_list("pk", "run")) == {(row.pk, row.run_id) for row in before.values()}
    alone = make_product(value_stream=make_value_stream())
    make_ledger_entry(product=alone, starts=MARCH, amount=Decimal("1.00"))
    run = actions.refresh_standings()
    changed = set(Standing.objects.filter(run=run).values_list("product", "value_stream"))
    assert changed == {(None, None), (alone.pk, None), (None, alone.value_stream_id)}
    assert all(Standing.objects.get(pk=row.pk).run_id != run.pk for row in before.values() if row.product_id)


def test_a_value_stream_without_products_has_no_standing_any_more(network):
    [product, *_] = network
    old, new = product.value_stream, make_value_stream()
    for one in old.products.all():
        one.value_stream = new
        one.save()
    actions.roll_up(cause="moved")
    assert not Standing.objects.filter(value_stream=old).exists()
    assert Standing.objects.filter(value_stream=new).count() == 3


def test_a_worth_that_is_certain_has_no_range_to_the_cent():
    product, consumer = make_product(), make_product()
    for one in (product, consumer):
        make_ledger_entry(product=one, starts=MARCH, amount=Decimal("0.07"))
        metric = make_metric(product=one)
        make_observation(metric=metric, starts=MARCH, value=Decimal("12345678.9"))
        make_valuation(metric=metric, low=Decimal("7.77"), high=Decimal("7.77"), starts=MARCH)
    make_link(supplier=product, consumer=consumer, share=Decimal("0.3"), starts=MARCH)
    actions.refresh_standings()
    for standing in Standing.objects.all():
        assert standing.own_value_low == standing.own_value == standing.own_value_high
        assert standing.credited_value_low == standing.credited_value == standing.credited_value_high
        assert standing.reached_value_low == standing.reached_value == standing.reached_value_high


def test_the_range_of_the_whole_is_that_of_all_its_value(network):
    whole = Standing.objects.get(product=None, value_stream=None, window="t12m")
    own, credited = (
        np.array([getattr(whole, f"{name}_{end}") for end in ("low", "high")], float)
        for name in ("own_value", "credited_value")
    )
    assert own == pytest.approx(credited, rel=1e-5)
    assert own[0] < float(whole.own_value) < own[1]


def test_ranges_are_those_of_following_each_draw_and_adding_up(network):
    panel = stored_panel([JANUARY, FEBRUARY, MARCH])
    worth = ranges.worths(ranges.valuations_in(panel.inputs.values()).tolist(), {})
    total = np.zeros((6, ranges.DRAWS))
    for known in panel.inputs.values():
        _, month = ranges.month_draws(known, worth)
        total += month.followed.per_dollar * month.followed.own_cost[:, None]
    expected = panel.data.sum(axis=0)[:, CREDITED, None] / 100 + np.percentile(total, [5, 95], axis=1).T
    for product, (low, high) in zip(panel.products.tolist(), expected.tolist(), strict=True):
        standing = Standing.objects.get(product=product, window="t12m")
        assert float(standing.credited_value_low) == pytest.approx(low, abs=0.02)
        assert float(standing.credited_value_high) == pytest.approx(high, abs=0.02)
    assert panel.data[:, :, VALUE].sum() == panel.data[:, :, CREDITED].sum()


def test_draws_beyond_the_room_for_them_are_not_kept(network, monkeypatch):
    before = kept()
    forget()
    monkeypatch.setattr(ranges._kept, "room", 0)
    actions.roll_up(cause="comparison")
    assert (ranges._kept.draws, ranges._kept.used) == ({}, 0)
    assert kept() == before
