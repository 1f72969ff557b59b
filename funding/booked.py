"""What was booked, month by month: the ledger by month, product, stream, kind of expense and account, to the cent.

Every sum of actual costs over months is made from these cells, so that all pages, and the roll-up, agree on the
month in which a cost counts. A closed month has the cells it was closed with; what was recorded, corrected or
retracted for it since counts in the first open month, so that all months together are always the whole ledger.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import F, QuerySet, Sum

from funding.models import ClosedBalance, LedgerEntry, PeriodClose
from portfolio.common.months import FIRST_DAY, add_months, month_of
from portfolio.common.parts import Units, UnitsDuring
from portfolio.common.recorded import RecordedQuerySet
from portfolio.common.spreading import parts_by_month, to_cents

PLACE = ("product_id", "stream_id", "is_capital", "account")


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

    As known at a moment, now without one, with the months closed that were closed then; of some products or streams,
    or of all. Three queries, and four more where months are closed.
    """
    entries = _chosen(LedgerEntry.objects.known(at), products, streams)
    begin, end = (month_of(day) if day else None for day in (first, last))
    through = PeriodClose.objects.through(at)
    if through is None:
        return _natural(entries, begin, end)
    opens = add_months(through, 1)
    balances = _chosen(ClosedBalance.objects.filter(close__in=PeriodClose.objects.known(at)), products, streams)
    cells: dict[Cell, int] = defaultdict(int)
    if begin is None or begin <= through:
        cells.update(_frozen(balances, begin, end))
    if end is None or end >= opens:
        cells.update(_natural(entries, max(begin or opens, opens), end))
        if begin is None or begin <= opens:
            for place, cents in _late(entries, balances, through).items():
                cells[Cell(opens, *place)] += cents
    return dict(cells)


def late(
    *, at: datetime | None = None, products: Collection[int] | None = None, streams: Collection[int] | None = None
) -> dict[Cell, int]:
    """Return the cells, of the first open month, that came late: for months that were closed already.

    Four queries, or one where no month is closed.
    """
    through = PeriodClose.objects.through(at)
    if through is None:
        return {}
    entries = _chosen(LedgerEntry.objects.known(at), products, streams)
    balances = _chosen(ClosedBalance.objects.filter(close__in=PeriodClose.objects.known(at)), products, streams)
    opens = add_months(through, 1)
    return {Cell(opens, *place): cents for place, cents in _late(entries, balances, through).items()}


def _chosen(rows: Any, products: Collection[int] | None, streams: Collection[int] | None) -> Any:
    if products is not None:
        rows = rows.filter(product__in=products)
    if streams is not None:
        rows = rows.filter(stream__in=streams)
    return rows.order_by()


def _natural(entries: RecordedQuerySet, begin: date | None, end: date | None) -> dict[Cell, int]:
    """Return each entry in the months that its own days lie in."""
    if begin or end:
        entries = entries.touching(begin, add_months(end, 1) if end else None)
    cells: dict[Cell, int] = defaultdict(int)
    whole = entries.filter(last_month=F("month")).values_list("month", *PLACE)
    for *key, cents in whole.annotate(cents=Sum(Units("base_amount", scale=100))):
        cells[Cell(*key)] += int(cents)
    spanning = entries.filter(last_month__gt=F("month")).values_list(*PLACE, "base_amount", "starts", "ends")
    for *of, amount, starts, ends in spanning:
        for month, cents in parts_by_month(to_cents(amount), starts, ends).items():
            if (begin is None or month >= begin) and (end is None or month <= end):
                cells[Cell(month, *of)] += cents
    return dict(cells)


def _frozen(balances: QuerySet, begin: date | None, end: date | None) -> Iterator[tuple[Cell, int]]:
    """Yield what closed months were closed with."""
    if begin:
        balances = balances.filter(month__gte=begin)
    if end:
        balances = balances.filter(month__lte=end)
    for *key, cents in balances.values_list("month", *PLACE, Units("amount", scale=100)):
        yield Cell(*key), int(cents)


def _late(entries: RecordedQuerySet, balances: QuerySet, through: date) -> dict[tuple, int]:
    """Return what the ledger comes to in all closed months together, less what they were closed with, by place.

    Summed by the database over all of these months at once, so it takes no longer the more there are of them.
    """
    ended = entries.filter(last_month__lte=through).values_list(*PLACE)
    goes_on = entries.filter(month__lte=through, last_month__gt=through).values_list(*PLACE)
    until = UnitsDuring("base_amount", scale=100, first=FIRST_DAY, after=add_months(through, 1))
    sums: dict[tuple, int] = defaultdict(int)
    for rows, cents, sign in (
        (ended, Units("base_amount", scale=100), 1),
        (goes_on, until, 1),
        (balances.values_list(*PLACE), Units("amount", scale=100), -1),
    ):
        for *place, total in rows.annotate(cents=Sum(cents)):
            sums[tuple(place)] += sign * int(total)
    return {place: cents for place, cents in sums.items() if cents}
