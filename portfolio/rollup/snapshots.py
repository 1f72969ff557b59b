"""Rows to arrays and back: the one place where money turns from whole cents into float, and returns.

A month is kept as arrays: its facts (`Inputs`) and what the engine made of them (`Results`), in whole cents that add
up. They are made from facts just read, or unpacked from what the roll-up stored (`solved_months`).
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from threading import Lock

import numpy as np
from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from portfolio.common.copying import copy_in, days, decimals, whole
from portfolio.common.spreading import from_cents
from portfolio.engine.errors import ClosedLoop
from portfolio.engine.flows import Flows, trace
from portfolio.engine.rounding import to_cents
from portfolio.rollup.facts import read_months as read_inputs
from portfolio.rollup.inputs import BASES, METRIC_COLUMNS, MONTH_COLUMNS, Cents, Inputs, MetricColumns, nothing
from portfolio.rollup.models import ProductMonth, SolvedMonth
from portfolio.rollup.packing import pack, unpack

__all__ = ["BASES", "Cents", "Inputs", "Results", "Solved", "read_inputs", "solve", "solved_months", "store"]

CACHED_BYTES = 192 * 1024 * 1024  # of unpacked months that a process keeps: two years of 100,000 links


@dataclass(frozen=True, eq=False)
class Results:
    """What the engine made of a month, in cents; retained and credited add up to cost and value exactly.

    A blocked month keeps its last good results: what came into it since has zeros, and `is_known` says so.
    """

    loaded: Cents  #: (P,)
    retained: Cents  #: (P,)
    reached: Cents  #: (P,)
    credited: Cents  #: (P,)
    credited_graded: Cents  #: (P, 2)
    link_cost: Cents  #: (L,) supplier's loaded cost passed on
    link_value: Cents  #: (L,) consumer's reached value that came through the supplier
    is_known: NDArray[np.bool_]  #: (P,)
    gap: float  #: how far retained and credited were from cost and value before rounding, relative


@dataclass(frozen=True, eq=False)
class Solved:
    """A month as it was last worked out; no results where it is blocked and never was solved."""

    inputs: Inputs
    results: Results | None
    version: int = 0

    def pulled(self) -> dict[int, int]:
        """Return the cents that each product pulled from others, by id."""
        if self.results is None:
            return {}
        sums = np.zeros(len(self.inputs.products), np.int64)
        np.add.at(sums, self.inputs.consumers, self.results.link_cost)
        return {int(self.inputs.products[place]): int(sums[place]) for place in np.unique(self.inputs.consumers)}

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        inputs, results = self.inputs, self.results
        columns = [getattr(inputs, name) for name in MONTH_COLUMNS]
        columns += [getattr(inputs.measured, name) for name in METRIC_COLUMNS]
        if results is not None:
            columns += [getattr(results, name) for name in RESULT_COLUMNS]
        return sum(column.nbytes for column in columns)


RESULT_COLUMNS = tuple(one.name for one in fields(Results) if one.name != "gap")


def solve(inputs: Inputs) -> Results:
    """Run the engine over one month. Raises ClosedLoop, with the products' own ids, where it has no solution."""
    cost = inputs.cost.astype(np.float64)
    value = np.column_stack([inputs.value, inputs.graded]).astype(np.float64)
    shares = inputs.shares()
    try:
        flows = trace(cost, value, shares)
    except ClosedLoop as loop:
        raise ClosedLoop([tuple(int(inputs.products[place]) for place in members) for members in loop.loops]) from loop
    credited = flows.credited_value
    return Results(
        loaded=_cents(flows.loaded_cost),
        retained=to_cents(flows.retained_cost, int(inputs.cost.sum())),
        reached=_cents(flows.reached_value[:, 0]),
        credited=to_cents(credited[:, 0], int(inputs.value.sum())),
        credited_graded=_cents(credited[:, 1:]),
        link_cost=_cents(inputs.share * flows.loaded_cost[inputs.suppliers]),
        link_value=_cents(_through(flows, inputs)),
        is_known=np.ones(len(inputs.products), np.bool_),
        gap=max(_gap(flows.retained_cost, cost), _gap(credited[:, 0], value[:, 0])),
    )


def _through(flows: Flows, inputs: Inputs) -> NDArray[np.float64]:
    """Return F[i, j] T[j] for each link: the value of the consumer that came through the supplier."""
    supplied, loaded = flows.floored_loaded_cost[inputs.suppliers], flows.floored_loaded_cost[inputs.consumers]
    fraction = np.divide(inputs.share * supplied, loaded, out=np.zeros(len(loaded)), where=loaded > 0)
    return fraction * flows.reached_value[inputs.consumers, 0]


def _gap(parts: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    return float(abs(parts.sum() - whole.sum()) / max(1.0, np.abs(whole).sum()))


def _cents(amounts: NDArray[np.float64]) -> Cents:
    return np.rint(amounts).astype(np.int64)


def carried_over(old: Solved | None, inputs: Inputs) -> Results | None:
    """Return the last good results for the products and links that a blocked month has now."""
    if old is None or old.results is None:
        return None
    was, results = old.inputs, old.results
    at, is_there = _found(was.products, inputs.products)
    link_at, is_linked = _found(_pairs(was), _pairs(inputs))

    def taken(column: NDArray, places: NDArray[np.intp], there: NDArray[np.bool_]) -> NDArray:
        new = np.zeros((len(there), *column.shape[1:]), column.dtype)
        new[there] = column[places[there]]
        return new

    return Results(
        **{
            name: taken(getattr(results, name), at, is_there)
            for name in ("loaded", "retained", "reached", "credited", "credited_graded", "is_known")
        },
        **{name: taken(getattr(results, name), link_at, is_linked) for name in ("link_cost", "link_value")},
        gap=results.gap,
    )


def _found(known: NDArray, wanted: NDArray) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where each of `wanted` stands in `known`, which is ascending, and whether it is there at all."""
    at = np.searchsorted(known, wanted)
    inside = np.minimum(at, max(len(known) - 1, 0))
    return inside, (known[inside] == wanted) if len(known) else np.zeros(len(wanted), np.bool_)


def _pairs(inputs: Inputs) -> NDArray[np.void]:
    """Return the links as (supplier, consumer) ids, (L,), in an order of their own kind."""
    pairs = np.empty(len(inputs.share), dtype=[("supplier", np.int64), ("consumer", np.int64)])
    pairs["supplier"], pairs["consumer"] = inputs.products[inputs.suppliers], inputs.products[inputs.consumers]
    return pairs


# -- what the roll-up stores --------------------------------------------------------------------------------


class _Kept:
    """Unpacked months by digest, the last used ones, up to a number of bytes. Threads share it."""

    def __init__(self, room: int):
        self.room, self.used = room, 0
        self.months: OrderedDict[tuple[date, str], Solved] = OrderedDict()
        self.lock = Lock()

    def get(self, key: tuple[date, str]) -> Solved | None:
        with self.lock:
            if key in self.months:
                self.months.move_to_end(key)
            return self.months.get(key)

    def put(self, key: tuple[date, str], solved: Solved) -> None:
        with self.lock:
            if key in self.months:
                return
            self.months[key] = solved
            self.used += solved.size
            while self.used > self.room:
                _, gone = self.months.popitem(last=False)
                self.used -= gone.size


# By what is in them, not by their version alone: a version that was rolled back may come again with other figures.
_kept = _Kept(CACHED_BYTES)


def solved_months(months: Iterable[date]) -> dict[date, Solved]:
    """Return months as they were last worked out, in order; one that never was is empty and has no results.

    One query for the versions, and one for the months that this process has not unpacked yet. Together they are as
    of one moment each, so a month may be newer than the one beside it, but is whole in itself.
    """
    wanted = sorted(set(months))
    found: dict[date, Solved] = {}
    missing = []
    rows = SolvedMonth.objects.filter(month__in=wanted).exclude(digest="").order_by("month")
    for month, version, digest in rows.values_list("month", "version", "digest"):
        kept = _kept.get((month, digest))
        if kept is None:
            missing.append(month)
        else:
            found[month] = kept if kept.version == version else replace(kept, version=version)
    for month, version, digest, figures in _blobs(missing):
        found[month] = solved = _unpacked(month, version, figures)
        _kept.put((month, digest), solved)
    return {month: found.get(month) or Solved(nothing(month), None) for month in wanted}


def _blobs(months: list[date]) -> Iterator[tuple[date, int, str, bytes]]:
    if months:
        rows = SolvedMonth.objects.filter(month__in=months).order_by()
        yield from rows.values_list("month", "version", "digest", "figures").iterator(chunk_size=4)


def frozen_months(rows: QuerySet) -> dict[date, Solved]:
    """Return the months that some FrozenMonth rows keep, as they were closed, in order; at most two queries."""
    found: dict[date, Solved] = {}
    missing: dict[int, tuple[date, str]] = {}
    for key, month, digest in rows.order_by("close__month").values_list("pk", "close__month", "digest"):
        kept = _kept.get((month, digest))
        if kept is None:
            missing[key] = (month, digest)
        else:
            found[month] = kept
    if missing:
        blobs = rows.filter(pk__in=missing).order_by().values_list("pk", "figures")
        for key, figures in blobs.iterator(chunk_size=4):
            month, digest = missing[key]
            found[month] = solved = _unpacked(month, 0, figures)
            _kept.put((month, digest), solved)
    return dict(sorted(found.items()))


def _packed(inputs: Inputs, results: Results | None) -> bytes:
    columns = {name: getattr(inputs, name) for name in MONTH_COLUMNS}
    columns |= {f"metric.{name}": getattr(inputs.measured, name) for name in METRIC_COLUMNS}
    if results is not None:
        columns |= {f"result.{name}": getattr(results, name) for name in RESULT_COLUMNS}
        columns["result.gap"] = np.array([results.gap])
    return pack(columns)


def _unpacked(month: date, version: int, data: bytes) -> Solved:
    if not len(data):
        return Solved(nothing(month), None, version)
    columns = unpack(data)
    inputs = Inputs(
        month=month,
        measured=MetricColumns(**{name: columns[f"metric.{name}"] for name in METRIC_COLUMNS}),
        **{name: columns[name] for name in MONTH_COLUMNS},
    )
    results = None
    if "result.gap" in columns:
        results = Results(
            **{name: columns[f"result.{name}"] for name in RESULT_COLUMNS}, gap=float(columns["result.gap"][0])
        )
    return Solved(inputs, results, version)


def store(inputs: Inputs, results: Results | None, *, before: Solved | None = None, **about) -> int:
    """Write a month: its facts, and its results; without results (a blocked month) the last good ones stay.

    With what was stored `before`, only the product-months that differ from it are written; without, all of them.
    `about` are other columns of the month's row, such as the cause. Returns how many product-months were written.
    """
    month = inputs.month
    if results is None:
        results = carried_over(before or solved_months([month])[month], inputs)
    data = _packed(inputs, results)
    columns = about | {
        "figures": data,
        "digest": blake2b(data, digest_size=16).hexdigest(),
        "has_products": bool(len(inputs.products)),
        "has_costs": bool(inputs.cost.any()),
        "metrics_value": to_money(inputs.measured.value.sum()),
        "gap": results.gap if results else 0.0,
        "solved_at": timezone.now(),
    }
    rows = ProductMonth.objects.filter(month=month)
    if not SolvedMonth.objects.filter(month=month).update(version=F("version") + 1, **columns):
        SolvedMonth.objects.create(month=month, version=1, **columns)
    _kept.put((month, columns["digest"]), Solved(inputs, results))
    now = _Rows.of(inputs, results)
    if before is None or before.version == 0:
        rows.delete()
        now.write_all(month)
        return len(now.products)
    was = _Rows.of(before.inputs, before.results)
    gone = np.setdiff1d(was.products, now.products, assume_unique=True)
    if len(gone):
        rows.filter(product__in=gone.tolist()).delete()
    changed = now.but_for(was)
    changed.write_over(month)
    return len(changed.products) + len(gone)


MONEY = (
    "ledger_cost",
    "labour_cost",
    "direct_cost",
    "own_value",
    "loaded_cost",
    "retained_cost",
    "reached_value",
    "credited_value",
    "measured_value",
    "estimated_value",
)
FACTS = 4  # of these; the others are results


@dataclass(frozen=True, eq=False)
class _Rows:
    """Product-months of one month: (P,) ids, (P, 10) cents, and (P,) whether there are results."""

    products: NDArray[np.int64]
    cents: Cents
    is_known: NDArray[np.bool_]

    @classmethod
    def of(cls, inputs: Inputs, results: Results | None) -> "_Rows":
        """Return the rows of a month that was solved, or was not."""
        size = len(inputs.products)
        columns = [inputs.ledger, inputs.labour, inputs.cost, inputs.value]
        if results is None:
            none = np.zeros((size, len(MONEY) - FACTS), np.int64)
            return cls(inputs.products, np.column_stack([*columns, none]), np.zeros(size, np.bool_))
        columns += [results.loaded, results.retained, results.reached, results.credited, results.credited_graded]
        return cls(inputs.products, np.column_stack(columns), results.is_known)

    def but_for(self, was: "_Rows") -> "_Rows":
        """Return the rows that are new or have other figures than they had."""
        at, is_there = _found(was.products, self.products)
        differs = ~is_there
        if len(was.products):
            differs |= (self.cents != was.cents[at]).any(axis=1) | (self.is_known != was.is_known[at])
        return _Rows(self.products[differs], self.cents[differs], self.is_known[differs])

    def write_all(self, month: date) -> None:
        """Add the rows to a month that has none."""
        if connection.vendor != "postgresql":
            self._create(month)
            return
        cells = {"product_id": whole(self.products), "month": days(np.full(len(self.products), month, "M8[D]"))}
        for place, name in enumerate(MONEY):
            cells[name] = decimals(self.cents[:, place], 2)
            if place >= FACTS and not self.is_known.all():
                cells[name] = cells[name].but(~self.is_known)
        copy_in(ProductMonth._meta.db_table, cells)

    def write_over(self, month: date) -> None:
        """Add the rows to a month, or put them in place of those it has."""
        if not len(self.products):
            return
        if connection.vendor != "postgresql":
            self._create(month, update_conflicts=True, unique_fields=["month", "product"], update_fields=list(MONEY))
            return
        names, given = ", ".join(MONEY), ", ".join(f"{name} / 100.0" for name in MONEY)
        taken = ", ".join(f"{name} = EXCLUDED.{name}" for name in MONEY)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {ProductMonth._meta.db_table} (product_id, month, {names}) "  # noqa: S608 - names are ours
                f"SELECT product_id, %s, {given} "
                f"FROM unnest(%s::bigint[]{', %s::bigint[]' * len(MONEY)}) AS changed(product_id, {names}) "
                f"ON CONFLICT (month, product_id) DO UPDATE SET {taken}",
                [month, self.products.tolist(), *(self._column(place) for place in range(len(MONEY)))],
            )

    def _column(self, place: int) -> list[int | None]:
        cents = self.cents[:, place].tolist()
        if place < FACTS or self.is_known.all():
            return cents
        return [amount if is_known else None for amount, is_known in zip(cents, self.is_known.tolist(), strict=True)]

    def _create(self, month: date, **options) -> None:
        columns = [[None if amount is None else from_cents(amount) for amount in self._column(at)] for at in range(10)]
        rows = [
            ProductMonth(product_id=product, month=month, **dict(zip(MONEY, money, strict=True)))
            for product, *money in zip(self.products.tolist(), *columns, strict=True)
        ]
        ProductMonth.objects.bulk_create(rows, batch_size=2_000, **options)


def to_int(amount: Decimal) -> int:
    """Return an amount in cents."""
    return int((amount * 100).to_integral_value())


def to_money(cents: int | np.integer) -> Decimal:
    """Return cents as an amount."""
    return Decimal(int(cents)).scaleb(-2)
