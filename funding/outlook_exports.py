"""Outlooks as files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from funding.outlook.figures import Outlook
from funding.outlook.scopes import Row
from portfolio.common import sheets
from portfolio.common.exports import Column, Sheet

_AMOUNTS = (
    "budget allocated transferred carried actual forecast low high without_range spent variance capital operating"
)


def _column(name: str, cells: sheets.Cells = sheets.LONG_AMOUNT) -> Column:
    return Column(name, name, cells)


GROUPS = Sheet(
    "funding-overview",
    (
        _column("by", sheets.CODE),
        _column("code", sheets.TEXT),
        _column("name", sheets.TEXT),
        Column("from", "first", sheets.MONTH),
        Column("to", "last", sheets.MONTH),
        Column("actual_until", "until", sheets.MONTH),
        *map(_column, _AMOUNTS.split()),
        _column("cause", sheets.TEXT),
        _column("cause_amount"),
    ),
)
MONTHS = Sheet(
    "outlook",
    (
        _column("month", sheets.MONTH),
        _column("is_actual", sheets.YES_NO),
        *map(_column, ["budget", "actual", "forecast", "budget_so_far", "spent_so_far", "low_so_far", "high_so_far"]),
    ),
)
PRODUCTS = Sheet(
    "outlook-products",
    (
        Column("product", "code", sheets.CODE),
        _column("name", sheets.TEXT),
        *map(_column, ["budget", "actual", "forecast", "variance"]),
    ),
)
CAUSES = Sheet("variance", (_column("cause", sheets.TEXT), _column("amount")))


@dataclass(frozen=True)
class Group:
    """One row of the overview, flat."""

    by: str
    code: str
    name: str
    first: date
    last: date
    until: date | None
    budget: Decimal
    allocated: Decimal
    transferred: Decimal
    carried: Decimal
    actual: Decimal
    forecast: Decimal
    low: Decimal | None
    high: Decimal | None
    without_range: Decimal
    spent: Decimal
    variance: Decimal
    capital: Decimal
    operating: Decimal
    cause: str
    cause_amount: Decimal | None


def groups(rows: Iterable[Row]) -> Iterator[Group]:
    """Yield the rows of the overview."""
    for row in rows:
        shown = row.outlook
        yield Group(
            by=row.by,
            code=row.code,
            name=row.name,
            first=shown.period.first,
            last=shown.period.last,
            until=shown.book.actual_until,
            low=shown.range.low if shown.range else None,
            high=shown.range.high if shown.range else None,
            cause=shown.cause.name if shown.cause else "",
            cause_amount=shown.cause.amount if shown.cause else None,
            **{name: getattr(shown, name) for name in _AMOUNTS.split() if name not in ("low", "high")},
        )


@dataclass(frozen=True)
class Month:
    """One month of an outlook, flat."""

    month: date
    is_actual: bool
    budget: Decimal
    actual: Decimal
    forecast: Decimal
    budget_so_far: Decimal
    spent_so_far: Decimal
    low_so_far: Decimal | None
    high_so_far: Decimal | None


def months(outlook: Outlook) -> Iterator[Month]:
    """Yield the months of the fiscal year."""
    for line in outlook.months:
        spread = line.range_so_far
        yield Month(
            line.month, line.is_actual, line.budget, line.actual, line.forecast, line.budget_so_far, line.spent_so_far,
            spread.low if spread else None, spread.high if spread else None,
        )  # fmt: skip


@dataclass(frozen=True)
class CauseLine:
    """One cause, as an amount."""

    cause: str
    amount: Decimal


def causes(outlook: Outlook) -> Iterator[CauseLine]:
    """Yield the causes of the variance; they add up to it."""
    for cause in outlook.causes:
        yield CauseLine(cause.name, cause.amount)
