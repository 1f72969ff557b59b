"""Budget, actual and forecast of a stream, a product, a value stream or the whole: sums of a book's lines."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from funding.outlook import ranges
from funding.outlook.causes import Cause, causes
from funding.outlook.lines import (
    BOOKED,
    CARRIED,
    CHANGED,
    COMMITTED,
    DATED,
    FORECAST,
    PEOPLE,
    PLAN,
    RATES,
    RECURRING,
    TRANSFERRED,
    UNCERTAIN,
)
from funding.outlook.periods import Period
from funding.outlook.reading import Book
from portfolio.common.spreading import from_cents

Accounts = dict[str | None, int]
Key = tuple[str, Any]  #: by what, and which of it
Keys = Callable[[int | None, int | None], Iterable[Key]]


def _counts() -> defaultdict:
    return defaultdict(int)


@dataclass
class Sums:
    """The lines of one group, added up, in cents."""

    budget: dict[tuple[date, str], int] = field(default_factory=_counts)  #: by month and kind
    spent: dict[tuple[date, str, bool], int] = field(default_factory=_counts)  #: by month, kind and capital
    accounts: Accounts = field(default_factory=_counts)  #: of the period, commitments left out
    year_before: Accounts = field(default_factory=_counts)
    corrections: Accounts = field(default_factory=_counts)
    rates: Accounts = field(default_factory=_counts)
    uncertain: dict[int, dict[date, int]] = field(default_factory=lambda: defaultdict(_counts))


def summed(book: Book, keys: Keys) -> dict[Key, Sums]:
    """Return the sums of each group; `keys(product, stream)` names the groups that a line belongs to."""
    found: dict[Key, Sums] = defaultdict(Sums)
    kept: dict[tuple[int | None, int | None], list[Sums]] = {}

    def groups(product: int | None, stream: int | None) -> list[Sums]:
        if (product, stream) not in kept:
            kept[product, stream] = [found[key] for key in keys(product, stream)]
        return kept[product, stream]

    first, last = book.period.first, book.period.last
    for budgeted, cents in book.budget.items():
        for group in groups(budgeted.product, budgeted.stream):
            group.budget[budgeted.month, budgeted.kind] += cents
    for line, cents in book.spent.items():
        for group in groups(line.product, line.stream):
            group.spent[line.month, line.kind, line.is_capital] += cents
            if line.kind in UNCERTAIN:
                group.uncertain[line.product][line.month] += cents
            if line.kind != COMMITTED and first <= line.month <= last:
                group.accounts[line.account] += cents
    for name in ("year_before", "corrections", "rates"):
        for effect, cents in getattr(book, name).items():
            for group in groups(effect.product, effect.stream):
                getattr(group, name)[effect.account] += cents
    return found


@dataclass(frozen=True)
class Range:
    """The 5th and the 95th percentile of an amount, and the middle half of it."""

    low: Decimal
    high: Decimal
    inner_low: Decimal
    inner_high: Decimal


@dataclass(frozen=True)
class MonthLine:
    """One month: its own amounts, and what they have come to since the fiscal year began."""

    month: date
    is_actual: bool
    budget: Decimal
    actual: Decimal
    forecast: Decimal
    budget_so_far: Decimal
    spent_so_far: Decimal
    range_so_far: Range | None  #: of what is spent so far, in months that are forecast

    @property
    def spent(self) -> Decimal:
        """What was or will be spent."""
        return self.actual + self.forecast


class Outlook:
    """The figures of one group over a period; amounts in the base currency, parts that add up to their totals."""

    def __init__(self, book: Book, sums: Sums):
        self.book, self.sums = book, sums
        self.period: Period = book.period

    def _budget(self, *kinds: str) -> int:
        first, last = self.period.first, self.period.last
        return sum(
            cents for (month, kind), cents in self.sums.budget.items() if kind in kinds and first <= month <= last
        )

    def _spent(self, *kinds: str, is_capital: bool | None = None) -> int:
        first, last = self.period.first, self.period.last
        return sum(
            cents
            for (month, kind, capital), cents in self.sums.spent.items()
            if kind in kinds and first <= month <= last and is_capital in (None, capital)
        )

    @cached_property
    def allocated(self) -> Decimal:
        """What was allocated to products."""
        return from_cents(self._budget(PLAN, CHANGED, RATES))

    @cached_property
    def transferred(self) -> Decimal:
        """What streams got from others; below zero what they gave."""
        return from_cents(self._budget(TRANSFERRED))

    @cached_property
    def carried(self) -> Decimal:
        """What was taken along from the fiscal year before."""
        return from_cents(self._budget(CARRIED))

    @property
    def budget(self) -> Decimal:
        """All that there is to spend."""
        return self.allocated + self.transferred + self.carried

    @cached_property
    def actual(self) -> Decimal:
        """What the books have, up to the last whole month."""
        return from_cents(self._spent(BOOKED))

    @cached_property
    def forecast(self) -> Decimal:
        """What will be spent in the months after that."""
        return from_cents(self._spent(*FORECAST))

    @property
    def spent(self) -> Decimal:
        """What was and will be spent."""
        return self.actual + self.forecast

    @property
    def variance(self) -> Decimal:
        """What is left of the budget; below zero what it lacks."""
        return self.budget - self.spent

    @cached_property
    def capital(self) -> Decimal:
        """The part of what is spent that makes something that lasts."""
        return from_cents(self._spent(BOOKED, *FORECAST, is_capital=True))

    @property
    def operating(self) -> Decimal:
        """The other part."""
        return self.spent - self.capital

    @cached_property
    def forecast_by_kind(self) -> dict[str, Decimal]:
        """What the forecast is made of."""
        return {kind: from_cents(self._spent(kind)) for kind in (PEOPLE, RECURRING, COMMITTED, DATED)}

    @cached_property
    def without_range(self) -> Decimal:
        """The part of the forecast that no history gives a range."""
        first, last = self.period.first, self.period.last
        return from_cents(
            sum(
                cents
                for product, months in self.sums.uncertain.items()
                if product not in self.book.spreads
                for month, cents in months.items()
                if first <= month <= last
            )
        )

    @cached_property
    def range(self) -> Range | None:
        """The range of the forecast; None where there is none, or no history to tell it by."""
        return self._range(self.forecast, self.period.first, self.period.last)

    def _range(self, amount: Decimal, first: date, last: date) -> Range | None:
        within = {
            product: [cents for month, cents in months.items() if first <= month <= last]
            for product, months in self.sums.uncertain.items()
        }
        within = {product: months for product, months in within.items() if any(months)}
        if not within.keys() & self.book.spreads.keys():
            return None
        off = ranges.deviation(within, self.book.spreads)
        wide, half = (from_cents(round(off * times)) for times in (ranges.NINETY, ranges.FIFTY))
        return Range(amount - wide, amount + wide, amount - half, amount + half)

    @cached_property
    def causes(self) -> list[Cause]:
        """Why budget and spending differ; they add up to the variance."""
        return causes(
            plan=self._budget(PLAN),
            changed=self._budget(CHANGED),
            budget_rates=self._budget(RATES),
            moved=self._budget(TRANSFERRED, CARRIED),
            spent=self.sums.accounts,
            committed=self._spent(COMMITTED),
            corrections=self.sums.corrections,
            spent_rates=self.sums.rates,
            year_before=self.sums.year_before,
        )

    @property
    def cause(self) -> Cause | None:
        """The largest cause that points the way of the variance; None where nothing differs."""
        sign = 1 if self.variance > 0 else -1
        return next((cause for cause in self.causes if cause.cents * sign > 0), None) if self.variance else None

    @cached_property
    def months(self) -> list[MonthLine]:
        """The months of the fiscal year."""
        budget: Mapping[date, int] = _by_month(self.sums.budget)
        booked = _by_month({key: cents for key, cents in self.sums.spent.items() if key[1] == BOOKED})
        ahead = _by_month({key: cents for key, cents in self.sums.spent.items() if key[1] != BOOKED})
        found, budget_so_far, spent_so_far = [], 0, 0
        year = self.period.year
        for month in year.months:
            budget_so_far += budget.get(month, 0)
            spent_so_far += booked.get(month, 0) + ahead.get(month, 0)
            is_actual = self.book.actual_until is not None and month <= self.book.actual_until
            so_far = from_cents(spent_so_far)
            found.append(
                MonthLine(
                    month,
                    is_actual,
                    from_cents(budget.get(month, 0)),
                    from_cents(booked.get(month, 0)),
                    from_cents(ahead.get(month, 0)),
                    from_cents(budget_so_far),
                    so_far,
                    None if is_actual else self._range(so_far, year.first, month),
                )
            )
        return found

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show in the whole fiscal year."""
        return not self.sums.budget and not self.sums.spent


def _by_month(lines: Mapping[tuple, int]) -> dict[date, int]:
    found: dict[date, int] = defaultdict(int)
    for (month, *_), cents in lines.items():
        found[month] += cents
    return found
