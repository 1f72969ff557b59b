"""Costs by month, product, stream, kind of expense and account."""

from datetime import date
from decimal import Decimal

import pytest

from funding.booked import Cell, booked
from tests import factories as make

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def test_an_entry_over_many_months_is_booked_in_each_by_its_days_and_adds_back():
    product, stream = make.make_product(), make.make_stream()
    make.make_ledger_entry(product=product, stream=stream, starts=JANUARY, ends=MARCH, amount=Decimal("100.01"))
    cells = booked()
    assert set(cells) == {Cell(month, product.pk, stream.pk, False, "") for month in (JANUARY, FEBRUARY)}
    assert sum(cells.values()) == 10_001
    assert booked(FEBRUARY, FEBRUARY) == {key: cents for key, cents in cells.items() if key.month == FEBRUARY}


def test_capital_and_operating_expense_accounts_and_streams_are_kept_apart():
    product, stream = make.make_product(), make.make_stream()
    for is_capital, account, drawn in ((True, "1400", stream), (False, "6100", stream), (False, "6100", None)):
        make.make_ledger_entry(product=product, stream=drawn, is_capital=is_capital, account=account)
    assert {(cell.is_capital, cell.account, cell.stream) for cell in booked()} == {
        (True, "1400", stream.pk),
        (False, "6100", stream.pk),
        (False, "6100", None),
    }
    assert {cell.stream for cell in booked(streams=[stream.pk])} == {stream.pk}
    assert booked(products=[make.make_product().pk]) == {}
