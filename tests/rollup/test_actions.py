"""From facts to standings: what a roll-up writes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from portfolio.common import actions as rows
from portfolio.common.models import StaleMark
from portfolio.common.staleness import Touch, mark_stale
from portfolio.rollup import actions, claims
from portfolio.rollup.freshness import freshness
from portfolio.rollup.models import BlockedMonth, ProductMonth, Run, SolvedMonth, Standing
from portfolio.rollup.snapshots import solved_months
from tests.factories import (
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
    make_team,
    make_usage,
    make_valuation,
)

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = date(2016, 1, 1), date(2016, 2, 1), date(2016, 3, 1)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 3, 31)


def month_of(product, month=JANUARY) -> ProductMonth:
    return ProductMonth.objects.get(product=product, month=month)


def make_worth(product, amount="2.00", quantity="100", on=JANUARY, starts=JANUARY):
    metric = make_metric(product=product)
    make_observation(metric=metric, starts=on, value=Decimal(quantity))
    return make_valuation(metric=metric, low=Decimal(amount), high=Decimal(amount), starts=starts)


def test_cost_and_value_of_a_lone_product_are_its_own():
    product = make_product()
    make_ledger_entry(product=product, starts=JANUARY, amount=Decimal("100.00"))
    make_worth(product)
    run = actions.refresh_standings()
    figures = month_of(product)
    assert (figures.direct_cost, figures.own_value) == (Decimal("100.00"), Decimal("200.00"))
    assert figures.loaded_cost == figures.retained_cost == Decimal("100.00")
    assert figures.credited_value == Decimal("200.00")
    assert run.has_held
    assert not StaleMark.objects.exists()


def test_a_platform_is_credited_with_what_its_consumers_make():
    platform, tax = make_product(), make_product()
    make_ledger_entry(product=platform, starts=JANUARY, amount=Decimal("100.00"))
    make_ledger_entry(product=tax, starts=JANUARY, amount=Decimal("50.00"))
    make_link(supplier=platform, consumer=tax, share=Decimal("0.5"), starts=JANUARY)
    make_worth(tax)
    actions.refresh_standings()
    # The tax service costs 50 of its own and 50 through the platform: each earned half of its value of 200.
    assert month_of(tax).loaded_cost == Decimal("100.00")
    assert month_of(tax).credited_value == Decimal("100.00")
    assert month_of(platform).credited_value == Decimal("100.00")
    january = solved_months([JANUARY])[JANUARY]
    assert (january.results.link_cost, january.results.link_value) == ([5_000], [10_000])
    assert january.inputs.basis == ("agreed",)


def test_a_yearly_entry_accrues_by_month_and_adds_back_to_the_cent(settings):
    settings.TWOFOLD_TODAY = date(2017, 3, 31)
    product = make_product()
    make_ledger_entry(product=product, starts=JANUARY, ends=date(2017, 1, 1), amount=Decimal("1000.01"))
    make_ledger_entry(product=product, starts=date(2016, 5, 17), ends=date(2016, 9, 2), amount=Decimal("-77.77"))
    actions.refresh_standings()
    months = ProductMonth.objects.filter(product=product)
    assert sum(row.ledger_cost for row in months) == Decimal("922.24")
    assert month_of(product, JANUARY).ledger_cost == Decimal("84.70")


def test_metered_usage_counts_before_agreed_shares_and_is_carried_on_when_it_stops():
    platform, tax, other = make_product(), make_product(), make_product()
    make_link(supplier=platform, consumer=tax, share=Decimal("0.5"), starts=JANUARY)
    make_link(supplier=platform, consumer=other, share=Decimal("0.5"), starts=JANUARY)
    make_usage(supplier=platform, consumer=tax, month=FEBRUARY, quantity=Decimal("30"))
    make_usage(supplier=platform, consumer=None, month=FEBRUARY, quantity=Decimal("10"))
    actions.refresh_standings()
    shares = {
        (month.month, int(solved.inputs.products[consumer])): (share, basis)
        for month, solved in solved_months([JANUARY, FEBRUARY, MARCH]).items()
        for consumer, share, basis in zip(
            solved.inputs.consumers, solved.inputs.share, solved.inputs.basis, strict=True
        )
    }
    assert shares == {
        (1, tax.pk): (0.5, "agreed"),
        (1, other.pk): (0.5, "agreed"),
        (2, tax.pk): (0.75, "metered"),
        (3, tax.pk): (0.75, "carried"),
    }


def test_a_level_is_worth_its_mean_over_time_above_its_baseline():
    metric = make_metric(behaviour="level", unit="points")
    make_observation(metric=metric, starts=JANUARY, value=Decimal("80"))
    make_observation(metric=metric, starts=date(2016, 2, 11), value=Decimal("90"))
    make_valuation(metric=metric, low=Decimal("10"), high=Decimal("10"), baseline=Decimal("70"), starts=JANUARY)
    actions.refresh_standings()
    values = {
        month.month: row.own_value for month in (JANUARY, FEBRUARY, MARCH) if (row := month_of(metric.product, month))
    }
    # February: 10 days at 80 and 19 at 90; March carries on at 90.
    mean = (Decimal(80 * 10 + 90 * 19) / 29).quantize(Decimal("0.0001"))
    assert values == {1: Decimal("100.00"), 2: ((mean - 70) * 10).quantize(Decimal("0.01")), 3: Decimal("200.00")}


def test_lower_is_better_turns_the_sign():
    metric = make_metric(behaviour="level", unit="minutes", is_higher_better=False)
    make_observation(metric=metric, starts=JANUARY, value=Decimal("20"))
    make_valuation(metric=metric, low=Decimal("3"), high=Decimal("3"), baseline=Decimal("30"), starts=JANUARY)
    actions.refresh_standings()
    assert month_of(metric.product).own_value == Decimal("30.00")


def test_labour_is_added_only_where_the_ledger_has_none():
    team, engineering = make_team(), make_discipline()
    for _ in range(3):
        make_membership(team=team, discipline=engineering, starts=JANUARY)
    make_rate(discipline=engineering, monthly_amount=Decimal("6000.00"), starts=JANUARY)
    paid, unpaid = make_product(), make_product()
    make_assignment(team=team, product=paid, share=Decimal("0.25"), starts=JANUARY)
    make_assignment(team=team, product=unpaid, share=Decimal("0.5"), starts=JANUARY, ends=date(2016, 2, 16))
    make_ledger_entry(product=paid, starts=JANUARY, amount=Decimal("10.00"), includes_labour=True)
    actions.refresh_standings()
    assert month_of(paid).labour_cost == 0
    assert month_of(paid, FEBRUARY).labour_cost == Decimal("4500.00")
    assert month_of(unpaid).labour_cost == Decimal("9000.00")
    assert month_of(unpaid, FEBRUARY).labour_cost == (Decimal("9000") * 15 / 29).quantize(Decimal("0.01"))


def test_what_one_person_is_paid_cannot_be_read_from_a_products_cost():
    team, many, few = make_team(), make_discipline(), make_discipline()
    for _ in range(3):
        make_membership(team=team, discipline=many, starts=JANUARY)
    alone = make_team()
    make_membership(team=alone, discipline=few, starts=JANUARY)
    make_rate(discipline=many, monthly_amount=Decimal("5000.00"), starts=JANUARY)
    make_rate(discipline=few, monthly_amount=Decimal("9000.00"), starts=JANUARY)
    product = make_product()
    make_assignment(team=alone, product=product, starts=JANUARY)
    actions.refresh_standings()
    assert month_of(product).labour_cost == Decimal("6000.00")  # (3 x 5,000 + 9,000) / 4


def test_a_closed_loop_blocks_its_month_with_its_last_good_figures_and_no_other_month():
    first, second = make_product(code="first"), make_product(code="second")
    for product in (first, second):
        make_ledger_entry(product=product, starts=JANUARY, amount=Decimal("100.00"))
        make_ledger_entry(product=product, starts=FEBRUARY, amount=Decimal("100.00"))
    make_link(supplier=first, consumer=second, share=Decimal("0.5"), starts=JANUARY)
    actions.refresh_standings()
    make_usage(supplier=first, consumer=second, month=FEBRUARY)
    make_usage(supplier=second, consumer=first, month=FEBRUARY)
    run = actions.refresh_standings()
    assert [blocked.month for blocked in BlockedMonth.objects.all()] == [FEBRUARY, MARCH]
    assert "first, second" in run.error
    assert month_of(second, FEBRUARY).loaded_cost == Decimal("150.00")
    assert Standing.objects.get(product=first, window="t12m").is_blocked
    make_usage(supplier=first, consumer=None, month=FEBRUARY)
    actions.refresh_standings()
    assert not BlockedMonth.objects.exists()


def test_a_missing_exchange_rate_of_a_worth_blocks_the_month_and_names_the_pair():
    product = make_product()
    metric = make_metric(product=product)
    make_observation(metric=metric, starts=JANUARY)
    make_valuation(metric=metric, currency="EUR", starts=JANUARY)
    actions.refresh_standings()
    assert "from EUR to USD on 2016-01-01" in BlockedMonth.objects.get(month=JANUARY).message
    # What else happened in the month is not forgotten, nor tried over and over; it is worked off with the rate.
    entry = make_ledger_entry(product=make_product(), starts=JANUARY)
    actions.refresh_standings()
    assert actions.refresh_standings() is None
    make_exchange_rate(currency="EUR", rate=Decimal("1.10"), starts=JANUARY)
    actions.refresh_standings()
    assert not BlockedMonth.objects.exists()
    assert month_of(entry.product).ledger_cost == entry.base_amount
    assert not StaleMark.objects.exists()


def test_only_the_marked_product_months_are_read_again():
    product, other = make_product(), make_product()
    for each in (product, other):
        make_ledger_entry(product=each, starts=JANUARY)
        make_ledger_entry(product=each, starts=FEBRUARY)
    actions.refresh_standings()
    ProductMonth.objects.filter(product=other, month=JANUARY).update(ledger_cost=Decimal("7.00"))
    make_ledger_entry(product=product, starts=FEBRUARY, amount=Decimal("5.00"))
    run = actions.refresh_standings()
    assert run.months == 1
    assert month_of(product, FEBRUARY).ledger_cost == Decimal("105.00")
    assert month_of(other, JANUARY).ledger_cost == Decimal("7.00")


def test_a_second_refresh_finds_nothing_to_do():
    make_ledger_entry(starts=JANUARY)
    assert actions.refresh_standings() is not None
    assert actions.refresh_standings() is None
    assert Run.objects.count() == 1


def test_a_crash_while_a_month_is_written_keeps_its_marks(monkeypatch):
    make_ledger_entry(starts=JANUARY)
    waiting = StaleMark.objects.count()

    def crash(*args, **about):
        raise RuntimeError("the machine went away")

    monkeypatch.setattr(claims, "store", crash)
    with pytest.raises(RuntimeError):
        actions.refresh_standings()
    assert StaleMark.objects.count() == waiting > 0
    assert not ProductMonth.objects.exists()


def test_a_month_that_fails_holds_no_other(monkeypatch):
    entry = make_ledger_entry(starts=JANUARY, ends=date(2016, 4, 1), amount=Decimal("91.00"))
    real = claims.store

    def crash_in_february(inputs, results, **about):
        if inputs.month == FEBRUARY:
            raise RuntimeError("a figure nobody thought of")
        return real(inputs, results, **about)

    monkeypatch.setattr(claims, "store", crash_in_february)
    with pytest.raises(RuntimeError):
        actions.refresh_standings()
    assert set(StaleMark.objects.values_list("month", flat=True)) == {FEBRUARY}
    assert [row.month for row in ProductMonth.objects.filter(product=entry.product)] == [JANUARY, MARCH]
    assert Standing.objects.get(product=entry.product, window="t12m").direct_cost == Decimal("62.00")


def test_a_crash_between_the_months_and_the_standings_is_told_and_mended_by_the_next_refresh(monkeypatch):
    entry = make_ledger_entry(starts=JANUARY, amount=Decimal("100.00"))
    months = StaleMark.objects.count()

    def crash(run):
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as broken:
        broken.setattr(actions, "write_standings", crash)
        with pytest.raises(RuntimeError):
            actions.refresh_standings()
    assert not StaleMark.objects.exists()
    assert month_of(entry.product).direct_cost == Decimal("100.00")
    assert not Run.objects.exists()
    assert (freshness().stale, freshness().months_behind) == (months, months)
    run = actions.refresh_standings()
    assert run.months == months
    assert Standing.objects.get(product=entry.product, window="t12m").direct_cost == Decimal("100.00")
    assert freshness().stale == 0


def test_marks_of_the_same_product_month_are_worked_off_together():
    entry = make_ledger_entry(starts=MARCH)
    for _ in range(20):
        mark_stale([Touch(entry.product_id, MARCH)], cause="again and again")
    run = actions.refresh_standings()
    assert (run.months, run.product_months) == (1, 1)
    assert sorted(run.cause.split(", ")) == ["again and again", "ledger entry recorded"]
    assert SolvedMonth.objects.get(month=MARCH).version == 1


def test_the_age_of_the_oldest_mark_is_the_lag():
    make_ledger_entry(starts=MARCH)
    begun = timezone.now() - timedelta(minutes=5)
    StaleMark.objects.update(marked_at=begun)
    make_ledger_entry(starts=MARCH)
    assert freshness().since == begun
    assert freshness().lag >= timedelta(minutes=5)
    actions.refresh_standings()
    assert freshness().lag == timedelta(0)


def test_a_correction_moves_the_figures_and_says_so():
    product = make_product()
    make_worth(product, quantity="100", on=FEBRUARY)
    entry = make_ledger_entry(product=product, starts=FEBRUARY, amount=Decimal("100.00"))
    make_ledger_entry(product=product, starts=MARCH, amount=Decimal("100.00"))
    actions.refresh_standings()
    rows.correct(entry, changes={"amount": Decimal("50.00")}, reason="Transposed digits", by=None)
    actions.refresh_standings()
    standing = Standing.objects.get(product=product, window="t12m")
    assert standing.before == pytest.approx(2.0)
    assert standing.moved_by_correction == pytest.approx(2.0)
    assert standing.credited == pytest.approx(200 / 150)
    steps = standing.moved_by_correction + standing.moved_by_value + standing.moved_by_network + standing.moved_by_cost
    assert steps == pytest.approx(standing.moved)
