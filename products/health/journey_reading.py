"""What journeys promise and do: their steps against both budgets, and where people leave them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Max, QuerySet

from portfolio.common.months import add_months, month_of, overlap_days, today
from portfolio.common.spreading import share_of_days
from portfolio.engine import journeys as engine
from portfolio.engine.losses import divided
from products.health.losses import Cost, Worths, added
from products.health.models import Journey, Measurement, Objective, ObjectiveKind, Passage, Step

MONTHS = 12  #: over which people who leave are counted


# -- what was measured of services --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """An objective of a service over its window: how many events were good."""

    objective: Objective
    good: int
    total: int

    @property
    def share(self) -> float:
        """The part that was good."""
        return self.good / self.total

    @property
    def range(self) -> tuple[float, float]:
        """The 90 % range of it."""
        return engine.share_range(self.good, self.total)


def measured(services: Iterable[int], on: date, known: datetime | None = None) -> dict[tuple[int, str], Measured]:
    """Return what was measured of services, by service and kind of objective, over its objective's window: two queries.

    A window ends before the day; a measurement that begins before it is spread evenly over its days. Of several objectives of a kind the one with the highest target speaks for the service,
    of several with the same one that did worst.
    """
    objectives = {
        row.pk: row
        for row in Objective.objects.filter(
            service__in=set(services), kind__in=(ObjectiveKind.AVAILABILITY, ObjectiveKind.LATENCY)
        )
    }
    longest = max((row.window_days for row in objectives.values()), default=0)
    rows = Measurement.objects.known(known).filter(objective__in=objectives, ends__gt=on - timedelta(days=longest))
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for objective, starts, ends, good, total in rows.values_list("objective_id", "starts", "ends", "good", "total"):
        first = on - timedelta(days=objectives[objective].window_days)
        sums[objective][0] += _within(good, starts, ends, first, on)
        # What was bad is spread by itself: then no day has more good ones than there were in all.
        sums[objective][1] += _within(good, starts, ends, first, on) + _within(total - good, starts, ends, first, on)
    found: dict[tuple[int, str], Measured] = {}
    for key, (good, total) in sums.items():
        if not total:
            continue
        row = Measured(objectives[key], good, total)
        place = row.objective.service_id, row.objective.kind
        before = found.get(place)
        if before is None or (row.objective.target, -row.share) > (before.objective.target, -before.share):
            found[place] = row
    return found


def _within(count: int, starts: date, ends: date, first: date, after: date) -> int:
    """Return what falls into `[first, after)` of a count that is spread evenly over its days."""
    length = (ends - starts).days
    until = overlap_days(starts, ends, starts, after)
    before = overlap_days(starts, ends, starts, first)
    return share_of_days(count, until, length) - share_of_days(count, before, length) if until > before else 0


# -- who leaves ---------------------------------------------------------------------------------------------------


@dataclass
class Leaving:
    """Who left a journey at one step, over some months, and what that is worth."""

    entered: int = 0
    completed: int = 0
    lost: int = 0
    joined: int = 0
    completions: float = 0.0  #: that there would have been, had those who left gone on as the others did
    unknown: int = 0  #: of the lost, those of months in which nobody went on, so that nobody knows
    costs: list[Cost] = field(default_factory=list)

    @property
    def share(self) -> float | None:
        """The part of those who entered that left."""
        return self.lost / self.entered if self.entered else None

    @property
    def completed_share(self) -> float | None:
        """The part of those who entered that completed the step."""
        return self.completed / self.entered if self.entered else None

    @property
    def finishing(self) -> float | None:
        """The part of those who left that would have completed the journey."""
        known = self.lost - self.unknown
        return self.completions / known if known else None


@dataclass
class DropOff:
    """Where people leave a journey, step by step, over the months in which every step was counted."""

    steps: list[Leaving]
    months: list[date]
    left_out: list[date]  #: months in which not every step was counted
    is_valued: bool

    @property
    def costs(self) -> list[Cost]:
        """What all who left are worth, which is what the steps add up to."""
        return added(cost for step in self.steps for cost in step.costs)

    @property
    def began(self) -> int:
        """How many began the journey."""
        return self.steps[0].entered if self.steps else 0

    @property
    def completed(self) -> int:
        """How many completed it."""
        return self.steps[-1].completed if self.steps else 0

    @property
    def lost(self) -> int:
        """How many left it."""
        return sum(step.lost for step in self.steps)

    @property
    def joined(self) -> int:
        """How many came in midway."""
        return sum(step.joined for step in self.steps)

    @property
    def completions(self) -> float:
        """How many more would have completed it."""
        return sum(step.completions for step in self.steps)


def drop_off(journey: Journey, steps: Sequence[Step], on: date, known: datetime | None = None) -> DropOff:
    """Return where people left a journey in the last twelve months, up to that of a day: two queries.

    Each month by itself: who left is taken to have gone on as those did who went on in that month, and each completion
    is worth what the journey's metric is in that month.
    """
    last = month_of(on)
    first = add_months(last, 1 - MONTHS)
    positions = [step.position for step in steps]
    counted: dict[date, dict[int, Passage]] = defaultdict(dict)
    for row in Passage.objects.known(known).filter(journey=journey, month__gte=first, month__lte=last):
        counted[row.month][row.position] = row
    whole = [month for month in sorted(counted) if all(position in counted[month] for position in positions)]
    left_out = [month for month in sorted(counted) if month not in whole]
    worths = Worths([journey.metric_id] if journey.metric_id else [], known)
    found = [Leaving() for _ in steps]
    is_valued = bool(whole and steps)
    for month in whole if steps else []:
        rows = [counted[month][position] for position in positions]
        told = engine.drop_off([row.entered for row in rows], [row.completed for row in rows])
        for of, one in zip(found, told, strict=True):
            of.entered += one.entered
            of.completed += one.completed
            of.lost += one.lost
            of.joined += one.joined
            of.completions += one.completions or 0.0
            of.unknown += one.lost if one.completions is None else 0
        costs = _costs(worths, journey.metric_id, month, [one.completions or 0.0 for one in told])
        is_valued &= costs is not None
        for of, cost in zip(found, costs or [], strict=False):
            of.costs = added([*of.costs, cost])
    return DropOff(found, whole, left_out, is_valued)


def _costs(worths: Worths, metric: int | None, month: date, completions: Sequence[float]) -> list[Cost] | None:
    """Return what completions are worth in a month, adding up to what all of them are; None where nobody says."""
    exact = [Fraction(one) for one in completions]
    whole = worths.cost(metric, month, sum(exact, Fraction(0)))
    if whole is None:
        return None
    ends = (divided(cents, exact) for cents in (whole.low_cents, whole.cents, whole.high_cents))
    return [Cost(low, mean, high, whole.currency) for low, mean, high in zip(*ends, strict=True)]


# -- a journey as it goes -------------------------------------------------------------------------------------------


@dataclass
class Going:
    """One step on a day: its budgets, what was measured against them, and who left."""

    step: Step
    availability: Measured | None
    latency: Measured | None
    leaving: Leaving | None = None

    @property
    def meets_availability(self) -> bool | None:
        """Whether its service was there as often as the step has to be; None where nobody can tell."""
        if self.availability is None or self.step.availability is None:
            return None
        return self.availability.share >= float(self.step.availability)

    @property
    def meets_response(self) -> bool | None:
        """Whether what its service is measured against fits into the step's part of the response time."""
        if self.response_ms is None or self.step.response_ms is None:
            return None
        return self.response_ms <= self.step.response_ms

    @property
    def response_ms(self) -> Decimal | None:
        """Milliseconds within which its service answers, as often as measured."""
        return self.latency.objective.threshold if self.latency else None


@dataclass
class Budget:
    """A journey's budget beside its steps' parts: `left` is what nobody has, and below 0 what they have too much."""

    whole: Decimal | int
    given: Decimal | int | None  #: what the steps have together; None where some have no part
    without: int  #: steps that have no part

    @property
    def left(self) -> Decimal | int | None:
        """What is left over; None where some steps have no part yet."""
        if self.given is None:
            return None
        # More available together is left over; more milliseconds together are overdrawn.
        return self.given - self.whole if isinstance(self.whole, Decimal) else self.whole - self.given

    @property
    def is_overdrawn(self) -> bool:
        """Whether the steps take more than there is."""
        return self.left is not None and self.left < 0


@dataclass
class Walk:
    """A journey on a day."""

    journey: Journey
    on: date
    steps: list[Going]
    drop_off: DropOff

    @property
    def unmeasured(self) -> list[Going]:
        """The steps of which nobody measures how often they are there."""
        return [one for one in self.steps if one.availability is None]

    @property
    def availability(self) -> float | None:
        """How often the journey was there: the product over services; at most that where some are not measured."""
        seen = [one for one in self.steps if one.availability]
        if not seen:
            return None
        return engine.availability([one.step.service_id for one in seen], [one.availability.share for one in seen])

    @property
    def availability_range(self) -> tuple[float, float] | None:
        """The 90 % range of it."""
        counts = {
            one.step.service_id: (one.availability.good, one.availability.total)
            for one in self.steps
            if one.availability
        }
        return engine.availability_range(counts, self.journey.pk) if counts else None

    @property
    def meets_availability(self) -> bool | None:
        """Whether it was there as often as it has to be; None where that cannot be told."""
        if self.journey.availability is None or self.availability is None:
            return None
        is_met = self.availability >= float(self.journey.availability)
        return None if is_met and self.unmeasured else is_met

    @property
    def bound(self) -> engine.Bound | None:
        """How long it takes at most, and how often at least; None until every step is measured."""
        seen = [one.latency for one in self.steps if one.latency and one.latency.objective.threshold is not None]
        if not self.steps or len(seen) < len(self.steps):
            return None
        return engine.response_bound([float(one.objective.threshold) for one in seen], [one.share for one in seen])

    @property
    def untimed(self) -> list[Going]:
        """The steps of which nobody measures how long they take."""
        return [one for one in self.steps if one.response_ms is None]

    @property
    def meets_response(self) -> bool | None:
        """Whether the bound lies within the response time; None where that cannot be told."""
        if self.journey.response_ms is None or self.bound is None:
            return None
        return self.bound.milliseconds <= self.journey.response_ms

    @property
    def availability_budget(self) -> Budget | None:
        """The availability that is set, beside what the steps have of it."""
        if self.journey.availability is None or not self.steps:
            return None
        parts = {one.step.service_id: one.step.availability for one in self.steps if one.step.availability is not None}
        without = [one for one in self.steps if one.step.service_id not in parts]
        given = Decimal(1)
        for share in parts.values():
            given *= share
        return Budget(self.journey.availability, None if without else given, len(without))

    @property
    def response_budget(self) -> Budget | None:
        """The response time that is set, beside what the steps have of it."""
        if self.journey.response_ms is None or not self.steps:
            return None
        parts = [one.step.response_ms for one in self.steps]
        without = sum(part is None for part in parts)
        return Budget(self.journey.response_ms, None if without else sum(part or 0 for part in parts), without)


def steps_of(journey: Journey, on: date, known: datetime | None = None) -> list[Step]:
    """Return the steps of a journey on a day, in order: one query."""
    rows: QuerySet[Step] = Step.objects.known(known).current(on).filter(journey=journey)
    return list(rows.for_table().order_by("position", "pk"))


def walk(journey: Journey, on: date | None = None, known: datetime | None = None) -> Walk:
    """Return a journey on a day, today: five queries, however many steps it has."""
    day = on or today()
    steps = steps_of(journey, day, known)
    seen = measured({step.service_id for step in steps}, day, known)
    left = drop_off(journey, steps, day, known)
    going = [
        Going(
            step,
            seen.get((step.service_id, ObjectiveKind.AVAILABILITY)),
            seen.get((step.service_id, ObjectiveKind.LATENCY)),
            leaving,
        )
        for step, leaving in zip(steps, left.steps, strict=True)
    ]
    return Walk(journey, day, going, left)


@dataclass
class Summary:
    """What a list says of one journey."""

    steps: int
    availability: float | None
    is_whole: bool  #: whether every step's service is measured
    began: int
    completed: int


def summaries(journeys: Sequence[Journey], on: date | None = None) -> dict[int, Summary]:
    """Return what a list says of journeys: four queries, however many there are."""
    day = on or today()
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.known().current(day).filter(journey__in=journeys).order_by("position", "pk"):
        steps[step.journey_id].append(step)
    seen = measured({step.service_id for of in steps.values() for step in of}, day)
    counted = Passage.objects.known().filter(journey__in=journeys, month__lte=day)
    latest = dict(counted.order_by().values_list("journey_id").annotate(at=Max("month")))
    passages = {
        (row.journey_id, row.position): row
        for row in counted.filter(month__in=set(latest.values()))
        if row.month == latest[row.journey_id]
    }
    found = {}
    for journey in journeys:
        of = steps[journey.pk]
        parts = [(one.service_id, seen.get((one.service_id, ObjectiveKind.AVAILABILITY))) for one in of]
        there = [(service, part.share) for service, part in parts if part]
        first, last = (passages.get((journey.pk, of[place].position)) if of else None for place in (0, -1))
        found[journey.pk] = Summary(
            len(of),
            engine.availability(*zip(*there, strict=True)) if there else None,
            len(there) == len(of),
            first.entered if first else 0,
            last.completed if last else 0,
        )
    return found
