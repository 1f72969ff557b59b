"""A product's statement: what it cost, where that cost went, what it was worth, and who was credited with it.

Two sums that balance, month by month and over any months:

    own cost + what it pulled                = loaded cost   = passed on + what stays with its own customers
    value made + value through its consumers = reached value = credited to it + credited to what it pulls

All in whole cents. Each figure is rounded on its own when the network is solved, so the parts may miss their sum by
a cent or two; the largest part takes that up. A month that is blocked keeps flows that its costs have moved on from:
what that leaves open is shown as a line of its own, never hidden in another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from django.db.models import Q

from portfolio.rollup.facts import known
from portfolio.rollup.inputs import BASES, Inputs, MetricFigure
from portfolio.rollup.models import Basis, BlockedMonth, ProductMonth
from portfolio.rollup.panel import fresh_months
from portfolio.rollup.snapshots import Results, solved_months, to_int
from products.catalog.models import Product


@dataclass
class Flow:
    """What one product pulled from another: cost went to the consumer, value came back to the supplier; in cents."""

    supplier: int
    consumer: int
    share: float
    basis: str
    cost: int
    value: int


@dataclass
class MonthFigures:
    """One product in one month, in cents; results are None where the month was never solved."""

    month: date
    ledger: int = 0
    labour: int = 0
    made: int = 0
    loaded: int | None = None
    retained: int | None = None
    reached: int | None = None
    credited: int | None = None
    flows: list[Flow] = field(default_factory=list)
    metrics: list[MetricFigure] = field(default_factory=list)
    blocked: str = ""

    @property
    def own(self) -> int:
        """Direct cost."""
        return self.ledger + self.labour


def read_months(product: Product, months: Sequence[date], at: datetime | None = None) -> list[MonthFigures]:
    """Return the figures of a product for consecutive months, as known at a moment, or as they were rolled up."""
    if not months:
        return []
    return [_fresh(product, month, at) for month in months] if at else _stored(product, months)


def _stored(product: Product, months: Sequence[date]) -> list[MonthFigures]:
    within = Q(month__gte=months[0], month__lte=months[-1])
    read = {month: MonthFigures(month) for month in months}
    for row in ProductMonth.objects.filter(within, product=product):
        figures = read[row.month]
        figures.ledger, figures.labour = to_int(row.ledger_cost), to_int(row.labour_cost)
        figures.made = to_int(row.own_value)
        for name, amount in (
            ("loaded", row.loaded_cost),
            ("retained", row.retained_cost),
            ("reached", row.reached_value),
            ("credited", row.credited_value),
        ):
            setattr(figures, name, None if amount is None else to_int(amount))
    for month, solved in solved_months(months).items():
        inputs, place = solved.inputs, solved.inputs.place_of(product.pk)
        if place is not None:
            read[month].flows = list(_flows(inputs, solved.results, place))
            read[month].metrics = inputs.metrics_of(place)
    for blocked in BlockedMonth.objects.filter(within):
        read[blocked.month].blocked = blocked.message
    return [read[month] for month in months]


def _fresh(product: Product, month: date, at: datetime) -> MonthFigures:
    figures = MonthFigures(month)
    solved, blocked = fresh_months([month], known(at))
    inputs, results = solved[month]
    figures.blocked = blocked.get(month, "")
    place = None if inputs is None else inputs.place_of(product.pk)
    if inputs is None or place is None:
        return figures
    figures.metrics = inputs.metrics_of(place)
    figures.ledger, figures.labour = int(inputs.ledger[place]), int(inputs.labour[place])
    figures.made = int(inputs.value[place])
    if results is None:
        return figures
    figures.loaded, figures.retained = int(results.loaded[place]), int(results.retained[place])
    figures.reached, figures.credited = int(results.reached[place]), int(results.credited[place])
    figures.flows = list(_flows(inputs, results, place))
    return figures


def _flows(inputs: Inputs, results: Results | None, place: int) -> Iterable[Flow]:
    for link in np.flatnonzero((inputs.suppliers == place) | (inputs.consumers == place)).tolist():
        yield Flow(
            int(inputs.products[inputs.suppliers[link]]),
            int(inputs.products[inputs.consumers[link]]),
            float(inputs.share[link]),
            BASES[inputs.basis_codes[link]],
            int(results.link_cost[link]) if results else 0,
            int(results.link_value[link]) if results else 0,
        )


# -- the statement ----------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One part of a sum, in cents; `product` at the other end, where there is one."""

    name: str
    cents: int
    product: Product | None = None
    share: float | None = None  #: of the supplier's output; over several months, the mean of those it was pulled in
    basis: str = ""
    is_open: bool = False  #: what a blocked month leaves unsettled


@dataclass
class Statement:
    """A product's two balanced sums over some months, in cents."""

    months: list[date]
    ledger: int
    labour: int
    pulled: list[Line]
    loaded: int
    passed: list[Line]
    retained: int
    made: int
    through: list[Line]
    reached: int
    credited: int
    upstream: list[Line]
    is_blocked: bool

    @property
    def own(self) -> int:
        """Direct cost: ledger and labour."""
        return self.ledger + self.labour


def statement(product: Product, months: Sequence[MonthFigures], products: dict[int, Product]) -> Statement:
    """Add up months; `products` holds those at the other ends of the flows, by id."""
    pulled = _by_neighbour(months, products, lambda flow: flow.consumer == product.pk, "supplier", "cost")
    passed = _by_neighbour(months, products, lambda flow: flow.supplier == product.pk, "consumer", "cost")
    through = _by_neighbour(months, products, lambda flow: flow.supplier == product.pk, "consumer", "value")
    upstream = _by_neighbour(months, products, lambda flow: flow.consumer == product.pk, "supplier", "value")
    ledger, labour = sum(month.ledger for month in months), sum(month.labour for month in months)
    made = sum(month.made for month in months)
    loaded = sum(_or(month.loaded, month.own) for month in months)
    retained = sum(_or(month.retained, 0) for month in months)
    reached = sum(_or(month.reached, month.made) for month in months)
    credited = sum(_or(month.credited, 0) for month in months)

    slack = 2 * len(months)  # cents that rounding can leave, for each part
    pulled, loaded = _settle(pulled, loaded, ledger + labour, slack)
    own_retained = Line("", retained)
    passed, _ = _settle([own_retained, *passed], loaded, 0, slack)
    through, reached = _settle(through, reached, made, slack)
    own_credited = Line("", credited)
    upstream, _ = _settle([own_credited, *upstream], reached, 0, slack)
    upstream = [line for line in upstream if line is not own_credited]
    return Statement(
        months=[month.month for month in months],
        ledger=ledger,
        labour=labour,
        pulled=pulled,
        loaded=loaded,
        passed=[line for line in passed if line is not own_retained],
        retained=own_retained.cents,
        made=made,
        through=_gathered(through, "whose value is not known"),
        reached=reached,
        credited=own_credited.cents,
        upstream=_gathered(upstream, "for nothing that cost money"),
        is_blocked=any(month.blocked for month in months),
    )


def neighbours(months: Iterable[MonthFigures]) -> set[int]:
    """Return the ids of all products at either end of a flow."""
    return {end for month in months for flow in month.flows for end in (flow.supplier, flow.consumer)}


def _or(cents: int | None, otherwise: int) -> int:
    return otherwise if cents is None else cents


def _by_neighbour(months, products, is_wanted, end: str, amount: str) -> list[Line]:
    """Return a line for each product at the `end` of the wanted flows, largest first."""
    found: dict[int, list[Flow]] = {}
    for month in months:
        for flow in month.flows:
            if is_wanted(flow):
                found.setdefault(getattr(flow, end), []).append(flow)
    lines = [
        Line(
            products[other].name,
            sum(getattr(flow, amount) for flow in flows),
            products[other],
            sum(flow.share for flow in flows) / len(flows),
            _weakest(flow.basis for flow in flows),
        )
        for other, flows in found.items()
    ]
    return sorted(lines, key=lambda line: (-line.cents, line.name))


def _gathered(lines: list[Line], what: str) -> list[Line]:
    """Put those through which nothing came on one line."""
    empty = [line for line in lines if not line.cents]
    if len(empty) < 2:
        return lines
    return [*(line for line in lines if line.cents), Line(f"{len(empty)} others, {what}", 0)]


def _weakest(bases: Iterable[str]) -> str:
    found = set(bases)
    return next(basis for basis in (Basis.CARRIED, Basis.AGREED, Basis.METERED) if basis in found)


def _settle(parts: list[Line], whole: int, fixed: int, slack: int) -> tuple[list[Line], int]:
    """Return parts that, with what is fixed, add up to the whole exactly, and that whole.

    The cents of rounding go into the largest part. More than that was left by a blocked month, and is a line.
    """
    missing = whole - fixed - sum(line.cents for line in parts)
    if not missing:
        return parts, whole
    if abs(missing) <= slack * (len(parts) + 1):
        if not parts:
            return parts, fixed
        max(parts, key=lambda line: abs(line.cents)).cents += missing
        return parts, whole
    return [*parts, Line("Not settled: a month is blocked or was never worked out", missing, is_open=True)], whole
