"""What a product's page shows: money in, its statement, its ratios, its metrics, and its past by period."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse

from funding.histories import product_history
from funding.models import Allocation
from portfolio.board.figures import shown_months
from portfolio.board.statements import (
    Line,
    MonthFigures,
    Statement,
    neighbours,
    read_months,
    statement,
)
from portfolio.common import charts, formats
from portfolio.common.money import base_currency
from portfolio.common.months import add_months, fiscal_year, fiscal_year_name, month_range
from portfolio.common.spreading import from_cents
from portfolio.engine.uncertainty import Range
from portfolio.rollup import reading
from portfolio.rollup.models import Standing
from portfolio.rollup.snapshots import solved_months
from products.catalog.models import Product
from products.value.models import Behaviour, Metric, Observation, Valuation


def address(product: Product) -> str:
    """Return the address of a product's page."""
    return reverse("board:product", args=[product.code])


def page(product: Product, asked: reading.Asked, by: str) -> dict[str, Any]:
    """Return what the page shows of a window; the same number of queries whatever the product's size."""
    shown = shown_months(asked)
    window = list(month_range(asked.first, asked.last))
    # As known at a past moment every month is worked out anew: the window's will do.
    figures = read_months(product, window if asked.at else shown, asked.at)
    inside = [month for month in figures if asked.first <= month.month <= asked.last]
    before = [month for month in figures if add_months(asked.first, -12) <= month.month <= add_months(asked.last, -12)]
    others = Product.objects.in_bulk(neighbours(figures))
    told = statement(product, inside, others)
    standing = find_standing(product, asked)
    money_in = allocated(product, asked)
    return {
        "standing": standing,
        "standings": _counted(asked),
        "statement": told,
        "ratios": _ratios(standing),
        "money_in": money_in,
        "stability": product_history(product, asked.at).stability,
        "money_in_total": _in_base(money_in),
        "left_over": None if _in_base(money_in) is None else _in_base(money_in) - from_cents(told.own),
        "metrics": metric_lines(product, asked, inside, before),
        "neighbourhood": neighbourhood(product, told),
        "periods": periods(product, figures, asked, by or "quarter"),
        "by": by or "quarter",
        "has_figures": any(month.loaded is not None or month.own or month.made for month in inside),
    }


def find_standing(product: Product, asked: reading.Asked) -> Standing | None:
    """Return the product's standing over a window; none where it has no figures in it."""
    return reading.read_standing(asked, product.pk)


def _counted(asked: reading.Asked) -> int:
    """Return how many products are ranked, in a window that is kept."""
    if not asked.is_kept:
        return 0
    ranked = Standing.objects.filter(window=asked.window, product__isnull=False, rank__isnull=False)
    return ranked.aggregate(count=Count("pk"))["count"]


@dataclass(frozen=True)
class Ratio:
    """Value per unit of money, one way of reckoning it."""

    label: str
    meaning: str
    figure: float | None
    low: float | None
    high: float | None


def _ratios(standing: Standing | None) -> list[Ratio]:
    if standing is None:
        return []
    sign = formats.currency_symbol(base_currency())
    rows = (
        ("Credited", f"what its own {sign}1 earned, after the network is followed", "credited"),
        ("Loaded", f"its own customers' value for {sign}1 of its cost with all it pulls", "loaded"),
        ("Direct", f"its own customers' value for its own {sign}1, the network left out", "direct"),
    )
    shown = []
    for label, meaning, name in rows:
        # Without customers of its own there is nothing to set against cost; what it is credited with is another thing.
        has_value = standing.is_valued if name == "credited" else standing.own_value != 0
        figure = getattr(standing, name) if has_value else None
        ends = (getattr(standing, f"{name}_low"), getattr(standing, f"{name}_high"))
        if figure is None:
            meaning = (
                "no value is known that reached it" if name == "credited" else "no value of its own customers is known"
            )
        shown.append(Ratio(label, meaning, figure, *(ends if figure is not None else (None, None))))
    return shown


# -- money in ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Funding:
    """What one allocation pays over the window, in its stream's currency."""

    allocation: Allocation
    amount: Decimal


def allocated(product: Product, asked: reading.Asked) -> list[Funding]:
    """Return what each allocation pays the product over the window, most first."""
    rows = (
        Allocation.objects.known(asked.at)
        .filter(product=product)
        .during(asked.first, add_months(asked.last, 1))
        .select_related("stream")
    )
    paid = [Funding(row, from_cents(sum(row.cents_by_month(asked.first, asked.last).values()))) for row in rows]
    return sorted(paid, key=lambda one: -one.amount)


def _in_base(money_in: Sequence[Funding]) -> Decimal | None:
    """Return the sum, where all of it is in the base currency and there is any."""
    if not money_in or any(one.allocation.stream.currency != base_currency() for one in money_in):
        return None
    return sum((one.amount for one in money_in), Decimal(0))


# -- metrics -------------------------------------------------------------------------------------------------


@dataclass
class MetricLine:
    """A metric over the window: how much, what it was worth, what a unit cost."""

    metric: Metric
    quantity: Decimal | None = None
    value: Decimal | None = None
    worth: Valuation | None = None
    observed: Observation | None = None
    overdue_days: int = 0
    own_unit_cost: Decimal | None = None
    loaded_unit_cost: Decimal | None = None
    year_before: Decimal | None = None  #: own cost a unit over the same months a year earlier
    series: list[Decimal | None] = field(default_factory=list)

    @property
    def change(self) -> Decimal | None:
        """How the own cost of a unit changed since the year before."""
        if self.own_unit_cost is None or self.year_before is None:
            return None
        return self.own_unit_cost - self.year_before

    @property
    def expected(self) -> float | None:
        """What a unit is expected to be worth."""
        return None if self.worth is None else Range(float(self.worth.low), float(self.worth.high)).mean


def metric_lines(
    product: Product, asked: reading.Asked, inside: Sequence[MonthFigures], before: Sequence[MonthFigures]
) -> list[MetricLine]:
    """Return a line for every metric of the product, valued ones first, largest value on top."""
    after = add_months(asked.last, 1)
    lines = {metric.pk: MetricLine(metric) for metric in product.metrics.all()}
    for worth in (
        Valuation.objects.known(asked.at)
        .filter(metric__product=product)
        .during(asked.first, after)
        .order_by("starts")
        .select_related("recorded_by")
        .annotate(confirmed=Count("confirmations", filter=Q(confirmations__retracted_at=None)))
    ):
        lines[worth.metric_id].worth = worth
    for seen in _latest(product, asked, after):
        lines[seen.metric_id].observed = seen
    for line in lines.values():
        _fill(line, inside, before)
    return sorted(lines.values(), key=lambda line: (line.worth is None, -(line.value or 0), line.metric.name))


def _latest(product: Product, asked: reading.Asked, after: date) -> Iterable[Observation]:
    seen = Observation.objects.known(asked.at).filter(metric__product=product, starts__lt=after)
    latest = dict(seen.order_by().values_list("metric_id").annotate(at=Max("starts")))
    wanted = Q(pk__in=[])
    for metric, at in latest.items():
        wanted |= Q(metric_id=metric, starts=at)
    return seen.filter(wanted)


def _fill(line: MetricLine, inside: Sequence[MonthFigures], before: Sequence[MonthFigures]) -> None:
    found = [_figure(month, line.metric) for month in inside]
    known = [one for one in found if one]
    line.series = [one.quantity if one else None for one in found]
    if not known:
        return
    line.overdue_days = known[-1].overdue_days if found[-1] else 0
    is_flow = line.metric.behaviour == Behaviour.FLOW
    total = sum(one.quantity for one in known)
    line.quantity = total if is_flow else (total / len(known)).quantize(Decimal("0.01"))
    valued = [one.value for one in known if one.value is not None]
    line.value = from_cents(sum(valued)) if valued else None
    if is_flow and total > 0:
        line.own_unit_cost = from_cents(sum(month.own for month in inside)) / total
        line.loaded_unit_cost = from_cents(sum(month.loaded or 0 for month in inside)) / total
        earlier = sum(one.quantity for month in before if (one := _figure(month, line.metric)))
        if earlier > 0 and len(before) == len(inside):
            line.year_before = from_cents(sum(month.own for month in before)) / earlier


def _figure(month: MonthFigures, metric: Metric):
    return next((one for one in month.metrics if one.metric == metric.pk), None)


# -- the past ------------------------------------------------------------------------------------------------


@dataclass
class Period:
    """A month, a quarter or a fiscal year of the product; amounts in the base currency."""

    name: str
    months: list[date]
    own: Decimal
    loaded: Decimal
    made: Decimal
    reached: Decimal
    credited: Decimal
    is_whole: bool = True

    @property
    def ratio(self) -> float | None:
        """Credited value per unit of own money."""
        return float(self.credited / self.own) if self.own > 0 and self.credited else None


def periods(product: Product, figures: Sequence[MonthFigures], asked: reading.Asked, by: str) -> list[Period]:
    """Return the product's figures by period, latest first."""
    begin = next((place for place, one in enumerate(figures) if one.own or one.made or one.credited), len(figures))
    groups: dict[date, list[MonthFigures]] = {}
    for one in figures[begin:]:
        groups.setdefault(_period_of(one.month, by), []).append(one)
    length = {"month": 1, "quarter": 3, "year": 12}[by]
    return [
        Period(
            _period_name(first, by),
            [one.month for one in months],
            *(
                from_cents(sum(getattr(one, name) or 0 for one in months))
                for name in ("own", "loaded", "made", "reached", "credited")
            ),
            is_whole=len(months) == length,
        )
        for first, months in sorted(groups.items(), reverse=True)
    ]


def _period_of(month: date, by: str) -> date:
    if by == "month":
        return month
    year = fiscal_year(month)
    if by == "year":
        return year
    past = (month.year - year.year) * 12 + month.month - year.month
    return add_months(year, past - past % 3)


def _period_name(first: date, by: str) -> str:
    match by:
        case "month":
            return formats.month_name(first)
        case "year":
            return fiscal_year_name(first)
    return f"{first:%b} to {formats.month_name(add_months(first, 2), short=True)}"


# -- the neighbourhood ---------------------------------------------------------------------------------------


def neighbourhood(product: Product, told: Statement) -> charts.Chart | None:
    """Draw what the product pulls and who pulls from it; none where it stands alone."""
    suppliers = _neighbours(told.pulled, told.upstream)
    consumers = _neighbours(told.passed, told.through)
    if not suppliers and not consumers:
        return None
    return charts.neighbourhood(
        product.name,
        suppliers,
        consumers,
        currency=base_currency(),
        own_cost=told.own / 100,
        own_value=told.made / 100,
        kept_cost=told.retained / 100,
    )


def _neighbours(costs: Sequence[Line], values: Sequence[Line]) -> list[charts.Neighbour]:
    value_of = {line.product.pk: line.cents for line in values if line.product}
    return [
        charts.Neighbour(line.name, line.cents / 100, value_of.get(line.product.pk, 0) / 100, address(line.product))
        for line in costs
        if line.product
    ]


# -- an example ----------------------------------------------------------------------------------------------


def example(standings: Sequence[Standing], asked: reading.Asked) -> dict[str, Any] | None:
    """Return a product to explain the arithmetic with: the one that pulls most, else the one that spends most."""
    pulled: dict[int, int] = {}
    for solved in solved_months(month_range(asked.first, asked.last)).values():
        for consumer, cents in solved.pulled().items():
            pulled[consumer] = pulled.get(consumer, 0) + cents
    pulling = min(pulled, key=lambda consumer: (-pulled[consumer], consumer), default=None)
    ranked = [row for row in standings if row.product_id and row.is_valued]
    chosen = next((row for row in ranked if row.product_id == pulling), None)
    chosen = chosen or max(ranked, key=lambda row: row.direct_cost, default=None)
    if chosen is None:
        return None
    figures = read_months(chosen.product, list(month_range(asked.first, asked.last)))
    told = statement(chosen.product, figures, Product.objects.in_bulk(neighbours(figures)))
    lines = metric_lines(chosen.product, asked, figures, [])
    return {
        "product": chosen.product,
        "standing": chosen,
        "statement": told,
        "metric": next((line for line in lines if line.worth and line.quantity), None),
    }
