"""Rows to arrays and back: the one place where money turns from whole cents into float, and returns.

A month is kept as arrays: its facts (`Inputs`) and what the engine made of them (`Results`), in whole cents that add
up. They are made from facts just read, or unpacked from what the roll-up stored (`solved_months`).
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import F
from django.utils import timezone
from numpy.typing import NDArray

from portfolio.common.spreading import from_cents
from portfolio.engine.errors import ClosedLoop
from portfolio.engine.flows import Flows, trace
from portfolio.engine.rounding import to_cents
from portfolio.rollup.facts import MICRO, QUANTITY, Knowledge, MetricFigure, MonthFacts, read_month
from portfolio.rollup.models import Basis, ProductMonth, SolvedMonth
from portfolio.rollup.packing import pack, unpack
from products.value.models import Evidence

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Cents = NDArray[np.int64]

GRADES = (Evidence.MEASURED, Evidence.ESTIMATED)  # what is neither is asserted
# Codes that are stored: only ever add to the end.
EVIDENCE: tuple[str, ...] = ("", Evidence.MEASURED, Evidence.ESTIMATED, Evidence.ASSERTED)
BASES: tuple[str, ...] = (Basis.METERED, Basis.AGREED, Basis.CARRIED)
CACHED_BYTES = 192 * 1024 * 1024  # of unpacked months that a process keeps: two years of 100,000 links


@dataclass(frozen=True, eq=False)
class MetricColumns:
    """What the month's K metrics came to, by metric id, ascending."""

    ids: NDArray[np.int64]  #: (K,)
    product: NDArray[np.intp]  #: (K,) positions in the month's products
    quantity: NDArray[np.int64]  #: (K,) in ten-thousandths
    valuation: NDArray[np.int64]  #: (K,) ids, 0 where it is not valued
    evidence: NDArray[np.int8]  #: (K,) places in EVIDENCE
    weight: NDArray[np.float64]  #: (K,) worth in the base currency if a unit were worth 1; NaN where not valued
    value: Cents  #: (K,) 0 where it is not valued
    overdue: NDArray[np.int64]  #: (K,) days

    @property
    def is_valued(self) -> NDArray[np.bool_]:
        """(K,)"""
        return self.valuation != 0


@dataclass(frozen=True, eq=False)
class Inputs:
    """One month's facts as arrays over its P products, K metrics and L links; money in cents."""

    month: date
    products: NDArray[np.int64]  #: (P,) ids, ascending
    ledger: Cents  #: (P,)
    labour: Cents  #: (P,)
    value: Cents  #: (P,) own value, the sum of the metrics' values
    graded: Cents  #: (P, 2) the part of it that is measured, and that is estimated
    measured: MetricColumns
    suppliers: NDArray[np.intp]  #: (L,) positions in `products`; links are in order of supplier, then consumer
    consumers: NDArray[np.intp]  #: (L,)
    share: NDArray[np.float64]  #: (L,)
    basis_codes: NDArray[np.int8]  #: (L,) places in BASES

    @property
    def cost(self) -> Cents:
        """Direct cost, (P,)."""
        return self.ledger + self.labour

    @cached_property
    def metrics(self) -> tuple[MetricFigure, ...]:
        """The metrics one by one, for those who look at a few; whole months are quicker by `measured`."""
        return tuple(map(self._metric, range(len(self.measured.ids))))

    def _metric(self, row: int) -> MetricFigure:
        of = self.measured
        valuation = int(of.valuation[row])
        return MetricFigure(
            metric=int(of.ids[row]),
            product=int(self.products[of.product[row]]),
            quantity=Decimal(int(of.quantity[row])).scaleb(-4),
            valuation=valuation or None,
            evidence=EVIDENCE[of.evidence[row]],
            weight=Decimal(repr(float(of.weight[row]))).quantize(MICRO) if valuation else None,
            value=int(of.value[row]) if valuation else None,
            overdue_days=int(of.overdue[row]),
        )

    def metrics_of(self, place: int) -> list[MetricFigure]:
        """Return the metrics of the product at a position."""
        return [self._metric(row) for row in np.flatnonzero(self.measured.product == place).tolist()]

    def place_of(self, product: int) -> int | None:
        """Return where a product stands in `products`; None where the month does not know it."""
        place = int(np.searchsorted(self.products, product))
        return place if place < len(self.products) and self.products[place] == product else None

    @cached_property
    def basis(self) -> tuple[str, ...]:
        """What each share rests on, (L,)."""
        return tuple(BASES[code] for code in self.basis_codes.tolist())

    def shares(self) -> "csr_array":
        """Return S, (P, P)."""
        from scipy.sparse import csr_array

        size = len(self.products)
        return csr_array((self.share, (self.suppliers, self.consumers)), shape=(size, size))

    def positions(self, ids: Iterable[int]) -> NDArray[np.intp]:
        """Return where products stand in `products`."""
        return np.searchsorted(self.products, np.fromiter(ids, np.int64))


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


MONTH_COLUMNS = ("products", "ledger", "labour", "value", "graded", "suppliers", "consumers", "share", "basis_codes")
METRIC_COLUMNS = tuple(one.name for one in fields(MetricColumns))
RESULT_COLUMNS = tuple(one.name for one in fields(Results) if one.name != "gap")


def arrays(facts: MonthFacts) -> Inputs:
    """Turn facts by id into arrays over all products that the month knows."""
    named = set(facts.costs) | {product for pair in facts.links for product in pair}
    named |= {figure.product for figure in facts.metrics.values()}
    products = np.array(sorted(named), dtype=np.int64)
    position = {product: place for place, product in enumerate(products.tolist())}
    size = len(products)
    ledger, labour = (np.zeros(size, np.int64) for _ in range(2))
    for product, (from_ledger, from_labour) in facts.costs.items():
        ledger[position[product]], labour[position[product]] = from_ledger, from_labour
    figures = [facts.metrics[metric] for metric in sorted(facts.metrics)]
    measured = MetricColumns(
        ids=np.array([figure.metric for figure in figures], np.int64),
        product=np.array([position[figure.product] for figure in figures], np.intp),
        quantity=np.array([int(figure.quantity * QUANTITY) for figure in figures], np.int64),
        valuation=np.array([figure.valuation or 0 for figure in figures], np.int64),
        evidence=np.array([EVIDENCE.index(figure.evidence) for figure in figures], np.int8),
        weight=np.array([np.nan if figure.weight is None else float(figure.weight) for figure in figures], np.float64),
        value=np.array([figure.value or 0 for figure in figures], np.int64),
        overdue=np.array([figure.overdue_days for figure in figures], np.int64),
    )
    pairs = sorted(facts.links)
    return Inputs(
        month=facts.month,
        products=products,
        ledger=ledger,
        labour=labour,
        **_sums(measured, size),
        measured=measured,
        suppliers=np.array([position[supplier] for supplier, _ in pairs], dtype=np.intp),
        consumers=np.array([position[consumer] for _, consumer in pairs], dtype=np.intp),
        share=np.array([facts.links[pair][0] for pair in pairs], np.float64),
        basis_codes=np.array([BASES.index(facts.links[pair][1]) for pair in pairs], np.int8),
    )


def _sums(measured: MetricColumns, size: int) -> dict[str, Cents]:
    """Return each product's own value, and the part of it by grade."""
    value, graded = np.zeros(size, np.int64), np.zeros((size, len(GRADES)), np.int64)
    np.add.at(value, measured.product, measured.value)
    for place, grade in enumerate(GRADES):
        of = measured.evidence == EVIDENCE.index(grade)
        np.add.at(graded[:, place], measured.product[of], measured.value[of])
    return {"value": value, "graded": graded}


@dataclass(frozen=True, eq=False)
class Read:
    """A month's facts just read, of all products or of some, and how many there were, sums counted as one."""

    inputs: Inputs
    rows: int


def read_inputs(months: Iterable[date], knowledge: Knowledge, products: Collection[int] | None) -> dict[date, Read]:
    """Return the facts of some months. Raises MissingRate where one of them cannot be read."""
    read = {month: read_month(month, knowledge, products) for month in months}
    return {month: Read(arrays(facts), facts.rows) for month, facts in read.items()}


def merged(old: Inputs, fresh: Inputs, products: Collection[int]) -> Inputs:
    """Return a month with all that belongs to `products` taken from `fresh`, and the rest as it was."""
    again = np.fromiter(products, np.int64)
    metric_of, supplier = old.products[old.measured.product], old.products[old.suppliers]
    is_cost, is_metric, is_link = (~np.isin(ids, again) for ids in (old.products, metric_of, supplier))

    def both(name: str, keep: NDArray[np.bool_], of: str = "") -> NDArray:
        ends = (getattr(month, of) if of else month for month in (old, fresh))
        was, now = (getattr(end, name) for end in ends)
        return np.concatenate([was[keep], now])

    return assembled(
        old.month,
        costs=(both("products", is_cost), both("ledger", is_cost), both("labour", is_cost)),
        measured=MetricColumns(
            product=np.concatenate([metric_of[is_metric], fresh.products[fresh.measured.product]]),
            **{name: both(name, is_metric, "measured") for name in METRIC_COLUMNS if name != "product"},
        ),
        links=(
            np.concatenate([supplier[is_link], fresh.products[fresh.suppliers]]),
            np.concatenate([old.products[old.consumers][is_link], fresh.products[fresh.consumers]]),
            both("share", is_link),
            both("basis_codes", is_link),
        ),
    )


def assembled(
    month: date,
    *,
    costs: tuple[NDArray[np.int64], Cents, Cents],
    measured: MetricColumns,
    links: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int8]],
) -> Inputs:
    """Return a month from columns in any order, each product, metric and link once; products by their ids.

    `costs` are products, ledger and labour; `links` suppliers, consumers, shares and bases; `measured.product` holds
    ids here. A product belongs to the month where it has a cost, a metric or a link.
    """
    ids, ledger, labour = costs
    suppliers, consumers, share, basis = links
    has_cost = (ledger != 0) | (labour != 0)
    ids = ids[has_cost]
    products = np.unique(np.concatenate([ids, measured.product, suppliers, consumers]))
    full_ledger, full_labour = (np.zeros(len(products), np.int64) for _ in range(2))
    at = np.searchsorted(products, ids)
    full_ledger[at], full_labour[at] = ledger[has_cost], labour[has_cost]
    order = _ascending(measured.ids)
    columns = {name: getattr(measured, name)[order] for name in METRIC_COLUMNS}
    columns["product"] = np.searchsorted(products, columns["product"])
    measured = MetricColumns(**columns)
    from_, to = np.searchsorted(products, suppliers), np.searchsorted(products, consumers)
    order = _ascending(from_ * len(products) + to)
    return Inputs(
        month=month,
        products=products,
        ledger=full_ledger,
        labour=full_labour,
        **_sums(measured, len(products)),
        measured=measured,
        suppliers=from_[order],
        consumers=to[order],
        share=share[order],
        basis_codes=basis[order],
    )


def _ascending(keys: NDArray[np.int64]) -> NDArray[np.intp] | slice:
    """Return the order of keys; nothing is moved where they are in order already."""
    return slice(None) if (keys[1:] > keys[:-1]).all() else np.argsort(keys, kind="stable")


def nothing(month: date) -> Inputs:
    """Return a month without any facts."""
    return arrays(MonthFacts(month))


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


def _packed(inputs: Inputs, results: Results | None) -> bytes:
    columns = {name: getattr(inputs, name) for name in MONTH_COLUMNS}
    columns |= {f"metric.{name}": getattr(inputs.measured, name) for name in METRIC_COLUMNS}
    if results is not None:
        columns |= {f"result.{name}": getattr(results, name) for name in RESULT_COLUMNS}
        columns["result.gap"] = np.array([results.gap])
    return pack(columns)


def _unpacked(month: date, version: int, data: bytes) -> Solved:
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


def store(inputs: Inputs, results: Results | None, **about) -> int:
    """Write a month: its facts, and its results; without results (a blocked month) the last good ones stay.

    `about` are other columns of its row, such as the cause. Returns how many product-months were written.
    """
    month = inputs.month
    if results is None:
        results = carried_over(solved_months([month])[month], inputs)
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
    if not SolvedMonth.objects.filter(month=month).update(version=F("version") + 1, **columns):
        SolvedMonth.objects.create(month=month, version=1, **columns)
    ProductMonth.objects.filter(month=month).delete()
    rows = [
        ProductMonth(product_id=product, month=month, **row)
        for product, row in zip(inputs.products.tolist(), _product_rows(inputs, results), strict=True)
    ]
    ProductMonth.objects.bulk_create(rows, batch_size=2_000)
    return len(rows)


def _product_rows(inputs: Inputs, results: Results | None) -> Iterator[dict[str, Decimal | None]]:
    columns: dict[str, Cents] = {
        "ledger_cost": inputs.ledger,
        "labour_cost": inputs.labour,
        "direct_cost": inputs.cost,
        "own_value": inputs.value,
    }
    if results is not None:
        columns |= {
            "loaded_cost": results.loaded,
            "retained_cost": results.retained,
            "reached_value": results.reached,
            "credited_value": results.credited,
            "measured_value": results.credited_graded[:, 0],
            "estimated_value": results.credited_graded[:, 1],
        }
    known = results.is_known.tolist() if results is not None else []
    for place, cents in enumerate(zip(*(column.tolist() for column in columns.values()), strict=True)):
        row = dict(zip(columns, map(from_cents, cents), strict=True))
        yield row if not known or known[place] else dict(list(row.items())[:4])


def to_int(amount: Decimal) -> int:
    """Return an amount in cents."""
    return int((amount * 100).to_integral_value())


def to_money(cents: int | np.integer) -> Decimal:
    """Return cents as an amount."""
    return Decimal(int(cents)).scaleb(-2)
