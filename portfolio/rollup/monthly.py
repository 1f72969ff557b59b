"""Cost and credited value by month, of any set of products, with the 90 % range of each month.

The range needs no solving for each draw. The value credited to a set of products is w·v, where w[j] is the part of
j's loaded cost that came out of the set's own money: with C the loaded cost from all direct costs and C' that from
the set's alone, w = C'/C (1 for everyone where the set is everyone). So a month is two solves, whatever the metrics,
and v is linear in the worths that are drawn.

Source: the adjoint of T = v + F T in DESIGN's arithmetic; Miller & Blair, Input-Output Analysis (2009), chapter 2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from portfolio.common.parts import Units
from portfolio.engine.errors import EngineError
from portfolio.engine.flows import trace
from portfolio.engine.uncertainty import percentiles
from portfolio.rollup import reading, standings
from portfolio.rollup.facts import known
from portfolio.rollup.models import BlockedMonth, LinkMonth, MetricMonth, ProductMonth

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Monthly:
    """Figures by month in the base currency; a month without a range has None at both ends."""

    months: list[date]
    cost: list[float]
    value: list[float]
    low: list[float | None]
    high: list[float | None]

    @property
    def has_range(self) -> bool:
        """Whether any month has one."""
        return any(low is not None for low in self.low)


@dataclass
class _Month:
    """What a month's range is made of: ids, amounts in cents, links by id, and the weights of valued metrics."""

    cost: dict[int, int]
    credited: dict[int, int]
    links: list[tuple[int, int, float]]
    weights: list[tuple[int, int, float]]  #: product, valuation, weight
    overdue: dict[int, int]
    is_blocked: bool = False


def monthly(months: Sequence[date], products: set[int] | None, what: reading.Asked) -> Monthly:
    """Return the figures of some products, or of all, for consecutive months, as known when `what` says.

    Five queries for any number of products as known now; kept for as long as the run they belong to is the latest.
    """
    if not months:
        return Monthly([], [], [], [], [])
    run = reading.latest_run()
    stamp = what.at.timestamp() if what.at else f"run-{run.pk if run else 0}"
    chosen = "all" if products is None else blake2b(repr(sorted(products)).encode(), digest_size=12).hexdigest()
    key = f"monthly:{months[0]:%Y%m}:{months[-1]:%Y%m}:{chosen}:{stamp}"
    kept = cache.get(key)
    if kept is None:
        kept = _ranged(months, _fresh(months, what) if what.at else _stored(months, products), products)
        cache.set(key, kept, reading.CACHED_FOR)
    return kept


def _stored(months: Sequence[date], products: set[int] | None) -> dict[date, _Month]:
    within = {"month__gte": months[0], "month__lte": months[-1]}
    read = {month: _Month({}, {}, [], [], {}) for month in months}
    for month, product, cost, credited in (
        ProductMonth.objects.filter(**within)
        .order_by()
        .values_list("month", "product_id", Units("direct_cost", scale=100), Units("credited_value", scale=100))
    ):
        read[month].cost[product] = cost
        read[month].credited[product] = credited or 0
    if products is not None:
        links = LinkMonth.objects.filter(**within).order_by()
        for month, supplier, consumer, share in links.values_list("month", "supplier_id", "consumer_id", "share"):
            read[month].links.append((supplier, consumer, share))
    valued = MetricMonth.objects.filter(**within, valuation__isnull=False).order_by()
    for month, product, metric, valuation, weight, overdue in valued.values_list(
        "month", "metric__product_id", "metric_id", "valuation_id", "weight", "overdue_days"
    ):
        read[month].overdue[metric] = overdue
        if weight:
            read[month].weights.append((product, valuation, float(weight)))
    for month in BlockedMonth.objects.filter(**within).values_list("month", flat=True):
        read[month].is_blocked = True
    return read


def _fresh(months: Sequence[date], what: reading.Asked) -> dict[date, _Month]:
    panel = standings.fresh_panel(months, known(what.at))
    read = {}
    for place, month in enumerate(panel.months):
        ids = panel.products.tolist()
        inputs = panel.inputs.get(month)
        figures = inputs.metrics if inputs else ()
        read[month] = _Month(
            cost=dict(zip(ids, panel.data[place, :, standings.COST].tolist(), strict=True)),
            credited=dict(zip(ids, panel.data[place, :, standings.CREDITED].tolist(), strict=True)),
            links=list(
                zip(
                    inputs.products[inputs.suppliers].tolist(),
                    inputs.products[inputs.consumers].tolist(),
                    inputs.share.tolist(),
                    strict=True,
                )
            )
            if inputs
            else [],
            weights=[
                (one.product, one.valuation, float(one.weight)) for one in figures if one.valuation and one.weight
            ],
            overdue={one.metric: one.overdue_days for one in figures},
            is_blocked=month in panel.blocked,
        )
    return read


def _ranged(months: Sequence[date], read: dict[date, _Month], products: set[int] | None) -> Monthly:
    columns = sorted({valuation for month in read.values() for _, valuation, _ in month.weights})
    place_of = {valuation: place for place, valuation in enumerate(columns)}
    worth = standings.worths(columns, read[months[-1]].overdue)
    cost, value, low, high = [], [], [], []
    for month in months:
        figures = read[month]
        cost.append(_sum(figures.cost, products))
        value.append(_sum(figures.credited, products))
        part = None if figures.is_blocked or not figures.weights else _origin(figures, products)
        if part is None:
            low.append(None)
            high.append(None)
            continue
        by_worth = np.zeros(len(columns))
        for product, valuation, weight in figures.weights:
            by_worth[place_of[valuation]] += weight * part[product]
        bottom, _, top = percentiles(by_worth @ worth)
        low.append(float(bottom))
        high.append(float(top))
    return Monthly(list(months), cost, value, low, high)


def _sum(cents: dict[int, int], products: set[int] | None) -> float:
    chosen: Iterable[int] = cents.values() if products is None else (cents[one] for one in cents.keys() & products)
    return sum(chosen) / 100


def _origin(month: _Month, products: set[int] | None) -> dict[int, float] | None:
    """Return w by product id: the part of what it cost, all told, that came out of the chosen products' own money."""
    named = sorted(
        month.cost.keys() | {one for link in month.links for one in link[:2]} | {row[0] for row in month.weights}
    )
    if products is None:
        return dict.fromkeys(named, 1.0)
    from scipy.sparse import csr_array

    at = {product: place for place, product in enumerate(named)}
    floored = np.array([max(month.cost.get(product, 0), 0) for product in named], dtype=np.float64)
    inside = np.array([product in products for product in named])
    shares = csr_array(
        (
            np.array([share for _, _, share in month.links]),
            (
                np.array([at[supplier] for supplier, _, _ in month.links], dtype=np.intp),
                np.array([at[consumer] for _, consumer, _ in month.links], dtype=np.intp),
            ),
        ),
        shape=(len(named), len(named)),
    )
    nothing = np.zeros(len(named))
    try:
        whole = trace(floored, nothing, shares).loaded_cost
        part = trace(np.where(inside, floored, 0.0), nothing, shares).loaded_cost
    except EngineError:
        return None
    fraction = np.divide(part, whole, out=inside.astype(np.float64), where=whole > 0)
    return dict(zip(named, fraction.tolist(), strict=True))
