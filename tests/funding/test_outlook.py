"""Budget, actual, forecast and why they differ; the first part is the worked example of docs/funding.md."""

import math
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as django_timezone
from hypothesis import given
from hypothesis import strategies as st

from funding.outlook import causes, ranges, scopes
from funding.outlook.lines import shared
from funding.outlook.periods import MONTH, QUARTER, YEAR, Period, period_of
from funding.outlook.reading import actual_until
from portfolio.common import actions
from portfolio.common.months import add_months, month_range
from tests import factories as make

TODAY = date(2026, 6, 30)
YEAR_2026 = Period(YEAR, date(2026, 1, 1))


@pytest.fixture(autouse=True)
def middle_of_the_year(settings):
    settings.TWOFOLD_TODAY = TODAY


def outlook_of_stream(*asked):
    return scopes.of_stream(*asked)[0]


def outlook_of_product(*asked):
    return scopes.of_product(*asked)[0]


def outlook_of_value_stream(*asked):
    return scopes.of_value_stream(*asked)[0]


def book(product, month, amount, **more):
    return make.make_ledger_entry(
        product=product, starts=month, ends=add_months(month, 1), amount=Decimal(amount), **more
    )


@pytest.fixture
def example(db):
    """A product with eighteen months in the books, one change of its allocation, one order, one transfer."""
    stream, product = make.make_stream(code="fees"), make.make_product(code="tax")
    make.make_allocation(stream=stream, product=product, monthly_amount=Decimal(1000), ends=date(2026, 7, 1))
    make.make_allocation(stream=stream, product=product, monthly_amount=Decimal(1200), starts=date(2026, 7, 1))
    make.make_transfer(to_stream=stream, amount=Decimal(500), moved_on=date(2026, 3, 10))
    make.make_carry_forward(stream=stream, amount=Decimal(300))
    for month in month_range(date(2025, 1, 1), date(2026, 6, 1)):
        book(product, month, 600 if month.year == 2025 else 650, stream=stream, account="6100")
        book(product, month, 300, stream=stream, account="6400")
    make.make_commitment(
        product=product, stream=stream, account="6400", amount=Decimal(800),
        starts=date(2026, 8, 1), ends=date(2026, 9, 1),
    )  # fmt: skip
    return stream, product


# -- The worked example


def test_the_budget_is_what_was_allocated_moved_in_and_taken_along(example):
    shown = outlook_of_stream(example[0], YEAR_2026)
    assert (shown.allocated, shown.transferred, shown.carried) == (13_200, 500, 300)
    assert shown.budget == 14_000


def test_actuals_end_with_the_last_whole_month_in_the_books(example):
    shown = outlook_of_stream(example[0], YEAR_2026)
    assert shown.book.actual_until == date(2026, 6, 1)
    assert shown.actual == 5_700


def test_what_recurs_gives_way_to_an_order_in_the_same_account_and_month(example):
    shown = outlook_of_stream(example[0], YEAR_2026)
    by_month = {line.month.month: line.forecast for line in shown.months if not line.is_actual}
    assert by_month == {7: 925, 8: 625 + 800, 9: 925, 10: 925, 11: 925, 12: 925}
    assert shown.forecast == 6_050
    assert shown.forecast_by_kind == {"people": 0, "recurring": 5_250, "committed": 800, "dated": 0}


def test_the_range_is_what_the_products_own_months_say(example):
    shown = outlook_of_stream(example[0], YEAR_2026)
    mean = 16_500 / 18
    r = math.sqrt((12 * (900 / mean - 1) ** 2 + 6 * (950 / mean - 1) ** 2) / 17)
    off = 1.6448536 * r * math.sqrt(0.5 * (5 * 925**2 + 625**2) + 0.5 * 5_250**2)
    assert round(off, 2) == 174.71
    assert (shown.range.low, shown.range.high) == (Decimal("5875.29"), Decimal("6224.71"))
    assert shown.range.low < shown.range.inner_low < shown.range.inner_high < shown.range.high
    assert shown.without_range == 0


def test_the_causes_add_up_to_the_variance(example):
    shown = outlook_of_stream(example[0], YEAR_2026)
    assert shown.variance == 2_250
    assert {cause.name: cause.cents // 100 for cause in shown.causes} == {
        causes.CHANGES: 1_200,
        causes.MOVED: 800,
        causes.COMMITMENTS: -800,
        "Account 6400": 700,
        "Account 6100": 350,
    }
    assert shown.cause.name == causes.CHANGES


def test_months_add_up_to_the_year(example):
    shown = outlook_of_stream(example[0], YEAR_2026)
    assert sum(line.budget for line in shown.months) == shown.months[-1].budget_so_far == shown.budget
    assert sum(line.spent for line in shown.months) == shown.months[-1].spent_so_far == shown.spent
    assert [line.range_so_far is None for line in shown.months] == [True] * 6 + [False] * 6


# -- Groups


def test_a_product_has_its_allocations_but_not_what_streams_moved(example):
    shown = outlook_of_product(example[1], YEAR_2026)
    assert (shown.budget, shown.spent) == (13_200, 11_750)
    above = outlook_of_value_stream(example[1].value_stream, YEAR_2026)
    assert (above.budget, above.spent, above.causes) == (13_200, 11_750, shown.causes)


def test_every_list_of_the_overview_adds_up_to_the_whole(example):
    stream, product = example
    make.make_transfer(from_stream=stream, amount=Decimal(70), moved_on=date(2026, 2, 2))
    below = make.make_product(value_stream=make.make_value_stream(parent=product.value_stream))
    book(below, date(2026, 2, 1), "10.01", is_capital=True)
    found = scopes.overview(YEAR_2026)
    whole = found[scopes.WHOLE][0].outlook
    for by, rows in found.items():
        top = [row.outlook for row in rows if row.depth == 0]
        for name in ("budget", "actual", "forecast", "variance", "capital"):
            assert sum(getattr(one, name) for one in top) == getattr(whole, name), (by, name)
    assert whole.capital >= Decimal("10.01")
    assert (whole.transferred, whole.carried) == (0, 300)
    for rows in found.values():
        for row in rows:
            assert sum(cause.cents for cause in row.outlook.causes) == row.outlook.variance * 100


def test_the_products_of_an_outlook_add_up_to_it_with_the_small_ones_in_one(example, monkeypatch):
    stream, product = example
    for number in range(4):
        make.make_allocation(stream=stream, product=make.make_product(), monthly_amount=Decimal(number + 1))
    whole, parts = scopes.of_stream(stream, YEAR_2026)
    assert [part.name for part in parts][:2] == [product.name, "With the stream, not with a product"]
    assert sum(part.variance for part in parts) == whole.variance
    monkeypatch.setattr(scopes, "MOST_PARTS", 3)
    whole, parts = scopes.of_stream(stream, YEAR_2026)
    assert [part.name for part in parts][2:] == ["4 others"]
    assert parts[-1].budget == 12 * (1 + 2 + 3 + 4)
    assert sum(part.variance for part in parts) == whole.variance


def test_nothing_at_all_is_nothing(db):
    shown = scopes.overview(YEAR_2026)[scopes.WHOLE][0].outlook
    assert shown.is_empty
    assert (shown.budget, shown.spent, shown.causes, shown.range, shown.cause) == (0, 0, [], None, None)


# -- What is to come


def staffed(product, amount, people=1):
    discipline, team = make.make_discipline(), make.make_team()
    for _ in range(people):
        make.make_membership(team=team, discipline=discipline, starts=date(2024, 1, 1))
    make.make_rate(discipline=discipline, monthly_amount=Decimal(amount), starts=date(2024, 1, 1))
    make.make_assignment(team=team, product=product, starts=date(2024, 1, 1))


def test_teams_that_the_books_do_not_pay_for_are_forecast_and_compared_with_the_year_before(example):
    product = make.make_product()
    staffed(product, 2_000)
    shown = outlook_of_product(product, YEAR_2026)
    assert shown.forecast == shown.forecast_by_kind["people"] == 12_000
    assert shown.actual == 0
    assert shown.range is None
    assert shown.without_range == 12_000
    assert {cause.name: cause.cents for cause in shown.causes} == {causes.TEAMS: -1_200_000}


def test_teams_that_the_books_pay_for_are_not_counted_twice(example):
    product = example[1]
    staffed(product, 2_000)
    book(product, date(2026, 5, 1), 1, includes_labour=True)
    assert outlook_of_product(product, YEAR_2026).forecast_by_kind["people"] == 0


def test_a_forecast_gives_nobodys_pay_away(example):
    paid = {amount: make.make_product() for amount in (2_000, 4_000)}
    for amount, product in paid.items():
        staffed(product, amount)
    assert {outlook_of_product(product, YEAR_2026).forecast for product in paid.values()} == {3_000 * 6}


def test_people_are_drawn_from_the_streams_that_pay_their_product(example):
    stream, product = example
    staffed(product, 100)
    assert outlook_of_stream(stream, YEAR_2026).forecast_by_kind["people"] == 600
    new = make.make_product()
    staffed(new, 50)
    make.make_allocation(stream=stream, product=new, monthly_amount=Decimal(50))
    assert outlook_of_stream(stream, YEAR_2026).forecast_by_kind["people"] == 900


def test_a_line_that_is_dated_later_is_forecast_as_it_stands(example):
    book(example[1], date(2026, 10, 1), 5_000, account="6100")
    shown = outlook_of_product(example[1], YEAR_2026)
    assert (shown.actual, shown.forecast_by_kind["dated"]) == (5_700, 5_000)
    assert shown.forecast_by_kind["recurring"] == 5_250 - 625


def test_a_commitment_counts_until_the_books_have_it(example):
    product = example[1]
    row = product.commitments.get()
    before = django_timezone.now()
    actions.correct(row, changes={"settled_on": date(2026, 6, 30)}, reason="Invoiced.", by=None)
    shown = outlook_of_product(product, YEAR_2026)
    assert (shown.forecast_by_kind["committed"], shown.forecast_by_kind["recurring"]) == (0, 5_550)
    assert outlook_of_product(product, YEAR_2026, before).forecast_by_kind["committed"] == 800 or before.date() < TODAY


def test_a_year_that_is_over_has_no_forecast_and_one_to_come_no_actuals(example):
    past, to_come = (outlook_of_stream(example[0], YEAR_2026.moved(step)) for step in (-1, 1))
    assert (past.actual, past.forecast, past.range) == (10_800, 0, None)
    assert (to_come.actual, to_come.forecast, to_come.budget) == (0, 925 * 12, 14_400)
    # Of 11,100 in the last twelve months, 7,500 were in the one account: so is that part of the 14,400 allocated.
    assert {cause.name: cause.cents for cause in to_come.causes} == {
        "Account 6100": 972_973 - 750_000,
        "Account 6400": 467_027 - 360_000,
    }


def test_a_month_counts_by_itself(example):
    shown = outlook_of_stream(example[0], Period(MONTH, date(2026, 3, 1)))
    assert (shown.budget, shown.actual, shown.transferred, shown.carried) == (1_500, 950, 500, 0)
    assert len(shown.months) == 12


def test_costs_in_the_running_month_are_forecast(example, settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 29)
    assert actual_until() == date(2026, 5, 1)
    shown = outlook_of_stream(example[0], YEAR_2026)
    assert shown.forecast_by_kind["dated"] == 950


# -- Other currencies


def test_a_budget_in_another_currency_follows_the_rate_of_each_month_and_says_what_rates_moved(db):
    stream, product = make.make_stream(currency="EUR"), make.make_product()
    make.make_exchange_rate(currency="EUR", rate=Decimal("1.00"), ends=date(2026, 4, 1))
    make.make_exchange_rate(currency="EUR", rate=Decimal("1.20"), starts=date(2026, 4, 1), ends=date(2026, 7, 1))
    make.make_allocation(stream=stream, product=product, monthly_amount=Decimal(100))
    book(product, date(2026, 5, 1), 50, currency="EUR", stream=stream)
    shown = outlook_of_stream(stream, YEAR_2026)
    assert shown.budget == 3 * 100 + 9 * 120
    assert {cause.name: cause.cents for cause in shown.causes}[causes.EXCHANGE] == (9 * 20 - 10) * 100
    assert sum(cause.cents for cause in shown.causes) == shown.variance * 100


def test_a_currency_without_any_rate_is_named_and_left_out(db):
    stream = make.make_stream(currency="EUR")
    make.make_allocation(stream=stream)
    shown = outlook_of_stream(stream, YEAR_2026)
    assert (shown.budget, shown.book.without_rate) == (0, ("EUR",))


# -- As known


def test_an_outlook_is_had_as_it_was_known(example, settings):
    settings.TWOFOLD_TODAY = None
    stream = example[0]
    moment = django_timezone.now()
    year = period_of(YEAR, moment.date())
    before = outlook_of_stream(stream, year, moment)
    make.make_carry_forward(stream=make.make_stream(), year=year.first)
    allocation = stream.allocations.known().get(ends=None)
    actions.correct(allocation, changes={"monthly_amount": Decimal(9_999)}, reason="Agreed anew.", by=None)
    assert outlook_of_stream(stream, year, moment).budget == before.budget != outlook_of_stream(stream, year).budget


# -- Pure parts


@given(st.integers(-(10**12), 10**12), st.dictionaries(st.integers(), st.integers(-(10**9), 10**9), min_size=1))
def test_what_is_shared_out_adds_back(cents, weights):
    if sum(weights.values()):
        assert sum(shared(cents, weights).values()) == cents
    else:
        with pytest.raises(ValueError, match="come to nothing"):
            shared(cents, weights)


amounts = st.integers(-(10**9), 10**9)
by_account = st.dictionaries(st.one_of(st.none(), st.sampled_from(["", "1", "2", "3", "4", "5", "6", "7"])), amounts)


@given(amounts, amounts, amounts, amounts, amounts, by_account, by_account, by_account, by_account)
def test_causes_always_add_up(plan, changed, rates, moved, committed, spent, corrections, spent_rates, before):
    found = causes.causes(
        plan=plan, changed=changed, budget_rates=rates, moved=moved, spent=spent, committed=committed,
        corrections=corrections, spent_rates=spent_rates, year_before=before,
    )  # fmt: skip
    assert sum(cause.cents for cause in found) == plan + changed + rates + moved - sum(spent.values()) - committed
    assert len(found) <= 5 + causes.MOST_ACCOUNTS + 1


def test_corrections_for_earlier_months_are_a_cause_of_their_own():
    found = causes.causes(
        plan=100, changed=0, budget_rates=0, moved=0, spent={"1": 130}, committed=0, corrections={"1": 30},
        spent_rates={}, year_before={"1": 7},
    )  # fmt: skip
    assert [(cause.name, cause.cents) for cause in found] == [(causes.CORRECTIONS, -30)]


def test_a_short_history_is_shrunk_to_what_is_typical_and_none_has_no_spread():
    steady, wild = [100] * 12 + [110] * 12, [100, 300]
    found = ranges.spreads({1: steady, 2: wild, 3: [0, 0], 4: [50]})
    assert set(found) == {1, 2, 4}
    own = {key: ranges.spreads({key: costs})[key] for key, costs in ((1, steady), (2, wild))}
    assert found[1] == pytest.approx(own[1])
    assert found[1] < found[2] < own[2]
    assert found[4] == pytest.approx(found[1])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_a_sum_is_off_by_less_than_its_parts_together_and_by_more_than_apart(parts):
    apart, at_once = ranges.together(parts, 0), ranges.together(parts, 1)
    assert apart * 0.999999 <= ranges.together(parts, 0.5) <= at_once * 1.000001


@pytest.mark.parametrize(
    ("kind", "day", "first", "name"),
    [
        (MONTH, date(2017, 3, 31), date(2017, 3, 1), "March 2017"),
        (QUARTER, date(2017, 3, 31), date(2017, 1, 1), "quarter 4 of 2016/17"),
        (YEAR, date(2017, 3, 31), date(2016, 4, 1), "2016/17"),
        (QUARTER, date(2016, 4, 1), date(2016, 4, 1), "quarter 1 of 2016/17"),
    ],
)
def test_periods_are_those_of_the_fiscal_year(settings, kind, day, first, name):
    settings.TWOFOLD_FISCAL_YEAR_START = 4
    found = period_of(kind, day)
    assert (found.first, found.name) == (first, name)
    assert found.moved(1).moved(-1) == found
    assert found.year.first == date(2016, 4, 1)


# -- Size


def test_the_overview_asks_as_often_for_many_products_as_for_one(example):
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            scopes.overview(YEAR_2026)
        return len(queries)

    first = count()
    for _ in range(10):
        product = make.make_product()
        staffed(product, 100)
        make.make_allocation(product=product)
        book(product, date(2026, 2, 1), 10, stream=make.make_stream())
        make.make_commitment(product=product, starts=date(2026, 8, 1))
    assert count() <= first + 4  # teams are read once there are any
    assert count() <= 30


def test_what_comes_late_for_a_closed_month_is_a_correction_in_the_first_open_one(example, settings):
    stream, product = example
    settings.TWOFOLD_TODAY = date(2026, 5, 31)
    make.make_close(month=date(2026, 4, 1))
    book(product, date(2026, 2, 1), 70, stream=stream, account="6100")
    april, may = (outlook_of_stream(stream, Period(MONTH, date(2026, month, 1))) for month in (4, 5))
    assert causes.CORRECTIONS not in {cause.name for cause in april.causes}
    assert {cause.name: cause.cents for cause in may.causes}[causes.CORRECTIONS] == -7_000
    assert april.actual == 950
    assert may.actual == 1020
    assert sum(cause.cents for cause in may.causes) == may.variance * 100
