"""What any split of money is judged by: spend, cost, value, the network and the elasticities, over one window.

Amounts are in the base currency and a month: spend as allocated on a day, the rest as means over the window's months.
Money reaches value through what a product's own dollars are credited with, so that nothing counts twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from funding.models import Allocation, ExchangeRate, FundingStream
from portfolio.common.money import base_currency
from portfolio.common.months import month_range, today
from portfolio.engine import uncertainty
from portfolio.engine.flows import trace
from portfolio.engine.gains import draw_elasticities
from portfolio.rebalance import learning
from portfolio.rebalance.models import Estimator
from portfolio.rollup import reading
from portfolio.rollup.facts import known
from portfolio.rollup.panel import COST, CREDITED, LOADED, VALUE, Panel, fresh_panel, stored_panel
from portfolio.rollup.ranges import overdue_in, valuations_in, weights_of, worths
from products.catalog.models import Product
from products.value.models import Valuation

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]

SEED = 20_170_401  # of the draws of elasticities; those of worths are the roll-up's
DRAWS = 500  # for what is shown while somebody is moving money; a proposal takes all there are


@dataclass(frozen=True)
class Line:
    """What one stream pays one product a month on the day, in the stream's currency."""

    stream: FundingStream
    place: int  #: of the product
    amount: Decimal
    rate: float  #: base currency for one unit of the stream's


@dataclass(frozen=True, eq=False)
class Figures:
    """What a window's months came to, for those of its products that have figures; see `Basis` for the columns."""

    products: NDArray[np.int64]
    cost: Floats
    own_value: Floats
    credited: Floats
    shares: "csr_array"
    weights: Floats
    valuations: NDArray[np.int64]
    off: NDArray[np.float32]  #: (V, draws) by how much each worth may be off
    history: learning.History


@dataclass(frozen=True, eq=False)
class Basis:
    """Everything that a split is judged by; P products, V worths. Elasticities are NaN where there is no basis."""

    asked: reading.Asked
    on: date
    rows: list[Product]  #: (P,), by id
    lines: list[Line]
    cost: Floats  #: (P,) direct cost
    own_value: Floats  #: (P,)
    credited: Floats  #: (P,)
    shares: "csr_array"  #: (P, P) of each supplier's loaded cost over the window
    weights: Floats  #: (P, V) what a unit of each worth adds to the value credited
    valuations: NDArray[np.int64]  #: (V,) ids
    off: NDArray[np.float32]
    elasticities: learning.Learned

    @cached_property
    def products(self) -> NDArray[np.int64]:
        """Ids, ascending, (P,)."""
        return np.array([row.pk for row in self.rows], np.int64)

    @cached_property
    def spend(self) -> Floats:
        """What the day's allocations come to, (P,)."""
        total = np.zeros(len(self.rows))
        for line in self.lines:
            total[line.place] += float(line.amount) * line.rate
        return total

    @cached_property
    def metrics(self) -> NDArray[np.int64]:
        """Ids of the metrics that the worths are of, (V,)."""
        of = dict(Valuation.objects.filter(pk__in=self.valuations.tolist()).values_list("pk", "metric_id"))
        return np.array([of[valuation] for valuation in self.valuations.tolist()], np.int64)

    @property
    def months(self) -> list[date]:
        """The months of the window."""
        return list(month_range(self.asked.first, self.asked.last))

    @property
    def low(self) -> Floats:
        """5th percentile of the elasticity, (P,)."""
        return self.elasticities.low

    @property
    def high(self) -> Floats:
        """95th percentile of the elasticity, (P,)."""
        return self.elasticities.high

    @property
    def middle(self) -> Floats:
        """The elasticity that is expected, (P,)."""
        return self.elasticities.middle

    @property
    def estimators(self) -> list[Estimator]:
        """What each elasticity rests on, (P,)."""
        return self.elasticities.estimators

    @cached_property
    def has_basis(self) -> NDArray[np.bool_]:
        """Whether anything can be said of a product at another spend, (P,)."""
        return ~np.isnan(self.middle) & (self.spend > 0) & (self.credited > 0)

    @cached_property
    def why(self) -> list[str]:
        """Why there is no basis, or what the elasticity rests on, in a sentence, (P,)."""
        return [
            "Nothing is allocated to it, so there is no spend to compare with: its money stays as it is."
            if not spend > 0
            else "No value is credited to it in this window: its money stays as it is."
            if not credited > 0
            else words
            for spend, credited, words in zip(self.spend, self.credited, self.elasticities.why, strict=True)
        ]

    def place_of(self, product: int) -> int | None:
        """Return where a product stands; None where it has neither figures nor money."""
        place = int(np.searchsorted(self.products, product))
        return place if place < len(self.products) and self.products[place] == product else None

    def value_draws(self, count: int = DRAWS) -> Floats:
        """Return draws of the value credited, (count, P): what is known of worths, followed through the network."""
        off = self.weights.astype(np.float32) @ self.off[:, :count]
        return self.credited + off.T.astype(np.float64)

    def elasticity_draws(self, count: int = DRAWS) -> Floats:
        """Return draws of the elasticities, (count, P), NaN where there is no basis; a product's own in every split."""
        keys = [uncertainty.stable_key(f"elasticity of {row.code}") for row in self.rows]
        return draw_elasticities(self.low, self.high, uncertainty.standard_draws(SEED, keys, count).T)


def basis(*, on: date | None = None, asked: reading.Asked | None = None) -> Basis | None:
    """Return what splits are judged by: figures over a window, and allocations as they stand on a day.

    The board's window and today, without others. None where there are no figures yet. What was known at a past
    moment (`asked.at`) is worked out anew.
    """
    window = asked or reading.asked()
    if window is None:
        return None
    day = on or today()
    run = reading.latest_run()
    found = _kept_figures(window, run.pk if run else 0) if window.at is None else _figures(window)
    paid = list(
        Allocation.objects.known(window.at).current(day).select_related("stream").order_by("stream__code", "pk")
    )
    rates = _rates(paid, day, window)
    ids = np.union1d(found.products, np.array([row.product_id for row in paid], np.int64))
    rows = list(Product.objects.filter(pk__in=ids.tolist()).select_related("value_stream").order_by("pk"))
    at = np.searchsorted(ids, found.products)
    size = len(ids)

    def spread(column: Floats) -> Floats:
        full = np.zeros((size, *column.shape[1:]))
        full[at] = column
        return full

    entries = found.shares.tocoo()
    from scipy.sparse import csr_array

    return Basis(
        asked=window,
        on=day,
        rows=rows,
        lines=[
            Line(row.stream, int(np.searchsorted(ids, row.product_id)), row.monthly_amount, rates[row.stream.currency])
            for row in paid
        ],
        cost=spread(found.cost),
        own_value=spread(found.own_value),
        credited=spread(found.credited),
        shares=csr_array((entries.data, (at[entries.row], at[entries.col])), shape=(size, size)),
        weights=spread(found.weights),
        valuations=found.valuations,
        off=found.off,
        elasticities=learning.learn(rows, found.history, at=window.at),
    )


def _rates(paid: Iterable[Allocation], day: date, window: reading.Asked) -> dict[str, float]:
    """Return the base currency for one unit of each stream's currency on a day; raises ValidationError without one."""
    currencies = {row.stream.currency for row in paid} | {base_currency()}
    rates = ExchangeRate.objects.known(window.at)
    return {currency: float(rates.rate_on(currency, day)) for currency in currencies}


@lru_cache(maxsize=4)
def _kept_figures(window: reading.Asked, run: int) -> Figures:
    """Return the figures of the present; what they were under another run is of no use any more."""
    return _figures(window)


def _figures(window: reading.Asked) -> Figures:
    months = list(month_range(window.first, window.last))
    earlier = learning.months_before(window)
    panel = fresh_panel([*earlier, *months], known(window.at)) if window.at else stored_panel([*earlier, *months])
    solved = [month for month in months if month in panel.inputs and month not in panel.blocked]
    sums = panel.total(window.first, window.last) / (100 * len(months))
    cost, own_value, credited = (sums[:, column].astype(np.float64) for column in (COST, VALUE, CREDITED))
    shares = _shares(panel, solved)
    valuations = valuations_in(panel.inputs[month] for month in solved)
    # What each worth weighs over the window, followed through the window's network in one go.
    weight = np.zeros((len(panel.products), len(valuations)))
    for month in solved:
        weights, used = weights_of(panel.inputs[month])
        entries = weights.tocoo()
        at = panel.positions(panel.inputs[month])
        np.add.at(weight, (at[entries.row], np.searchsorted(valuations, used)[entries.col]), entries.data)
    known_worths = worths(valuations.tolist(), overdue_in(panel.inputs.get(window.last)))
    followed = trace(cost, weight / len(months), shares).credited_value if len(valuations) else weight
    return Figures(
        products=panel.products,
        cost=cost,
        own_value=own_value,
        credited=credited,
        shares=shares,
        weights=followed,
        valuations=valuations,
        off=known_worths.off,
        history=learning.history(panel, window),
    )


def _shares(panel: Panel, months: list[date]) -> "csr_array":
    """Return the part of each supplier's loaded cost over some months that each consumer took, (P, P).

    With it the sums over the window solve C = c + Sᵀ C just as each month does.
    """
    from scipy.sparse import csr_array

    size = len(panel.products)
    passed, loaded = csr_array((size, size)), np.zeros(size)
    for month in months:
        known_then = panel.inputs[month]
        at = panel.positions(known_then)
        of_month = np.maximum(panel.data[panel.months.index(month), :, LOADED], 0).astype(np.float64)
        loaded += of_month
        suppliers, consumers = at[known_then.suppliers], at[known_then.consumers]
        cents = known_then.share * of_month[suppliers]
        passed = passed + csr_array((cents, (suppliers, consumers)), shape=(size, size))
    rows = np.repeat(np.arange(size), np.diff(passed.indptr))
    passed.data = np.divide(passed.data, loaded[rows], out=np.zeros_like(passed.data), where=loaded[rows] > 0)
    return passed
