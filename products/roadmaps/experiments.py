"""What experiments found: the effect with its range as it was seen, and as much of it as is to be believed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portfolio.common import formats
from portfolio.engine import shrinkage
from portfolio.engine.shrinkage import Prior, Shrunk
from products.roadmaps.models import Experiment, Item


@dataclass(frozen=True)
class Effect:
    """What one experiment found, in the unit of its metric: raw with its 90 % range, and shrunk.

    `shrunk` is None where the item does not say where its metric was: there is nothing to shrink it relative to.
    """

    experiment: Experiment
    effect: float
    error: float
    freedom: float
    low: float
    high: float
    prior: Prior
    shrunk: Shrunk | None

    @property
    def unit(self) -> str:
        """Of the metric; "" where the item names none any more."""
        metric = self.experiment.item.metric
        return metric.unit if metric else ""

    @property
    def prior_words(self) -> str:
        """What it was drawn towards."""
        if self.shrunk is None:
            return "The item does not say where its metric was, so the effect is left as it was seen."
        if not self.prior.count:
            return (
                "With fewer than five earlier experiments it is drawn towards no effect, with effects of most items "
                "taken to be changes of 0 %, give or take 10 %."
            )
        centre, spread = (formats.share(part, 1) for part in (self.prior.centre, self.prior.spread))
        return (
            f"It is drawn towards what {self.prior.count} earlier experiments found: {centre}, give or take {spread}."
        )


@dataclass(frozen=True)
class Past:
    """Experiments that stood at a moment, as relative effects with their errors: what effects are like."""

    found: Sequence[tuple[Experiment, float, float]]

    def before(self, experiment: Experiment) -> Prior:
        """Return what effects were like before an experiment ended."""
        earlier = [one for one in self.found if one[0].concluded_on < experiment.concluded_on]
        return shrinkage.prior_of([one[1] for one in earlier], [one[2] for one in earlier])


def seen(experiment: Experiment) -> tuple[float, float, float]:
    """Return the effect of an experiment, its standard error and the degrees of freedom of that, from its groups."""
    if experiment.effect is not None:
        return float(experiment.effect), float(experiment.standard_error), math.inf
    return shrinkage.welch(
        (float(experiment.control_mean), float(experiment.control_deviation), experiment.control_size or 0),
        (float(experiment.treatment_mean), float(experiment.treatment_deviation), experiment.treatment_size or 0),
    )


def scale_of(item: Item) -> float | None:
    """Return what effects on an item are relative to: where its metric was; where that is 0, where it is to go."""
    given = [item.metric_from, item.metric_low, item.metric_high]
    return next((abs(float(level)) for level in given if level), None)


def past(known: datetime | None = None) -> Past:
    """Return all experiments that stood at a moment. One query."""
    rows = Experiment.objects.known(known).select_related("item").order_by("concluded_on", "pk")
    found = []
    for row in rows:
        if scale := scale_of(row.item):
            effect, error, _ = seen(row)
            found.append((row, effect / scale, error / scale))
    return Past(found)


def effect_of(experiment: Experiment, earlier: Past) -> Effect:
    """Return what an experiment found, drawn towards what those before it found."""
    effect, error, freedom = seen(experiment)
    low, high = shrinkage.effect_range(effect, error, freedom)
    prior, scale = earlier.before(experiment), scale_of(experiment.item)
    shrunk = shrinkage.shrink(effect, error, prior, scale=scale, freedom=freedom) if scale else None
    return Effect(experiment, effect, error, freedom, low, high, prior, shrunk)


def latest_effects(items: Iterable[Item], known: datetime | None = None) -> dict[int, Effect]:
    """Return, by item, what its latest experiment found; two queries."""
    rows = Experiment.objects.known(known).filter(item__in=[item.pk for item in items])
    latest = {row.item_id: row for row in rows.select_related("item__metric").order_by("concluded_on", "pk")}
    earlier = past(known) if latest else Past([])
    return {key: effect_of(row, earlier) for key, row in latest.items()}
