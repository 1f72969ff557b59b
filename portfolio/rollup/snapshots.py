"""Rows to arrays and back: the one place where money turns from whole cents into float, and returns.

A `Snapshot` is one month solved: what the engine made of its facts, in whole cents that add up. It is made from
facts just read, or from what the roll-up stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from portfolio.engine.errors import ClosedLoop
from portfolio.engine.flows import Flows, trace
from portfolio.engine.rounding import to_cents
from portfolio.rollup.facts import MetricFigure, MonthFacts
from portfolio.rollup.models import LinkMonth, MetricMonth, ProductMonth
from products.value.models import Evidence

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Cents = NDArray[np.int64]

GRADES = (Evidence.MEASURED, Evidence.ESTIMATED)  # what is neither is asserted


@dataclass(frozen=True)
class Inputs:
    """One month's facts as arrays over its P products and L links; money in cents."""

    month: date
    products: NDArray[np.int64]  #: (P,) ids, ascending
    ledger: Cents  #: (P,)
    labour: Cents  #: (P,)
    value: Cents  #: (P,) own value, the sum of the metrics' values
    graded: Cents  #: (P, 2) the part of it that is measured, and that is estimated
    metrics: tuple[MetricFigure, ...]
    suppliers: NDArray[np.intp]  #: (L,) positions in `products`
    consumers: NDArray[np.intp]  #: (L,)
    share: NDArray[np.float64]  #: (L,)
    basis: tuple[str, ...]

    @property
    def cost(self) -> Cents:
        """Direct cost, (P,)."""
        return self.ledger + self.labour

    def shares(self) -> "csr_array":
        """Return S, (P, P)."""
        from scipy.sparse import csr_array

        size = len(self.products)
        return csr_array((self.share, (self.suppliers, self.consumers)), shape=(size, size))

    def positions(self, ids: Iterable[int]) -> NDArray[np.intp]:
        """Return where products stand in `products`."""
        return np.searchsorted(self.products, np.fromiter(ids, np.int64))


@dataclass(frozen=True)
class Results:
    """What the engine made of a month, in cents; retained and credited add up to cost and value exactly."""

    loaded: Cents  #: (P,)
    retained: Cents  #: (P,)
    reached: Cents  #: (P,)
    credited: Cents  #: (P,)
    credited_graded: Cents  #: (P, 2)
    link_cost: Cents  #: (L,) supplier's loaded cost passed on
    link_value: Cents  #: (L,) consumer's reached value that came through the supplier
    gap: float  #: how far retained and credited were from cost and value before rounding, relative


def arrays(facts: MonthFacts) -> Inputs:
    """Turn facts by id into arrays over all products that the month knows."""
    named = set(facts.costs) | {product for pair in facts.links for product in pair}
    named |= {figure.product for figure in facts.metrics.values()}
    products = np.array(sorted(named), dtype=np.int64)
    position = {product: place for place, product in enumerate(products.tolist())}
    size = len(products)
    ledger, labour, value = (np.zeros(size, np.int64) for _ in range(3))
    graded = np.zeros((size, len(GRADES)), np.int64)
    for product, (from_ledger, from_labour) in facts.costs.items():
        ledger[position[product]], labour[position[product]] = from_ledger, from_labour
    for figure in facts.metrics.values():
        if figure.value is not None:
            value[position[figure.product]] += figure.value
            if figure.evidence in GRADES:
                graded[position[figure.product], GRADES.index(figure.evidence)] += figure.value
    pairs = sorted(facts.links)
    return Inputs(
        month=facts.month,
        products=products,
        ledger=ledger,
        labour=labour,
        value=value,
        graded=graded,
        metrics=tuple(facts.metrics[metric] for metric in sorted(facts.metrics)),
        suppliers=np.array([position[supplier] for supplier, _ in pairs], dtype=np.intp),
        consumers=np.array([position[consumer] for _, consumer in pairs], dtype=np.intp),
        share=np.array([facts.links[pair][0] for pair in pairs]),
        basis=tuple(facts.links[pair][1] for pair in pairs),
    )


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


# -- what the roll-up stores --------------------------------------------------------------------------------


def stored_facts(month: date) -> MonthFacts:
    """Return the facts of a month as the last roll-up that touched it left them."""
    facts = MonthFacts(month)
    for product, ledger, labour in ProductMonth.objects.filter(month=month).values_list(
        "product_id", "ledger_cost", "labour_cost"
    ):
        if ledger or labour:
            facts.costs[product] = (to_int(ledger), to_int(labour))
    for metric, product, quantity, valuation, evidence, weight, value, overdue in MetricMonth.objects.filter(
        month=month
    ).values_list(
        "metric_id",
        "metric__product_id",
        "quantity",
        "valuation_id",
        "valuation__evidence",
        "weight",
        "value",
        "overdue_days",
    ):
        facts.metrics[metric] = MetricFigure(
            metric=metric,
            product=product,
            quantity=quantity,
            valuation=valuation,
            evidence=evidence or "",
            weight=weight,
            value=None if value is None else to_int(value),
            overdue_days=overdue,
        )
    for supplier, consumer, share, basis in LinkMonth.objects.filter(month=month).values_list(
        "supplier_id", "consumer_id", "share", "basis"
    ):
        facts.links[supplier, consumer] = (share, basis)
    return facts


def store(inputs: Inputs, results: Results | None) -> int:
    """Write a month: its facts, and its results; without results (a blocked month) the last good ones stay.

    Returns how many product-months were written.
    """
    month = inputs.month
    kept = {} if results else _results_of(month)
    ProductMonth.objects.filter(month=month).delete()
    MetricMonth.objects.filter(month=month).delete()
    flows = {} if results else _flows_of(month)
    LinkMonth.objects.filter(month=month).delete()
    rows = []
    for place, product in enumerate(inputs.products.tolist()):
        rows.append(
            ProductMonth(
                product_id=product,
                month=month,
                ledger_cost=to_money(inputs.ledger[place]),
                labour_cost=to_money(inputs.labour[place]),
                direct_cost=to_money(inputs.ledger[place] + inputs.labour[place]),
                own_value=to_money(inputs.value[place]),
                **(_result_row(results, place) if results else kept.get(product, {})),
            )
        )
    ProductMonth.objects.bulk_create(rows, batch_size=2_000)
    MetricMonth.objects.bulk_create(
        [
            MetricMonth(
                metric_id=figure.metric,
                month=month,
                quantity=figure.quantity,
                valuation_id=figure.valuation,
                weight=figure.weight,
                value=None if figure.value is None else to_money(figure.value),
                overdue_days=figure.overdue_days,
            )
            for figure in inputs.metrics
        ],
        batch_size=2_000,
    )
    LinkMonth.objects.bulk_create(
        [
            LinkMonth(
                supplier_id=supplier,
                consumer_id=consumer,
                month=month,
                share=share,
                basis=basis,
                **(
                    {"cost": to_money(results.link_cost[place]), "value": to_money(results.link_value[place])}
                    if results
                    else flows.get((supplier, consumer), {})
                ),
            )
            for place, (supplier, consumer, share, basis) in enumerate(
                zip(
                    inputs.products[inputs.suppliers].tolist(),
                    inputs.products[inputs.consumers].tolist(),
                    inputs.share.tolist(),
                    inputs.basis,
                    strict=True,
                )
            )
        ],
        batch_size=2_000,
    )
    return len(rows)


RESULT_COLUMNS = (
    "loaded_cost",
    "retained_cost",
    "reached_value",
    "credited_value",
    "measured_value",
    "estimated_value",
)


def _result_row(results: Results, place: int) -> dict[str, Decimal]:
    figures = (
        results.loaded[place],
        results.retained[place],
        results.reached[place],
        results.credited[place],
        *results.credited_graded[place],
    )
    return dict(zip(RESULT_COLUMNS, map(to_money, figures), strict=True))


def _results_of(month: date) -> dict[int, dict[str, Decimal | None]]:
    rows = ProductMonth.objects.filter(month=month).values("product_id", *RESULT_COLUMNS)
    return {row.pop("product_id"): row for row in rows}


def _flows_of(month: date) -> dict[tuple[int, int], dict[str, Decimal | None]]:
    rows = LinkMonth.objects.filter(month=month).values("supplier_id", "consumer_id", "cost", "value")
    return {(row.pop("supplier_id"), row.pop("consumer_id")): row for row in rows}


def to_int(amount: Decimal) -> int:
    """Return an amount in cents."""
    return int((amount * 100).to_integral_value())


def to_money(cents: int | np.integer) -> Decimal:
    """Return cents as an amount."""
    return Decimal(int(cents)).scaleb(-2)
