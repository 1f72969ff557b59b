"""Reading months of facts and agreements: sums by product and metric, made in the database, and put into arrays.

Everything takes a `Knowledge`: which rows count as known. The same reading serves the roll-up (known now), `?known=`
(known at a past moment) and the effect of corrections (as if nothing had been corrected lately).

Months that follow each other are read in one pass over their facts, and what they carry on from before them (a metric
last seen, a level, a month of metered use) is looked up one by one.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from functools import cached_property

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import FloatField, IntegerField, Max, Min, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import F
from django.db.models.functions import Cast, Coalesce
from numpy.typing import NDArray

from funding.models import ExchangeRate, LedgerEntry
from portfolio.common.copying import fetch_columns
from portfolio.common.errors import TwofoldError
from portfolio.common.money import base_currency
from portfolio.common.months import LAST_DAY, add_months, during, month_of, today
from portfolio.common.parts import SumUnits, Units
from portfolio.engine.uncertainty import Range
from portfolio.network.models import Link, Usage
from portfolio.rollup.inputs import (
    BASES,
    EVIDENCE,
    MICRO,
    Cents,
    Inputs,
    MetricColumns,
    Read,
    assembled,
    is_among,
    nothing,
)
from portfolio.rollup.models import Basis
from products.catalog.labour import labour_by_product
from products.catalog.models import Assignment, Product
from products.health.models import Impact
from products.value.models import Behaviour, Metric, Observation, Valuation

CENTS = 100
QUANTITY = 10_000  # units of a stored quantity
NEVER = np.iinfo(np.int32).min
WORK_MEM = "256MB"  # for one pass over all facts: half a million sums
EXACT = 2**53 // (CENTS * 31)  # units of quantity below which a weight is exact in a float, whatever the days

Integers = NDArray[np.int64]
Days = NDArray[np.datetime64]


class MissingRate(TwofoldError):
    """An agreement is in a currency that has no exchange rate in the month."""

    marks = 0  #: how many marks wait for it


@dataclass(frozen=True)
class Knowledge:
    """Which rows of facts and agreements count: those known at a moment, or as if nothing was corrected since one."""

    at: datetime | None = None
    uncorrected_since: datetime | None = None

    def __call__(self, model: type[Model]) -> QuerySet:
        """Return the rows of a model that count."""
        if self.uncorrected_since is not None:
            return model.objects.uncorrected(self.uncorrected_since)  # type: ignore[attr-defined]
        return model.objects.known(self.at)  # type: ignore[attr-defined]

    @property
    def is_now(self) -> bool:
        """Whether it is what stands now: the only knowledge that indexes are made for."""
        return self.at is None and self.uncorrected_since is None


def known(at: datetime | None = None) -> Knowledge:
    """Return what was known at a moment; without one, what is known now."""
    return Knowledge(at=at)


def uncorrected(since: datetime) -> Knowledge:
    """Return what would be known had nothing been corrected or retracted since."""
    return Knowledge(uncorrected_since=since)


def earliest_month(knowledge: Knowledge) -> date | None:
    """Return the earliest month that has a fact, or an agreement, that can give it a figure."""
    earliest = [
        # The first of an index; a minimum of other columns passes over all facts.
        *(
            knowledge(model).order_by("month").values_list("month", flat=True).first()
            for model in (LedgerEntry, Observation, Usage)
        ),
        *(knowledge(model).aggregate(at=Min("starts"))["at"] for model in (Link, Assignment)),
    ]
    found = [at for at in earliest if at]
    return month_of(min(found)) if found else None


def read_month(month: date, knowledge: Knowledge, products: Collection[int] | None = None) -> Inputs:
    """Return the facts of one month, of some products or of all. Raises MissingRate, as `read_months` does."""
    return read_months([month], knowledge, products)[month].inputs


def read_months(
    months: Iterable[date], knowledge: Knowledge, products: Collection[int] | None = None
) -> dict[date, Read]:
    """Return the facts of some months, of some products or of all: about fifteen queries for months in a row.

    Raises MissingRate, naming the pair and the date, where a worth or a rate of pay cannot be converted.
    """
    read: dict[date, Read] = {}
    if products is not None and not products:
        return {month: Read(nothing(month), 0) for month in months}
    for first, last in _in_a_row(sorted(set(months))):
        read |= _Reader(Span(first, last), knowledge, products).read()
    return read


def _in_a_row(months: list[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and the last of each run of months."""
    first = before = None
    for month in months:
        if before is not None and add_months(before, 1) != month:
            yield first, before  # type: ignore[misc]
            first = None
        first, before = first or month, month
    if before is not None:
        yield first, before  # type: ignore[misc]


@dataclass(frozen=True)
class Span:
    """M months in a row, numbered from 0."""

    first: date
    last: date

    @cached_property
    def months(self) -> list[date]:
        """Their first days."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return [add_months(self.first, number) for number in range(count)]

    @cached_property
    def edges(self) -> Days:
        """Their first days and the one after the last, (M + 1,)."""
        return np.array([*self.months, self.after], "M8[D]")

    @property
    def after(self) -> date:
        """The first day after them."""
        return add_months(self.last, 1)

    def numbers(self, days: Days) -> Integers:
        """Return which month each day lies in; below 0 or above M for days outside."""
        return (days.astype("M8[M]") - np.datetime64(self.first, "M")).astype(np.int64)

    def expanded(self, starts: Days, ends: Days) -> tuple[NDArray[np.intp], Integers]:
        """Return, for each month that each interval `[starts, ends)` touches, the interval's row and the month."""
        begin = np.maximum(self.numbers(starts), 0)
        end = np.minimum(self.numbers(ends - 1), len(self.months) - 1)
        counts = np.maximum(end - begin + 1, 0) * (ends > starts)
        rows = np.repeat(np.arange(len(starts)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        return rows, begin[rows] + within

    def days(self, starts: Days, ends: Days, month: Integers) -> Integers:
        """Return how many days of each interval lie in its month."""
        inside = np.minimum(ends, self.edges[month + 1]) - np.maximum(starts, self.edges[month])
        return inside.astype(np.int64)

    def spread(self, units: Integers, starts: Days, ends: Days) -> tuple[NDArray[np.intp], Integers, Integers]:
        """Return row, month and part of whole units that are spread evenly over the days of their intervals.

        The same arithmetic as `portfolio.common.spreading`: the parts of all months add back to the whole.
        """
        rows, month = self.expanded(starts, ends)
        size, length = np.abs(units)[rows], (ends - starts).astype(np.int64)[rows]
        each, left = np.divmod(size, length)

        def so_far(until: Days) -> Integers:
            days = (until - starts[rows]).astype(np.int64)
            return each * days + (2 * left * days + length) // (2 * length)

        until = so_far(np.minimum(ends[rows], self.edges[month + 1]))
        before = so_far(np.maximum(starts[rows], self.edges[month]))
        return rows, month, np.where(units[rows] < 0, before - until, until - before)


@dataclass
class _Observed:
    """What was observed of K metrics, by month, (M, K) each."""

    total: Integers  #: of flows, in units, less what incidents lost
    mean: Integers  #: of levels, in units
    covered: Integers  #: days for which a level is known
    last_seen: Integers  #: the day after the last observation before the month's end, as a number; NEVER


class _Reader:
    """Reads some months in a row."""

    def __init__(self, span: Span, knowledge: Knowledge, products: Collection[int] | None):
        self.span = span
        self.knowledge = knowledge
        self.products = products

    def read(self) -> dict[date, Read]:
        span = self.span
        if self.products is None:
            _make_room()
        ids, ledger, has_labour = self._ledger()
        labour = labour_by_product(span.months, self.knowledge, self.products, to_base=self.rate)
        metrics = _Metrics(self)
        links = _Links(self)
        read = {}
        for number, month in enumerate(span.months):
            cost_ids, of_labour = _with_labour(ids, has_labour[number], labour[month])
            of_ledger = np.zeros(len(cost_ids), np.int64)
            of_ledger[np.searchsorted(cost_ids, ids)] = ledger[number]
            measured, linked = metrics.of(number), links.of(number)
            inputs = assembled(month, costs=(cost_ids, of_ledger, of_labour), measured=measured, links=linked)
            rows = int((ledger[number] != 0).sum()) + len(labour[month]) + len(measured.ids) + len(linked[0])
            read[month] = Read(inputs, rows)
        return read

    def of(self, path: str) -> Q:
        """Return the condition that a row is of the products that are read."""
        return Q() if self.products is None else Q(**{f"{path}__in": self.products})

    def own(self, rows: QuerySet) -> QuerySet:
        """Return the facts that lie in one of the months."""
        # Not "=": the planner takes that to be rare, expects a handful of sums, and sorts millions of rows for them.
        return rows.filter(month__gte=self.span.first, month__lte=self.span.last, last_month__lte=F("month")).order_by()

    def spanning(self, rows: QuerySet) -> QuerySet:
        """Return the facts that lie in one of the months in part."""
        return rows.filter(
            month__lte=self.span.last, last_month__gte=self.span.first, last_month__gt=F("month")
        ).order_by()

    def _ledger(self) -> tuple[Integers, Cents, NDArray[np.bool_]]:
        """Return product ids, (K,); their costs by month, and whether those include labour, (M, K) each."""
        entries = self.knowledge(LedgerEntry).filter(self.of("product_id"))
        is_labour = Cast("includes_labour", IntegerField())
        whole = _columns(
            self.own(entries)
            .values_list("product_id", "month")
            .annotate(total=SumUnits("base_amount", scale=CENTS), labour=Max(is_labour)),
            product="int64",
            month="datetime64[D]",
            total="int64",
            labour="int16",
        )
        long = _columns(
            self.spanning(entries).values_list(
                "product_id", Units("base_amount", scale=CENTS), "starts", "ends", is_labour
            ),
            product="int64",
            units="int64",
            starts="datetime64[D]",
            ends="datetime64[D]",
            labour="int16",
        )
        ids = np.unique(np.concatenate([whole["product"], long["product"]]))
        costs = np.zeros((len(self.span.months), len(ids)), np.int64)
        has_labour = np.zeros(costs.shape, np.bool_)
        at = self.span.numbers(whole["month"]), np.searchsorted(ids, whole["product"])
        costs[at] = whole["total"]
        has_labour[at] = whole["labour"] > 0
        row, month, part = self.span.spread(long["units"], long["starts"], long["ends"])
        of = np.searchsorted(ids, long["product"])[row]
        np.add.at(costs, (month, of), part)
        np.logical_or.at(has_labour, (month, of), long["labour"][row] > 0)
        return ids, costs, has_labour

    def rate(self, currency: str, month: date) -> Decimal:
        """Return what a unit of a currency is in the base currency on the first of a month."""
        if currency == base_currency():
            return Decimal(1)
        for starts, ends, rate in self._rates.get(currency, ()):
            if starts <= month and (ends is None or ends > month):
                return rate
        raise MissingRate(
            f"There is no exchange rate from {currency} to {base_currency()} on {month}, but an agreement in "
            f"{currency} holds then. Record a rate that covers that day."
        )

    @cached_property
    def _rates(self) -> dict[str, list[tuple[date, date | None, Decimal]]]:
        rates: dict[str, list[tuple[date, date | None, Decimal]]] = {}
        rows = self.knowledge(ExchangeRate).filter(during(self.span.first, self.span.after), base=base_currency())
        for currency, starts, ends, rate in rows.values_list("currency", "starts", "ends", "rate"):
            rates.setdefault(currency, []).append((starts, ends, rate))
        return rates


def _with_labour(ids: Integers, has_labour: NDArray[np.bool_], labour: dict[int, int]) -> tuple[Integers, Cents]:
    """Return the products that have a ledger or a labour cost, and the labour of those whose ledger has none."""
    paid = np.array(sorted(labour), np.int64)
    both = np.union1d(ids, paid)
    cents = np.zeros(len(both), np.int64)
    cents[np.searchsorted(both, paid)] = [labour[product] for product in paid.tolist()]
    cents[np.searchsorted(both, ids[has_labour])] = 0
    return both, cents


def _make_room() -> None:
    """Let PostgreSQL add up whole months in memory, until this transaction ends: sums by product and month are many."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = %s", [WORK_MEM])


def _columns(rows: QuerySet, **types: str) -> dict[str, NDArray]:
    """Return a query's columns as arrays, named in its order."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return {name: np.empty(0, type_) for name, type_ in types.items()}
    return fetch_columns(sql, params, types)


# -- metrics ------------------------------------------------------------------------------------------------------


class _Metrics:
    """What the metrics came to, month by month."""

    def __init__(self, reader: _Reader):
        self.reader, self.span = reader, reader.span
        self.observations = reader.knowledge(Observation).filter(reader.of("metric__product_id"))
        rows = list(self._metrics())
        self.ids = np.array([row[0] for row in rows], np.int64)
        self.product = np.array([row[1] for row in rows], np.int64)
        self.is_level = np.array([row[2] == Behaviour.LEVEL for row in rows], np.bool_)
        self.sign = np.array([1 if row[3] else -1 for row in rows], np.int64)
        self.cadence = np.array([row[4] for row in rows], np.int64)
        self.before = np.array([NEVER if row[5] is None else row[5].toordinal() for row in rows], np.int64)
        self.observed = self._observed() if len(rows) else None
        self._read_worths()

    def _metrics(self) -> Iterable[tuple]:
        """Return the metrics with the day after they were last seen before the first month."""
        metrics = Metric.objects.filter(self.reader.of("product_id")).order_by("pk")
        columns = ("pk", "product_id", "behaviour", "is_higher_better", "cadence_days")
        if self.reader.knowledge.is_now:
            # Flows never overlap: the one that starts last ends last.
            seen = self.reader.knowledge(Observation).filter(metric=OuterRef("pk"), starts__lt=self.span.first)
            return metrics.values_list(*columns, Subquery(seen.order_by("-starts").values("ends")[:1]))
        seen = self.observations.filter(starts__lt=self.span.first).order_by()
        last = dict(seen.values_list("metric_id").annotate(last=Max("ends")))
        return [(*row, last.get(row[0])) for row in metrics.values_list(*columns)]

    def _observed(self) -> _Observed:
        span, shape = self.span, (len(self.span.months), len(self.ids))
        total, last_seen = np.zeros(shape, np.int64), np.full(shape, NEVER, np.int64)
        own = _columns(
            self.reader.own(self.observations)
            .values_list("metric_id", "month")
            .annotate(total=SumUnits("value", scale=QUANTITY), last=Max("ends")),
            metric="int64",
            month="datetime64[D]",
            total="int64",
            last="datetime64[D]",
        )
        at = span.numbers(own["month"]), np.searchsorted(self.ids, own["metric"])
        total[at], last_seen[at] = own["total"], _ordinals(own["last"])
        long = _columns(
            self.reader.spanning(self.observations).values_list(
                "metric_id", Units("value", scale=QUANTITY), "starts", "ends"
            ),
            metric="int64",
            units="int64",
            starts="datetime64[D]",
            ends="datetime64[D]",
        )
        of = np.searchsorted(self.ids, long["metric"])
        row, month, part = span.spread(long["units"], long["starts"], long["ends"])
        np.add.at(total, (month, of[row]), part)
        np.maximum.at(last_seen, (np.maximum(span.numbers(long["starts"]), 0), of), _ordinals(long["ends"]))
        np.maximum(last_seen[0], self.before, out=last_seen[0])
        np.maximum.accumulate(last_seen, axis=0, out=last_seen)
        self._take_losses(total)
        return _Observed(total, *self._levels(), last_seen)

    def _take_losses(self, total: Integers) -> None:
        """Take off the totals of flows what incidents lost, spread over its days just as observations are.

        A loss is not an observation: it says nothing of when the metric was last seen, so a metric that was never seen
        by the month's end has no figure that a loss could be taken off.
        """
        losses = self.reader.knowledge(Impact).filter(
            self.reader.of("metric__product_id"),
            month__lte=self.span.last,
            last_month__gte=self.span.first,
            counted__gt=0,
        )
        rows = _columns(
            losses.order_by().values_list("metric_id", Units("counted", scale=QUANTITY), "starts", "ends"),
            metric="int64",
            units="int64",
            starts="datetime64[D]",
            ends="datetime64[D]",
        )
        of = np.searchsorted(self.ids, rows["metric"])
        row, month, part = self.span.spread(rows["units"], rows["starts"], rows["ends"])
        np.subtract.at(total, (month, of[row]), part)

    def _levels(self) -> tuple[Integers, Integers]:
        """Return the mean over the days that each level is known for, in units, and how many days those are."""
        shape = (len(self.span.months), len(self.ids))
        weighted, covered = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        if not self.is_level.any():
            return weighted, covered
        first, after = np.datetime64(self.span.first), np.datetime64(self.span.after)
        levels = self.observations.filter(metric__behaviour=Behaviour.LEVEL)
        points = _columns(
            levels.filter(month__gte=self.span.first, month__lte=self.span.last)
            .order_by()
            .values_list("metric_id", "starts", Units("value", scale=QUANTITY)),
            metric="int64",
            starts="datetime64[D]",
            units="int64",
        )
        carried = [row for row in self._carried(levels) if row[1] is not None]
        metric = np.concatenate([np.array([row[0] for row in carried], np.int64), points["metric"]])
        starts = np.concatenate([np.array([row[1] for row in carried], "M8[D]"), points["starts"]])
        units = np.concatenate([np.array([row[2] for row in carried], np.int64), points["units"]])
        order = np.lexsort((starts, metric))
        metric, starts, units = metric[order], starts[order], units[order]
        ends = np.full(len(starts), after)
        is_followed = metric[1:] == metric[:-1]
        ends[:-1][is_followed] = starts[1:][is_followed]
        starts = np.maximum(starts, first)
        row, month = self.span.expanded(starts, ends)
        days = self.span.days(starts[row], ends[row], month)
        at = month, np.searchsorted(self.ids, metric[row])
        np.add.at(weighted, at, units[row] * days)
        np.add.at(covered, at, days)
        twice = 2 * np.maximum(covered, 1)
        return np.sign(weighted) * ((2 * np.abs(weighted) + covered) // twice), covered

    def _carried(self, levels: QuerySet) -> Iterable[tuple]:
        """Return metric, day and value of the last observation of each level before the first month."""
        if self.reader.knowledge.is_now:
            seen = (
                self.reader.knowledge(Observation)
                .filter(metric=OuterRef("pk"), starts__lt=self.span.first)
                .order_by("-starts")
            )
            of = Metric.objects.filter(self.reader.of("product_id"), behaviour=Behaviour.LEVEL).order_by()
            value = Subquery(seen.annotate(units=Units("value", scale=QUANTITY)).values("units")[:1])
            return of.values_list("pk", Subquery(seen.values("starts")[:1]), value)
        before = dict(
            levels.filter(starts__lt=self.span.first).order_by().values_list("metric_id").annotate(at=Max("starts"))
        )
        wanted = Q(pk__in=[])
        for starts in set(before.values()):
            wanted |= Q(starts=starts, metric_id__in=[metric for metric, at in before.items() if at == starts])
        return levels.filter(wanted).order_by().values_list("metric_id", "starts", Units("value", scale=QUANTITY))

    def _read_worths(self) -> None:
        """Read the valuations that hold in any of the months."""
        rows = list(
            self.reader.knowledge(Valuation)
            .filter(during(self.span.first, self.span.after), self.reader.of("metric__product_id"))
            .order_by("pk")
            .values_list("metric_id", "pk", "low", "high", "baseline", "currency", "evidence", "starts", "ends")
        )
        self.worth_of = np.array([row[0] for row in rows], np.int64)
        self.worth = np.array([row[1] for row in rows], np.int64)
        self.expected = [float(Range(float(row[2]), float(row[3])).mean) for row in rows]
        self.expected_each = np.array(self.expected, np.float64)
        self.baseline = np.array([int((row[4] or 0) * QUANTITY) for row in rows], np.int64)
        self.currency = [row[5] for row in rows]
        self.is_foreign = np.array([code != base_currency() for code in self.currency], np.bool_)
        self.evidence = np.array([EVIDENCE.index(row[6]) for row in rows], np.int8)
        self.starts = np.array([row[7] for row in rows], "M8[D]")
        self.ends = np.array([row[8] or LAST_DAY for row in rows], "M8[D]")

    def of(self, number: int) -> MetricColumns:
        """Return a month's metrics, `product` by id. Raises MissingRate."""
        month = np.datetime64(self.span.months[number])
        if self.observed is None:
            return nothing(self.span.months[number]).measured
        seen = self.observed
        is_there = np.where(self.is_level, seen.covered[number] > 0, seen.last_seen[number] != NEVER)
        worth = np.full(len(self.ids), -1)
        holding = np.flatnonzero((self.starts <= month) & (self.ends > month))
        worth[np.searchsorted(self.ids, self.worth_of[holding])] = holding
        chosen = np.flatnonzero(is_there)
        quantity = np.where(self.is_level, seen.mean[number], seen.total[number])[chosen]
        worth = worth[chosen]
        is_valued = worth >= 0
        weight, value = np.full(len(chosen), np.nan), np.zeros(len(chosen), np.int64)
        weight[is_valued], value[is_valued] = self._valued(
            number, chosen[is_valued], quantity[is_valued], worth[is_valued]
        )
        asked_on = min(
            self.span.months[number + 1] if number + 1 < len(self.span.months) else self.span.after, _tomorrow()
        )
        asked = asked_on.toordinal() - 1
        overdue = asked - np.minimum(seen.last_seen[number][chosen] - 1, asked) - self.cadence[chosen]
        return MetricColumns(
            ids=self.ids[chosen],
            product=self.product[chosen],
            quantity=quantity,
            valuation=np.where(is_valued, self.worth[worth] if len(self.worth) else 0, 0),
            evidence=np.where(is_valued, self.evidence[worth] if len(self.worth) else 0, 0).astype(np.int8),
            weight=weight,
            value=value,
            overdue=np.maximum(overdue, 0),
        )

    def _valued(
        self, number: int, metric: NDArray[np.intp], quantity: Integers, worth: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], Cents]:
        """Return the weight of each quantity, to the millionth, and what it is worth, to the cent, halves away from 0.

        A float is as good as exact wherever the sum is not within a hair of half a cent; there, and where figures are
        too large or in another currency, it is done in decimals.
        """
        length = int((self.span.edges[number + 1] - self.span.edges[number]).astype(int))
        days = np.where(self.is_level[metric], self.observed.covered[number][metric], length)  # type: ignore[union-attr]
        above = np.where(self.is_level[metric], (quantity - self.baseline[worth]) * self.sign[metric], quantity)
        is_plain = ~self.is_foreign[worth] & (np.abs(above) < EXACT)
        safe = np.where(is_plain, above, 0)
        millionths = np.sign(safe) * ((2 * np.abs(safe) * 100 * days + length) // (2 * length))
        weight = millionths / 1e6
        cents = weight * self.expected_each[worth] * CENTS
        value = np.where(cents < 0, -1, 1) * np.floor(np.abs(cents) + 0.5)
        is_close = np.abs(np.abs(cents) % 1 - 0.5) < 1e-6 + 1e-14 * np.abs(cents)
        value = np.where(np.abs(value) < 2**53, value, 0).astype(np.int64)
        month = self.span.months[number]
        for row in np.flatnonzero(~is_plain | is_close | (np.abs(cents) >= 2**50)).tolist():
            rate = self.reader.rate(self.currency[worth[row]], month)
            with localcontext(prec=60):
                exact = Decimal(int(above[row])) * int(days[row]) * rate / (length * QUANTITY)
                exact = exact.quantize(MICRO, "ROUND_HALF_UP")
                expected = Decimal(repr(self.expected[worth[row]]))
                value[row] = int((exact * expected * CENTS).to_integral_value("ROUND_HALF_UP"))
            weight[row] = float(exact)
        return weight, value


def _tomorrow() -> date:
    return today() + timedelta(days=1)


def _ordinals(days: Days) -> Integers:
    """Return days as `date.toordinal` counts them."""
    return days.astype("M8[D]").astype(np.int64) + date(1970, 1, 1).toordinal()


# -- links ----------------------------------------------------------------------------------------------------------


class _Links:
    """Shares of each supplier's output, month by month: metered, else carried on from when it was last, else agreed."""

    def __init__(self, reader: _Reader):
        self.span = reader.span
        self.agreed = _columns(
            reader.knowledge(Link)
            .filter(during(self.span.first, self.span.after), reader.of("supplier_id"))
            .order_by("supplier_id", "consumer_id", "pk")
            .values_list(
                "supplier_id",
                "consumer_id",
                Cast("share", FloatField()),
                "starts",
                Coalesce("ends", LAST_DAY),
            ),
            supplier="int64",
            consumer="int64",
            share="float64",
            starts="datetime64[D]",
            ends="datetime64[D]",
        )
        usage = reader.knowledge(Usage).filter(reader.of("supplier_id")).order_by()
        # What stands now has one row for each pair and month.
        sums = self._rows if reader.knowledge.is_now else self._sums
        rows = [
            sums(part)
            for part in (
                usage.filter(month__gte=self.span.first, month__lte=self.span.last),
                *self._carried(reader, usage),
            )
        ]
        columns = {name: np.concatenate([part[name] for part in rows]) for name in rows[0]}
        order = np.lexsort((columns["consumer"], columns["supplier"], columns["month"]))
        self.used = {name: column[order] for name, column in columns.items()}
        # A group is what one supplier's output of one month was used for; later months come later.
        change = np.ones(len(order), np.bool_)
        change[1:] = (np.diff(self.used["supplier"]) != 0) | (np.diff(self.used["month"]).astype(int) != 0)
        self.starts = np.flatnonzero(change)
        self.ends = np.append(self.starts[1:], len(order))
        self.group_month = self.span.numbers(self.used["month"][self.starts])
        self.group_supplier = self.used["supplier"][self.starts]
        self.group_total = np.add.reduceat(self.used["units"], self.starts) if len(order) else self.starts

    @staticmethod
    def _rows(rows: QuerySet) -> dict[str, NDArray]:
        units = Units("quantity", scale=QUANTITY)
        return _columns(
            rows.values_list("supplier_id", Coalesce("consumer_id", 0), "month", units),
            supplier="int64",
            consumer="int64",
            month="datetime64[D]",
            units="int64",
        )

    @staticmethod
    def _sums(rows: QuerySet) -> dict[str, NDArray]:
        return _columns(
            rows.values_list("supplier_id", Coalesce("consumer_id", 0), "month").annotate(
                units=SumUnits("quantity", scale=QUANTITY)
            ),
            supplier="int64",
            consumer="int64",
            month="datetime64[D]",
            units="int64",
        )

    def _carried(self, reader: _Reader, usage: QuerySet) -> Iterator[QuerySet]:
        """Yield the usage of the last months before the first in which suppliers were metered."""
        before = usage.filter(month__lt=self.span.first)
        if reader.knowledge.is_now:
            last = before.filter(supplier=OuterRef("pk")).order_by("-month").values("month")[:1]
            ever = Usage.objects.suppliers() if reader.products is None else reader.products
            suppliers = Product.objects.filter(pk__in=ever).order_by().values_list("pk", Subquery(last))
            found = {supplier: month for supplier, month in suppliers if month is not None}
        else:
            found = dict(before.values_list("supplier_id").annotate(last=Max("month")))
        for month in sorted(set(found.values())):
            yield before.filter(month=month, supplier__in=[one for one, last in found.items() if last == month])

    def of(self, number: int) -> tuple[Integers, Integers, NDArray[np.float64], NDArray[np.int8]]:
        """Return a month's suppliers, consumers, shares and what they rest on; each pair once."""
        month = np.datetime64(self.span.months[number])
        holds = (self.agreed["starts"] <= month) & (self.agreed["ends"] > month)
        supplier, consumer, share = (self.agreed[name][holds] for name in ("supplier", "consumer", "share"))
        is_last = np.ones(len(supplier), np.bool_)  # of rows for the same pair, as corrections may leave, the last
        is_last[:-1] = (np.diff(supplier) != 0) | (np.diff(consumer) != 0)
        supplier, consumer, share = supplier[is_last], consumer[is_last], share[is_last]

        # The last group of each supplier so far: they are in order of months, so a later one takes its place.
        until = int(np.searchsorted(self.group_month, number, side="right"))
        metered, latest = np.unique(self.group_supplier[:until][::-1], return_index=True)
        group = until - 1 - latest
        lengths = (self.ends - self.starts)[group]
        row = np.repeat(self.starts[group] - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
        of = np.repeat(group, lengths)
        is_current = self.group_month[of] == number
        user, units = self.used["consumer"][row], self.used["units"][row]
        by = self.group_supplier[of]
        wide = int(max(user.max(initial=0), consumer.max(initial=0))) + 1
        # A consumer whose link has ended no longer pulls, even where metering has stopped.
        is_linked = is_among(by * wide + user, supplier * wide + consumer)
        counts = (user != 0) & (units != 0) & (is_current | is_linked)
        by, user, of = by[counts], user[counts], of[counts]
        part = units[counts] / self.group_total[of]
        is_agreed = ~is_among(supplier, metered) & (share != 0)
        bases = np.where(is_current[counts], BASES.index(Basis.METERED), BASES.index(Basis.CARRIED))
        return (
            np.concatenate([by, supplier[is_agreed]]),
            np.concatenate([user, consumer[is_agreed]]),
            np.concatenate([part, share[is_agreed]]),
            np.concatenate([bases, np.full(int(is_agreed.sum()), BASES.index(Basis.AGREED))]).astype(np.int8),
        )
