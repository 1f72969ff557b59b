"""Reading one month's facts and agreements: sums by product and metric, made in the database.

Everything takes a `Knowledge`: which rows count as known. The same reading serves the roll-up (known now), `?known=`
(known at a past moment) and the effect of corrections (as if nothing had been corrected lately).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, Max, Model, Q, QuerySet, Sum

from funding.models import ExchangeRate, LedgerEntry
from portfolio.common.errors import TwofoldError
from portfolio.common.money import base_currency
from portfolio.common.months import add_months, overlap_days, today
from portfolio.common.parts import Units, UnitsDuring
from portfolio.engine.uncertainty import Range
from portfolio.network.models import Link, Usage
from portfolio.rollup.labour import labour_by_product
from portfolio.rollup.models import Basis
from products.value.models import Behaviour, Metric, Observation, Valuation, overdue_days

Knowledge = Callable[[type[Model]], QuerySet]

CENTS = 100
QUANTITY = 10_000  # units of a stored quantity
MICRO = Decimal("0.000001")


class MissingRate(TwofoldError):
    """An agreement is in a currency that has no exchange rate in the month."""

    marks = 0  #: how many marks wait for it


def known(at: datetime | None = None) -> Knowledge:
    """Return what was known at a moment; without one, what is known now."""
    return lambda model: model.objects.known(at)


def uncorrected(since: datetime) -> Knowledge:
    """Return what would be known had nothing been corrected or retracted since."""
    return lambda model: model.objects.uncorrected(since)


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


@dataclass
class MonthFacts:
    """What a month is made of, by product id; money in cents of the base currency."""

    month: date
    costs: dict[int, tuple[int, int]] = field(default_factory=dict)  #: product -> ledger, labour
    metrics: dict[int, MetricFigure] = field(default_factory=dict)  #: metric -> figure
    links: dict[tuple[int, int], tuple[float, str]] = field(default_factory=dict)  #: supplier, consumer -> share, basis
    rows: int = 0  #: how many facts and agreements were read, sums counted as one


def read_month(month: date, knowledge: Knowledge, products: Collection[int] | None = None) -> MonthFacts:
    """Return the facts of one month, of some products or of all.

    Raises MissingRate, naming the pair and the date, where a worth or a rate of pay cannot be converted.
    """
    facts = MonthFacts(month)
    after = add_months(month, 1)
    ledger, with_labour = _ledger(month, after, knowledge, products)
    labour = labour_by_product(month, knowledge, products, to_base=lambda code: _rate(code, month, knowledge))
    for product in ledger.keys() | labour.keys():
        cost = (ledger.get(product, 0), 0 if product in with_labour else labour.get(product, 0))
        if any(cost):
            facts.costs[product] = cost
    facts.metrics = _metrics(month, after, knowledge, products)
    facts.links = _links(month, knowledge, products)
    facts.rows = len(ledger) + len(labour) + len(facts.metrics) + len(facts.links)
    return facts


def _of(products: Collection[int] | None, path: str) -> Q:
    return Q() if products is None else Q(**{f"{path}__in": products})


def _sums(rows: QuerySet, key: str, column: str, scale: int, month: date, after: date) -> dict[int, int]:
    """Return what falls in the month, by `key`: the month's own rows whole, those that span months in part."""
    sums: dict[int, int] = dict(
        rows.filter(month=month, last_month=month)
        .order_by()
        .values_list(key)
        .annotate(total=Sum(Units(column, scale=scale)))
    )
    spanning = (
        rows.filter(month__lte=month, last_month__gte=month, last_month__gt=F("month"))
        .order_by()
        .values_list(key)
        .annotate(total=Sum(UnitsDuring(column, scale=scale, first=month, after=after)))
    )
    for owner, total in spanning:
        sums[owner] = sums.get(owner, 0) + total
    return {owner: int(total) for owner, total in sums.items()}


def _ledger(
    month: date, after: date, knowledge: Knowledge, products: Collection[int] | None
) -> tuple[dict[int, int], set[int]]:
    entries = knowledge(LedgerEntry).filter(_of(products, "product_id"))
    sums = _sums(entries, "product_id", "base_amount", CENTS, month, after)
    with_labour = entries.filter(month__lte=month, last_month__gte=month, includes_labour=True)
    return sums, set(with_labour.order_by().values_list("product_id", flat=True).distinct())


def _rate(currency: str, month: date, knowledge: Knowledge) -> Decimal:
    if currency == base_currency():
        return Decimal(1)
    rate = (
        knowledge(ExchangeRate)
        .current(month)
        .filter(currency=currency, base=base_currency())
        .values_list("rate", flat=True)
        .first()
    )
    if rate is None:
        raise MissingRate(
            f"There is no exchange rate from {currency} to {base_currency()} on {month}, but an agreement in "
            f"{currency} holds then. Record a rate that covers that day."
        )
    return rate


def _metrics(
    month: date, after: date, knowledge: Knowledge, products: Collection[int] | None
) -> dict[int, MetricFigure]:
    observations = knowledge(Observation).filter(_of(products, "metric__product_id"))
    last_seen = dict(
        observations.filter(starts__lt=after).order_by().values_list("metric_id").annotate(last=Max("ends"))
    )
    if not last_seen:
        return {}
    quantities = _sums(
        observations.filter(metric__behaviour=Behaviour.FLOW), "metric_id", "value", QUANTITY, month, after
    )
    levels = _levels(observations.filter(metric__behaviour=Behaviour.LEVEL), month, after)
    worths = {
        valuation.metric_id: valuation
        for valuation in knowledge(Valuation).current(month).filter(_of(products, "metric__product_id"))
    }
    rates = {code: _rate(code, month, knowledge) for code in {worth.currency for worth in worths.values()}}
    asked_on = min(after - timedelta(days=1), today())
    figures = {}
    for metric in Metric.objects.filter(_of(products, "product_id"), id__in=last_seen.keys()):
        worth = worths.get(metric.pk)
        if metric.behaviour == Behaviour.LEVEL:
            if metric.pk not in levels:
                continue
            quantity, covered = levels[metric.pk]
            counted = (quantity - worth.baseline) * (1 if metric.is_higher_better else -1) * covered if worth else None
        else:
            quantity = counted = Decimal(quantities.get(metric.pk, 0)) / QUANTITY
        weight = (
            (counted * rates[worth.currency]).quantize(MICRO, "ROUND_HALF_UP")
            if worth and counted is not None
            else None
        )
        figures[metric.pk] = MetricFigure(
            metric=metric.pk,
            product=metric.product_id,
            quantity=quantity,
            valuation=worth.pk if worth else None,
            evidence=worth.evidence if worth else "",
            weight=weight,
            value=_value(weight, worth) if worth and weight is not None else None,
            overdue_days=overdue_days(
                min(last_seen[metric.pk] - timedelta(days=1), asked_on), metric.cadence_days, asked_on
            ),
        )
    return figures


def _value(weight: Decimal, worth: Valuation) -> int:
    """Return what a quantity is worth, in cents: times the expected worth of a unit."""
    expected = Decimal(repr(float(Range(float(worth.low), float(worth.high)).mean)))
    return int((weight * expected * CENTS).to_integral_value("ROUND_HALF_UP"))


def _levels(observations: QuerySet, month: date, after: date) -> dict[int, tuple[Decimal, Decimal]]:
    """Return, by level metric, the mean over the days it is known for, and which part of the month those are."""
    before = dict(observations.filter(starts__lt=month).order_by().values_list("metric_id").annotate(at=Max("starts")))
    carried = Q()
    for starts in set(before.values()):
        carried |= Q(starts=starts, metric_id__in=[metric for metric, at in before.items() if at == starts])
    seen: dict[int, list[tuple[date, Decimal]]] = {}
    rows = observations.filter(Q(month=month) | carried if before else Q(month=month)).order_by("metric_id", "starts")
    for metric, starts, value in rows.values_list("metric_id", "starts", "value"):
        seen.setdefault(metric, []).append((starts, value))
    levels = {}
    for metric, points in seen.items():
        weighted, covered = Decimal(0), 0
        for (starts, value), following in zip(points, [*(at for at, _ in points[1:]), after], strict=True):
            days = overlap_days(starts, following, month, after)
            weighted += value * days
            covered += days
        if covered:
            levels[metric] = (
                (weighted / covered).quantize(Decimal("0.0001"), "ROUND_HALF_UP"),
                Decimal(covered) / (after - month).days,
            )
    return levels


def _links(
    month: date, knowledge: Knowledge, products: Collection[int] | None
) -> dict[tuple[int, int], tuple[float, str]]:
    """Return the shares of each supplier's output: metered, else carried on from when it last was, else agreed."""
    usage = knowledge(Usage).filter(_of(products, "supplier_id"))
    last_metered = dict(usage.filter(month__lte=month).order_by().values_list("supplier_id").annotate(at=Max("month")))
    agreed: dict[int, dict[int, Decimal]] = {}
    for supplier, consumer, share in (
        knowledge(Link)
        .current(month)
        .filter(_of(products, "supplier_id"))
        .order_by("supplier_id", "consumer_id")
        .values_list("supplier_id", "consumer_id", "share")
    ):
        agreed.setdefault(supplier, {})[consumer] = share
    metered: dict[int, dict[int | None, Decimal]] = {}
    wanted = Q()
    for at in set(last_metered.values()):
        wanted |= Q(month=at, supplier_id__in=[supplier for supplier, month_ in last_metered.items() if month_ == at])
    if last_metered:
        for supplier, consumer, quantity in usage.filter(wanted).values_list("supplier_id", "consumer_id", "quantity"):
            used = metered.setdefault(supplier, {})
            used[consumer] = used.get(consumer, Decimal(0)) + quantity
    links: dict[tuple[int, int], tuple[float, str]] = {}
    for supplier, used in metered.items():
        total = sum(used.values())
        is_current = last_metered[supplier] == month
        for consumer, quantity in used.items():
            # A consumer whose link has ended no longer pulls, even where metering has stopped.
            if consumer is None or not quantity or not (is_current or consumer in agreed.get(supplier, ())):
                continue
            links[supplier, consumer] = (float(quantity / total), Basis.METERED if is_current else Basis.CARRIED)
    for supplier, shares in agreed.items():
        if supplier not in metered:
            for consumer, share in shares.items():
                if share:
                    links[supplier, consumer] = (float(share), Basis.AGREED)
    return links
