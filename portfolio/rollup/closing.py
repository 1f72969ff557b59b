"""Closing months and opening them again: each in one transaction, so that a crash leaves all of it or nothing.

What came in around the same instant is never lost: a closed month's facts are read as before, and the first open month
takes the difference from what the month was closed with, whenever that was written.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from funding.booked import Cell, booked
from funding.models import ClosedBalance, PeriodClose
from portfolio.common import access
from portfolio.common import actions as rows
from portfolio.common.formats import month_name
from portfolio.common.models import StaleMark, User
from portfolio.common.months import add_months, month_of, month_range, today
from portfolio.common.spreading import from_cents
from portfolio.common.staleness import ask_for_refresh
from portfolio.network.models import Usage
from portfolio.rollup import claims
from portfolio.rollup.actions import first_month, make_due
from portfolio.rollup.closed import stored_late, taken_late
from portfolio.rollup.late import nothing_late, taken_back, unpacked
from portfolio.rollup.models import BlockedMonth, FrozenMonth, SolvedMonth
from portfolio.rollup.snapshots import solved_months
from products.catalog.models import Product

log = structlog.get_logger(__name__)

SHOWN = 6  # months that are named one by one


@dataclass
class Plan:
    """What closing a month would do, and what prevents it."""

    month: date
    months: list[date] = field(default_factory=list)  #: that would be closed
    prevented: str = ""  #: why it cannot be; empty where it can


def plan(month: date) -> Plan:
    """Return what closing all open months up to that of `month` would do now, and what prevents it, if anything."""
    month = month_of(month)
    if month >= month_of(today()):
        return Plan(
            month,
            prevented=f"{month_name(month)} is not over: only a month that has ended can be closed, "
            f"{month_name(add_months(month_of(today()), -1))} being the last.",
        )
    through = PeriodClose.objects.through()
    if through is not None and month <= through:
        return Plan(
            month, prevented=f"{month_name(month)} is closed already; the last closed month is {month_name(through)}."
        )
    first = add_months(through, 1) if through is not None else first_month()
    if first is None or first > month:
        found = f"the first month with figures is {month_name(first)}" if first else "nothing is recorded at all"
        return Plan(month, prevented=f"There is nothing to close up to {month_name(month)}: {found}.")
    return Plan(month, list(month_range(first, month)), _what_waits(month))


def _what_waits(month: date) -> str:
    """Say which months up to one cannot be closed, and why; nothing where all can."""
    blocked = list(BlockedMonth.objects.filter(month__lte=month).order_by("month").values_list("month", "message"))
    if blocked:
        first, message = blocked[0]
        more = f" ({len(blocked)} months are blocked in all)" if len(blocked) > 1 else ""
        return f"{month_name(first)} is blocked{more}: {message}"
    waiting = set(StaleMark.objects.filter(month__lte=month).order_by().values_list("month", flat=True).distinct())
    waiting |= set(SolvedMonth.objects.filter(month__lte=month, is_due=True).values_list("month", flat=True))
    if waiting:
        named = ", ".join(month_name(one) for one in sorted(waiting)[:SHOWN])
        more = f" and {len(waiting) - SHOWN} more" if len(waiting) > SHOWN else ""
        return (
            f"The figures of {named}{more} are not up to date: something was recorded that they do not have yet. Try "
            "again once they are, which takes seconds where a worker runs."
        )
    return ""


@transaction.atomic
def close_through(month: date, *, note: str = "", by: User | None) -> list[PeriodClose]:
    """Close that month and every earlier one that is open, and return their closes, in order.

    Raises ValidationError where the month is not over, is closed already, is blocked, or has figures that are not up to
    date. Repeating it is refused: the month is closed. Of two who do it at once one waits, and is told.
    """
    month = month_of(month)
    made = PeriodClose(month=month, note=note)
    if by is not None:
        access.require(by, made)
    made.lock()
    planned = plan(month)
    if not planned.months:
        raise ValidationError({"month": planned.prevented})
    SolvedMonth.objects.bulk_create([SolvedMonth(month=one) for one in planned.months], ignore_conflicts=True)
    held = list(
        SolvedMonth.objects.select_for_update()
        .filter(month__lte=month)
        .order_by("month")
        .values_list("month", "digest")
    )
    # The ledger first, then the marks: while the months are held nobody works marks off, so where there are none now,
    # the figures have all that was recorded when the ledger was read.
    cells = booked(planned.months[0], month)
    if prevented := _what_waits(month):
        raise ValidationError({"month": prevented})
    if never := [one for one, digest in held if not digest and one >= planned.months[0]]:
        claims.work_out(never)
        if prevented := _what_waits(month):
            raise ValidationError({"month": prevented})
    return _close(planned.months, cells, note=note, by=by)


def _close(months: list[date], cells: dict[Cell, int], *, note: str, by: User | None) -> list[PeriodClose]:
    """Freeze months whose figures are settled and held."""
    by_month: dict[date, list[Cell]] = defaultdict(list)
    ledger: dict[tuple[date, int], int] = defaultdict(int)
    for cell, cents in cells.items():
        if cents:
            by_month[cell.month].append(cell)
            ledger[cell.month, cell.product] += cents
    earlier = PeriodClose.objects.through()
    taken = taken_late(earlier) if earlier is not None else nothing_late()
    solved = solved_months(months)
    digests = dict(SolvedMonth.objects.filter(month__in=months).values_list("month", "digest"))
    blobs = SolvedMonth.objects.filter(month__in=months)
    at, closes = timezone.now(), []
    for month in months:
        inputs = solved[month].inputs
        _require_ledger(month, inputs.products.tolist(), inputs.ledger.tolist(), ledger)
        close = PeriodClose(
            month=month,
            note=note,
            ledger_cost=from_cents(int(inputs.ledger.sum())),
            cost=from_cents(int(inputs.cost.sum())),
            value=from_cents(int(inputs.value.sum())),
            late_cost=from_cents(taken.cost if month == months[0] else 0),
            late_value=from_cents(taken.total_value if month == months[0] else 0),
            digest=digests[month],
            recorded_at=at,
            recorded_by=by,
        )
        close.guard()
        close.full_clean()
        close.save(force_insert=True)
        figures = blobs.values_list("figures", flat=True).get(month=month)
        FrozenMonth.objects.create(close=close, digest=digests[month], figures=figures)
        ClosedBalance.objects.bulk_create(
            [
                ClosedBalance(
                    close=close,
                    month=month,
                    product_id=cell.product,
                    stream_id=cell.stream,
                    is_capital=cell.is_capital,
                    account=cell.account,
                    amount=from_cents(cells[cell]),
                )
                for cell in sorted(by_month[month], key=str)
            ],
            batch_size=2_000,
        )
        closes.append(close)
    if not taken.is_nothing:
        # The first of them took all that was late, so from here on there is nothing left to take.
        late = taken_back(taken, solved[months[0]].inputs)
        SolvedMonth.objects.filter(month=months[0]).update(late=late.packed())
    # What is told of them changes with that: corrections move a closed month no more. So the standings are behind.
    SolvedMonth.objects.filter(month=months[-1]).update(version=F("version") + 1)
    ask_for_refresh()
    log.info("months closed", first=f"{months[0]:%Y-%m}", last=f"{months[-1]:%Y-%m}")
    return closes


def _require_ledger(
    month: date, products: list[int], rolled_up: list[int], ledger: dict[tuple[date, int], int]
) -> None:
    """Refuse where what was rolled up of a month is not what its ledger comes to."""
    figures = dict(zip(products, rolled_up, strict=True))
    owners = {product for of, product in ledger if of == month}
    off = sum(figures.get(one, 0) != ledger.get((month, one), 0) for one in owners | figures.keys())
    if off:
        raise ValidationError(
            {
                "month": f"What was rolled up for {month_name(month)} differs from its ledger in {off} "
                f"product{'' if off == 1 else 's'}. Work the months out anew (manage.py rollup --full), then try again."
            }
        )


@transaction.atomic
def reopen(close: PeriodClose, *, reason: str, by: User | None) -> PeriodClose:
    """Open the last closed month again: its close is retracted, with why, and both are kept.

    Its figures are worked out from its facts again, and so are those of the month after it, which took what came late.
    Raises ValidationError where a later month is closed; repeating it is refused, for the close is retracted already.
    """
    if by is not None:
        access.require(by, close)
    close.lock()
    close = rows.retract(close, reason=reason, by=by)
    through = PeriodClose.objects.through()
    again = {close.month, add_months(close.month, 1)}
    if through is None:
        # With no month closed, none before it is either: those that facts came late for have figures of their own.
        again |= set(
            SolvedMonth.objects.filter(month__lt=close.month).exclude(late=b"").values_list("month", flat=True)
        )
    months = sorted(again)
    make_due(months, cause=f"{month_name(close.month)} was opened again")
    SolvedMonth.objects.filter(month__in=months).update(late=b"")
    ask_for_refresh()
    log.info("month opened again", month=f"{close.month:%Y-%m}")
    return close


# -- what came since ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Since:
    """What came late for a closed month since it was closed, in the base currency; it counts in later months."""

    cost: Decimal
    value: Decimal
    is_moved: bool  #: whether the parts of products are other than nothing, though they may come to nothing together


def came_since(closes: Iterable[PeriodClose]) -> dict[int, Since]:
    """Return what came late since each close that stands, by key; none of closes that were retracted. One query.

    A month's facts come to its figures and what is late for it; its figures have what it took late itself.
    """
    standing = {close.month: close for close in closes if close.retracted_at is None}
    lates = dict(SolvedMonth.objects.filter(month__in=standing).values_list("month", "late"))
    found = {}
    for month, close in standing.items():
        late = unpacked(lates.get(month, b""))
        cost, value = from_cents(late.cost) + close.late_cost, from_cents(late.total_value) + close.late_value
        found[close.pk] = Since(cost, value, not late.is_nothing and not (cost or value))
    return found


@dataclass(frozen=True)
class LateProduct:
    """What is late of one product, in the base currency."""

    product: Product
    ledger: Decimal
    labour: Decimal
    value: Decimal


def late_products(through: date, first: date | None = None) -> list[LateProduct]:
    """Return what the closed months up to one come to beside their figures by product, the most first. Two queries."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for late in stored_late(through, first).values():
        for product, *cents in zip(late.products.tolist(), late.ledger.tolist(), late.labour.tolist(), strict=True):
            sums[product][0] += cents[0]
            sums[product][1] += cents[1]
        for product, value in zip(late.owner.tolist(), late.value.tolist(), strict=True):
            sums[product][2] += value
    products = Product.objects.in_bulk(sums)
    kept = [
        LateProduct(products[product], *map(from_cents, cents))
        for product, cents in sums.items()
        if any(cents) and product in products
    ]
    return sorted(kept, key=lambda one: (-abs(one.ledger + one.labour) - abs(one.value), one.product.name))


def shares_since(close: PeriodClose) -> int:
    """Return how many rows of usage came for a closed month since: they are kept, and move nothing."""
    return Usage.objects.known().filter(month=close.month, recorded_at__gt=close.recorded_at).count()
