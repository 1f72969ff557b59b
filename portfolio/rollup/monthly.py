"""Cost and credited value by month, of any set of products, with the 90 % range of each month.

No draw is followed through the network. The value credited to a set of products is w·v, where w[j] is the part of j's
loaded cost that came out of the set's own money (`portfolio.engine.origins`), and v is linear in the worths that are
drawn. So a month is one solve a set, whatever the metrics.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from portfolio.common.months import month_range
from portfolio.common.parts import Units
from portfolio.engine.errors import EngineError
from portfolio.engine.origins import origins
from portfolio.engine.uncertainty import percentiles
from portfolio.rollup import reading, standings
from portfolio.rollup.facts import known
from portfolio.rollup.models import BlockedMonth, ProductMonth
from portfolio.rollup.snapshots import Inputs, solved_months

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
    chosen = "all" if products is None else ",".join(map(str, sorted(products)))
    key = _key("monthly", months[0], months[-1], what, chosen)
    kept = cache.get(key)
    if kept is None:
        kept = _ranged(
            months, _fresh(months, what) if what.at else _stored(months, has_links=products is not None), products
        )
        cache.set(key, kept, reading.CACHED_FOR)
    return kept


def _stored(months: Sequence[date], *, has_links: bool) -> dict[date, _Month]:
    within = {"month__gte": months[0], "month__lte": months[-1]}
    read = {month: _Month({}, {}, [], [], {}) for month in months}
    for month, product, cost, credited in (
        ProductMonth.objects.filter(**within)
        .order_by()
        .values_list("month", "product_id", Units("direct_cost", scale=100), Units("credited_value", scale=100))
    ):
        read[month].cost[product] = cost
        read[month].credited[product] = credited or 0
    for month, solved in solved_months(months).items():
        inputs = solved.inputs
        if has_links:
            read[month].links = _links(inputs)
        for one in inputs.metrics:
            if one.valuation:
                read[month].overdue[one.metric] = one.overdue_days
                if one.weight:
                    read[month].weights.append((one.product, one.valuation, float(one.weight)))
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
            links=_links(inputs) if inputs else [],
            weights=[
                (one.product, one.valuation, float(one.weight)) for one in figures if one.valuation and one.weight
            ],
            overdue={one.metric: one.overdue_days for one in figures},
            is_blocked=month in panel.blocked,
        )
    return read


def _links(inputs: Inputs) -> list[tuple[int, int, float]]:
    return list(
        zip(
            inputs.products[inputs.suppliers].tolist(),
            inputs.products[inputs.consumers].tolist(),
            inputs.share.tolist(),
            strict=True,
        )
    )


def _ranged(months: Sequence[date], read: dict[date, _Month], products: set[int] | None) -> Monthly:
    columns, worth = _worths(read, months[-1])
    cost: list[float] = []
    value: list[float] = []
    low: list[float | None] = []
    high: list[float | None] = []
    for month in months:
        figures = read[month]
        cost.append(_sum(figures.cost, products))
        value.append(_sum(figures.credited, products))
        if (by_worth := _by_worth(figures, columns, [products])) is None:
            low.append(None)
            high.append(None)
            continue
        bottom, _, top = percentiles(by_worth[:, 0] @ worth)
        low.append(float(bottom))
        high.append(float(top))
    return Monthly(list(months), cost, value, low, high)


def headlines(what: reading.Asked, sets: Sequence[set[int]]) -> list[tuple[float, float, float] | None]:
    """Return credited value per dollar of each set of products over a window, with the 5th and 95th percentile.

    None where a set costs nothing. For sets that are no value stream, such as a filtered board. A few queries for
    any number of sets and products; kept for as long as the run they belong to is the latest.
    """
    if not sets:
        return []
    chosen = "|".join(",".join(map(str, sorted(products))) for products in sets)
    key = _key("headlines", what.first, what.last, what, chosen)
    kept = cache.get(key)
    if kept is None:
        kept = _headlines(what, sets)
        cache.set(key, kept, reading.CACHED_FOR)
    return kept


def _headlines(what: reading.Asked, sets: Sequence[set[int]]) -> list[tuple[float, float, float] | None]:
    months = list(month_range(what.first, what.last))
    read = _fresh(months, what) if what.at else _stored(months, has_links=True)
    columns, worth = _worths(read, months[-1])
    total = np.zeros((len(columns), len(sets)))
    for month in months:
        if (by_worth := _by_worth(read[month], columns, sets)) is not None:
            total += by_worth
    low, _, high = percentiles(total.T @ worth, axis=1)
    shown: list[tuple[float, float, float] | None] = []
    for place, products in enumerate(sets):
        cost = sum(_sum(read[month].cost, products) for month in months)
        value = sum(_sum(read[month].credited, products) for month in months)
        shown.append((value / cost, float(low[place]) / cost, float(high[place]) / cost) if cost > 0 else None)
    return shown


def _key(name: str, first: date, last: date, what: reading.Asked, chosen: str) -> str:
    run = reading.latest_run()
    stamp = what.at.timestamp() if what.at else f"run-{run.pk if run else 0}"
    return f"{name}:{first:%Y%m}:{last:%Y%m}:{stamp}:{blake2b(chosen.encode(), digest_size=12).hexdigest()}"


def _worths(read: dict[date, _Month], last: date) -> tuple[dict[int, int], Floats]:
    """Return where each valuation stands in the draws, and the draws of the worth of its unit, (V, draws)."""
    columns = sorted({valuation for month in read.values() for _, valuation, _ in month.weights})
    worth = standings.worths(columns, read[last].overdue)
    return {valuation: place for place, valuation in enumerate(columns)}, worth


def _sum(cents: dict[int, int], products: set[int] | None) -> float:
    chosen: Iterable[int] = cents.values() if products is None else (cents[one] for one in cents.keys() & products)
    return sum(chosen) / 100


def _by_worth(month: _Month, columns: dict[int, int], sets: Sequence[set[int] | None]) -> Floats | None:
    """Return what one unit of each valuation's worth adds to the value credited to each set, (V, sets).

    None for a month without a range: it is blocked, or nothing in it is valued. A set that is None is everyone.
    """
    if month.is_blocked or not month.weights:
        return None
    part = _origins(month, sets)
    if part is None:
        return None
    by_worth = np.zeros((len(columns), len(sets)))
    for product, valuation, weight in month.weights:
        by_worth[columns[valuation]] += weight * part[product]
    return by_worth


def _origins(month: _Month, sets: Sequence[set[int] | None]) -> dict[int, Floats] | None:
    """Return, by product id, the part of its loaded cost that came out of each set's own money."""
    named = sorted(
        month.cost.keys() | {one for link in month.links for one in link[:2]} | {row[0] for row in month.weights}
    )
    if all(products is None for products in sets):
        return dict.fromkeys(named, np.ones(len(sets)))
    from scipy.sparse import csr_array

    at = {product: place for place, product in enumerate(named)}
    cost = np.array([month.cost.get(product, 0) for product in named], dtype=np.float64)
    inside = np.array([[products is None or product in products for products in sets] for product in named])
    suppliers = np.array([at[supplier] for supplier, _, _ in month.links], dtype=np.intp)
    consumers = np.array([at[consumer] for _, consumer, _ in month.links], dtype=np.intp)
    shares = csr_array(
        (np.array([share for _, _, share in month.links]), (suppliers, consumers)), shape=(len(named), len(named))
    )
    try:
        return dict(zip(named, origins(cost, shares, inside), strict=True))
    except EngineError:
        return None
