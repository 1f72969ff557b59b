"""The history of funding that anyone can read: since when, from what to what a month, by whom and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from funding.models import Allocation, ExchangeRate, FundingStream
from funding.stability import Stability, stability
from portfolio.common.models import User
from portfolio.common.money import base_currency, to_cent
from portfolio.common.months import today
from products.catalog.models import Product

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Event:
    """A day on which what a stream pays a product a month becomes another amount, in the stream's currency."""

    on: date
    stream: FundingStream
    product: Product
    before: Decimal
    after: Decimal
    row: Allocation  #: the row that says so, as it was known: what begins on that day, or what ends
    by: User | None  #: who recorded it first; None is the operator
    recorded_at: datetime
    why: str
    is_corrected: bool  #: whether the amount or its first day had been recorded otherwise before

    @property
    def is_cut(self) -> bool:
        """Whether it pays less from then on."""
        return self.after < self.before

    @property
    def is_to_come(self) -> bool:
        """Whether it is agreed and yet to come."""
        return self.on > today()

    @property
    def what(self) -> str:
        """What happened, in a word."""
        return "Began" if not self.before else "Stopped" if not self.after else "Cut" if self.is_cut else "Raised"


@dataclass(frozen=True)
class Day:
    """A day of change: what is paid a month from then on, in all and by stream, in the base currency at its rate.

    None where there is no exchange rate for that day.
    """

    on: date
    before: Decimal | None
    total: Decimal | None
    by_stream: dict[int, Decimal | None]


@dataclass(frozen=True)
class FundingHistory:
    """The funding of one product, as known at a moment."""

    product: Product
    streams: list[FundingStream]  #: in the order in which they first paid
    events: list[Event]  #: oldest first
    days: list[Day]
    stability: Stability

    @property
    def has_other_currencies(self) -> bool:
        """Whether any stream pays in another currency than the figures."""
        return any(stream.currency != base_currency() for stream in self.streams)

    @property
    def current(self) -> Day | None:
        """What is paid today."""
        return next((day for day in reversed(self.days) if day.on <= self.stability.on), None)

    @property
    def told(self) -> list[tuple[Event, Day]]:
        """The events, latest first, each with the day's total."""
        days = {day.on: day for day in self.days}
        return [(event, days[event.on]) for event in reversed(self.events)]


def product_history(product: Product, at: datetime | None = None) -> FundingHistory:
    """Return the history of a product's funding as known at a moment, now without one: two queries at most."""
    rows = list(
        Allocation.objects.filter(product=product).select_related("stream", "product", "recorded_by").order_by("pk")
    )
    events = _events(rows, at)
    streams = list({event.stream.pk: event.stream for event in events}.values())
    days = _days(events, streams, _Rates({stream.currency for stream in streams}, at))
    return FundingHistory(
        product, streams, events, days, stability({day.on: _is_cut(day, events) for day in days}, today())
    )


def stream_events(stream: FundingStream, at: datetime | None = None) -> list[Event]:
    """Return what changed in the allocations of a stream, latest first, as known at a moment: one query."""
    rows = stream.allocations.select_related("stream", "product", "recorded_by").order_by("pk")
    return _events(list(rows), at)[::-1]


def _is_cut(day: Day, events: Iterable[Event]) -> bool:
    if day.before is not None and day.total is not None:
        return day.total < day.before
    return any(event.is_cut for event in events if event.on == day.on)


# -- Events --------------------------------------------------------------------------------------------------


def _events(rows: Sequence[Allocation], at: datetime | None) -> list[Event]:
    """Return the events of all rows there ever were, oldest first; those that were retracted tell who said what."""
    by_key: dict[int | None, Allocation] = {row.pk: row for row in rows}
    pairs: dict[tuple[int, int], list[Allocation]] = {}
    for row in rows:
        if _is_known(row, at):
            pairs.setdefault((row.stream_id, row.product_id), []).append(row)
    events = []
    for held in pairs.values():
        held.sort(key=lambda row: row.starts)
        before: Allocation | None = None
        for row in held:
            is_next = before is not None and before.ends == row.starts
            if before is not None and not is_next:
                events += _stopped(before, by_key)
            events += _begun(row, before.monthly_amount if before is not None and is_next else ZERO, by_key)
            before = row
        if before is not None:
            events += _stopped(before, by_key)
    return sorted(events, key=lambda event: (event.on, event.stream.name, event.product.name, event.after))


def _is_known(row: Allocation, at: datetime | None) -> bool:
    if at is None:
        return row.retracted_at is None
    return row.recorded_at <= at and (row.retracted_at is None or row.retracted_at > at)


def _begun(row: Allocation, before: Decimal, by_key: dict[int | None, Allocation]) -> list[Event]:
    if row.monthly_amount == before:
        return []
    said = _first_said(row, by_key, "monthly_amount", "starts", "stream_id")
    old = by_key.get(said.corrects_id)
    why = said.why or (old.reason if old else "")
    return [
        Event(
            row.starts, row.stream, row.product, before, row.monthly_amount, row, said.recorded_by, said.recorded_at,
            why, is_corrected=said.corrects_id is not None,
        )
    ]  # fmt: skip


def _stopped(row: Allocation, by_key: dict[int | None, Allocation]) -> list[Event]:
    if row.ends is None or not row.monthly_amount:
        return []
    said = _first_said(row, by_key, "ends")
    old = by_key.get(said.corrects_id)
    why = old.reason if old else "It was agreed until then."
    return [
        Event(
            row.ends, row.stream, row.product, row.monthly_amount, ZERO, row, said.recorded_by, said.recorded_at,
            why, is_corrected=False,
        )
    ]  # fmt: skip


def _first_said(row: Allocation, by_key: dict[int | None, Allocation], *names: str) -> Allocation:
    """Return the first row of the chain of corrections that had the same in these columns."""
    while (old := by_key.get(row.corrects_id)) and all(getattr(old, name) == getattr(row, name) for name in names):
        row = old
    return row


# -- Totals --------------------------------------------------------------------------------------------------


class _Rates:
    """The exchange rates of some currencies, as known at a moment: one query, or none for the base currency alone."""

    def __init__(self, currencies: set[str], at: datetime | None):
        others = currencies - {base_currency()}
        rates = ExchangeRate.objects.known(at).filter(currency__in=others, base=base_currency()) if others else ()
        self.rates = list(rates)

    def in_base(self, amount: Decimal, currency: str, on: date) -> Decimal | None:
        """Return an amount in the base currency at the rate of a day; None where there is none."""
        if currency == base_currency() or not amount:
            return amount
        for rate in self.rates:
            if rate.currency == currency and rate.starts <= on and (rate.ends is None or on < rate.ends):
                return to_cent(amount * rate.rate)
        return None


def _days(events: Sequence[Event], streams: Sequence[FundingStream], rates: _Rates) -> list[Day]:
    paid = {stream.pk: ZERO for stream in streams}
    days = []
    for on in sorted({event.on for event in events}):
        before = _in_base(paid, streams, rates, on)
        for event in events:
            if event.on == on:
                paid[event.stream.pk] += event.after - event.before
        after = _in_base(paid, streams, rates, on)
        days.append(Day(on, _sum(before), _sum(after), after))
    return days


def _in_base(
    paid: dict[int, Decimal], streams: Sequence[FundingStream], rates: _Rates, on: date
) -> dict[int, Decimal | None]:
    return {stream.pk: rates.in_base(paid[stream.pk], stream.currency, on) for stream in streams}


def _sum(amounts: dict[int, Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts.values() if amount is not None]
    return sum(known, ZERO) if len(known) == len(amounts) else None
