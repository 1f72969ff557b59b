"""A month's facts as arrays: what the engine is given, and what is read and kept.

Nothing here asks the database: months are put together from columns, taken apart, and mended in part.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from portfolio.rollup.models import Basis
from products.value.models import Evidence

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Cents = NDArray[np.int64]

DENSE = 1_000_000  # keys of products up to which a table over all of them is cheap
MICRO = Decimal("0.000001")
GRADES = (Evidence.MEASURED, Evidence.ESTIMATED)  # what is neither is asserted
# Codes that are stored: only ever add to the end.
EVIDENCE: tuple[str, ...] = ("", Evidence.MEASURED, Evidence.ESTIMATED, Evidence.ASSERTED)
BASES: tuple[str, ...] = (Basis.METERED, Basis.AGREED, Basis.CARRIED)


@dataclass(frozen=True)
class MetricFigure:
    """What a metric came to in a month; `value` in cents of the base currency, None where it is not valued."""

    metric: int
    product: int
    quantity: Decimal
    valuation: int | None
    evidence: str
    weight: Decimal | None  #: what it would be worth, in the base currency, if a unit were worth 1
    value: int | None
    overdue_days: int


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
class Read:
    """A month's facts just read, of all products or of some, and how many there were, sums counted as one."""

    inputs: Inputs
    rows: int


MONTH_COLUMNS = ("products", "ledger", "labour", "value", "graded", "suppliers", "consumers", "share", "basis_codes")
METRIC_COLUMNS = tuple(one.name for one in fields(MetricColumns))


def nothing(month: date) -> Inputs:
    """Return a month without any facts."""
    none, of_them = np.empty(0, np.int64), np.empty(0, np.int8)
    return assembled(
        month,
        costs=(none, none, none),
        measured=MetricColumns(none, none, none, none, of_them, np.empty(0), none, none),
        links=(none, none, np.empty(0), of_them),
    )


def _sums(measured: MetricColumns, size: int) -> dict[str, Cents]:
    """Return each product's own value, and the part of it by grade."""
    value, graded = np.zeros(size, np.int64), np.zeros((size, len(GRADES)), np.int64)
    np.add.at(value, measured.product, measured.value)
    for place, grade in enumerate(GRADES):
        of = measured.evidence == EVIDENCE.index(grade)
        np.add.at(graded[:, place], measured.product[of], measured.value[of])
    return {"value": value, "graded": graded}


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
    products, place_of = _placed(ids, measured.product, suppliers, consumers)
    full_ledger, full_labour = (np.zeros(len(products), np.int64) for _ in range(2))
    at = place_of(ids)
    full_ledger[at], full_labour[at] = ledger[has_cost], labour[has_cost]
    order = _ascending(measured.ids)
    columns = {name: getattr(measured, name)[order] for name in METRIC_COLUMNS}
    columns["product"] = place_of(columns["product"])
    measured = MetricColumns(**columns)
    from_, to = place_of(suppliers), place_of(consumers)
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


def _placed(*ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], Callable[[NDArray], NDArray[np.intp]]]:
    """Return all ids once, ascending, and what gives the places of some of them.

    By a table over all keys up to the largest: with a hundred thousand links it takes a tenth of the time of sorting.
    """
    most = max(int(each.max(initial=0)) for each in ids)
    if most > DENSE:
        distinct = np.unique(np.concatenate(ids))
        return distinct, lambda some: np.searchsorted(distinct, some)
    is_there = np.zeros(most + 1, np.bool_)
    for each in ids:
        is_there[each] = True
    place = np.cumsum(is_there) - 1
    return np.flatnonzero(is_there), lambda some: place[some]


def is_among(some: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which of some are among the known ones, which are in ascending order."""
    if not len(known):
        return np.zeros(len(some), np.bool_)
    return known[np.minimum(np.searchsorted(known, some), len(known) - 1)] == some


def _ascending(keys: NDArray[np.int64]) -> NDArray[np.intp] | slice:
    """Return the order of keys; nothing is moved where they are in order already."""
    return slice(None) if (keys[1:] > keys[:-1]).all() else np.argsort(keys, kind="stable")
