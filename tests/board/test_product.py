"""A product's page and one month of it: sums that balance, and a way down to the ledger line."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portfolio.board.statements import Flow, MonthFigures, statement
from portfolio.common import actions as rows
from portfolio.engine.uncertainty import percentiles
from portfolio.network.models import Link
from portfolio.rollup import actions, reading
from portfolio.rollup.models import Basis
from portfolio.rollup.monthly import headlines, monthly
from portfolio.rollup.panel import CREDITED, stored_panel
from portfolio.rollup.ranges import month_draws, valuations_in, worths
from products.catalog.models import Product
from tests.board.conftest import FEBRUARY, JANUARY, MARCH, make_earning, make_worth
from tests.board.test_board import text_of
from tests.factories import (
    make_allocation,
    make_assignment,
    make_discipline,
    make_exchange_rate,
    make_ledger_entry,
    make_link,
    make_membership,
    make_metric,
    make_observation,
    make_product,
    make_rate,
    make_stream,
    make_team,
    make_usage,
    make_valuation,
)

pytestmark = pytest.mark.django_db


def told(response):
    return response.context["statement"]


def assert_balanced(shown) -> None:
    """Both sums of a statement balance to the cent."""
    assert shown.own + sum(line.cents for line in shown.pulled) == shown.loaded
    assert sum(line.cents for line in shown.passed) + shown.retained == shown.loaded
    assert shown.made + sum(line.cents for line in shown.through) == shown.reached
    assert sum(line.cents for line in shown.upstream) + shown.credited == shown.reached


# -- the statement ------------------------------------------------------------------------------------------------


def test_a_statement_says_what_was_pulled_from_whom_and_who_is_credited(reader, network):
    shown = told(reader.get("/product/tax/"))
    assert_balanced(shown)
    assert (shown.own, shown.loaded, shown.retained) == (50_00, 100_00, 100_00)
    assert [(line.name, line.cents, line.share) for line in shown.pulled] == [("Sign-in", 50_00, 0.5)]
    assert (shown.made, shown.reached, shown.credited) == (200_00, 200_00, 100_00)
    assert [(line.name, line.cents) for line in shown.upstream] == [("Sign-in", 100_00)]


def test_a_platforms_statement_says_to_whom_its_cost_went_and_through_whom_value_came(reader, network):
    shown = told(reader.get("/product/platform/"))
    assert_balanced(shown)
    assert [(line.name, line.cents) for line in shown.passed] == [("Vehicle tax", 50_00)]
    assert shown.retained == 50_00
    assert [(line.name, line.cents) for line in shown.through] == [("Vehicle tax", 100_00)]
    assert shown.credited == 100_00


def test_statements_balance_where_cents_do_not_divide(reader):
    suppliers = [make_product() for _ in range(3)]
    tax = make_product(code="tax")
    for month in (JANUARY, FEBRUARY, MARCH):
        for supplier in suppliers:
            make_ledger_entry(product=supplier, starts=month, amount=Decimal("100.01"))
        make_ledger_entry(product=tax, starts=month, amount=Decimal("33.33"))
    for supplier in suppliers:
        make_link(supplier=supplier, consumer=tax, share=Decimal("0.333333"), starts=JANUARY)
    make_link(supplier=tax, consumer=suppliers[0], share=Decimal("0.142857"), starts=JANUARY)
    make_worth(tax, "33.3333", low="1.01", high="3.33")
    actions.refresh_standings()
    for product in (tax, *suppliers):
        assert_balanced(told(reader.get(f"/product/{product.code}/")))
        assert_balanced(told(reader.get(f"/product/{product.code}/2016-02/")))


def test_consumers_through_which_no_value_came_share_a_line(reader, network):
    for _ in range(3):
        make_link(supplier=network.platform, consumer=make_product(), share=Decimal("0.1"), starts=JANUARY)
    actions.refresh_standings()
    shown = told(reader.get("/product/platform/"))
    assert [line.name for line in shown.through] == ["Vehicle tax", "3 others, whose value is not known"]
    assert len(shown.passed) == 4
    assert_balanced(shown)


cents = st.integers(min_value=0, max_value=10**9)


@given(st.lists(st.tuples(cents, cents), max_size=5), cents, st.integers(-2, 2), st.integers(-2, 2))
def test_the_cents_of_rounding_go_into_the_largest_part(flows, own, cost_off, value_off):
    me, others = Product(pk=1, name="Me"), {2 + n: Product(pk=2 + n, name=f"Other {n}") for n in range(5)}
    month = MonthFigures(JANUARY, ledger=own, loaded=own + sum(cost for cost, _ in flows) + (cost_off if flows else 0))
    month.retained = month.loaded
    month.reached = sum(value for _, value in flows) + (value_off if flows else 0)
    month.flows = [Flow(2 + n, 1, 0.1, Basis.AGREED, cost, value) for n, (cost, value) in enumerate(flows)]
    shown = statement(me, [month], others)
    assert_balanced(shown)
    assert not any(line.is_open for line in shown.pulled)


def test_what_a_blocked_month_leaves_open_is_a_line_of_its_own(reader, network):
    make_ledger_entry(product=network.tax, starts=JANUARY, amount=Decimal("30.00"))
    for link in Link.objects.all():
        rows.correct(link, changes={"share": Decimal(1)}, reason="All of it", by=None)
    make_link(supplier=network.tax, consumer=network.platform, share=1, starts=JANUARY)
    actions.refresh_standings()
    response = reader.get("/product/tax/2016-01/")
    shown = told(response)
    assert shown.is_blocked
    assert [line.cents for line in shown.pulled if line.is_open]
    assert_balanced(shown)
    assert "This month cannot be worked out; its last good figures are shown" in text_of(response)


# -- the product's page ------------------------------------------------------------------------------------------------


def test_a_product_shows_money_in_unit_costs_and_its_ratios(reader, network):
    stream = make_stream(name="Fees")
    make_allocation(stream=stream, product=network.tax, monthly_amount=Decimal("20.00"), starts=JANUARY)
    said = text_of(reader.get("/product/tax/?from=2016-01&to=2016-03"))
    assert "Fees" in said
    assert "$60.00" in said  # three months of 20
    assert "Left over $10.00" in said
    assert "Funding Never cut funded for 2 months, unchanged since" in said
    assert "$0.50" in said  # 50 of own cost for 100 units
    assert "Credited value per $1 2.00" in said
    assert "Direct value per $1 4.00" in said


def test_a_metric_without_worth_says_why(reader, network):
    metric = make_metric(product=network.tax, unvalued_reason="Counted by whatever channel.")
    make_observation(metric=metric, starts=JANUARY)
    actions.refresh_standings()
    assert "Counted by whatever channel." in text_of(reader.get("/product/tax/"))


def test_labour_is_one_figure_and_no_rate_is_shown(reader, network):
    team, discipline = make_team(), make_discipline()
    for _ in range(3):
        make_membership(team=team, discipline=discipline, starts=JANUARY)
    make_rate(discipline=discipline, monthly_amount=Decimal("1234.50"), starts=JANUARY)
    other = make_product(code="lab")
    make_assignment(team=team, product=other, starts=JANUARY, ends=FEBRUARY)
    actions.refresh_standings()
    response = reader.get("/product/lab/2016-01/")
    assert told(response).labour == 3703_50
    said = text_of(response)
    assert "$3,703.50" in said
    assert "1,234.50" not in said


def test_a_product_without_figures_says_what_to_do(reader, network):
    make_product(code="new")
    assert "No figures in this window" in text_of(reader.get("/product/new/"))


def test_a_product_nobody_knows_is_not_found(reader):
    assert reader.get("/product/nothing/").status_code == 404
    make_product(code="tax")
    assert reader.get("/product/tax/then/").status_code == 404


def test_a_products_window_that_makes_no_sense_is_explained(reader, network):
    response = reader.get("/product/tax/?from=2016-03&to=2016-01")
    assert response.status_code == 400
    assert "after it ends" in text_of(response)


@pytest.mark.parametrize("by", ["month", "quarter", "year"])
def test_the_past_adds_up_by_any_period(reader, network, by):
    make_ledger_entry(product=network.tax, starts=FEBRUARY, amount=Decimal("70.00"))
    actions.refresh_standings()
    periods = reader.get(f"/product/tax/?by={by}").context["periods"]
    assert sum(period.own for period in periods) == Decimal("120.00")
    assert sum(period.credited for period in periods) == Decimal("100.00")


def test_a_product_takes_as_many_queries_with_twenty_neighbours_as_with_one(
    reader, network, django_assert_num_queries, django_assert_max_num_queries
):
    make_allocation(product=network.tax, starts=JANUARY)
    reader.get("/product/tax/")
    addresses = ("/product/tax/?by=month", "/product/tax/2016-01/")
    counts = []
    for address in addresses:
        reading.cache.clear()
        with django_assert_max_num_queries(100) as counted:
            reader.get(address)
        counts.append(len(counted))
    for _ in range(19):
        make_link(supplier=make_earning(), consumer=network.tax, share=Decimal("0.1"), starts=JANUARY)
        make_allocation(product=network.tax, starts=JANUARY)
        make_ledger_entry(product=network.tax, starts=JANUARY)
        make_worth(network.tax)
    actions.refresh_standings()
    reader.get("/how/")  # how fresh the figures are is asked once
    for address, count in zip(addresses, counts, strict=True):
        reading.cache.clear()
        with django_assert_num_queries(count):
            reader.get(address)


# -- down to the ledger line -------------------------------------------------------------------------------------------


def test_every_figure_of_the_board_leads_down_to_the_ledger_line(reader, network):
    board = reader.get("/").content.decode()
    assert 'href="/product/tax/"' in board
    page = reader.get("/product/tax/").content.decode()
    assert 'href="/product/tax/2016-01/"' in page
    month = reader.get("/product/tax/2016-01/").content.decode()
    entry = network.tax.ledger_entries.get()
    assert f'href="{entry.get_absolute_url()}"' in month
    assert reader.get(entry.get_absolute_url()).status_code == 200


def test_the_parts_of_ledger_lines_that_fall_in_a_month_add_up_to_its_cost(reader, settings):
    settings.TWOFOLD_TODAY = date(2017, 3, 31)
    make_exchange_rate(currency="EUR", rate=Decimal("0.85"), starts=JANUARY)
    product = make_product(code="tax")
    make_ledger_entry(product=product, starts=JANUARY, ends=date(2017, 1, 1), amount=Decimal("1000.01"))
    make_ledger_entry(product=product, starts=date(2016, 5, 17), ends=date(2016, 9, 2), amount=Decimal("-77.77"))
    make_ledger_entry(product=product, starts=date(2016, 6, 3), amount=Decimal("10.00"), currency="EUR")
    actions.refresh_standings()
    total = 0
    for number in range(1, 13):
        context = reader.get(f"/product/tax/2016-{number:02}/").context
        assert context["ledger_total"] * 100 == told(reader.get(f"/product/tax/2016-{number:02}/")).ledger
        assert not context["ledger_differs"]
        total += context["ledger_total"]
    assert total == Decimal("1000.01") - Decimal("77.77") + Decimal("8.50")


def test_quantity_times_worth_is_the_value_of_the_month(reader, network):
    metric = make_metric(product=network.tax, code="calls", name="Calls saved")
    make_observation(metric=metric, starts=JANUARY, ends=MARCH, value=Decimal("600"), source="Call log")
    make_valuation(metric=metric, low=Decimal("1.50"), high=Decimal("1.50"), starts=JANUARY)
    actions.refresh_standings()
    response = reader.get("/product/tax/2016-01/")
    part = next(part for part in response.context["metrics"] if part.metric == metric)
    assert part.figure.quantity == Decimal("310")
    assert part.value == Decimal("465.00")
    assert [(seen.days, seen.part) for seen in part.observations] == [(31, Decimal("310"))]
    assert sum(part.value for part in response.context["metrics"]) * 100 == told(response).made
    assert "Call log" in text_of(response)


def test_a_level_shows_the_observations_that_held_in_the_month(reader, network):
    metric = make_metric(product=network.tax, behaviour="level", unit="points")
    make_observation(metric=metric, starts=date(2015, 12, 1), value=Decimal("70"))
    make_observation(metric=metric, starts=date(2015, 12, 20), value=Decimal("80"))
    make_observation(metric=metric, starts=date(2016, 1, 11), value=Decimal("90"))
    make_valuation(metric=metric, low=Decimal(1), high=Decimal(1), baseline=Decimal("60"), starts=JANUARY)
    actions.refresh_standings()
    parts = reader.get("/product/tax/2016-01/").context["metrics"]
    part = next(part for part in parts if part.metric == metric)
    assert [(seen.days, seen.part) for seen in part.observations] == [(10, Decimal("80")), (21, Decimal("90"))]


def test_metered_use_behind_the_shares_is_shown(reader, network):
    make_usage(supplier=network.platform, consumer=network.tax, month=FEBRUARY, quantity=Decimal("30"))
    make_usage(supplier=network.platform, consumer=None, month=FEBRUARY, quantity=Decimal("10"))
    actions.refresh_standings()
    assert reader.get("/product/platform/2016-01/").context["usage"] is None
    said = text_of(reader.get("/product/platform/2016-03/"))
    assert "February 2016 (carried on)" in said
    assert "75.0%" in said


def test_a_month_says_when_its_figures_wait(reader, network):
    make_ledger_entry(product=network.tax, starts=JANUARY, amount=Decimal("7.00"))
    response = reader.get("/product/tax/2016-01/")
    assert response.context["is_stale"]
    assert "they are being worked out again" in text_of(response)


def test_a_month_and_a_product_are_shown_as_they_were_known(reader, network):
    before = timezone.now()
    entry = network.tax.ledger_entries.get()
    rows.correct(entry, changes={"amount": Decimal("100.00")}, reason="Two digits were swapped", by=None)
    actions.refresh_standings()
    for address in ("/product/tax/", "/product/tax/2016-01/"):
        assert told(reader.get(address)).own == 100_00
        then = told(reader.get(address, {"known": before.isoformat()}))
        assert then.own == 50_00
        assert (then.loaded, then.credited) == (100_00, 100_00)
        assert_balanced(then)


def test_a_moment_that_is_none_is_explained(reader, network):
    response = reader.get("/product/tax/2016-01/?known=yesterday")
    assert response.status_code == 400
    assert "is not a moment" in text_of(response)


# -- months with ranges ------------------------------------------------------------------------------------------------


def test_the_range_of_a_month_is_the_one_that_following_every_draw_gives(network):
    other = make_earning("80.00", "40")
    make_worth(network.tax, "30", low="1", high="9")
    make_worth(other, "30", low="0.5", high="4")
    make_link(supplier=network.tax, consumer=other, share=Decimal("0.3"), starts=JANUARY)
    make_link(supplier=other, consumer=network.platform, share=Decimal("0.2"), starts=JANUARY)
    actions.refresh_standings()
    asked = reading.asked(first=JANUARY, last=JANUARY)
    panel = stored_panel([JANUARY])
    known = panel.inputs[JANUARY]
    _, draws = month_draws(known, worths(valuations_in([known]).tolist(), {}))
    off = draws.followed.per_dollar * draws.followed.own_cost[:, None]
    sets = [{network.platform.pk}, {network.tax.pk, other.pk}, {network.platform.pk, other.pk}]
    for chosen, headline in zip(sets, headlines(asked, sets), strict=True):
        series = monthly([JANUARY], chosen, asked)
        inside = np.isin(panel.products, list(chosen))
        low, _, high = panel.data[0, inside, CREDITED].sum() / 100 + percentiles(off[inside].sum(axis=0))
        assert (series.low[0], series.high[0]) == (pytest.approx(low, rel=1e-4), pytest.approx(high, rel=1e-4))
        ends = (low / series.cost[0], high / series.cost[0])
        assert headline == pytest.approx((series.value[0] / series.cost[0], *ends), rel=1e-4)


def test_months_as_known_now_and_worked_out_anew_agree(network):
    make_worth(network.tax, "30", low="1", high="9")
    actions.refresh_standings()
    months = [JANUARY, FEBRUARY, MARCH]
    stored = monthly(months, {network.tax.pk}, reading.asked())
    fresh = monthly(months, {network.tax.pk}, reading.asked(at=timezone.now()))
    assert stored == fresh
