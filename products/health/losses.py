"""What incidents cost customers: what was lost times what one is worth, over journeys and products, each loss once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from portfolio.common.money import base_currency
from portfolio.common.months import last_day, month_of
from portfolio.common.spreading import from_cents, parts_by_month
from portfolio.engine import losses
from portfolio.engine.uncertainty import Range
from products.catalog.models import Product
from products.health.models import Dependency, Impact, Incident, Journey, Passage, Step
from products.value.models import Valuation

QUANTITY = 10_000  #: units of a stored quantity

#: Suppliers to their consumers, with the part of its output that each pulls.
Shares = Mapping[int, Mapping[int, Fraction]]
Source = TypeVar("Source", bound=Callable[..., Shares])
#: A function of a product, a month and a moment as of which to know things: the shares from that product downwards.
SHARES: list[Callable[[int, date, datetime | None], Shares]] = []


def tells_shares(source: Source) -> Source:
    """Ask this function who pulls from whom, which lies to the right of this room; a second time changes nothing."""
    if source not in SHARES:
        SHARES.append(source)
    return source


# -- amounts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """An amount in whole cents of a currency, with the 90 % range of what it may be."""

    low_cents: int
    cents: int
    high_cents: int
    currency: str

    @property
    def low(self) -> Decimal:
        """One time in twenty it is less."""
        return from_cents(self.low_cents)

    @property
    def amount(self) -> Decimal:
        """What is expected."""
        return from_cents(self.cents)

    @property
    def high(self) -> Decimal:
        """One time in twenty it is more."""
        return from_cents(self.high_cents)


def added(costs: Iterable[Cost]) -> list[Cost]:
    """Return costs together, one of each currency, the base currency first.

    Ends are added up as if all were low, or high, together: no narrower than the truth.
    """
    sums: dict[str, Cost] = {}
    for cost in costs:
        so_far = sums.get(cost.currency, Cost(0, 0, 0, cost.currency))
        sums[cost.currency] = Cost(
            so_far.low_cents + cost.low_cents,
            so_far.cents + cost.cents,
            so_far.high_cents + cost.high_cents,
            cost.currency,
        )
    return [sums[currency] for currency in sorted(sums, key=lambda one: (one != base_currency(), one))]


def units_of(quantity: Decimal) -> int:
    """Return a quantity in whole units."""
    return int((quantity * QUANTITY).to_integral_value())


def quantity_of(units: int) -> Decimal:
    """Return whole units as a quantity."""
    return Decimal(units).scaleb(-4)


class Worths:
    """What a unit of some metrics is worth, by month: one query."""

    def __init__(self, metrics: Iterable[int], known: datetime | None = None):
        rows = Valuation.objects.known(known).filter(metric__in=set(metrics)).order_by("starts")
        self._by_metric: dict[int, list[Valuation]] = defaultdict(list)
        for row in rows:
            self._by_metric[row.metric_id].append(row)

    def of(self, metric: int | None, month: date) -> Valuation | None:
        """Return the valuation that holds in a month."""
        for row in self._by_metric.get(metric or 0, ()):
            if row.starts <= month and (row.ends is None or row.ends > month):
                return row
        return None

    def cost(self, metric: int | None, month: date, quantity: Fraction) -> Cost | None:
        """Return what a quantity is worth in a month; None where nobody says."""
        row = self.of(metric, month)
        if row is None:
            return None
        mean = Fraction(Decimal(repr(Range(float(row.low), float(row.high)).mean)))
        low, cents, high = (_rounded(quantity * worth * 100) for worth in (Fraction(row.low), mean, Fraction(row.high)))
        return Cost(low, cents, high, row.currency)


def _rounded(amount: Fraction) -> int:
    """Round to a whole number, halves away from zero."""
    size = (2 * abs(amount.numerator) + amount.denominator) // (2 * amount.denominator)
    return size if amount >= 0 else -size


# -- what impacts cost --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImpactCost:
    """What one impact came to: how much, what of it nobody has put a worth on, and what the rest is worth."""

    impact: Impact
    units: int
    unvalued: int = 0
    costs: list[Cost] = field(default_factory=list)

    @property
    def quantity(self) -> Decimal:
        """How many were lost, those that came late by the part of their worth that was."""
        return quantity_of(self.units)

    @property
    def is_unvalued(self) -> bool:
        """Whether nobody says what some of it is worth."""
        return self.unvalued > 0


def costs_of(impacts: Sequence[Impact], known: datetime | None = None) -> list[ImpactCost]:
    """Return what impacts cost, in their order, each month at its own worth: one query."""
    worths = Worths((impact.metric_id for impact in impacts), known)
    found = []
    for impact in impacts:
        units, unvalued, costs = units_of(impact.quantity), 0, []
        for month, part in parts_by_month(units, impact.starts, impact.ends).items():
            cost = worths.cost(impact.metric_id, month, Fraction(part, QUANTITY))
            if cost is None:
                unvalued += part
            else:
                costs.append(cost)
        found.append(ImpactCost(impact, units, unvalued, added(costs)))
    return found


# -- over the journeys that were hit ------------------------------------------------------------------------------


class Ground:
    """What divides losses over journeys: what services need, the steps they do, and who passed: three queries."""

    def __init__(self, known: datetime | None = None):
        needs = Dependency.objects.known(known).values_list("needs_id", "service_id", "starts", "ends")
        self.needed_by: dict[int, list[tuple[int, date, date | None]]] = defaultdict(list)
        for needed, service, starts, ends in needs:
            self.needed_by[needed].append((service, starts, ends))
        self.steps = list(
            Step.objects.known(known)
            .order_by("journey__name", "journey_id", "position")
            .values_list("journey_id", "position", "service_id", "starts", "ends", "journey__metric_id")
        )
        self.passages: dict[tuple[int, int], dict[date, int]] = defaultdict(dict)
        for journey, position, month, entered in Passage.objects.known(known).values_list(
            "journey_id", "position", "month", "entered"
        ):
            self.passages[journey, position][month] = entered

    def services_hit(self, service: int, on: date) -> set[int]:
        """Return a service and all that do not work without it, on a day."""
        hit, ahead = {service}, [service]
        while ahead:
            for other, starts, ends in self.needed_by.get(ahead.pop(), ()):
                if other not in hit and starts <= on and (ends is None or ends > on):
                    hit.add(other)
                    ahead.append(other)
        return hit

    def journeys_of(self, impact: Impact) -> dict[int, int]:
        """Return the journeys that pass an impact's service, with how often they did in its months.

        Those that count the impact's metric when they are completed, where there are any; else all of them. Who passes
        in several steps of one journey counts once.
        """
        services = self.services_hit(impact.incident.service_id, impact.starts)
        passing = [
            (journey, position, metric)
            for journey, position, service, starts, ends, metric in self.steps
            if service in services and starts < impact.ends and (ends is None or ends > impact.starts)
        ]
        counting = {journey for journey, _, metric in passing if metric == impact.metric_id}
        found: dict[int, int] = {}
        first, last = month_of(impact.starts), month_of(last_day(impact.ends))
        for journey, position, _ in passing:
            if counting and journey not in counting:
                continue
            entered = sum(count for month, count in self.passages[journey, position].items() if first <= month <= last)
            found[journey] = max(entered, found.get(journey, 0))
        return found


@dataclass
class Divided:
    """What an impact cost one journey, or none of them, where `journey` is None."""

    journey: int | None
    impact: Impact
    units: int
    costs: list[Cost]

    @property
    def quantity(self) -> Decimal:
        """How many of its metric."""
        return quantity_of(self.units)


def over_journeys(costs: Sequence[ImpactCost], ground: Ground) -> list[Divided]:
    """Return what impacts cost each journey: the parts of each impact add up to it."""
    found = []
    for cost in costs:
        passages = {} if cost.impact.journey_id else ground.journeys_of(cost.impact)

        def parts(total: int, impact: Impact = cost.impact, over: dict[int, int] = passages) -> dict[int | None, int]:
            return losses.over_journeys(total, impact.journey_id, over)

        units = parts(cost.units)
        amounts = [(parts(one.low_cents), parts(one.cents), parts(one.high_cents), one.currency) for one in cost.costs]
        keys = [cost.impact.journey_id] if cost.impact.journey_id else [*passages, *([] if passages else [None])]
        for journey in keys:
            of = [
                Cost(low.get(journey, 0), mean.get(journey, 0), high.get(journey, 0), currency)
                for low, mean, high, currency in amounts
            ]
            if units.get(journey) or any(one.high_cents for one in of):
                found.append(Divided(journey, cost.impact, units.get(journey, 0), of))
    return found


@dataclass(frozen=True)
class Portion:
    """What falls to a journey or a product, which is None where it is none's."""

    of: Any
    costs: list[Cost]
    lost: list[tuple[Decimal, str]] = field(default_factory=list)  #: quantities with their units


def by_journey(divided: Iterable[Divided]) -> list[Portion]:
    """Return what fell to each journey, the largest first, what belongs to none last: one query."""
    parts: dict[int | None, list[Divided]] = defaultdict(list)
    for one in divided:
        parts[one.journey].append(one)
    journeys = Journey.objects.select_related("product").in_bulk([key for key in parts if key is not None])
    found = [Portion(journeys.get(key or 0), added(_all(of)), _lost(of)) for key, of in parts.items()]
    return sorted(found, key=lambda part: (part.of is None, -_size(part.costs), str(part.of)))


def _all(divided: Iterable[Divided]) -> list[Cost]:
    return [cost for one in divided for cost in one.costs]


def _lost(divided: Iterable[Divided]) -> list[tuple[Decimal, str]]:
    return _summed((one.units, one.impact.metric.unit) for one in divided)


def _summed(units: Iterable[tuple[int, str]]) -> list[tuple[Decimal, str]]:
    """Return quantities with what they count, one of each."""
    sums: dict[str, int] = defaultdict(int)
    for count, unit in units:
        sums[unit] += count
    return [(quantity_of(count), unit) for unit, count in sums.items()]


def _size(costs: Sequence[Cost]) -> int:
    return sum(cost.cents for cost in costs)


# -- along the network ----------------------------------------------------------------------------------------------


def along_network(costs: Sequence[ImpactCost], product: int, month: date, known: datetime | None) -> list[Portion]:
    """Return with whose customers the losses of one incident end, each loss once: the products by size.

    What was lost at another product's customers is theirs. What was lost of what the service's own product counts is
    passed on to those who pull from it, in proportion to their shares, and from them on.
    """
    shares = {key: dict(to) for source in SHARES for key, to in source(product, month, known).items()}
    ends: dict[int, list[Cost]] = defaultdict(list)
    own: list[Cost] = []
    for cost in costs:
        owner = cost.impact.metric.product_id
        if owner == product:
            own += cost.costs
        else:
            ends[owner] += cost.costs
    for one in added(own):
        low, mean, high = (
            losses.along_network({product: cents}, shares) for cents in (one.low_cents, one.cents, one.high_cents)
        )
        for key in {**mean, **high, **low}:
            ends[key].append(Cost(low.get(key, 0), mean.get(key, 0), high.get(key, 0), one.currency))
    products = Product.objects.in_bulk(list(ends))
    found = [Portion(products[key], added(of)) for key, of in ends.items()]
    return sorted(found, key=lambda part: (-_size(part.costs), part.of.name))


# -- what pages show --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """An incident and what it cost: all of it, or what fell to whoever is asked about."""

    incident: Incident
    costs: list[Cost]
    lost: list[tuple[Decimal, str]]
    is_unvalued: bool = False
    is_stated: bool = True  #: whether anybody has said what it cost customers


def told_of(incidents: Sequence[Incident], known: datetime | None = None) -> dict[int, Told]:
    """Return what incidents cost, by their keys: two queries, however many there are."""
    impacts: dict[int, list[ImpactCost]] = defaultdict(list)
    rows = Impact.objects.known(known).filter(incident__in=incidents).select_related("metric").order_by("pk")
    for cost in costs_of(list(rows), known):
        impacts[cost.impact.incident_id].append(cost)
    found = {}
    for incident in incidents:
        of = impacts[incident.pk]
        found[incident.pk] = Told(
            incident,
            added(one for cost in of for one in cost.costs),
            _summed((cost.units, cost.impact.metric.unit) for cost in of),
            any(cost.is_unvalued for cost in of),
            bool(of) or incident.is_harmless,
        )
    return found


def of_journey(journey: Journey, since: date, known: datetime | None = None) -> list[Told]:
    """Return what incidents cost a journey from a day on, the latest first: five queries."""
    rows = Impact.objects.known(known).filter(ends__gt=since).for_table()
    divided = over_journeys(costs_of(list(rows), known), Ground(known))
    by_incident: dict[int, list[Divided]] = defaultdict(list)
    for one in divided:
        if one.journey == journey.pk:
            by_incident[one.impact.incident_id].append(one)
    found = [Told(of[0].impact.incident, added(_all(of)), _lost(of)) for of in by_incident.values()]
    return sorted(found, key=lambda told: told.incident.started_at, reverse=True)


def of_product(product: Product, since: date, known: datetime | None = None) -> list[Told]:
    """Return what incidents cost a product's own customers from a day on, the latest first: two queries.

    That is what was lost of its metrics, whichever product's service broke.
    """
    rows = Impact.objects.known(known).filter(ends__gt=since, metric__product=product).for_table()
    by_incident: dict[int, list[ImpactCost]] = defaultdict(list)
    for cost in costs_of(list(rows), known):
        by_incident[cost.impact.incident_id].append(cost)
    found = [
        Told(
            of[0].impact.incident,
            added(one for cost in of for one in cost.costs),
            _summed((cost.units, cost.impact.metric.unit) for cost in of),
            any(cost.is_unvalued for cost in of),
        )
        for of in by_incident.values()
    ]
    return sorted(found, key=lambda told: told.incident.started_at, reverse=True)
