"""The demonstration in the database: loaded once for this file, and compared with the published figures."""

import csv
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import exp, log

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Sum
from django.test import override_settings

from funding.actions import change_allocation
from funding.models import Allocation, FundingStream, LedgerEntry
from funding.outlook import scopes
from funding.outlook.periods import YEAR, Period
from portfolio.common.access import Role
from portfolio.common.models import StaleMark, User
from portfolio.common.recorded import Recorded
from portfolio.demo import decisions, rows
from portfolio.demo.actions import load_demo
from portfolio.demo.roadmaps import DRIVING
from portfolio.rebalance import hindsight, studio
from portfolio.rebalance.models import Decision, Scenario, Status
from portfolio.rebalance.panel import read as read_panel
from portfolio.rollup.inputs import BASES
from portfolio.rollup.models import Basis, BlockedMonth, ProductMonth, Run, Standing, Window
from portfolio.rollup.reading import asked
from portfolio.rollup.snapshots import solved_months
from products.catalog.models import Product
from products.roadmaps import content
from products.roadmaps.agreement import Mark, agreement, said_of
from products.roadmaps.models import Review, Roadmap, Side, SignOff
from products.roadmaps.outcomes import Outcome, results_of, shipped
from products.value.models import Metric, Valuation

DEMO = {
    "TWOFOLD_DEMO": True,
    "TWOFOLD_TODAY": date(2017, 3, 31),
    "TWOFOLD_BASE_CURRENCY": "GBP",
    "TWOFOLD_FISCAL_YEAR_START": 4,
}
CENT = Decimal("0.01")

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The whole demonstration, taken away again after the file's last test."""
    with django_db_blocker.unblock(), override_settings(**DEMO), transaction.atomic():
        yield load_demo()
        transaction.set_rollback(True)


def figures(year):
    with (rows.DATA / "uk_services.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["year"] == str(year)]


def published_cost(year):
    return sum(
        (Decimal(row["volume"]) * Decimal(row["cost_per_transaction"])).quantize(CENT, ROUND_HALF_UP)
        for row in figures(year)
        if row["volume"] and row["cost_per_transaction"]
    )


def expected_value(year):
    """Return {service: value}: online volume times the mean of the lognormal that has the range as its 90 %.

    What an incident lost, and the published figures are not lower by already, is not part of it.
    """
    worth = {}
    with (rows.DATA / "valuations.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["starts"] <= f"{year}-04-01" and (not row["ends"] or f"{year}-04-01" < row["ends"]):
                low, high = log(float(row["low"])), log(float(row["high"]))
                sigma = (high - low) / (2 * 1.6448536)
                worth[row["metric"].removesuffix("-digital")] = exp((low + high) / 2 + sigma**2 / 2)
    lost = Counter()
    for row in rows.rows("impacts"):
        if row["is_in_figures"] == "no" and f"{year}-04-01" <= row["starts"] < f"{year + 1}-04-01":
            lost[row["metric"].removesuffix("-digital")] += int(row["lost"])
    return {
        row["service"]: (int(row["digital_volume"]) - lost[row["service"]]) * worth[row["service"]]
        for row in figures(year)
        if row["service"] in worth and row["digital_volume"]
    }


def year_of(year):
    return {"month__gte": date(year, 4, 1), "month__lt": date(year + 1, 4, 1)}


@pytest.mark.parametrize("year", range(2011, 2017))
def test_a_years_cost_is_the_published_one_to_the_penny(demo, year):
    total = ProductMonth.objects.filter(**year_of(year)).aggregate(total=Sum("direct_cost"))["total"]
    assert total == published_cost(year)


@pytest.mark.parametrize("year", range(2011, 2017))
def test_a_years_value_is_online_volume_times_expected_worth(demo, year):
    expected = expected_value(year)
    made = ProductMonth.objects.filter(**year_of(year)).order_by().values_list("product__code")
    found = {code: float(total) for code, total in made.annotate(total=Sum("own_value")) if total}
    assert found == pytest.approx(expected, rel=1e-6, abs=1)


def test_the_headline_is_the_one_that_the_documentation_works_out(demo):
    standing = Standing.objects.get(window=Window.T12M, product=None, value_stream=None)
    assert (standing.first_month, standing.last_month) == (date(2016, 4, 1), date(2017, 3, 1))
    assert standing.direct_cost == published_cost(2016)
    assert float(standing.credited_value) == pytest.approx(sum(expected_value(2016).values()), abs=100)
    assert round(standing.credited, 2) == 0.27
    assert standing.credited_low < standing.credited < standing.credited_high


def test_the_funding_overview_shows_the_year_as_actual_and_the_next_as_forecast(demo):
    this_year, next_year = (scopes.overview(Period(YEAR, date(year, 4, 1))) for year in (2016, 2017))
    [row] = this_year[scopes.WHOLE]
    assert row.outlook.book.actual_until == date(2017, 3, 1)
    # The team that the ledger does not pay for is in the published cost, and in no actuals.
    unpaid = published_cost(2016) - row.outlook.actual
    assert Decimal(0) < unpaid < row.outlook.actual / 1000
    assert row.outlook.forecast == 0
    [row] = next_year[scopes.WHOLE]
    assert row.outlook.actual == 0
    assert row.outlook.forecast_by_kind["committed"] == 1_800_000 + 420_000 + 96_000
    assert row.outlook.forecast_by_kind["people"] > 0
    assert row.outlook.range.low < row.outlook.forecast < row.outlook.range.high
    assert (row.outlook.carried, row.outlook.capital) == (180_000, 420_000)
    streams = {one.code: one.outlook for one in this_year[scopes.STREAM]}
    assert streams["digital-improvement"].transferred == -streams["platform-recharge"].transferred == -60_000


def test_every_service_has_a_value_or_a_reason_for_none(demo):
    valued = set(Valuation.objects.known().values_list("metric__product__code", flat=True))
    for metric in Metric.objects.filter(is_illustrative=False, code__endswith="-digital").select_related("product"):
        assert (metric.product.code in valued) != bool(metric.unvalued_reason), metric.code


def test_all_sums_hold_and_no_month_is_blocked(demo):
    assert demo.is_full
    assert demo.has_held, demo.invariants
    assert demo.months == 72
    assert not BlockedMonth.objects.exists()
    assert not StaleMark.objects.exists()


def test_labour_is_added_to_the_one_platform_whose_team_is_not_in_the_ledger(demo):
    labour = (
        ProductMonth.objects.exclude(labour_cost=0)
        .order_by("month")
        .values_list("product__code", "month", "labour_cost")
    )
    assert {code for code, _, _ in labour} == {"address-lookup"}
    assert [(month.month, amount) for _, month, amount in labour] == [
        (month, Decimal(16_600 if 4 <= month < 10 else 16_950)) for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
    ]


def test_no_service_costs_nothing_in_a_month_whose_cost_was_published(demo):
    assert not ProductMonth.objects.filter(direct_cost__lt=0).exists()


def test_a_platform_that_is_no_longer_metered_carries_its_last_shares_on(demo):
    supplier = Product.objects.get(code="notifications").pk
    by_month = {
        month: BASES[solved.inputs.basis_codes[solved.inputs.suppliers == solved.inputs.place_of(supplier)][0]]
        for month, solved in solved_months([date(2014, 4, 1), date(2016, 11, 1), date(2017, 3, 1)]).items()
    }
    assert by_month[date(2014, 4, 1)] == Basis.AGREED
    assert by_month[date(2016, 11, 1)] == Basis.METERED
    assert by_month[date(2017, 3, 1)] == Basis.CARRIED
    assert Standing.objects.get(window=Window.T12M, product__code="notifications").has_carried_shares


def test_one_metric_is_overdue(demo):
    march = date(2017, 3, 1)
    late = [one.metric for one in solved_months([march])[march].inputs.metrics if one.overdue_days]
    assert Metric.objects.filter(pk__in=late, code="driving-licence-changes-satisfaction").exists()


def test_two_services_are_tied(demo):
    of = Standing.objects.filter(window=Window.T12M)
    renewals, searches = (of.get(product__code=code) for code in ("patent-renewals", "land-register-searches"))
    assert renewals.is_tied
    assert searches.is_tied
    assert renewals.rank == searches.rank


def test_the_swapped_digits_were_corrected_with_a_reason(demo):
    before, after = LedgerEntry.objects.filter(reference="scanning-invoice-2017-01").order_by("id")
    assert (before.amount, after.amount) == (Decimal("45180.00"), Decimal("54180.00"))
    assert before.retracted_at
    assert after.corrects == before
    assert "swapped" in after.reason


def test_a_correction_shows_as_what_moved_a_service(demo):
    moved = Standing.objects.get(window=Window.T12M, product__code="fishing-licences")
    assert moved.moved_by_correction > 0.05
    assert moved.moved_by_correction > abs(moved.moved_by_value) + abs(moved.moved_by_cost)


def test_a_dollar_invoice_is_carved_out_in_pounds(demo):
    invoice = LedgerEntry.objects.known().get(reference="hosting-cloud-2017-02")
    carved = LedgerEntry.objects.known().filter(reference__startswith="hosting-cloud-2017-02-")
    assert (invoice.currency, invoice.base_amount) == ("USD", Decimal("40000.00"))
    assert carved.aggregate(total=Sum("base_amount"))["total"] == -invoice.base_amount


def test_five_people_can_be_and_each_holds_one_role(demo):
    grants = {user.username: [(grant.role, grant.scope) for grant in user.held_grants] for user in User.objects.all()}
    assert {name: [(role, scope and scope.code) for role, scope in held] for name, held in grants.items()} == {
        "leader": [(Role.LEADER, None)],
        "owner": [(Role.PRODUCT_OWNER, "dvla")],
        "partner": [(Role.BUSINESS_PARTNER, "beis")],
        "finance": [(Role.FINANCE_PARTNER, None)],
        "lead": [(Role.TEAM_LEAD, "identity")],
    }
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_what_is_allocated_is_about_what_the_portfolio_costs(demo):
    standing = Allocation.objects.known().current(date(2017, 3, 31))
    year = 12 * sum(row.monthly_amount for row in standing)
    assert abs(year - published_cost(2016)) < published_cost(2016) / 20
    # All but the service that has ended.
    assert set(Product.objects.exclude(allocations__in=standing).values_list("code", flat=True)) == {
        "e-petition-signatures"
    }
    assert all(row.is_illustrative and row.why for row in standing)


def test_one_stream_waits_for_its_review(demo):
    assert [stream.code for stream in FundingStream.objects.all() if stream.is_review_overdue] == [
        "digital-improvement"
    ]


def test_what_was_decided_stays_when_it_is_loaded_again(demo):
    with transaction.atomic():
        tax = Allocation.objects.known().get(product__code="vehicle-tax", ends=None)
        change_allocation(tax, monthly_amount=Decimal(3_000_000), starts=date(2017, 4, 1), why="Less paper.", by=None)
        known = set(Allocation.objects.known().values_list("pk", flat=True))
        load_demo()
        assert set(Allocation.objects.known().values_list("pk", flat=True)) == known
        transaction.set_rollback(True)


def test_two_scenarios_have_begun_that_give_all_of_their_money_and_are_gains(demo):
    begun = Scenario.objects.exclude(decisions__status=Status.APPLIED).order_by("pk")
    found = [studio.study(scenario) for scenario in begun]
    assert [str(study.scenario.made_by.username) for study in found] == ["leader", "owner"]
    for study in found:
        assert study.scenario.name.startswith("Illustrative")
        assert study.left == 0
        panel = read_panel(study, asked())
        assert panel.effects.gain_low > 0
        assert not panel.broken
    assert [study.moved for study in found] == [Decimal("750000.00"), Decimal("340000.00")]


def test_loading_again_changes_nothing(demo):
    kept = [model for model in apps.get_models() if issubclass(model, Recorded)] + [
        Product,
        Metric,
        User,
        Run,
        Scenario,
    ]

    def counts():
        return {model: model.objects.count() for model in kept}

    before = counts()
    assert load_demo() == demo
    assert counts() == before
    assert not StaleMark.objects.exists()


def test_a_decision_of_a_year_ago_has_been_looked_back_on_and_another_waits(demo):
    old, waiting = (Decision.objects.get(title=title) for title in (decisions.OLD, decisions.WAITING))

    assert (old.status, old.starts, str(old.applied_by.username)) == (Status.APPLIED, date(2016, 4, 1), "finance")
    looked_at = old.predictions.exclude(checked_at=None)
    assert set(looked_at.values_list("quarters", flat=True)) == {1, 2}  # the year is over tomorrow
    assert any(row.is_inside for row in looked_at)
    assert not all(row.is_inside for row in looked_at)
    assert all(line.allocation.is_illustrative for line in old.lines.all())
    assert (waiting.status, waiting.lines.count()) == (Status.PROPOSED, 6)
    assert waiting.predictions.exists()


def test_the_clock_moved_by_a_day_shows_what_came_of_the_year(demo):
    old = Decision.objects.get(title=decisions.OLD)
    with transaction.atomic():
        hindsight.check_due(date(2017, 4, 1))
        assert not old.predictions.filter(checked_at=None).exists()
        transaction.set_rollback(True)


def test_a_joint_roadmap_is_agreed_in_part_and_a_change_has_voided_a_signature(demo):
    roadmap = Roadmap.objects.get(code=DRIVING)
    said = said_of(SignOff.objects.filter(baseline__roadmap=roadmap).select_related("baseline", "by"))

    found = agreement(content.document_of(roadmap), said)

    assert roadmap.baselines.count() == 2
    assert roadmap.items.filter(state="shipped").count() == 3
    assert {side: found.items["renew-with-passport-photo"][side].mark for side in Side.values} == {
        "business": Mark.VOID,
        "technology": Mark.VOID,
    }
    assert found.items["dealers-tell-us-in-bulk"]["business"].mark == Mark.DECLINED
    assert found.items["sorn-in-the-same-visit"]["business"].mark == Mark.SIGNED


def test_one_result_of_the_roadmap_disappointed_and_one_surprised(demo):
    found = {result.item.code: result.outcome for result in results_of(shipped(Roadmap.objects.get(code=DRIVING)))}

    assert found["one-page-for-a-sale"] == Outcome.SHORT
    assert found["address-without-a-number"] == Outcome.REACHED
    assert Review.objects.known().filter(roadmap__code=DRIVING).count() == 1
