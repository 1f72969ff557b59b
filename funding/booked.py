"""What was booked, month by month: the ledger by month, product, stream, kind of expense and account, to the cent.

Every sum of actual costs over months is made from these cells, so that all pages, and the roll-up, agree on the
month in which a cost counts.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import F, Sum

from funding.models import LedgerEntry
from portfolio.common.months import add_months, month_of
from portfolio.common.parts import Units
from portfolio.common.spreading import parts_by_month, to_cents


class Cell(NamedTuple):
    """Where a cost counts; `stream` is None where it was drawn from none."""

    month: date
    product: int
    stream: int | None
    is_capital: bool
    account: str


def booked(
    first: date | None = None,
    last: date | None = None,
    *,
    at: datetime | None = None,
    products: Collection[int] | None = None,
    streams: Collection[int] | None = None,
) -> dict[Cell, int]:
    """Return the cents of the base currency in each cell, from the month of `first` to that of `last`.

    As known at a moment, now without one; of some products or streams, or of all. Two queries.
    """
    entries = LedgerEntry.objects.known(at).order_by()
    if first or last:
        entries = entries.touching(month_of(first) if first else None, add_months(month_of(last), 1) if last else None)
    if products is not None:
        entries = entries.filter(product__in=products)
    if streams is not None:
        entries = entries.filter(stream__in=streams)
    cells: dict[Cell, int] = defaultdict(int)
    place = ("product_id", "stream_id", "is_capital", "account")
    whole = entries.filter(last_month=F("month")).values_list("month", *place)
    for *key, cents in whole.annotate(cents=Sum(Units("base_amount", scale=100))):
        cells[Cell(*key)] += int(cents)
    spanning = entries.filter(last_month__gt=F("month")).values_list(*place, "base_amount", "starts", "ends")
    for *of, amount, starts, ends in spanning:
        for month, cents in parts_by_month(to_cents(amount), starts, ends).items():
            if (first is None or month >= month_of(first)) and (last is None or month <= last):
                cells[Cell(month, *of)] += cents
    return dict(cells)
