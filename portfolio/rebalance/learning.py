"""What is known of elasticities: stated for a product, estimated from its history, or the default of its stage.

What is stated for a product stands. Else its own history speaks, shrunk towards what is stated for its stage; where
its spend has not varied, the stage's default alone. Where there is neither, there is no basis, and no figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from portfolio.common.months import add_months, month_range
from portfolio.rebalance.models import Elasticity, Estimator
from portfolio.rollup import reading
from portfolio.rollup.models import SolvedMonth
from portfolio.rollup.panel import COST, VALUE, Panel
from products.catalog.models import Product, Stage

Floats = NDArray[np.float64]

MOST_YEARS = 10
FEWEST = 6  # periods from which something can be estimated at all
STAGES = list(Stage.values)


@dataclass(frozen=True, eq=False)
class History:
    """Own cost and own value of products over T periods of one length: years where there are enough, else quarters."""

    products: NDArray[np.int64]  #: (P,) ids
    cost: Floats  #: (T, P)
    value: Floats  #: (T, P)
    period: str  #: "years" or "quarters"


@dataclass(frozen=True, eq=False)
class Learned:
    """The elasticity of each product as a range, NaN without a basis, with what it rests on; all (P,)."""

    low: Floats
    middle: Floats
    high: Floats
    estimators: list[Estimator]
    why: list[str]


def months_before(window: reading.Asked) -> list[date]:
    """Return the months before a window that its history takes in: whole years, ten at most."""
    first = SolvedMonth.objects.filter(has_products=True).order_by("month").values_list("month", flat=True).first()
    if first is None:
        return []
    earliest = max(first, add_months(window.last, 1 - 12 * MOST_YEARS))
    return [month for month in month_range(earliest, window.first) if month < window.first]


def history(panel: Panel, window: reading.Asked) -> History:
    """Return the history that ends with a window.

    The value is that of the product's own customers: what is credited follows from cost by the rule of allocation, so
    it would show an elasticity where there is none.
    """
    months = [month for month in panel.months if month <= window.last]
    length, period = (12, "years") if len(months) // 12 >= FEWEST else (3, "quarters")
    count = len(months) // length
    kept = panel.data[len(months) - count * length : len(months)].astype(np.float64) / 100
    sums = kept.reshape(count, length, *kept.shape[1:]).sum(axis=1)
    return History(panel.products, sums[:, :, COST], sums[:, :, VALUE], period)


def learn(rows: Sequence[Product], past: History, *, at: datetime | None = None) -> Learned:
    """Return what is known of the elasticities of products at a moment, now without one: one query."""
    from portfolio.engine.elasticities import estimate_elasticities

    stated = list(Elasticity.objects.known(at))
    own = {row.product_id: row for row in stated if row.product_id}
    by_stage = {row.stage: row for row in stated if row.stage}
    prior_low, prior_high = (
        np.array([float(getattr(by_stage[stage], end)) if stage in by_stage else np.nan for stage in STAGES])
        for end in ("low", "high")
    )
    ids = np.array([row.pk for row in rows], np.int64)
    stages = np.array([STAGES.index(row.stage) for row in rows], np.intp)
    cost, value = (np.zeros((len(past.cost), len(ids))) for _ in range(2))
    at_place = np.searchsorted(ids, past.products)
    cost[:, at_place], value[:, at_place] = past.cost, past.value
    found = estimate_elasticities(cost, value, stages, prior_low, prior_high)
    low, middle, high = found.low.copy(), found.mid.copy(), found.high.copy()
    estimators, why = [], []
    for place, row in enumerate(rows):
        if given := own.get(row.pk):
            low[place], high[place], middle[place] = float(given.low), float(given.high), float(given.middle)
            estimators.append(Estimator.STATED)
            why.append(f"Stated for it, {given.get_evidence_display().lower()}: {given.why}")
        elif found.is_estimated[place]:
            estimators.append(Estimator.ESTIMATED)
            weight = found.weight[place]
            towards = f"the default of {row.get_stage_display().lower()}" if row.stage in by_stage else "its stage"
            why.append(
                f"Estimated from {len(past.cost)} {past.period} of its own figures ({weight:.0%} of the weight), and "
                f"from {towards} for the rest."
            )
        elif row.stage in by_stage:
            estimators.append(Estimator.STAGE)
            why.append(f"The default of {row.get_stage_display().lower()}: {by_stage[row.stage].why}")
        else:
            low[place] = middle[place] = high[place] = np.nan
            estimators.append(Estimator.NONE)
            why.append(
                "Its spend has not varied enough to learn from, and no elasticity is stated for it or its stage: its "
                "money stays as it is. State one to include it."
            )
    return Learned(low, middle, high, estimators, why)
