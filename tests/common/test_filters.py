"""Filters that page and API share."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from funding.filters import AllocationFilter, AllocationTable
from funding.models import Allocation
from portfolio.common.filters import MonthField
from portfolio.common.months import fiscal_year, fiscal_year_name
from tests.factories import make_allocation, make_product, make_stream

pytestmark = pytest.mark.django_db


def test_several_codes_are_written_with_commas():
    rows = [make_allocation() for _ in range(3)]
    codes = ", ".join(row.product.code for row in rows[:2])
    assert set(AllocationFilter({"product": codes}, Allocation.objects.all()).qs) == set(rows[:2])


def test_the_box_for_a_code_suggests_the_codes_there_are():
    make_product(code="vehicle-tax", name="Vehicle <tax>")
    box = str(AllocationFilter({}, Allocation.objects.all()).form["product"])
    assert 'list="id_product-codes"' in box
    assert '<option value="vehicle-tax">Vehicle &lt;tax&gt;</option>' in box


def test_an_order_breaks_its_ties_by_key():
    stream = make_stream()
    rows = [make_allocation(stream=stream) for _ in range(4)]
    assert list(AllocationTable({"sort": "stream"}, Allocation.objects.all()).qs) == rows
    assert AllocationTable({"sort": "-amount"}, Allocation.objects.all()).qs.query.order_by == ("-monthly_amount", "pk")


def test_a_month_is_written_with_its_year_first():
    assert MonthField().clean("2016-04") == date(2016, 4, 1)
    assert MonthField(required=False).clean("") is None


@pytest.mark.parametrize("text", ["04/2016", "2016-13", "2016", "0012-01", "9999-12", "99999999999999999999-01"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValidationError, match=r"is not a month|is out of reach"):
        MonthField().clean(text)


@pytest.mark.parametrize(
    ("start", "day", "first", "name"),
    [
        (1, date(2016, 12, 31), date(2016, 1, 1), "2016"),
        (4, date(2017, 3, 31), date(2016, 4, 1), "2016/17"),
        (4, date(2017, 4, 1), date(2017, 4, 1), "2017/18"),
        (7, date(1999, 8, 1), date(1999, 7, 1), "1999/00"),
    ],
)
def test_a_fiscal_year_starts_in_the_month_of_the_setting(settings, start, day, first, name):
    settings.TWOFOLD_FISCAL_YEAR_START = start
    assert fiscal_year(day) == first
    assert fiscal_year_name(first) == name
