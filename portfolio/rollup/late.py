"""What came late: a closed month's facts as they are now, less the figures it was closed with.

Kept by product and by metric, so that it can be added to the first open month: the figures of the closed month do not
move, and all months together come to what all facts come to. Shares of output are ratios, not totals: links and usage
that come late move nothing.

Nothing here asks the database.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from portfolio.rollup.inputs import Cents, Inputs, MetricColumns, assembled
from portfolio.rollup.packing import pack, unpack

MICRO = 1_000_000  # of a weight

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Late:
    """Costs of P products in cents, and K metrics with what they are worth; nothing that is all zeros is kept."""

    products: Integers  #: (P,) ids, ascending
    ledger: Cents  #: (P,)
    labour: Cents  #: (P,)
    metrics: Integers  #: (K,) ids, ascending
    owner: Integers  #: (K,) ids of products
    quantity: Integers  #: (K,) in ten-thousandths; none of levels, whose means do not add up
    weight: Integers  #: (K,) in millionths
    value: Cents  #: (K,)
    valuation: Integers  #: (K,) the worth it rests on, 0 for none
    evidence: Integers  #: (K,) places in inputs.EVIDENCE

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to take."""
        return not len(self.products) and not len(self.metrics)

    @property
    def cost(self) -> int:
        """Cents of ledger and labour, of all products."""
        return int(self.ledger.sum() + self.labour.sum())

    @property
    def total_value(self) -> int:
        """Cents of value, of all metrics."""
        return int(self.value.sum())

    def of(self, products: Collection[int]) -> "Late":
        """Return the part of some products."""
        some = np.fromiter(products, np.int64)
        return self._only(np.isin(self.products, some), np.isin(self.owner, some))

    def but(self, products: Collection[int]) -> "Late":
        """Return the part of all other products."""
        some = np.fromiter(products, np.int64)
        return self._only(~np.isin(self.products, some), ~np.isin(self.owner, some))

    def _only(self, is_cost: NDArray[np.bool_], is_metric: NDArray[np.bool_]) -> "Late":
        return Late(
            *(getattr(self, name)[is_cost] for name in COST_COLUMNS),
            *(getattr(self, name)[is_metric] for name in METRIC_COLUMNS),
        )

    def negated(self) -> "Late":
        """Return what takes it back."""
        return replace(self, **{name: -getattr(self, name) for name in SUMMED})

    def packed(self) -> bytes:
        """Return it as bytes; nothing is no bytes."""
        return b"" if self.is_nothing else pack({one.name: getattr(self, one.name) for one in fields(self)})


COST_COLUMNS = ("products", "ledger", "labour")
METRIC_COLUMNS = ("metrics", "owner", "quantity", "weight", "value", "valuation", "evidence")
SUMMED = ("ledger", "labour", "quantity", "weight", "value")


def nothing_late() -> Late:
    """Return what is late where nothing is."""
    return Late(*(np.empty(0, np.int64) for _ in fields(Late)))


def unpacked(data: bytes | memoryview) -> Late:
    """Return what `packed` made."""
    return Late(**unpack(data)) if len(data) else nothing_late()


def added(lates: Iterable[Late]) -> Late:
    """Return several together; of a metric that is in more than one, the last says what it is worth."""
    each = [late for late in lates if not late.is_nothing]
    if not each:
        return nothing_late()
    columns = {one.name: np.concatenate([getattr(late, one.name) for late in each]) for one in fields(Late)}
    products, at = np.unique(columns["products"], return_inverse=True)
    metrics, of = np.unique(columns["metrics"], return_inverse=True)
    costs = {name: _summed(columns[name], at, len(products)) for name in ("ledger", "labour")}
    sums = {name: _summed(columns[name], of, len(metrics)) for name in ("quantity", "weight", "value")}
    said = {name: np.zeros(len(metrics), np.int64) for name in ("owner", "valuation", "evidence")}
    said["owner"][of] = columns["owner"]
    is_valued = columns["valuation"] != 0
    for name in ("valuation", "evidence"):
        said[name][of[is_valued]] = columns[name][is_valued]
    return _without_zeros(Late(products=products, metrics=metrics, **costs, **sums, **said))


def _summed(amounts: Integers, at: NDArray[np.intp], size: int) -> Integers:
    sums = np.zeros(size, np.int64)
    np.add.at(sums, at, amounts)
    return sums


def _without_zeros(late: Late) -> Late:
    return late._only(
        (late.ledger != 0) | (late.labour != 0), (late.quantity != 0) | (late.weight != 0) | (late.value != 0)
    )


def difference(natural: Inputs, frozen: Inputs, levels: Collection[int] = ()) -> Late:
    """Return what a month's facts come to less what it was closed with; `levels` are metrics that hold at a moment."""
    return added([_all_of(natural, levels), _all_of(frozen, levels).negated(), _worths_of(natural)])


def _all_of(inputs: Inputs, levels: Collection[int]) -> Late:
    of = inputs.measured
    is_level = np.isin(of.ids, np.fromiter(levels, np.int64))
    return Late(
        products=inputs.products,
        ledger=inputs.ledger,
        labour=inputs.labour,
        metrics=of.ids,
        owner=inputs.products[of.product],
        quantity=np.where(is_level, 0, of.quantity),
        weight=millionths(of.weight),
        value=of.value,
        valuation=of.valuation,
        evidence=of.evidence.astype(np.int64),
    )


def _worths_of(inputs: Inputs) -> Late:
    """Return a month's metrics without any amounts, so that it has the last word on what they are worth."""
    known = _all_of(inputs, ())
    return replace(known, **{name: np.zeros_like(getattr(known, name)) for name in SUMMED})


def millionths(weight: NDArray[np.float64]) -> Integers:
    """Return weights in millionths, nothing where there is no worth."""
    return np.rint(np.nan_to_num(weight) * MICRO).astype(np.int64)


def limited(inputs: Inputs, products: Collection[int]) -> Inputs:
    """Return what belongs to some products of a month: their costs and metrics, and no links."""
    some = np.fromiter(products, np.int64)
    is_cost = np.isin(inputs.products, some)
    is_metric = np.isin(inputs.products[inputs.measured.product], some)
    chosen = {one.name: getattr(inputs.measured, one.name)[is_metric] for one in fields(MetricColumns)}
    chosen["product"] = inputs.products[chosen["product"]]
    none = np.empty(0, np.int64)
    return assembled(
        inputs.month,
        costs=(inputs.products[is_cost], inputs.ledger[is_cost], inputs.labour[is_cost]),
        measured=MetricColumns(**chosen),
        links=(none, none, np.empty(0), np.empty(0, np.int8)),
    )


def with_late(inputs: Inputs, late: Late) -> Inputs:
    """Return a month with what came late for the months before it.

    A metric that has a worth in the month keeps that one; one that has none takes that of the month it is late for.
    """
    if late.is_nothing:
        return inputs
    of = inputs.measured
    ids = np.union1d(inputs.products, late.products)
    at, late_at = np.searchsorted(ids, inputs.products), np.searchsorted(ids, late.products)
    ledger, labour = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    ledger[at], labour[at] = inputs.ledger, inputs.labour
    ledger[late_at] += late.ledger
    labour[late_at] += late.labour
    metrics = np.union1d(of.ids, late.metrics)
    at, late_at = np.searchsorted(metrics, of.ids), np.searchsorted(metrics, late.metrics)
    size = len(metrics)
    columns = {name: np.zeros(size, np.int64) for name in ("product", "quantity", "value", "valuation", "overdue")}
    weight, evidence = np.full(size, np.nan), np.zeros(size, np.int64)
    columns["product"][late_at], columns["valuation"][late_at] = late.owner, late.valuation
    evidence[late_at] = late.evidence
    columns["product"][at] = inputs.products[of.product]
    columns["quantity"][at], columns["value"][at], columns["overdue"][at] = of.quantity, of.value, of.overdue
    valued = at[of.is_valued]
    columns["valuation"][valued], evidence[valued] = of.valuation[of.is_valued], of.evidence[of.is_valued]
    weight[at] = of.weight
    columns["quantity"][late_at] += late.quantity
    columns["value"][late_at] += late.value
    takes = columns["valuation"][late_at] != 0
    weight[late_at[takes]] = (millionths(weight[late_at[takes]]) + late.weight[takes]) / MICRO
    return assembled(
        inputs.month,
        costs=(ids, ledger, labour),
        measured=MetricColumns(ids=metrics, weight=weight, evidence=evidence.astype(np.int8), **columns),
        links=(
            inputs.products[inputs.suppliers],
            inputs.products[inputs.consumers],
            inputs.share,
            inputs.basis_codes,
        ),
    )


def taken_back(late: Late, by: Inputs) -> Late:
    """Return what is late of a month that is closed, having taken `late`: the same, taken back, at its own worths."""
    return added([late.negated(), _worths_of(by)])


def differing(one: Late, other: Late) -> set[int]:
    """Return the products of which two differ, be it in what they say a metric is worth."""
    apart = added([one, other.negated()])
    _, at, place = np.intersect1d(one.metrics, other.metrics, assume_unique=True, return_indices=True)
    said = np.zeros(len(at), np.bool_)
    for name in ("owner", "valuation", "evidence"):
        said |= getattr(one, name)[at] != getattr(other, name)[place]
    owners = (*apart.owner.tolist(), *one.owner[at[said]].tolist(), *other.owner[place[said]].tolist())
    return {*apart.products.tolist(), *owners}
