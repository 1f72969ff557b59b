"""Celebrating metrics that pass their target: found by the system on the day, with the people who were on it then.

A metric passes its target when an observation meets it and the one before did not, or there was none before. Staying
there is no news; nor is an observation from long ago that somebody loads today: it counts for twice the metric's
cadence. Each target of a metric is celebrated once.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from portfolio.common.months import last_day, today
from products.catalog.models import Assignment
from products.value.models import Celebration, Metric, Observation, SharedOutcome
from teams.models import Membership

CADENCES = 2  #: for how many cadences of its metric an observation is news


@dataclass(frozen=True)
class Passing:
    """An observation with which a metric passed its target."""

    metric: Metric
    value: Decimal
    on: date


def celebrate(on: date | None = None) -> list[Celebration]:
    """Celebrate the metrics that passed their target; return what was not celebrated before.

    Repeating it makes none; nor do two at once: each holds the metric, and a target is celebrated once.
    """
    day = on or today()
    made = [_celebrate(passing) for passing in passings(day)]
    return [one for one in made if one]


def passings(on: date) -> list[Passing]:
    """Return what passed its target lately and is not celebrated. Two queries, and two for each cadence there is."""
    celebrated = Celebration.objects.filter(metric=OuterRef("pk"), target=OuterRef("target"))
    waiting = Metric.objects.filter(~Exists(celebrated), target__isnull=False).order_by("cadence_days", "pk")
    found: list[Passing] = []
    for cadence in waiting.values_list("cadence_days", flat=True).distinct().order_by("cadence_days"):
        found += _lately(waiting.filter(cadence_days=cadence), on - timedelta(days=CADENCES * cadence), on)
    return found


def _lately(metrics: QuerySet[Metric], since: date, on: date) -> Iterator[Passing]:
    """Yield the passings since a day, at most one of each metric: its first."""
    seen = Observation.objects.known().filter(metric__in=metrics, starts__gte=since, starts__lte=on)
    rows: dict[int, list[Observation]] = defaultdict(list)
    for row in seen.order_by("metric", "starts"):
        if last_day(row.ends) <= on:
            rows[row.metric_id].append(row)
    earlier = Observation.objects.known().filter(metric=OuterRef("pk"), starts__lt=since).order_by("-starts", "-pk")
    for metric in metrics.filter(pk__in=rows).annotate(earlier=Subquery(earlier.values("value")[:1])):
        before = metric.earlier
        for row in rows[metric.pk]:
            if metric.meets_target(row.value) and not metric.meets_target(before):
                yield Passing(metric, row.value, row.starts if metric.is_level else last_day(row.ends))
                break
            before = row.value


@transaction.atomic
def _celebrate(passing: Passing) -> Celebration | None:
    metric = Metric.objects.select_for_update(no_key=True).get(pk=passing.metric.pk)
    if metric.target != passing.metric.target:
        return None  # changed meanwhile: the next hour looks again
    made, is_new = Celebration.objects.get_or_create(
        metric=metric, target=metric.target, defaults={"value": passing.value, "observed_on": passing.on}
    )
    if not is_new:
        return None
    teams = teams_on(metric, passing.on)
    made.teams.set(teams)
    members = Membership.objects.known().current(passing.on).filter(team__in=teams)
    made.people.set(members.values_list("person", flat=True).distinct())
    return made


def teams_on(metric: Metric, on: date) -> set[int]:
    """Return the teams that were on a metric on a day: those of its product, and those that share it as an outcome."""
    assignments = Assignment.objects.known().current(on).filter(product=metric.product_id)
    shared = SharedOutcome.objects.known().current(on).filter(metric=metric)
    return {*assignments.values_list("team", flat=True), *shared.values_list("team", flat=True)}
