"""What a funding stream gave and what was spent of it, by fiscal year and product, to the cent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from funding.models import Allocation, FundingStream, LedgerEntry
from portfolio.common.money import base_currency
from portfolio.common.months import (
    add_months,
    fiscal_year,
    fiscal_year_name,
    last_day,
    month_of,
    month_range,
    today,
)
from portfolio.common.spreading import from_cents
from products.catalog.models import Product


@dataclass(frozen=True)
class Line:
    """What was allocated, in the stream's currency, and spent, in the base currency; left where these are the same."""

    allocated: Decimal
    spent: Decimal
    is_one_currency: bool
    name: str = ""
    product: Product | None = None
    year: date | None = None

    @property
    def left(self) -> Decimal | None:
        """What is not spent yet; no figure across two currencies."""
        return self.allocated - self.spent if self.is_one_currency else None


@dataclass(frozen=True)
class StreamFigures:
    """The figures of one stream, as known at a moment."""

    stream: FundingStream
    allocations: list[Allocation]
    months: list[date]
    allocated: Mapping[tuple[int, date], int]  #: product and month -> cents of the stream's currency
    spent: Mapping[tuple[int, date], int]  #: product and month -> cents of the base currency
    products: Mapping[int, Product]

    @property
    def is_one_currency(self) -> bool:
        """Whether the stream pays in the base currency, so that what is left can be told."""
        return self.stream.currency == base_currency()

    def _lines(self, key: Callable[[int, date], Any]) -> dict[Any, Line]:
        """Return a line for each `key(product, month)`, None left out: one pass over the figures."""
        sums: dict[Any, list[int]] = {}
        for place, cents in enumerate((self.allocated, self.spent)):
            for (product, month), part in cents.items():
                group = key(product, month)
                if group is not None:
                    sums.setdefault(group, [0, 0])[place] += part
        return {
            group: Line(from_cents(allocated), from_cents(spent), self.is_one_currency)
            for group, (allocated, spent) in sums.items()
        }

    def _nothing(self) -> Line:
        return Line(from_cents(0), from_cents(0), self.is_one_currency)

    def years(self) -> list[Line]:
        """Return a line for each fiscal year, latest first."""
        lines = self._lines(lambda product, month: fiscal_year(month))
        years = sorted({fiscal_year(month) for month in self.months}, reverse=True)
        return [replace(lines.get(year, self._nothing()), name=fiscal_year_name(year), year=year) for year in years]

    def by_product(self, year: date) -> list[Line]:
        """Return a line for each product that was paid or spent in a fiscal year, most first."""
        lines = self._lines(lambda product, month: product if fiscal_year(month) == year else None)
        named = [
            replace(line, name=self.products[owner].name, product=self.products[owner]) for owner, line in lines.items()
        ]
        return sorted(named, key=lambda line: (-line.allocated, -line.spent, line.name))

    def in_year(self, year: date) -> Line:
        """Return the line of a fiscal year."""
        lines = self._lines(lambda product, month: year if fiscal_year(month) == year else None)
        return replace(lines.get(year, self._nothing()), name=fiscal_year_name(year), year=year)

    def total(self) -> Line:
        """Return the line of all fiscal years together."""
        return self._lines(lambda product, month: True).get(True, self._nothing())

    def by_month(self) -> list[tuple[date, Decimal, Decimal]]:
        """Return for each month what was allocated and what was spent."""
        lines = self._lines(lambda product, month: month)
        shown = [(month, lines.get(month, self._nothing())) for month in self.months]
        return [(month, line.allocated, line.spent) for month, line in shown]


def stream_figures(stream: FundingStream, at: datetime | None = None) -> StreamFigures:
    """Return the figures of `stream` as known at a moment, now without one: four queries.

    They go from its first allocation or entry to the end of this fiscal year, or of a later one in which an entry
    falls or an allocation starts or, within ten years, ends; an open allocation is not counted beyond.
    """
    allocations = list(stream.allocations.known(at).select_related("product").order_by("-starts", "product__name"))
    spent = LedgerEntry.objects.known(at).filter(stream=stream).cents_by_product_month()
    days = [row.starts for row in allocations] + [month for _, month in spent]
    if not days:
        return StreamFigures(stream, [], [], {}, {}, {})
    horizon = add_months(fiscal_year(today()), 131)
    ends = [min(last_day(row.ends), horizon) for row in allocations if row.ends]
    last = add_months(fiscal_year(max([today(), *days, *ends])), 11)
    allocated: dict[tuple[int, date], int] = {}
    for row in allocations:
        for month, cents in row.cents_by_month(min(days), last).items():
            key = row.product_id, month
            allocated[key] = allocated.get(key, 0) + cents
    owners = {owner for owner, _ in [*allocated, *spent]}
    return StreamFigures(
        stream,
        allocations,
        list(month_range(month_of(min(days)), last)),
        allocated,
        spent,
        Product.objects.in_bulk(owners),
    )
