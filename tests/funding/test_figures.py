"""The figures of a stream add up, by month, fiscal year and product."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from funding.figures import stream_figures
from funding.models import FundingStream
from portfolio.common import actions
from tests.factories import make_allocation, make_ledger_entry, make_product, make_stream

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _year(settings):
    settings.TWOFOLD_TODAY = date(2017, 3, 31)
    settings.TWOFOLD_FISCAL_YEAR_START = 4


def test_a_stream_without_money_has_no_years():
    figures = stream_figures(make_stream())
    assert figures.years() == []
    assert figures.total().allocated == 0


def test_the_years_add_up_to_the_total_and_the_products_to_the_year():
    stream, tax, plates = make_stream(), make_product(code="tax"), make_product(code="plates")
    make_allocation(stream=stream, product=tax, monthly_amount=Decimal("1000.01"), starts=date(2015, 11, 17))
    make_allocation(
        stream=stream, product=plates, monthly_amount=Decimal("333.33"), starts=date(2016, 1, 1), ends=date(2016, 8, 5)
    )
    make_ledger_entry(
        stream=stream, product=tax, amount=Decimal("999.97"), starts=date(2016, 2, 1), ends=date(2016, 7, 9)
    )
    make_ledger_entry(stream=stream, product=plates, amount=Decimal("-5.00"), starts=date(2017, 2, 1))
    make_ledger_entry(product=plates, amount=Decimal("70.00"), starts=date(2017, 2, 1))  # from no stream
    figures = stream_figures(stream)
    years, total = figures.years(), figures.total()
    assert [line.name for line in years] == ["2016/17", "2015/16"]
    assert sum(line.allocated for line in years) == total.allocated
    assert sum(line.spent for line in years) == total.spent == Decimal("994.97")
    assert sum(line.left for line in years) == total.left
    assert years[0].allocated == Decimal("12000.12") + 4 * Decimal("333.33") + Decimal("43.01")
    for line in years:
        products = figures.by_product(line.year)
        assert sum(one.allocated for one in products) == line.allocated
        assert sum(one.spent for one in products) == line.spent
    assert sum(allocated for _, allocated, _ in figures.by_month()) == total.allocated
    assert sum(spent for _, _, spent in figures.by_month()) == total.spent


def test_what_is_left_cannot_be_told_across_currencies():
    stream = make_stream(currency="EUR")
    make_allocation(stream=stream)
    assert stream_figures(stream).total().left is None


def test_the_figures_are_had_as_they_were_known():
    stream = make_stream()
    row = make_allocation(stream=stream, monthly_amount=Decimal("100"), starts=date(2017, 3, 1))
    before = timezone.now()
    actions.correct(row, changes={"monthly_amount": Decimal("70")}, reason="Misread", by=None)
    assert stream_figures(stream).total().allocated == 70
    assert stream_figures(stream, before).total().allocated == 100


def test_an_allocation_far_ahead_does_not_run_on_for_ever():
    stream = make_stream()
    make_allocation(stream=stream, starts=date(2017, 1, 1), ends=date(2190, 1, 1))
    assert len(stream_figures(stream).years()) == 11


def test_the_list_of_streams_tells_what_they_pay_and_what_was_spent():
    stream = make_stream()
    make_allocation(stream=stream, monthly_amount=Decimal("100.10"), starts=date(2017, 1, 1))
    make_allocation(stream=stream, monthly_amount=Decimal("50.00"), starts=date(2016, 1, 1), ends=date(2017, 1, 1))
    make_ledger_entry(stream=stream, amount=Decimal("3.65"), starts=date(2016, 3, 31), ends=date(2017, 3, 31))
    make_ledger_entry(stream=stream, amount=Decimal("9.00"), starts=date(2016, 3, 31))  # the year before
    empty = make_stream()
    rows = FundingStream.objects.with_money(date(2017, 3, 31), date(2016, 4, 1))
    by_code = {row.code: (row.monthly, row.spent) for row in rows}
    assert by_code == {stream.code: (Decimal("100.10"), Decimal("3.64")), empty.code: (0, 0)}
    assert rows.total_spent() == Decimal("3.64")
