"""Reading what guardrails are held against: the split of any of some days, from a constant number of queries."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Q, QuerySet

from funding.guardrails.frames import Amounts, SplitFrame
from funding.models import Allocation, ExchangeRate, FundingStream, Guardrail, GuardrailKind, Waiver
from portfolio.common.errors import TwofoldError
from portfolio.common.money import base_currency
from portfolio.common.months import add_months, during, fiscal_year, month_of
from products.catalog.labour import labour_by_team
from products.catalog.models import Product, ValueStream


class NoExchangeRate(TwofoldError):
    """Money in another currency cannot be held against a limit."""


class Paid(NamedTuple):
    """An allocation: what is paid a month, in the stream's currency, over the days [starts, ends)."""

    key: int
    product: int
    stream: int
    amount: Decimal
    starts: date
    ends: date | None

    @classmethod
    def of(cls, row: Allocation) -> "Paid":
        """Return an allocation as it is held here."""
        return cls(row.pk, row.product_id, row.stream_id, row.monthly_amount, row.starts, row.ends)

    def holds_on(self, day: date) -> bool:
        """Return whether it pays on a day."""
        return self.starts <= day and (self.ends is None or day < self.ends)


def quarter_of(day: date) -> date:
    """Return the first day of the quarter that a day is in; quarters are those of the fiscal year."""
    first = fiscal_year(day)
    months = (day.year - first.year) * 12 + day.month - first.month
    return add_months(first, months // 3 * 3)


@dataclass(frozen=True, eq=False)
class Books:
    """What was known at a moment of the money, the rules and the products of some days.

    Products, streams and the tree of value streams are as they are described now: only what is recorded has a past.
    """

    days: tuple[date, ...]
    at: datetime | None
    paid: tuple[Paid, ...]
    rules: tuple[Guardrail, ...]
    waivers: tuple[Waiver, ...]
    are_all_asked: bool = False  #: whether the rules are measured on every day, in force or not

    def frame(self, on: date) -> SplitFrame:
        """Return the split of one of the days. Raises NoExchangeRate, with the pair and the day."""
        products, streams = self._products, self._streams
        product_at, stream_at = self._product_at, self._stream_at
        month = month_of(on)
        eve = quarter_of(on) - timedelta(days=1)
        lines: dict[tuple[int, int], float] = {}
        began = np.zeros(len(products))
        for paid in self.paid:
            now, then = paid.holds_on(on), paid.holds_on(eve)
            if not (now or then):
                continue
            # Both at one rate, so that a change of the rate is not taken for one of the money.
            amount = float(paid.amount * self._rate(streams[stream_at[paid.stream]][1], month))
            if now:
                line = product_at[paid.product], stream_at[paid.stream]
                lines[line] = lines.get(line, 0.0) + amount
            if then:
                began[product_at[paid.product]] += amount
        places = np.array(sorted(lines), np.int64).reshape(-1, 2)
        rules = tuple(rule for rule in self.rules if self.are_all_asked or _holds(rule, on))
        return SplitFrame(
            on=on,
            currency=base_currency(),
            product_ids=np.array([row[0] for row in products], np.int64),
            product_names=[row[1] for row in products],
            stages=np.array([row[2] for row in products], np.str_),
            value_streams=np.array([row[3] for row in products], np.int64),
            below=self._below,
            stream_ids=np.array([row[0] for row in streams], np.int64),
            categories=np.array([row[2] for row in streams], np.str_),
            line_products=places[:, 0],
            line_streams=places[:, 1],
            amounts=np.array([lines[line] for line in sorted(lines)], np.float64),
            as_quarter_began=began,
            team_costs=self._team_costs(month, rules),
            rules=rules,
            waivers=self.waivers_on(on),
        )

    def waivers_on(self, day: date) -> list[Waiver]:
        """Return the waivers in force on one of the days, those that end first first."""
        return sorted(
            (one for one in self.waivers if _holds(one, day)), key=lambda one: (one.ends, one.guardrail, one.pk)
        )

    def before(self, recorded: Collection[Allocation], retracted: Collection[Allocation]) -> "Books":
        """Return the books as they stood before these allocations were recorded and those retracted."""
        new = {row.pk for row in recorded}
        back = {row.pk: Paid.of(row) for row in retracted if row.pk not in new}
        kept = {paid.key: paid for paid in self.paid if paid.key not in new}
        return replace(self, paid=tuple((kept | back).values()))

    @cached_property
    def _products(self) -> list[tuple[int, str, str, int]]:
        rows = Product.objects.order_by("pk").values_list("pk", "name", "stage", "value_stream_id")
        return list(rows)

    @cached_property
    def _product_at(self) -> dict[int, int]:
        return {row[0]: index for index, row in enumerate(self._products)}

    @cached_property
    def _streams(self) -> list[tuple[int, str, str]]:
        return list(FundingStream.objects.order_by("pk").values_list("pk", "currency", "category"))

    @cached_property
    def _stream_at(self) -> dict[int, int]:
        return {row[0]: index for index, row in enumerate(self._streams)}

    @cached_property
    def _below(self) -> dict[int, frozenset[int]]:
        """Return the value streams below each that a rule or a waiver names, itself among them."""
        named = {row.value_stream_id for row in (*self.rules, *self.waivers)}
        wanted = {stream for stream in named if stream is not None}
        if not wanted:
            return {}
        children: dict[int | None, list[int]] = {}
        for stream, parent in ValueStream.objects.order_by().values_list("pk", "parent_id"):
            children.setdefault(parent, []).append(stream)
        below = {}
        for root in wanted:
            found, waiting = set(), [root]
            while waiting:
                stream = waiting.pop()
                if stream not in found:
                    found.add(stream)
                    waiting.extend(children.get(stream, ()))
            below[root] = frozenset(found)
        return below

    @cached_property
    def _rates(self) -> dict[str, list[tuple[date, date | None, Decimal]]]:
        found: dict[str, list[tuple[date, date | None, Decimal]]] = {}
        rows = ExchangeRate.objects.known(self.at).filter(base=base_currency())
        for currency, starts, ends, rate in rows.values_list("currency", "starts", "ends", "rate"):
            found.setdefault(currency, []).append((starts, ends, rate))
        return found

    def _rate(self, currency: str, month: date) -> Decimal:
        if currency == base_currency():
            return Decimal(1)
        for starts, ends, rate in self._rates.get(currency, ()):
            if starts <= month and (ends is None or ends > month):
                return rate
        raise NoExchangeRate(
            f"There is no exchange rate from {currency} to {base_currency()} on {month}, so that money in {currency} "
            "cannot be held against the guardrails. Record a rate that covers that day, then try again."
        )

    @cached_property
    def _labour(self) -> dict[date, dict[int, dict[int, int]]]:
        """Return what teams cost in the months of the days; nothing is read where no rule asks for it."""
        if not any(rule.kind == GuardrailKind.TEAM for rule in self.rules):
            return {}
        months = sorted({month_of(day) for day in self.days})
        return labour_by_team(months, self._known, to_base=self._rate)

    def _known(self, model: Any) -> QuerySet:
        return model.objects.known(self.at)

    def _team_costs(self, month: date, rules: Iterable[Guardrail]) -> dict[int, Amounts]:
        if not any(rule.kind == GuardrailKind.TEAM for rule in rules):
            return {}
        costs = {}
        for team, cents in self._labour.get(month, {}).items():
            costs[team] = np.zeros(len(self._products))
            for product, amount in cents.items():
                costs[team][self._product_at[product]] = amount / 100
        return costs


def _holds(row: Guardrail | Waiver, day: date) -> bool:
    return row.starts <= day and (row.ends is None or day < row.ends)


def read_books(days: Iterable[date], known: datetime | None = None, *, of: Guardrail | None = None) -> Books:
    """Return the books of some days, as known at a moment, now without one; `of` one guardrail, on all of them.

    At most a dozen queries, whatever there is and however many days: three now, the others when a frame asks.
    """
    asked = tuple(sorted(set(days)))
    if not asked:
        raise ValueError("Give at least one day to read the books of.")
    first, after = quarter_of(asked[0]) - timedelta(days=1), asked[-1] + timedelta(days=1)
    span = during(asked[0], after)
    paid = Allocation.objects.known(known).filter(during(first, after)).order_by("pk")
    columns = ("pk", "product_id", "stream_id", "monthly_amount", "starts", "ends")
    return Books(
        days=asked,
        at=known,
        paid=tuple(map(Paid._make, paid.values_list(*columns))),
        rules=(of,) if of else tuple(Guardrail.objects.known(known).filter(span).for_table()),
        waivers=tuple(Waiver.objects.known(known).filter(span).for_table()),
        are_all_asked=of is not None,
    )


def quarter_ends(on: date, count: int) -> list[date]:
    """Return the last days of the `count` quarters before that of a day, oldest first, and the day itself."""
    first = quarter_of(on)
    return [add_months(first, -3 * back) - timedelta(days=1) for back in reversed(range(count))] + [on]


def frame(on: date, known: datetime | None = None) -> SplitFrame:
    """Return the split of a day, as known at a moment, now without one: at most a dozen queries.

    Raises NoExchangeRate where money cannot be converted.
    """
    return read_books([on], known).frame(on)


def waivers_in_force(on: date, known: datetime | None = None, rule: str = "") -> list[Waiver]:
    """Return the waivers in force on a day, as known at a moment, those that end first first; of one rule or of all."""
    waivers = Waiver.objects.known(known).current(on).for_table()
    of_rule = Q(guardrail=rule) if rule else Q()
    return list(waivers.filter(of_rule).order_by("ends", "guardrail", "pk"))
