"""Rules of funding streams, allocations, exchange rates and ledger entries."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from funding.models import Allocation, ExchangeRate, LedgerEntry
from portfolio.common import actions
from portfolio.common.models import StaleMark
from portfolio.common.spreading import from_cents
from tests.factories import (
    make_allocation,
    make_exchange_rate,
    make_ledger_entry,
    make_product,
    make_stream,
)

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


def refused(call, **given):
    """Return the refusals of a call, by field."""
    with pytest.raises(ValidationError) as refusal:
        call(**given)
    return refusal.value.message_dict


# -- Funding streams


def test_a_stream_keeps_its_currency_once_money_was_allotted():
    stream = make_stream(currency="USD")
    make_allocation(stream=stream)
    stream.currency = "EUR"
    assert "add a new stream for EUR" in refused(actions.save, row=stream, by=None)["currency"][0]


def test_a_stream_may_change_its_currency_before():
    stream = make_stream(currency="USD")
    stream.currency = "EUR"
    assert actions.save(stream, by=None).currency == "EUR"


@pytest.mark.parametrize("code", ["allocations", "ledger", "rates", "add", "overview", "value-streams"])
def test_a_stream_cannot_be_called_what_an_address_needs(code):
    assert "code" in refused(make_stream, code=code)


def test_a_stream_needs_a_currency_there_is():
    assert "'XQX' is not a currency" in refused(make_stream, currency="XQX")["currency"][0]


# -- Allocations


def test_an_allocation_cannot_end_before_it_starts():
    assert "ends" in refused(make_allocation, starts=FEBRUARY, ends=JANUARY)


def test_an_allocation_cannot_be_negative():
    assert "monthly_amount" in refused(make_allocation, monthly_amount=Decimal("-1.00"))


def test_a_stream_pays_a_product_once_on_any_day():
    first = make_allocation(starts=JANUARY, ends=MARCH)
    again = {"stream": first.stream, "product": first.product}
    assert "already pays" in refused(make_allocation, **again, starts=FEBRUARY)["starts"][0]
    assert make_allocation(**again, starts=MARCH).pk
    assert make_allocation(stream=first.stream, starts=FEBRUARY).pk


def test_an_allocation_pays_a_month_it_covers_in_part_by_its_days():
    allocation = make_allocation(monthly_amount=Decimal("310.00"), starts=date(2026, 1, 22), ends=date(2026, 3, 1))
    assert allocation.cents_by_month(JANUARY, APRIL) == {JANUARY: 10_000, FEBRUARY: 31_000}


def test_an_open_allocation_pays_as_far_as_is_asked():
    allocation = make_allocation(monthly_amount=Decimal("310.00"), starts=FEBRUARY)
    assert allocation.cents_by_month(JANUARY, MARCH) == {FEBRUARY: 31_000, MARCH: 31_000}


# -- Exchange rates


def test_an_exchange_rate_is_above_zero():
    assert "rate" in refused(make_exchange_rate, rate=Decimal("0"))


def test_the_base_currency_needs_no_exchange_rate():
    assert "needs no exchange rate" in str(refused(make_exchange_rate, currency="USD"))


def test_a_currency_has_one_rate_on_a_day():
    make_exchange_rate(starts=JANUARY, ends=MARCH)
    assert "already has a rate" in refused(make_exchange_rate, starts=FEBRUARY)["starts"][0]
    assert make_exchange_rate(starts=MARCH).pk
    assert make_exchange_rate(currency="JPY", starts=FEBRUARY).pk


def test_a_rate_holds_from_its_first_day_to_the_day_before_its_end():
    make_exchange_rate(rate=Decimal("0.8"), starts=JANUARY, ends=FEBRUARY)
    make_exchange_rate(rate=Decimal("0.9"), starts=FEBRUARY)
    rates = ExchangeRate.objects.known()
    assert rates.rate_on("EUR", date(2026, 1, 31)) == Decimal("0.8")
    assert rates.rate_on("EUR", FEBRUARY) == Decimal("0.9")
    assert rates.rate_on("USD", FEBRUARY) == 1


def test_a_missing_rate_is_named_with_its_day():
    make_exchange_rate(starts=FEBRUARY)
    with pytest.raises(ValidationError, match="no exchange rate from EUR to USD on 2026-01-31"):
        ExchangeRate.objects.known().rate_on("EUR", date(2026, 1, 31))


# -- Ledger entries


def test_an_entry_is_converted_at_the_rate_of_its_first_day():
    make_exchange_rate(rate=Decimal("0.8512"), starts=JANUARY, ends=FEBRUARY)
    make_exchange_rate(rate=Decimal("0.9"), starts=FEBRUARY)
    entry = make_ledger_entry(amount=Decimal("33.33"), currency="EUR", starts=date(2026, 1, 15), ends=APRIL)
    assert entry.base_amount == Decimal("28.37")  # 28.370496


def test_an_entry_without_a_rate_names_the_pair_and_the_day_at_its_currency():
    errors = refused(make_ledger_entry, currency="EUR", starts=JANUARY)
    assert list(errors) == ["currency"]
    assert "from EUR to USD on 2026-01-01" in errors["currency"][0]
    assert not LedgerEntry.objects.exists()


def test_an_entry_needs_a_day():
    assert "ends" in refused(make_ledger_entry, starts=JANUARY, ends=JANUARY)


def test_a_reference_is_used_once():
    first = make_ledger_entry(reference="A-1")
    assert "reference" in refused(make_ledger_entry, reference="A-1")
    actions.retract(first, reason="Posted to the wrong books", by=None)
    assert make_ledger_entry(reference="A-1").pk


def test_the_months_of_an_entry_add_back_to_both_its_amounts():
    make_exchange_rate(rate=Decimal("0.333"), starts=JANUARY)
    entry = make_ledger_entry(
        amount=Decimal("100.01"), currency="EUR", starts=date(2026, 1, 15), ends=date(2027, 1, 15)
    )
    parts = entry.parts()
    assert len(parts) == 13
    assert sum(part.days for part in parts) == entry.days == 365
    assert sum(part.amount for part in parts) == Decimal("100.01")
    assert sum(part.base_amount for part in parts) == entry.base_amount == Decimal("33.30")


def test_an_entry_marks_the_months_it_is_spread_over(settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 30)
    product = make_product()
    make_ledger_entry(product=product, starts=date(2026, 1, 31), ends=date(2026, 3, 2))
    marked = StaleMark.objects.filter(product=product).values_list("month", flat=True)
    assert set(marked) == {JANUARY, FEBRUARY, MARCH}


def test_what_falls_in_some_days_is_the_same_in_the_database_and_by_month():
    product = make_product()
    entry = make_ledger_entry(
        product=product, amount=Decimal("-1000.01"), starts=date(2026, 1, 7), ends=date(2026, 4, 3)
    )
    for part in entry.parts():
        after = date(part.month.year, part.month.month + 1, 1)
        rows = LedgerEntry.objects.known().touching(part.month, after).with_part(part.month, after)
        assert rows.get().part == part.base_amount
        assert rows.total_part() == part.base_amount
    assert LedgerEntry.objects.known().total() == Decimal("-1000.01")


class SumsOfEntries(TestCase):
    """Sums by month over many entries, whole and spanning, add up to the entries."""

    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(-(10**12), 10**12), st.dates(date(2020, 1, 1), date(2024, 1, 1)), st.integers(1, 900)
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_the_months_add_up_to_the_total(self, lines):
        product = make_product()
        for cents, starts, days in lines:
            make_ledger_entry(
                product=product, amount=from_cents(cents), starts=starts, ends=starts + timedelta(days=days)
            )
        sums = LedgerEntry.objects.known().cents_by_product_month()
        assert sum(sums.values()) == sum(cents for cents, _, _ in lines)
        first, after = date(2021, 1, 1), date(2022, 1, 1)
        inside = LedgerEntry.objects.known().touching(first, after).with_part(first, after).total_part()
        assert inside == from_cents(sum(cents for (_, month), cents in sums.items() if first <= month < after))


# -- Corrections


def test_correcting_a_rate_records_its_entries_again_and_keeps_the_old_figures():
    rate = make_exchange_rate(rate=Decimal("0.80"), starts=JANUARY, ends=APRIL)
    make_exchange_rate(rate=Decimal("0.70"), starts=APRIL)
    inside = make_ledger_entry(amount=Decimal("100.00"), currency="EUR", starts=MARCH)
    after = make_ledger_entry(amount=Decimal("100.00"), currency="EUR", starts=APRIL)
    dollars = make_ledger_entry(amount=Decimal("100.00"), starts=MARCH)
    before = timezone.now()

    new = actions.correct(rate, changes={"rate": Decimal("0.90")}, reason="Read from the wrong line", by=None)

    again = inside.corrected_by
    assert (again.base_amount, again.amount, again.reason) == (Decimal("90.00"), Decimal("100.00"), new.reason)
    assert again.recorded_at == new.recorded_at == LedgerEntry.objects.get(pk=inside.pk).retracted_at
    assert set(LedgerEntry.objects.known()) == {again, after, dollars}
    assert LedgerEntry.objects.known().total() == Decimal("260.00")
    assert set(LedgerEntry.objects.known(before)) == {inside, after, dollars}
    assert LedgerEntry.objects.known(before).total() == Decimal("250.00")


def test_correcting_a_rate_marks_the_months_of_its_entries(settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 30)
    rate = make_exchange_rate(starts=JANUARY)
    entry = make_ledger_entry(currency="EUR", starts=FEBRUARY, ends=APRIL)
    StaleMark.objects.all().delete()
    actions.correct(rate, changes={"rate": Decimal("0.90")}, reason="Misread", by=None)
    assert set(StaleMark.objects.values_list("product_id", "month")) == {
        (entry.product_id, FEBRUARY),
        (entry.product_id, MARCH),
    }


@pytest.mark.parametrize("change", [{"starts": FEBRUARY}, {"currency": "JPY"}, {"ends": date(2026, 1, 10)}])
def test_a_rate_cannot_leave_an_entry_without_one(change):
    rate = make_exchange_rate(starts=JANUARY)
    entry = make_ledger_entry(currency="EUR", starts=date(2026, 1, 10), reference="A-1")
    with pytest.raises(ValidationError, match=r"on 2026-01-10, which ledger entry A-1 is converted at \(1 in all\)"):
        actions.correct(rate, changes=change, reason="Misread", by=None)
    with pytest.raises(ValidationError, match="Correct this rate so that it still covers that day"):
        actions.retract(rate, reason="Misread", by=None)
    assert list(ExchangeRate.objects.known()) == [rate]
    assert list(LedgerEntry.objects.known()) == [entry]


def test_a_rate_that_nothing_needs_can_be_retracted():
    rate = make_exchange_rate()
    actions.retract(rate, reason="Never used", by=None)
    assert not ExchangeRate.objects.known().exists()


def test_an_allocation_can_be_ended_and_another_begin():
    first = make_allocation(starts=JANUARY)
    actions.correct(first, changes={"ends": MARCH}, reason="Rebalanced", by=None)
    second = make_allocation(stream=first.stream, product=first.product, starts=MARCH, monthly_amount=Decimal("2000"))
    assert list(Allocation.objects.known().current(date(2026, 3, 15))) == [second]


def test_an_allocation_is_known_as_it_was():
    first = make_allocation(monthly_amount=Decimal("100"))
    before = timezone.now()
    new = actions.correct(first, changes={"monthly_amount": Decimal("90")}, reason="Misread", by=None)
    assert list(Allocation.objects.known()) == [new]
    assert list(Allocation.objects.known(before)) == [first]
    assert not Allocation.objects.known(datetime(2000, 1, 1, tzinfo=timezone.get_current_timezone())).exists()
