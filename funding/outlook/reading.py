"""Reading what an outlook rests on: budgets, the books, teams and commitments, month by month, in the base currency.

About twenty queries for a period, whatever the number of products and streams.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Max, Model, QuerySet

from funding.booked import Cell, booked, late
from funding.models import Allocation, CarryForward, Commitment, ExchangeRate, FundingStream, LedgerEntry, Transfer
from funding.outlook.forecasting import HABIT, Habits, people, recurring
from funding.outlook.lines import (
    BOOKED,
    CARRIED,
    CHANGED,
    COMMITTED,
    DATED,
    PLAN,
    RATES,
    TRANSFERRED,
    Budgeted,
    Effect,
    Spent,
    rounded,
)
from funding.outlook.periods import Period, Span
from funding.outlook.ranges import HISTORY, spreads
from portfolio.common.money import base_currency
from portfolio.common.months import add_months, during, month_of, month_range, today
from portfolio.common.spreading import parts_by_month, to_cents
from products.catalog.labour import labour_by_product
from products.catalog.models import Product, ValueStream

ONE = Decimal(1)


class Owner(NamedTuple):
    """A product, as far as an outlook knows it."""

    pk: int
    code: str
    name: str
    value_stream: int


@dataclass(frozen=True)
class Book:
    """All lines of the fiscal year that a period lies in, in cents of the base currency, as known at a moment."""

    period: Period
    at: datetime | None
    actual_until: date | None  #: the last month that the books have whole; None where they have none
    budget: Mapping[Budgeted, int]
    spent: Mapping[Spent, int]
    year_before: Mapping[Effect, int]  #: what was spent in the twelve months before the period, `month` the last one
    corrections: Mapping[Effect, int]  #: what is booked in months of the period for earlier ones
    rates: Mapping[Effect, int]  #: what exchange rates moved since the period's first day
    spreads: Mapping[int, float]  #: how far a month of a product is off, of those with a history
    products: Mapping[int, Owner]
    streams: Mapping[int, FundingStream]
    value_streams: Mapping[int, ValueStream]
    without_rate: tuple[str, ...]  #: currencies that no rate is known of at all; their amounts are left out


def read(period: Period, at: datetime | None = None) -> Book:
    """Return what is known of the fiscal year that `period` lies in; now, or as known at a moment."""
    return _Reader(period, at).book(period)


@dataclass(frozen=True)
class Ahead:
    """What some products are allocated, and what they spend or will, by product and month, in cents."""

    allocated: Mapping[tuple[int, date], int]
    spent: Mapping[tuple[int, date], int]
    actual_until: date | None  #: the last month that the books have whole; None where they have none
    without_rate: tuple[str, ...]  #: currencies that no rate is known of at all; their amounts are left out


def read_ahead(span: Span, products: Collection[int], at: datetime | None = None) -> Ahead:
    """Return what some products are allocated and spend in months that may lie years ahead.

    By the rules of an outlook: what is booked, agreed, paid to teams and recurring. Allocations go on as they stand.
    """
    return _Reader(span, at, products).ahead_of_products()


def actual_until(at: datetime | None = None) -> date | None:
    """Return the last month that is over and has costs in the books, as known at a moment; None without any."""
    tomorrow = date.fromordinal(_day(at).toordinal() + 1)
    over = add_months(month_of(tomorrow), -1)
    last = LedgerEntry.objects.known(at).filter(month__lte=over).aggregate(last=Max("last_month"))["last"]
    return min(last, over) if last else None


def _day(at: datetime | None) -> date:
    """Return the day that figures are looked at from."""
    return min(today(), at.date()) if at else today()


class Rates:
    """Exchange rates into the base currency: that of a day, else the last one before it, else the first one after."""

    def __init__(self, rows: Iterable[tuple[str, date, date | None, Decimal]]):
        self.of: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for currency, starts, _, rate in sorted(rows, key=lambda row: row[1]):
            self.of[currency].append((starts, rate))
        self.missing: set[str] = set()
        self.base = base_currency()

    def on(self, currency: str, day: date) -> Decimal:
        """Return what a unit of a currency is in the base currency; nothing, and it is noted, where no rate is known.

        A rate that has ended goes on: a budget of next year is converted before next year's rates are known.
        """
        if currency == self.base:
            return ONE
        known = self.of.get(currency)
        if not known:
            self.missing.add(currency)
            return Decimal(0)
        return next((rate for starts, rate in reversed(known) if starts <= day), known[0][1])


class _Reader:
    """Reads one fiscal year, or a span of months, of all products or of some."""

    def __init__(self, period: Period | Span, at: datetime | None, products: Collection[int] | None = None):
        self.period, self.year, self.at, self.products = period, period.year, at, products
        self.until = actual_until(at)
        self.rates = Rates(
            self.known(ExchangeRate).filter(base=base_currency()).values_list("currency", "starts", "ends", "rate")
        )

    def known(self, model: type[Model]) -> QuerySet:
        """Return the rows of a model that count."""
        rows = model.objects.known(self.at)  # type: ignore[attr-defined]
        if self.products is not None and model in (Allocation, Commitment, LedgerEntry):
            return rows.filter(product__in=self.products)
        return rows

    @property
    def ahead(self) -> list[date]:
        """The months of the year that are forecast."""
        start = month_of(_day(self.at)) if self.until is None else add_months(self.until, 1)
        return list(month_range(max(start, self.year.first), self.year.last))

    @property
    def compared(self) -> list[date]:
        """The year before the period, as far as there are actuals."""
        if self.until is None:
            return []
        last = min(add_months(self.period.first, -1), self.until)
        return list(month_range(add_months(last, 1 - HABIT), last))

    def book(self, period: Period) -> Book:
        first = min([self.year.first, *self.compared, *([add_months(self.until, 1 - HISTORY)] if self.until else [])])
        cells = booked(first, self.year.last, at=self.at)
        habits = Habits(cells, self.until) if self.until else None
        streams = {row.pk: row for row in FundingStream.objects.order_by("name", "pk")}
        budget = self.budget(streams)
        in_books = self.paid_in_books()
        spent = self.spent(cells, habits, in_books, budget)
        return Book(
            period=period,
            at=self.at,
            actual_until=self.until,
            budget=budget,
            spent=spent,
            year_before=self.year_before(cells, habits, in_books),
            corrections=self.corrections(),
            rates=self.moved_rates(),
            spreads=spreads(self.histories(cells)),
            products={
                row[0]: Owner(*row) for row in Product.objects.values_list("pk", "code", "name", "value_stream_id")
            },
            streams=streams,
            value_streams={row.pk: row for row in ValueStream.objects.all().as_tree()},
            without_rate=tuple(sorted(self.rates.missing)),
        )

    def ahead_of_products(self) -> Ahead:
        """Return what the products are allocated and spend in the span."""
        first = min([self.year.first, *([add_months(self.until, 1 - HABIT)] if self.until else [])])
        cells = booked(first, self.year.last, at=self.at, products=self.products)
        habits = Habits(cells, self.until) if self.until else None
        budget = self.budget({row.pk: row for row in FundingStream.objects.order_by("pk")})
        spent = self.spent(cells, habits, self.paid_in_books(), budget)
        allocated_sums: dict[tuple[int, date], int] = defaultdict(int)
        spent_sums: dict[tuple[int, date], int] = defaultdict(int)
        for budgeted, cents in budget.items():
            if budgeted.product is not None:
                allocated_sums[budgeted.product, budgeted.month] += cents
        for line, cents in spent.items():
            spent_sums[line.product, line.month] += cents
        return Ahead(allocated_sums, spent_sums, self.until, tuple(sorted(self.rates.missing)))

    def spent(
        self,
        cells: Mapping[Cell, int],
        habits: Habits | None,
        in_books: set[int],
        budget: Mapping[Budgeted, int],
    ) -> dict[Spent, int]:
        """Return what is booked, and what is to come in later months."""
        spent = self.of_books(cells) | self.committed()
        if habits:
            spent |= recurring(
                habits, self.ahead, {line: cents for line, cents in spent.items() if line.kind != BOOKED}
            )
        return spent | people(self.labour(self.ahead), in_books, habits, _allocated(budget))

    def budget(self, streams: Mapping[int, FundingStream]) -> dict[Budgeted, int]:
        """Return what streams allocate, give each other and take along from the year before."""
        found: dict[Budgeted, int] = defaultdict(int)
        year, start = self.year, self.period.first
        rows = self.known(Allocation).filter(during(year.first, year.after)).order_by("pk")
        for row in rows:
            currency = streams[row.stream_id].currency
            then = self.rates.on(currency, start)
            paid = row.cents_by_month(year.first, year.last)
            planned = to_cents(row.monthly_amount) if row.holds_on(start) else 0
            for month in year.months:
                cents = paid.get(month, 0)
                now = self.rates.on(currency, month)
                where = month, row.product_id, row.stream_id
                if month < start:
                    found[Budgeted(*where, PLAN)] += _converted(cents, now)
                    continue
                plan, at_then = _converted(planned, then), _converted(cents, then)
                found[Budgeted(*where, PLAN)] += plan
                found[Budgeted(*where, CHANGED)] += at_then - plan
                found[Budgeted(*where, RATES)] += _converted(cents, now) - at_then
        for transfer in self.known(Transfer).filter(moved_on__gte=year.first, moved_on__lt=year.after):
            month, cents = month_of(transfer.moved_on), to_cents(transfer.base_amount)
            found[Budgeted(month, None, transfer.from_stream_id, TRANSFERRED)] -= cents
            found[Budgeted(month, None, transfer.to_stream_id, TRANSFERRED)] += cents
        for carried in self.known(CarryForward).filter(year=year.first):
            rate = self.rates.on(streams[carried.stream_id].currency, year.first)
            found[Budgeted(year.first, None, carried.stream_id, CARRIED)] += _converted(to_cents(carried.amount), rate)
        return {line: cents for line, cents in found.items() if cents}

    def of_books(self, cells: Mapping[Cell, int]) -> dict[Spent, int]:
        """Return what the books have of the year, up to the last whole month and dated later."""
        until = self.until or date.min
        return {
            Spent(*cell, BOOKED if cell.month <= until else DATED): cents
            for cell, cents in cells.items()
            if cell.month >= self.year.first
        }

    def committed(self) -> dict[Spent, int]:
        """Return what is agreed for the months ahead and not in the books."""
        if not self.ahead:
            return {}
        found: dict[Spent, int] = defaultdict(int)
        for row in self.known(Commitment).filter(settled_on=None, ends__gt=self.ahead[0], starts__lt=self.year.after):
            for month, cents in row.cents_by_month().items():
                if self.ahead[0] <= month <= self.year.last:
                    where = month, row.product_id, row.stream_id, row.is_capital, row.account
                    found[Spent(*where, COMMITTED)] += cents
        return dict(found)

    def paid_in_books(self) -> set[int]:
        """Return the products whose own people the books have paid for in the last twelve months."""
        if self.until is None:
            return set()
        entries = self.known(LedgerEntry).filter(includes_labour=True).order_by()
        recent = entries.touching(add_months(self.until, 1 - HABIT), add_months(self.until, 1))
        return set(recent.values_list("product_id", flat=True).distinct())

    def labour(self, months: list[date]) -> dict[date, dict[int, int]]:
        """Return what teams cost in months in a row, by product."""
        return labour_by_product(months, self.known, self.products, to_base=self.rates.on) if months else {}

    def year_before(self, cells: Mapping[Cell, int], habits: Habits | None, in_books: set[int]) -> dict[Effect, int]:
        """Return what was spent in the year before the period, teams that the books do not pay for among it."""
        months = self.compared
        if not months:
            return {}
        found: dict[Effect, int] = defaultdict(int)
        for cell, cents in cells.items():
            if months[0] <= cell.month <= months[-1]:
                found[Effect(months[-1], cell.product, cell.stream, cell.account)] += cents
        for line, cents in people(self.labour(months), in_books, habits, {}).items():
            found[Effect(months[-1], line.product, line.stream, None)] += cents
        return dict(found)

    def corrections(self) -> dict[Effect, int]:
        """Return what the books count in a month of the period for months that were closed already."""
        found: dict[Effect, int] = defaultdict(int)
        for cell, cents in late(at=self.at).items():
            if self.period.first <= cell.month <= min(self.period.last, self.until or date.min):
                found[Effect(cell.month, cell.product, cell.stream, cell.account)] += cents
        return dict(found)

    def moved_rates(self) -> dict[Effect, int]:
        """Return by how much entries in other currencies cost more than at the rates of the period's first day."""
        first, after = self.period.first, self.period.after
        entries = self.known(LedgerEntry).exclude(currency=base_currency()).touching(first, after).order_by("pk")
        found: dict[Effect, int] = defaultdict(int)
        rows = entries.values_list(
            "product_id", "stream_id", "account", "currency", "amount", "base_amount", "starts", "ends"
        )
        for *of, currency, amount, base_amount, starts, ends in rows:
            rate = self.rates.on(currency, first)
            own, base = (parts_by_month(to_cents(one), starts, ends) for one in (amount, base_amount))
            for month, cents in base.items():
                if rate and first <= month < after:
                    found[Effect(month, *of)] += cents - _converted(own[month], rate)
        return {effect: cents for effect, cents in found.items() if cents}

    def histories(self, cells: Mapping[Cell, int]) -> dict[int, list[int]]:
        """Return the costs of each product's last months, from the first that the books have."""
        if self.until is None:
            return {}
        months = list(month_range(add_months(self.until, 1 - HISTORY), self.until))
        place = {month: number for number, month in enumerate(months)}
        sums: dict[int, list[int]] = defaultdict(lambda: [0] * len(months))
        begins: dict[int, int] = {}
        for cell, cents in cells.items():
            if (number := place.get(cell.month)) is not None:
                sums[cell.product][number] += cents
                begins[cell.product] = min(begins.get(cell.product, number), number)
        return {product: costs[begins[product] :] for product, costs in sums.items()}


def _converted(cents: int, rate: Decimal) -> int:
    """Return cents of another currency in the base currency; most are in that one already."""
    return cents if rate == ONE else rounded(cents * rate)


def _allocated(budget: Mapping[Budgeted, int]) -> dict[tuple[date, int], dict[int, int]]:
    """Return what each product is allocated in each month, by stream."""
    found: dict[tuple[date, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for line, cents in budget.items():
        if line.product is not None:
            found[line.month, line.product][line.stream] += cents
    return found
