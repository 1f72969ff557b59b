"""Every service against its own past: what the open page of improvement shows.

The last 13 weeks are held against the 52 weeks before them, in whole weeks, because what goes wrong in one week goes
wrong together. What is compared, and how sure it is, is `portfolio.engine.improvement`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from portfolio.common import formats
from portfolio.engine import improvement as engine
from portfolio.engine.budgets import Days
from portfolio.engine.delivery import Delivered
from products.health.budget_reading import days_measured
from products.health.delivery_reading import History, histories_of, start_of
from products.health.models import Incident, Objective, ObjectiveKind, Service
from products.value.models import Score

RECENT_WEEKS, PAST_WEEKS = 13, 52
WEEKS = PAST_WEEKS + RECENT_WEEKS
SPARK_WEEKS = 5  #: in one point of a sparkline; 13 of them

#: What is compared, by key: its name, and what more of it means.
MEASURES = {
    "availability": "Availability",
    "lead-time": "Lead time",
    "failed-changes": "Failed changes",
    "time-to-restore": "Time to restore",
    "incidents": "Incidents",
    "satisfaction": "Satisfaction",
    "effort": "Ease",
    "completion": "Completion",
}


@dataclass(frozen=True)
class Figure:
    """One measure of a service: what it is now and was before, in words, its own trend, and how much better it is."""

    now: str
    before: str
    trend: tuple[float | None, ...] = ()
    change: engine.Change | None = None

    @property
    def tone(self) -> str:
        """Which way it surely goes: up for better, down for worse, even where it may be either."""
        if self.change is None:
            return ""
        low, high = self.change.ends
        return "up" if low > 1 else "down" if high < 1 else "even"


@dataclass(frozen=True)
class Row:
    """A service with its place among all, and its figures by measure."""

    service: Service
    place: engine.Place
    figures: dict[str, Figure]

    @property
    def factor(self) -> float | None:
        """How many times better it is than over its own year before, all measures together."""
        return self.place.factor

    @property
    def low(self) -> float | None:
        """The lower end of the 90 % range of that."""
        return self.place.ends[0] if self.place.ends else None

    @property
    def high(self) -> float | None:
        """The upper end of the 90 % range of that."""
        return self.place.ends[1] if self.place.ends else None

    @property
    def shown(self) -> list[tuple[str, Figure | None]]:
        """Every measure with its figure, in one order for all rows."""
        return [(label, self.figures.get(key)) for key, label in MEASURES.items()]

    @property
    def basis(self) -> list[str]:
        """The measures that count in its place."""
        return [MEASURES[key] for key in self.place.changes]

    @property
    def rests_on(self) -> str:
        """Those measures in words."""
        return ", ".join(self.basis)


@dataclass
class Ground:
    """What is known of services over the weeks before a day, read at once; the weeks go from the oldest on."""

    on: date
    services: Sequence[Service]
    measured: dict[int, list[Days]] = field(default_factory=lambda: defaultdict(list))
    histories: dict[int, History] = field(default_factory=dict)
    incidents: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    outages: dict[int, list[tuple[datetime, float]]] = field(default_factory=lambda: defaultdict(list))
    scores: dict[int, list[Score]] = field(default_factory=lambda: defaultdict(list))

    @property
    def first(self) -> date:
        """The first day of the weeks before."""
        return self.on - timedelta(weeks=WEEKS)

    @property
    def turn(self) -> date:
        """The first day of the recent weeks."""
        return self.on - timedelta(weeks=RECENT_WEEKS)


def ranking(services: Sequence[Service], on: date) -> list[Row]:
    """Return every service with its place, the most improved first; those of which too little is known come last.

    The rank is among these services, so give all of them and leave out afterwards: it takes six queries.
    """
    ground = read_ground(services, on)
    figures = [figures_of(service, ground) for service in services]
    places = engine.ranked(
        [{key: one.change for key, one in found.items() if one.change is not None} for found in figures]
    )
    rows = [Row(*parts) for parts in zip(services, places, figures, strict=True)]
    return sorted(rows, key=lambda row: (row.factor is None, -(row.factor or 0), row.service.name, row.service.pk))


def read_ground(services: Sequence[Service], on: date) -> Ground:
    """Read all that is compared: measurements, events, incidents and scores."""
    ground = Ground(on, services)
    keys = [service.pk for service in services]
    objectives = list(Objective.objects.filter(service__in=keys, kind=ObjectiveKind.AVAILABILITY))
    days = days_measured(objectives, ground.first, on)
    for objective in objectives:
        ground.measured[objective.service_id].append(days[objective.pk])
    ground.histories = histories_of(keys)
    incidents = Incident.objects.filter(service__in=keys, started_at__lt=start_of(on))
    for service, started, restored in incidents.values_list("service", "started_at", "restored_at"):
        ground.incidents[service].append(started)
        if restored:
            ground.outages[service].append((started, (restored - started).total_seconds()))
    products = {service.product_id for service in services}
    scores = Score.objects.known().filter(metric__product__in=products, starts__gte=ground.first, ends__lte=on)
    for score in scores.select_related("metric").order_by("starts", "pk"):
        ground.scores[score.metric.product_id].append(score)
    return ground


def figures_of(service: Service, ground: Ground) -> dict[str, Figure]:
    """Return the figures of a service by measure; those of which nothing at all is known are out."""
    found = {
        "availability": _availability(ground.measured.get(service.pk, [])),
        **_delivery(ground.histories[service.pk], ground, service.pk),
        "incidents": _incidents(service, ground),
        **_scores(ground.scores.get(service.product_id, []), ground),
    }
    return {key: figure for key in MEASURES if (figure := found.get(key)) is not None}


# -- One measure each --------------------------------------------------------------------------------------------


def _availability(several: Iterable[Days]) -> Figure | None:
    """Compare the part that was bad, of all availability objectives together, week by week."""
    several = list(several)
    if not several:
        return None
    bad, total = (
        sum((getter(days).reshape(WEEKS, 7).sum(axis=1) for days in several), np.zeros(WEEKS, dtype=np.int64))
        for getter in (lambda days: days.bad, lambda days: days.bad + days.good)
    )
    if not total.sum():
        return None
    sides = [(bad[:PAST_WEEKS], total[:PAST_WEEKS]), (bad[PAST_WEEKS:], total[PAST_WEEKS:])]
    before, now = (
        formats.share(1 - counts.sum() / bases.sum(), 3) if bases.sum() else formats.NONE for counts, bases in sides
    )
    points = [
        1 - float(b.sum() / t.sum()) if t.sum() else None for b, t in zip(_points(bad), _points(total), strict=True)
    ]
    return Figure(now, before, tuple(points), engine.of_rates(*sides))


def _delivery(history: History, ground: Ground, key: int) -> dict[str, Figure | None]:
    """Compare lead time, how often changes fail and how soon service is restored."""
    past, recent = history.between(ground.first, ground.turn), history.between(ground.turn, ground.on)
    first, turn, on = start_of(ground.first), start_of(ground.turn), start_of(ground.on)
    leads = [
        (one.deployment.at, lead.total_seconds())
        for one in history.changed
        if first <= one.deployment.at < on and (lead := one.lead_time) is not None
    ]
    # An incident that no change is blamed for has to be ended just as soon.
    linked = {failure.at for failure in history.failures}
    mended = [
        (one.at, (one.restored - one.at).total_seconds())
        for one in history.failures
        if one.restored and first <= one.at < on
    ]
    mended += [one for one in ground.outages.get(key, []) if first <= one[0] < on and one[0] not in linked]
    made = _weekly((one.deployment.at for one in history.changed), ground)
    failed = _weekly((one.deployment.at for one in history.changed if one.has_failed), ground)
    found: dict[str, Figure | None] = {}
    for name, timed in (("lead-time", leads), ("time-to-restore", mended)):
        sides = [[s for at, s in timed if at < turn], [s for at, s in timed if at >= turn]]
        found[name] = (
            Figure(_median(sides[1]), _median(sides[0]), _medians(timed, ground), engine.of_durations(*sides))
            if timed
            else None
        )
    found["failed-changes"] = (
        Figure(
            _failed_share(recent),
            _failed_share(past),
            tuple(
                float(f.sum() / m.sum()) if m.sum() else None
                for f, m in zip(_points(failed), _points(made), strict=True)
            ),
            engine.of_rates((failed[:PAST_WEEKS], made[:PAST_WEEKS]), (failed[PAST_WEEKS:], made[PAST_WEEKS:])),
        )
        if made.sum()
        else None
    )
    return found


def _incidents(service: Service, ground: Ground) -> Figure | None:
    """Compare how often there are incidents, from the first week of which anything is known on."""
    moments = ground.incidents.get(service.pk, [])
    weeks = _weekly(moments, ground)
    if not weeks.sum():
        return None
    history = ground.histories[service.pk]
    known = [*moments, *(one.deployment.at for one in history.changed)]
    begun = min((moment.date() for moment in known), default=ground.first)
    measured = [
        days.first + timedelta(days=int(np.argmax(days.is_measured))) for days in ground.measured.get(service.pk, ())
    ]
    begun = min([begun, *measured])
    out_of = np.where(np.arange(WEEKS) >= (begun - ground.first).days // 7, 7, 0)
    now, before = int(weeks[PAST_WEEKS:].sum()), int(weeks[:PAST_WEEKS].sum())
    years = max(int((out_of[:PAST_WEEKS] > 0).sum()), 1)
    return Figure(
        f"{now}",
        f"{formats.quantity(round(before / years * RECENT_WEEKS, 1))}",
        tuple(float(point.sum()) for point in _points(weeks)),
        engine.of_rates((weeks[:PAST_WEEKS], out_of[:PAST_WEEKS]), (weeks[PAST_WEEKS:], out_of[PAST_WEEKS:])),
    )


def _scores(scores: Iterable[Score], ground: Ground) -> dict[str, Figure | None]:
    """Compare what the product's customers answer; each service of a product has the same."""
    by_question: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        by_question[score.metric.asks].append(score)
    found: dict[str, Figure | None] = {}
    for name, rows in by_question.items():
        past, recent = (
            [row for row in rows if (row.starts >= ground.turn) == is_recent] for is_recent in (False, True)
        )
        if name == "completion":
            found[name] = _completion(rows, past, recent)
        else:
            before, now = _pooled(past), _pooled(recent)
            found[name] = Figure(
                _out_of_five(now),
                _out_of_five(before),
                trend=tuple(None if row.mean is None else float(row.mean) for row in rows),
                change=engine.of_means(before, now),
            )
    return found


def _completion(rows: Sequence[Score], past: Sequence[Score], recent: Sequence[Score]) -> Figure:
    before, now = (
        (sum(row.completed or 0 for row in side), sum(row.answers for row in side)) for side in (past, recent)
    )
    return Figure(
        formats.share(now[0] / now[1]) if now[1] else formats.NONE,
        formats.share(before[0] / before[1]) if before[1] else formats.NONE,
        trend=tuple((row.completed or 0) / row.answers for row in rows),
        change=engine.of_shares(before, now),
    )


# -- What they share ---------------------------------------------------------------------------------------------


def _weekly(moments: Iterable[datetime], ground: Ground) -> Any:
    """Return how many of these moments lie in each of the weeks, shape (WEEKS,)."""
    first = start_of(ground.first)
    places = [place for moment in moments if 0 <= (place := (moment - first) // timedelta(weeks=1)) < WEEKS]
    return np.bincount(np.array(places, dtype=np.int64), minlength=WEEKS)


def _points(weeks: Any) -> list[Any]:
    """Return the weeks in the points of a sparkline."""
    return [weeks[first : first + SPARK_WEEKS] for first in range(0, WEEKS, SPARK_WEEKS)]


def _medians(timed: Sequence[tuple[datetime, float]], ground: Ground) -> tuple[float | None, ...]:
    first, length = start_of(ground.first), timedelta(weeks=SPARK_WEEKS)
    points: dict[int, list[float]] = defaultdict(list)
    for at, seconds in timed:
        points[(at - first) // length].append(seconds)
    return tuple(float(np.median(points[place])) if place in points else None for place in range(WEEKS // SPARK_WEEKS))


def _median(seconds: Sequence[float]) -> str:
    return formats.duration(float(np.median(seconds))) if seconds else formats.NONE


def _failed_share(figures: Delivered) -> str:
    return f"{figures.failed} of {figures.deployments}" if figures.deployments else formats.NONE


def _out_of_five(side: tuple[float, float, int]) -> str:
    return f"{side[0]:.2f} of 5" if side[2] else formats.NONE


def _pooled(scores: Iterable[Score]) -> tuple[float, float, int]:
    """Return the mean, deviation and number of the answers of several scores together."""
    rows = [(float(row.mean), float(row.deviation or 0), row.answers) for row in scores if row.mean is not None]
    count = sum(answers for *_, answers in rows)
    if not count:
        return 0.0, 0.0, 0
    mean = sum(one * answers for one, _, answers in rows) / count
    within = sum((answers - 1) * deviation**2 + answers * (one - mean) ** 2 for one, deviation, answers in rows)
    return mean, (within / max(count - 1, 1)) ** 0.5, count
