"""What will be spent: what is known of later months, the teams, and what a product spends month after month.

In a later month a product spends

1. what the books have for that month already (`dated`),
2. what is agreed and not in the books (`committed`),
3. what its teams cost, where no line of its ledger's last twelve months pays for them (`people`),
4. in each account, what it spent there a month over its last twelve months, less what 1 and 2 already have in that
   account and month, and never beyond nothing (`recurring`): an order in an account that the product spends on anyway
   is not counted twice.

Twelve months are fewer where a product's books begin later.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from funding.booked import Cell
from funding.outlook.lines import PEOPLE, RECURRING, Spent, rounded, shared
from portfolio.common.months import add_months

HABIT = 12  # months that a habit is taken from

Streams = dict[int | None, int]


class Account(NamedTuple):
    """What a habit is told by."""

    product: int
    account: str
    is_capital: bool


class Habits:
    """What products spend month after month, as the books have it up to the last whole month."""

    def __init__(self, cells: Mapping[Cell, int], until: date):
        first = add_months(until, 1 - HABIT)
        self.by_stream: dict[Account, Streams] = defaultdict(lambda: defaultdict(int))
        self.of_product: dict[int, Streams] = defaultdict(lambda: defaultdict(int))
        begins: dict[int, date] = {}
        for cell, cents in cells.items():
            if cell.month > until:
                continue
            begins[cell.product] = min(begins.get(cell.product, until), cell.month)
            if cell.month >= first:
                self.by_stream[Account(cell.product, cell.account, cell.is_capital)][cell.stream] += cents
                self.of_product[cell.product][cell.stream] += cents
        self.months = {product: min(HABIT, _months_between(start, until)) for product, start in begins.items()}
        self.mean = {
            account: rounded(Decimal(sum(streams.values())) / self.months[account.product])
            for account, streams in self.by_stream.items()
        }

    def drawn_from(self, account: Account, cents: int) -> Streams:
        """Return cents of an account by the streams that it was paid from."""
        streams = self.by_stream[account]
        if not sum(streams.values()):
            return {next(iter(streams), None): cents}
        return shared(cents, streams)

    def streams_of(self, product: int) -> Streams:
        """Return what a product drew from each stream, where that is above zero."""
        return {stream: cents for stream, cents in self.of_product.get(product, {}).items() if cents > 0}


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def recurring(habits: Habits, months: Iterable[date], known: Mapping[Spent, int]) -> dict[Spent, int]:
    """Return what recurs in later months, besides the lines of those months that are known."""
    covered: dict[tuple[date, Account], int] = defaultdict(int)
    for line, cents in known.items():
        covered[line.month, Account(line.product, line.account or "", line.is_capital)] += cents
    whole = {account: habits.drawn_from(account, mean) for account, mean in habits.mean.items() if mean}
    found: dict[Spent, int] = {}
    for month in months:
        for account, parts in whole.items():
            if already := covered.get((month, account)):
                mean = habits.mean[account]
                left = max(0, min(mean, mean - already)) if mean > 0 else min(0, max(mean, mean - already))
                parts = habits.drawn_from(account, left)
            for stream, cents in parts.items():
                if cents:
                    line = Spent(month, account.product, stream, account.is_capital, account.account, RECURRING)
                    found[line] = cents
    return found


def people(
    labour: Mapping[date, Mapping[int, int]],
    in_books: Collection[int],
    habits: Habits | None,
    allocated: Mapping[tuple[date, int], Mapping[int, int]],
) -> dict[Spent, int]:
    """Return what teams cost that the books do not pay for, by the streams that pay their product.

    Those are the streams that its last twelve months were drawn from; where it has none, those that it is allocated
    money from in that month; else none.
    """
    found: dict[Spent, int] = {}
    for month, by_product in labour.items():
        for product, cents in by_product.items():
            if product in in_books:
                continue
            weights: Mapping[int | None, int] = habits.streams_of(product) if habits else {}
            if not weights:
                weights = {stream: paid for stream, paid in allocated.get((month, product), {}).items() if paid > 0}
            for stream, part in (shared(cents, weights) if weights else {None: cents}).items():
                found[Spent(month, product, stream, False, None, PEOPLE)] = part
    return found
