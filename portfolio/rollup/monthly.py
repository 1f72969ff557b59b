"""Cost and credited value by month, of any set of products, with the 90 % range of each month.

No draw is followed through the network. The value credited to a set of products is w·v, where w[j] is the part of j's
loaded cost that came out of the set's own money (`portfolio.engine.origins`), and v is linear in the worths that are
drawn. So a month is one solve a set, whatever the metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from portfolio.common.months import month_range
from portfolio.engine.errors import EngineError
from portfolio.engine.origins import origins
from portfolio.engine.uncertainty import ends
from portfolio.rollup import reading
from portfolio.rollup.facts import known
from portfolio.rollup.panel import COST, CREDITED, Panel, fresh_panel, stored_panel
from portfolio.rollup.ranges import Worths, overdue_in, valuations_in, weights_of, worths

Floats = NDArray[np.float64]
MOST_KEPT = 4_000  # worths whose draws a process keeps: 32 MB
NOTHING = 1e-9  # what a solve leaves where nothing flows: its tolerance


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


def monthly(months: Sequence[date], products: set[int] | None, what: reading.Asked) -> Monthly:
    """Return the figures of some products, or of all, for consecutive months, as known when `what` says.

    A few queries for any number of products as known now; kept for as long as the run they belong to is the latest.
    """
    if not months:
        return Monthly([], [], [], [], [])
    chosen = "all" if products is None else ",".join(map(str, sorted(products)))
    key = _key("monthly", months[0], months[-1], what, chosen)
    kept = cache.get(key)
    if kept is None:
        kept = _ranged(_panel(months, what), products)
        cache.set(key, kept, reading.CACHED_FOR)
    return kept


def _panel(months: Sequence[date], what: reading.Asked) -> Panel:
    return fresh_panel(months, known(what.at)) if what.at else stored_panel(months)


def _ranged(panel: Panel, products: set[int] | None) -> Monthly:
    inside = _inside(panel, [products])
    sums = panel.data[:, inside[:, 0]].sum(axis=1)
    ids = valuations_in(panel.inputs.values())
    by_worth = [_by_worth(panel, month, ids, inside) for month in panel.months]
    ranged = [place for place, found in enumerate(by_worth) if found is not None]
    low: list[float | None] = [None] * len(panel.months)
    high: list[float | None] = [None] * len(panel.months)
    if ranged:
        # All months at once, and only what counts in any: the draws are read once, and those of others not made.
        stacked = np.concatenate([by_worth[place] for place in ranged])
        counts = np.flatnonzero(stacked.any(axis=0))
        off = ends(stacked[:, counts].astype(np.float32) @ _worths(panel, ids[counts]).off)
        for place, (bottom, top) in zip(ranged, off.tolist(), strict=True):
            value = float(sums[place, CREDITED]) / 100
            low[place], high[place] = value + bottom, value + top
    cost, credited = (sums[:, column] / 100 for column in (COST, CREDITED))
    return Monthly(panel.months, cost.tolist(), credited.tolist(), low, high)


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
    panel = _panel(list(month_range(what.first, what.last)), what)
    inside = _inside(panel, sets)
    ids = valuations_in(panel.inputs.values())
    total = np.zeros((len(sets), len(ids)))
    for month in panel.months:
        if (by_worth := _by_worth(panel, month, ids, inside)) is not None:
            total += by_worth
    counts = np.flatnonzero(total.any(axis=0))
    sums = inside.T.astype(np.int64) @ panel.data.sum(axis=0)
    off = ends(total[:, counts].astype(np.float32) @ _worths(panel, ids[counts]).off)
    return [
        (value / cost, value / cost + bottom * 100 / cost, value / cost + top * 100 / cost) if cost > 0 else None
        for cost, value, (bottom, top) in zip(
            sums[:, COST].tolist(), sums[:, CREDITED].tolist(), off.tolist(), strict=True
        )
    ]


def _key(name: str, first: date, last: date, what: reading.Asked, chosen: str) -> str:
    run = reading.latest_run()
    stamp = what.at.timestamp() if what.at else f"run-{run.pk if run else 0}"
    return f"{name}:{first:%Y%m}:{last:%Y%m}:{stamp}:{blake2b(chosen.encode(), digest_size=12).hexdigest()}"


def _worths(panel: Panel, valuations: NDArray[np.int64]) -> Worths:
    """Return the draws of worths that the panel's months rest on, as wide as they are in the last one."""
    # One product after another rests on the same worths wherever the network reaches: they are drawn once a process.
    keeps = len(valuations) <= MOST_KEPT
    return worths(valuations.tolist(), overdue_in(panel.inputs.get(panel.months[-1])), keeps=keeps)


def _inside(panel: Panel, sets: Sequence[set[int] | None]) -> NDArray[np.bool_]:
    """Return whether each product of the panel is in each set, (P, sets). A set that is None is everyone."""
    return np.column_stack(
        [
            np.ones(len(panel.products), bool)
            if products is None
            else np.isin(panel.products, np.fromiter(products, np.int64))
            for products in sets
        ]
    )


def _by_worth(panel: Panel, month: date, ids: NDArray[np.int64], inside: NDArray[np.bool_]) -> Floats | None:
    """Return what a unit of each worth adds to the value credited to each set, (sets, V), in the order of `ids`.

    None for a month without a range: it is blocked, or nothing in it is valued.
    """
    known_then = panel.inputs.get(month)
    if known_then is None or month in panel.blocked:
        return None
    weights, valuations = weights_of(known_then)
    if not valuations.size:
        return None
    within = inside[panel.positions(known_then)]
    try:
        part = within.astype(np.float64) if within.all() else origins(known_then.cost, known_then.shares(), within)
    except EngineError:
        return None
    part[part < NOTHING] = 0.0
    by_worth = np.zeros((inside.shape[1], len(ids)))
    by_worth[:, np.searchsorted(ids, valuations)] = part.T @ weights
    return by_worth
