"""Period close: what it freezes, what comes late, and opening a month again."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from funding.booked import Cell, booked
from funding.models import PeriodClose
from portfolio.common import actions as rows
from portfolio.common.errors import NotAllowed
from portfolio.rollup import actions, closing
from portfolio.rollup.checks import run_checks
from portfolio.rollup.facts import known
from portfolio.rollup.models import BlockedMonth, ProductMonth, SolvedMonth
from portfolio.rollup.standings import fresh_panel
from tests.factories import (
    make_assignment,
    make_close,
    make_discipline,
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
    make_user,
    make_valuation,
)

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH, APRIL = (date(2016, month, 1) for month in (1, 2, 3, 4))


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 4, 15)


def figures(product, month) -> tuple[Decimal, Decimal]:
    row = ProductMonth.objects.filter(product=product, month=month).first()
    return (row.direct_cost, row.own_value) if row else (Decimal(0), Decimal(0))


def spend(product, month, amount, **given):
    return make_ledger_entry(product=product, starts=month, amount=Decimal(amount), **given)


def cents(cells: dict[Cell, int]) -> dict[int, int]:
    by_month: dict[int, int] = {}
    for cell, amount in cells.items():
        by_month[cell.month.month] = by_month.get(cell.month.month, 0) + amount
    return {month: amount for month, amount in by_month.items() if amount}


def refusal(call) -> str:
    with pytest.raises(ValidationError) as refused:
        call()
    return " ".join(refused.value.messages)


# -- costs -----------------------------------------------------------------------------------------------------------


def test_a_cost_that_comes_late_counts_in_the_first_open_month():
    product = make_product()
    spend(product, JANUARY, "100.00")
    spend(product, FEBRUARY, "50.00")
    make_close(month=JANUARY)
    spend(product, JANUARY, "7.00")
    actions.refresh_standings()
    assert figures(product, JANUARY)[0] == Decimal("100.00")
    assert figures(product, FEBRUARY)[0] == Decimal("57.00")
    assert cents(booked()) == {1: 100_00, 2: 57_00}


def test_a_correction_in_a_closed_month_moves_only_the_difference():
    one, other = make_product(), make_product()
    entry = spend(one, JANUARY, "100.00")
    make_close(month=JANUARY)
    rows.correct(entry, changes={"amount": Decimal("80.00"), "product": other}, reason="Theirs", by=None)
    actions.refresh_standings()
    assert (figures(one, JANUARY)[0], figures(other, JANUARY)[0]) == (Decimal("100.00"), 0)
    assert (figures(one, FEBRUARY)[0], figures(other, FEBRUARY)[0]) == (Decimal("-100.00"), Decimal("80.00"))


def test_of_an_entry_over_several_months_only_what_falls_in_closed_ones_counts_late():
    product = make_product()
    spend(product, JANUARY, "31.00", ends=FEBRUARY)
    make_close(month=JANUARY)
    spend(product, JANUARY, "91.00", ends=APRIL)
    actions.refresh_standings()
    costs = {month: figures(product, month)[0] for month in (JANUARY, FEBRUARY, MARCH)}
    assert costs == {JANUARY: Decimal("31.00"), FEBRUARY: Decimal("60.00"), MARCH: Decimal("31.00")}
    assert cents(booked()) == {1: 31_00, 2: 60_00, 3: 31_00}


def test_a_fact_from_before_the_first_closed_month_counts_late_as_well():
    product = make_product()
    spend(product, FEBRUARY, "50.00")
    make_close(month=FEBRUARY)
    spend(product, JANUARY, "7.00")
    actions.refresh_standings()
    assert [figures(product, month)[0] for month in (JANUARY, FEBRUARY, MARCH)] == [
        0,
        Decimal("50.00"),
        Decimal("7.00"),
    ]
    closing.reopen(PeriodClose.objects.known().get(), reason="Again", by=None)
    actions.refresh_standings()
    assert [figures(product, month)[0] for month in (JANUARY, FEBRUARY, MARCH)] == [
        Decimal("7.00"),
        Decimal("50.00"),
        0,
    ]


def test_a_new_rate_of_pay_for_a_closed_month_counts_late():
    team, engineering, product = make_team(), make_discipline(), make_product()
    for _ in range(3):
        make_membership(team=team, discipline=engineering, starts=JANUARY)
    rate = make_rate(discipline=engineering, monthly_amount=Decimal("6000.00"), starts=JANUARY)
    make_assignment(team=team, product=product, starts=JANUARY)
    make_close(month=FEBRUARY)
    rows.correct(rate, changes={"monthly_amount": Decimal("7000.00")}, reason="Misread", by=None)
    actions.refresh_standings()
    assert [figures(product, month)[0] for month in (JANUARY, FEBRUARY, MARCH, APRIL)] == [
        Decimal("18000.00"), Decimal("18000.00"), Decimal("27000.00"), Decimal("21000.00"),
    ]  # fmt: skip


def test_what_is_booked_keeps_stream_account_and_kind_of_expense():
    stream, product = make_stream(), make_product()
    spend(product, JANUARY, "10.00", stream=stream, account="6100", is_capital=True)
    make_close(month=JANUARY)
    spend(product, JANUARY, "3.00", stream=stream, account="6200")
    assert booked() == {
        Cell(JANUARY, product.pk, stream.pk, True, "6100"): 10_00,
        Cell(FEBRUARY, product.pk, stream.pk, False, "6200"): 3_00,
    }
    assert cents(booked(streams=[stream.pk], first=FEBRUARY)) == {2: 3_00}
    assert booked(products=[make_product().pk]) == {}


def test_what_is_booked_takes_as_many_queries_with_many_closed_months_as_with_one(django_assert_num_queries):
    product = make_product()
    spend(product, date(2014, 1, 1), "10.00")
    make_close(month=date(2014, 1, 1))
    with django_assert_num_queries(7):
        booked()
    make_close(month=MARCH)
    with django_assert_num_queries(7):
        booked()


# -- value -----------------------------------------------------------------------------------------------------------


def test_value_that_comes_late_counts_at_the_worth_of_its_own_month():
    metric = make_metric()
    make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), starts=JANUARY, ends=FEBRUARY)
    make_valuation(metric=metric, low=Decimal(5), high=Decimal(5), starts=FEBRUARY)
    make_observation(metric=metric, starts=JANUARY, value=Decimal(100))
    make_observation(metric=metric, starts=FEBRUARY, value=Decimal(10))
    make_close(month=JANUARY)
    make_observation(metric=metric, starts=JANUARY + timedelta(days=1), value=Decimal(30))
    actions.refresh_standings()
    assert figures(metric.product, JANUARY)[1] == Decimal("200.00")
    assert figures(metric.product, FEBRUARY)[1] == Decimal("110.00")


def test_a_worth_that_comes_late_is_value_of_a_month_in_which_nothing_else_is_valued():
    metric = make_metric()
    make_observation(metric=metric, starts=JANUARY, value=Decimal(100))
    make_close(month=JANUARY)
    make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), starts=JANUARY, ends=FEBRUARY)
    actions.refresh_standings()
    assert [figures(metric.product, month)[1] for month in (JANUARY, FEBRUARY, MARCH)] == [0, Decimal("200.00"), 0]


def test_a_level_that_is_corrected_late_moves_value_but_not_the_mean_of_the_open_month():
    metric = make_metric(behaviour="level", unit="points")
    make_valuation(metric=metric, low=Decimal(10), high=Decimal(10), baseline=Decimal(70), starts=JANUARY)
    seen = make_observation(metric=metric, starts=JANUARY, value=Decimal(80))
    make_observation(metric=metric, starts=FEBRUARY, value=Decimal(90))
    make_close(month=JANUARY)
    rows.correct(seen, changes={"value": Decimal(75)}, reason="Misread", by=None)
    actions.refresh_standings()
    assert [figures(metric.product, month)[1] for month in (JANUARY, FEBRUARY)] == [
        Decimal("100.00"),
        Decimal("150.00"),
    ]


def test_shares_that_come_late_move_nothing():
    platform, tax = make_product(), make_product()
    spend(platform, JANUARY, "100.00")
    make_link(supplier=platform, consumer=tax, share=Decimal("0.5"), starts=JANUARY)
    make_close(month=JANUARY)
    before = list(ProductMonth.objects.filter(month=JANUARY).order_by("product").values())
    make_usage(supplier=platform, consumer=tax, month=JANUARY)
    actions.refresh_standings()
    assert list(ProductMonth.objects.filter(month=JANUARY).order_by("product").values()) == before
    assert closing.shares_since(PeriodClose.objects.known().get()) == 1


# -- closing and opening again ---------------------------------------------------------------------------------------


def test_the_next_close_takes_what_came_late_and_leaves_nothing_to_the_month_after():
    product = make_product()
    spend(product, JANUARY, "100.00")
    make_close(month=JANUARY)
    spend(product, JANUARY, "7.00")
    february = make_close(month=FEBRUARY)
    spend(product, MARCH, "1.00")
    actions.refresh_standings()
    assert [figures(product, month)[0] for month in (JANUARY, FEBRUARY, MARCH)] == [
        Decimal("100.00"), Decimal("7.00"), Decimal("1.00"),
    ]  # fmt: skip
    assert (february.cost, february.late_cost) == (Decimal("7.00"), Decimal("7.00"))
    assert cents(booked()) == {1: 100_00, 2: 7_00, 3: 1_00}
    january = PeriodClose.objects.known().get(month=JANUARY)
    since = closing.came_since([january, february])
    assert (since[january.pk].cost, since[february.pk].cost) == (Decimal("7.00"), Decimal(0))


def test_closing_a_month_closes_all_before_it_in_one_go():
    product = make_product()
    spend(product, JANUARY, "1.00")
    spend(product, MARCH, "3.00")
    actions.refresh_standings()
    closes = closing.close_through(MARCH, note="First quarter", by=make_user("finance_partner"))
    assert [(close.month, close.cost) for close in closes] == [
        (JANUARY, Decimal("1.00")), (FEBRUARY, Decimal("0.00")), (MARCH, Decimal("3.00")),
    ]  # fmt: skip


def test_opening_a_month_again_brings_back_what_was_late_and_keeps_both_closes():
    product = make_product()
    spend(product, JANUARY, "100.00")
    first = make_close(month=JANUARY)
    before = timezone.now()
    spend(product, JANUARY, "7.00")
    actions.refresh_standings()
    between = timezone.now()
    closing.reopen(first, reason="An invoice was missing", by=None)
    actions.refresh_standings()
    assert [figures(product, month)[0] for month in (JANUARY, FEBRUARY)] == [Decimal("107.00"), 0]
    second = make_close(month=JANUARY)
    assert (first.cost, second.cost) == (Decimal("100.00"), Decimal("107.00"))
    assert list(PeriodClose.objects.known()) == [second]
    told = {
        at: [int(fresh_panel([month], known(at)).data[0, :, 0].sum()) for month in (JANUARY, FEBRUARY)]
        for at in (before, between, timezone.now())
    }
    assert list(told.values()) == [[100_00, 0], [100_00, 7_00], [107_00, 0]]
    assert [cents(booked(at=at)) for at in told] == [{1: 100_00}, {1: 100_00, 2: 7_00}, {1: 107_00}]


def test_only_the_last_closed_month_can_be_opened_again():
    spend(make_product(), JANUARY, "1.00")
    make_close(month=MARCH)
    january = PeriodClose.objects.known().get(month=JANUARY)
    said = refusal(lambda: closing.reopen(january, reason="Again", by=None))
    assert "Re-open March 2016 first, then the months between" in said
    assert PeriodClose.objects.through() == MARCH


def test_a_month_that_is_not_over_closed_already_or_before_all_figures_cannot_be_closed():
    spend(make_product(), FEBRUARY, "1.00")
    actions.refresh_standings()
    assert "April 2016 is not over" in refusal(lambda: closing.close_through(APRIL, by=None))
    assert "the first month with figures is February 2016" in refusal(lambda: closing.close_through(JANUARY, by=None))
    make_close(month=FEBRUARY)
    assert "February 2016 is closed already" in refusal(lambda: closing.close_through(FEBRUARY, by=None))


def test_a_month_whose_figures_wait_cannot_be_closed_and_says_what_waits():
    product = make_product()
    spend(product, JANUARY, "1.00")
    make_close(month=JANUARY)
    spend(product, JANUARY, "2.00")
    said = refusal(lambda: closing.close_through(FEBRUARY, by=None))
    assert "The figures of January 2016 are not up to date" in said
    actions.make_due([FEBRUARY], cause="a test")
    assert "January 2016, February 2016" in refusal(lambda: closing.close_through(FEBRUARY, by=None))


def test_a_blocked_month_cannot_be_closed():
    metric = make_metric()
    make_observation(metric=metric, starts=JANUARY)
    make_valuation(metric=metric, currency="EUR", starts=JANUARY)
    actions.refresh_standings()
    assert BlockedMonth.objects.exists()
    assert "January 2016 is blocked" in refusal(lambda: closing.close_through(JANUARY, by=None))


def test_only_finance_over_the_whole_portfolio_closes_and_opens_months():
    product = make_product()
    spend(product, JANUARY, "1.00")
    actions.refresh_standings()
    for user in (make_user("leader"), make_user("finance_partner", product=product)):
        with pytest.raises(NotAllowed):
            closing.close_through(JANUARY, by=user)
    close = make_close(month=JANUARY, by=make_user("finance_partner"))
    with pytest.raises(NotAllowed):
        closing.reopen(close, reason="Again", by=make_user("leader"))


def test_a_close_that_fails_midway_leaves_nothing_closed(monkeypatch):
    product = make_product()
    spend(product, JANUARY, "1.00")
    spend(product, MARCH, "1.00")
    actions.refresh_standings()
    closed = []

    def guard(close):
        closed.append(close.month)
        if close.month == MARCH:
            raise RuntimeError("The power went")

    monkeypatch.setattr(PeriodClose, "guard", guard)
    with pytest.raises(RuntimeError):
        closing.close_through(MARCH, by=None)
    assert closed == [JANUARY, FEBRUARY, MARCH]
    assert PeriodClose.objects.through() is None
    assert cents(booked()) == {1: 1_00, 3: 1_00}


def test_the_worked_example_of_the_documentation():
    """See docs/closing.md: every line of its table."""
    product = make_product()
    entry = spend(product, JANUARY, "100.00")
    spend(product, FEBRUARY, "50.00")

    def shown() -> list[int]:
        actions.refresh_standings()
        months = [int(figures(product, month)[0]) for month in (JANUARY, FEBRUARY, MARCH)]
        assert cents(booked()) == {place: cost * 100 for place, cost in enumerate(months, 1) if cost}
        return months

    assert shown() == [100, 50, 0]
    make_close(month=JANUARY)
    assert shown() == [100, 50, 0]
    spend(product, JANUARY, "7.00")
    assert shown() == [100, 57, 0]
    rows.correct(entry, changes={"amount": Decimal("90.00")}, reason="Misread", by=None)
    assert shown() == [100, 47, 0]
    february = make_close(month=FEBRUARY)
    assert shown() == [100, 47, 0]
    spend(product, JANUARY, "5.00")
    assert shown() == [100, 47, 5]
    closing.reopen(february, reason="An invoice was missing", by=None)
    assert shown() == [100, 52, 0]


# -- the nightly checks --------------------------------------------------------------------------------------------


def outcome(name: str) -> dict:
    return next(one for one in run_checks(seed=1) if one["name"] == name)


def test_the_nightly_check_finds_a_closed_month_that_was_moved_by_hand():
    product = make_product()
    spend(product, JANUARY, "100.00")
    close = make_close(month=JANUARY)
    assert outcome("closed_months_stand")["held"]
    ProductMonth.objects.filter(month=JANUARY).update(direct_cost=Decimal("99.00"))
    wrong = outcome("closed_months_stand")
    assert (wrong["held"], wrong["count"]) == (False, 1)
    assert wrong["wrong"][0]["href"] == close.get_absolute_url()
    ProductMonth.objects.filter(month=JANUARY).update(direct_cost=Decimal("100.00"))
    close.balances.update(amount=Decimal("1.00"))
    SolvedMonth.objects.filter(month=JANUARY).update(figures=b"other")
    assert [one["what"] for one in outcome("closed_months_stand")["wrong"]] == [
        "January 2016, ledger", "January 2016, figures",
    ]  # fmt: skip


def test_the_nightly_check_finds_what_came_late_and_was_not_taken():
    product = make_product()
    spend(product, JANUARY, "100.00")
    make_close(month=JANUARY)
    spend(product, JANUARY, "7.00")
    actions.refresh_standings()
    assert outcome("late_costs_are_taken")["held"]
    SolvedMonth.objects.filter(month=JANUARY).update(late=b"")
    assert not outcome("late_costs_are_taken")["held"]
    actions.roll_up(cause="mended")
    assert outcome("late_costs_are_taken")["held"]


# -- two at once ---------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_a_month_at_once_one_is_told():
    spend(make_product(), JANUARY, "100.00")
    actions.refresh_standings()
    said = []

    def close() -> None:
        try:
            closing.close_through(JANUARY, by=None)
        except ValidationError as refused:
            said.extend(refused.messages)
        finally:
            connection.close()

    thread = threading.Thread(target=close)
    with transaction.atomic():
        closing.close_through(JANUARY, by=None)
        thread.start()
        _wait_for_a_waiter(thread)
    thread.join()
    assert said == ["January 2016 is closed already; the last closed month is January 2016."]
    assert PeriodClose.objects.known().count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_fact_that_is_written_while_its_month_is_closed_counts_late():
    product = make_product()
    spend(product, JANUARY, "100.00")
    actions.refresh_standings()

    def write() -> None:
        try:
            spend(product, JANUARY, "7.00")
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    with transaction.atomic():
        closing.close_through(JANUARY, by=None)
        thread.start()
        thread.join()  # nobody who writes a fact waits for who closes a month
    actions.refresh_standings()
    assert [figures(product, month)[0] for month in (JANUARY, FEBRUARY)] == [Decimal("100.00"), Decimal("7.00")]
    assert cents(booked()) == {1: 100_00, 2: 7_00}


def _wait_for_a_waiter(waiting: threading.Thread) -> None:
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT pg_sleep(0.05), count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[1] or not waiting.is_alive():
                return
    raise AssertionError("Nobody waited for the close.")
