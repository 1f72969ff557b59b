"""One month of a product, taken apart: ledger lines, metrics, shares and flows, each down to what was recorded."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, Q

from funding.models import ExchangeRate, LedgerEntry, PeriodClose
from portfolio.board.statements import MetricFigure, MonthFigures, Statement, neighbours, read_months, statement
from portfolio.common import formats
from portfolio.common.models import StaleMark
from portfolio.common.money import base_currency, to_cent
from portfolio.common.months import add_months, days_in, month_of, overlap_days, today
from portfolio.common.spreading import from_cents, parts_by_month, to_cents
from portfolio.engine.uncertainty import Range
from portfolio.network.models import Usage
from portfolio.rollup.closed import closed_through, lates_of, opens_after
from portfolio.rollup.facts import MissingRate, known
from products.catalog.models import Product
from products.health.models import Impact
from products.value.models import Behaviour, Metric, Observation, Valuation


@dataclass(frozen=True)
class LedgerPart:
    """What falls in the month of a ledger entry."""

    entry: LedgerEntry
    days: int
    part: Decimal


@dataclass
class ObservationPart:
    """What falls in the month of an observation of a flow; of a level, the days it held."""

    observation: Observation
    days: int
    part: Decimal

    @property
    def length(self) -> int:
        """How many days it was observed over."""
        return (self.observation.ends - self.observation.starts).days


@dataclass(frozen=True)
class LossPart:
    """What falls in the month of what an incident lost of a flow."""

    impact: Impact
    days: int
    part: Decimal

    @property
    def length(self) -> int:
        """How many days it was lost over."""
        return (self.impact.ends - self.impact.starts).days


@dataclass
class MetricPart:
    """A metric's month: how much of it, times what a unit is worth, is its value; less what incidents lost of it."""

    metric: Metric
    figure: MetricFigure
    worth: Valuation | None
    observations: list[ObservationPart]
    losses: list[LossPart] = field(default_factory=list)
    rate: Decimal = Decimal(1)  #: of the worth's currency in the base currency, in the month

    @property
    def lost(self) -> Decimal:
        """How much of it incidents lost."""
        return sum((one.part for one in self.losses), Decimal(0))

    @property
    def before_losses(self) -> Decimal:
        """How much of it there would be without what was lost; the two come to the month's figure."""
        return self.figure.quantity + self.lost

    @property
    def lost_value(self) -> Decimal | None:
        """What incidents lost of its value, below zero: how much was lost times what a unit is worth."""
        if self.value is None or self.expected is None:
            return None
        return -to_cent(self.lost * self.rate * Decimal(repr(self.expected)))

    @property
    def value_before_losses(self) -> Decimal | None:
        """What its value would be without them: both add up to it."""
        return None if self.value is None or self.lost_value is None else self.value - self.lost_value

    @property
    def value(self) -> Decimal | None:
        """In the base currency; none where nobody says what it is worth."""
        return None if self.figure.value is None else from_cents(self.figure.value)

    @property
    def expected(self) -> float | None:
        """What a unit is expected to be worth: the mean of its range read as a distribution."""
        return None if self.worth is None else Range(float(self.worth.low), float(self.worth.high)).mean

    @property
    def expected_text(self) -> str:
        """The expected worth of a unit, with as many places as it takes to check the product by hand."""
        if self.expected is None or self.worth is None:
            return formats.NONE
        return formats.money(self.expected, self.worth.currency, 6 if self.expected < 100 else 2)

    @property
    def counted(self) -> Decimal | None:
        """Of a level: what counts in the month, its mean beyond the baseline over the days it is known for."""
        return self.figure.weight


@dataclass(frozen=True)
class LatePart:
    """What came late of a closed month for one product, in cents: its facts now, less what it was closed with."""

    month: date
    ledger: int
    labour: int
    value: int


@dataclass
class Closing:
    """How closing bears on a product's month: what it took late where it is the first open one, or what it gave."""

    close: PeriodClose | None  #: of the month itself
    is_closed: bool
    opens: date | None  #: the first open month, where any is closed
    parts: list[LatePart]  #: of the closed months it takes from; of a closed month, its own

    @property
    def ledger(self) -> int:
        """What has to be added to the ledger's lines, in cents, for them to come to the month's figure."""
        total = sum(part.ledger for part in self.parts)
        return -total if self.is_closed else total

    @property
    def labour(self) -> int:
        """What of the month's labour is late for closed months, in cents."""
        return sum(part.labour for part in self.parts)

    @property
    def value(self) -> int:
        """What of the month's value is late for closed months, in cents."""
        return sum(part.value for part in self.parts)


def closing_of(product: Product, month: date, at: datetime | None) -> Closing:
    """Return how closing bears on a product's month; three queries, or one where nothing is closed."""
    through = closed_through(known(at))
    opens = opens_after(through)
    if through is None or month > add_months(through, 1):
        return Closing(None, False, opens, [])
    is_closed = month <= through
    close = known(at)(PeriodClose).filter(month=month).select_related("recorded_by").first()
    try:
        lates = lates_of(product.pk, through, month if is_closed else None, at)
    except MissingRate:
        lates = {}  # the month says so itself: it is blocked
    parts = [
        LatePart(of, int(late.ledger.sum()), int(late.labour.sum()), late.total_value) for of, late in lates.items()
    ]
    return Closing(close, is_closed, opens, [part for part in parts if part.ledger or part.labour or part.value])


def page(product: Product, month: date, at: datetime | None) -> dict[str, Any]:
    """Return what the page of a product's month shows; the same number of queries whatever there is."""
    figures = read_months(product, [month], at)[0]
    told = statement(product, [figures], Product.objects.in_bulk(neighbours([figures])))
    lines = ledger_parts(product, month, at)
    ledger_total = sum((line.part for line in lines), Decimal(0))
    latest = month_of(today())
    marks = StaleMark.objects.filter(product=product, month=month)
    closing = closing_of(product, month, at)
    return {
        "closing": closing,
        "month": month,
        "at": at,
        "figures": figures,
        "statement": told,
        "ledger": lines,
        "ledger_total": ledger_total + from_cents(closing.ledger),
        # A stale month's ledger has moved on from what was rolled up: say both.
        "ledger_differs": not at and to_cents(ledger_total) + closing.ledger != figures.ledger,
        "is_stale": not at and marks.exists(),
        "metrics": metric_parts(product, figures, month, closing.close.recorded_at if closing.close else at, at),
        "usage": usage(product, month, at),
        "own_fraction": own_fraction(figures, told),
        "ratio": figures.credited / figures.own if figures.credited and figures.own > 0 else None,
        "previous": add_months(month, -1),
        "next": add_months(month, 1) if month < latest else None,
        "has_figures": figures.loaded is not None or bool(lines or figures.metrics or figures.flows),
        "month_days": days_in(month),
    }


def ledger_parts(product: Product, month: date, at: datetime | None) -> list[LedgerPart]:
    """Return the ledger entries that touch the month, with what falls in it: they add up to its ledger cost."""
    after = add_months(month, 1)
    entries = (
        LedgerEntry.objects.known(at)
        .filter(product=product)
        .touching(month, after)
        .for_table()
        .order_by("starts", "pk")
    )
    return [
        LedgerPart(
            entry,
            overlap_days(entry.starts, entry.ends, month, after),
            from_cents(parts_by_month(to_cents(entry.base_amount), entry.starts, entry.ends).get(month, 0)),
        )
        for entry in entries
    ]


def metric_parts(
    product: Product, figures: MonthFigures, month: date, stood_at: datetime | None, at: datetime | None
) -> list[MetricPart]:
    """Return the metrics that have a figure in the month, with the observations behind each, and what was lost of it.

    `stood_at` is the moment as of which losses count: a closed month has those that were known when it was closed.
    """
    after = add_months(month, 1)
    metrics = Metric.objects.in_bulk([one.metric for one in figures.metrics])
    worths = Valuation.objects.in_bulk([one.valuation for one in figures.metrics if one.valuation])
    seen: dict[int, list[ObservationPart]] = {}
    observations = Observation.objects.known(at).filter(metric__in=metrics)
    levels = observations.filter(metric__behaviour=Behaviour.LEVEL, starts__lte=month)
    held_at_start = Q(pk__in=[])
    for metric, starts in levels.order_by().values_list("metric_id").annotate(at=Max("starts")):
        held_at_start |= Q(metric=metric, starts=starts)
    rows = (
        observations.filter(held_at_start | Q(starts__lt=after, ends__gt=month))
        .annotate(behaviour=F("metric__behaviour"))
        .order_by("metric_id", "starts")
    )
    for row in rows:
        held = seen.setdefault(row.metric_id, [])
        if row.behaviour == Behaviour.LEVEL:
            if held:
                held[-1].days = overlap_days(held[-1].observation.starts, row.starts, month, after)
            held.append(ObservationPart(row, overlap_days(row.starts, after, month, after), row.value))
        else:
            held.append(ObservationPart(row, overlap_days(row.starts, row.ends, month, after), _part(row, month)))
    lost = loss_parts(metrics, month, stood_at)
    rates = _rates({row.currency for key, row in worths.items() if row.metric_id in lost}, month, at)
    parts = [
        MetricPart(
            metrics[one.metric],
            one,
            worth := worths.get(one.valuation),
            seen.get(one.metric, []),
            lost.get(one.metric, []),
            rates.get(worth.currency, Decimal(1)) if worth else Decimal(1),
        )
        for one in figures.metrics
    ]
    return sorted(parts, key=lambda part: (part.value is None, -(part.value or 0), part.metric.name))


def loss_parts(metrics: Collection[int], month: date, at: datetime | None) -> dict[int, list[LossPart]]:
    """Return what incidents lost of metrics in the month, as known at a moment: it is taken off their figures."""
    after = add_months(month, 1)
    rows = Impact.objects.known(at).filter(metric__in=metrics, counted__gt=0, starts__lt=after, ends__gt=month)
    found: dict[int, list[LossPart]] = {}
    for row in rows.select_related("incident").order_by("metric_id", "starts", "pk"):
        days = overlap_days(row.starts, row.ends, month, after)
        part = _spread(row.counted, row.starts, row.ends, month)
        found.setdefault(row.metric_id, []).append(LossPart(row, days, part))
    return found


def _rates(currencies: set[str], month: date, at: datetime | None) -> dict[str, Decimal]:
    """Return what a unit of other currencies is in the base currency on the first of the month."""
    foreign = currencies - {base_currency()}
    if not foreign:
        return {}
    rates = ExchangeRate.objects.known(at).current(month).filter(base=base_currency(), currency__in=foreign)
    return dict(rates.values_list("currency", "rate"))


def _part(row: Observation, month: date) -> Decimal:
    """Return what falls in the month of a flow's value, as the roll-up spreads it."""
    return _spread(row.value, row.starts, row.ends, month)


def _spread(quantity: Decimal, starts: date, ends: date, month: date) -> Decimal:
    """Return what falls in the month of a quantity, in steps of a ten-thousandth."""
    units = int((quantity * 10_000).to_integral_value())
    return Decimal(parts_by_month(units, starts, ends).get(month, 0)).scaleb(-4)


def usage(product: Product, month: date, at: datetime | None) -> dict[str, Any] | None:
    """Return the metered use that the product's shares rest on: of this month, or of the last that was metered."""
    rows = Usage.objects.known(at).filter(supplier=product, month__lte=month)
    metered = rows.order_by("-month").values_list("month", flat=True).first()
    if metered is None:
        return None
    lines = list(rows.filter(month=metered).select_related("consumer").order_by("-quantity"))
    return {"month": metered, "lines": lines, "total": sum(line.quantity for line in lines)}


def own_fraction(figures: MonthFigures, told: Statement) -> float | None:
    """Return the part of what reached the product that its own money earned: the part of its loaded cost that is own.

    Where costs are negative the roll-up reckons with zero, so the part is taken from the result.
    """
    if figures.reached and figures.credited is not None:
        return figures.credited / figures.reached
    return max(told.own, 0) / told.loaded if told.loaded > 0 else None
