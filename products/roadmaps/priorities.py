"""What a roadmap's items return for their effort, what it costs to let them wait, and an order that follows from it.

It is a suggestion beside the order by hand, and moves nothing by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from portfolio.common import formats
from portfolio.common.money import base_currency
from portfolio.common.months import today
from portfolio.engine import ordering
from portfolio.engine.ordering import DRAWS, Spread
from portfolio.engine.uncertainty import stable_key, standard_draws, tie_groups, worth_draws
from products.roadmaps.chains import SEED, Graph, around
from products.roadmaps.models import Horizon, Item, Roadmap
from products.roadmaps.order_actions import interleaved
from products.value.models import Valuation

Floats = NDArray[np.float64]
MONTHS_A_QUARTER = 3


@dataclass(frozen=True)
class Figure:
    """An amount of money with its 90 % range, in the base currency."""

    mean: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """At a glance: £4.1k."""
        return formats.money_short(self.mean, base_currency())

    @property
    def range_text(self) -> str:
        """Its range: £2.2k to £6.9k."""
        low, high = (formats.money_short(end, base_currency()) for end in (self.low, self.high))
        return f"{low} to {high}"

    def times(self, factor: float) -> "Figure":
        """Return a multiple of it."""
        return Figure(self.mean * factor, self.low * factor, self.high * factor)


@dataclass
class Priority:
    """One open item: what it is worth, and its place by hand and as suggested; `missing` says why there is no worth."""

    item: Item
    place: int
    missing: str = ""
    value: Figure | None = None  #: a month, once it is there
    score: Figure | None = None  #: value a month for each team-week
    is_with_others: bool = False
    is_tied: bool = False
    unlocks: list[Item] = field(default_factory=list)
    waits: list[Item] = field(default_factory=list)  #: for what comes later, or is on another roadmap
    suggested: int = 0

    @property
    def moves(self) -> int:
        """How many places up it would move; down, if negative."""
        return self.place - self.suggested

    @property
    def moves_text(self) -> str:
        """How far it would move, in words."""
        if not self.moves:
            return "stays"
        return f"{abs(self.moves)} {'up' if self.moves > 0 else 'down'}"

    @property
    def quarter(self) -> Figure | None:
        """What a quarter's delay costs."""
        return self.value.times(MONTHS_A_QUARTER) if self.value else None


@dataclass(frozen=True)
class Suggestion:
    """A horizon in order: items with a score as suggested, those without apart, and all codes in the new order."""

    horizon: Horizon
    ranked: list[Priority]
    apart: list[Priority]
    codes: list[str]

    @property
    def is_as_by_hand(self) -> bool:
        """Whether the order by hand is the suggested one already."""
        return all(not row.moves for row in (*self.ranked, *self.apart))


def suggestions(
    roadmap: Roadmap, on: date | None = None, known: datetime | None = None, found: Graph | None = None
) -> list[Suggestion]:
    """Return an order for each horizon with open items. Five queries, three for what waits for what."""
    found = found or around(roadmap)
    own = sorted((row for row in found.items.values() if row.roadmap_id == roadmap.pk), key=_hand)
    after = {row.pk: found.after(row.pk) for row in own}
    keys = list(dict.fromkeys([row.pk for row in own] + [key for later in after.values() for key in later]))
    if not keys:
        return []
    rows = [found.items[key] for key in keys]
    value, missing = _values(rows, on or today(), known)
    effort = ordering.demand(
        [float(row.effort_low) for row in rows],
        [float(row.effort_high) for row in rows],
        SEED,
        [stable_key(f"effort of {row.code}") for row in rows],
    )
    at = {key: place for place, key in enumerate(keys)}
    unlocks = [[at[key] for key in after.get(row.pk, ())] for row in rows]
    worth = ordering.priorities(value, effort, unlocks)
    return [
        _suggested(horizon, [row for row in own if row.horizon == horizon], found, worth, at, missing)
        for horizon in Horizon
        if any(row.horizon == horizon for row in own)
    ]


def _hand(item: Item) -> tuple[int, int, int]:
    return Horizon.values.index(item.horizon), item.rank, item.pk


def _values(rows: Sequence[Item], on: date, known: datetime | None) -> tuple[Floats, Mapping[int, str]]:
    """Return draws of what items are worth a month, NaN for those without, and what is missing, by item."""
    metrics = {row.metric_id for row in rows if row.metric_id}
    held = Valuation.objects.known(known).current(on).filter(metric__in=metrics).order_by("pk")
    worths = {metric: rest for metric, *rest in held.values_list("metric", "low", "high", "currency")}
    base, missing = base_currency(), {}
    for row in rows:
        if row.metric_id is None:
            missing[row.pk] = f"It promises no metric: {row.exception}"
        elif row.metric_id not in worths:
            missing[row.pk] = f"Nobody has said what one of “{row.metric.unit}” of {row.metric} is worth."
        elif worths[row.metric_id][2] != base:
            missing[row.pk] = f"Its worth is in {worths[row.metric_id][2]}; items are compared in {base}."
    draws = np.full((len(rows), DRAWS), np.nan)
    places = [place for place, row in enumerate(rows) if row.pk not in missing]
    valued = [rows[place] for place in places]
    if valued:
        unit = worth_draws(
            [float(worths[row.metric_id][0]) for row in valued],
            [float(worths[row.metric_id][1]) for row in valued],
            1.0,
            standard_draws(SEED, [stable_key(f"worth of {row.metric.code}") for row in valued], DRAWS),
        )
        draws[places] = ordering.value_draws(
            [float(row.metric_from) for row in valued],
            [float(row.metric_low) for row in valued],
            [float(row.metric_high) for row in valued],
            [1 if row.metric.is_higher_better else -1 for row in valued],
            unit,
            SEED,
            [stable_key(f"promise of {row.code}") for row in valued],
        )
    return draws, missing


def _suggested(
    horizon: Horizon,
    rows: Sequence[Item],
    found: Graph,
    worth: ordering.Priorities,
    at: Mapping[int, int],
    missing: Mapping[int, str],
) -> Suggestion:
    places = [at[row.pk] for row in rows]
    score = Spread(worth.score.mean[places], worth.score.low[places], worth.score.high[places])
    inside = {row.pk: place for place, row in enumerate(rows)}
    needs = {inside[row.pk]: [inside[key] for key in found.before(row.pk) if key in inside] for row in rows}
    named = [place for place in ordering.order_of(score.mean, needs) if not np.isnan(score.mean[place])]
    # Those without a score stay behind what they follow, but for what they wait for.
    mixed = interleaved(named, range(len(rows)))
    order = ordering.order_of([-mixed.index(place) for place in range(len(rows))], needs)
    ranks = tie_groups(score.mean, score.low, score.high).tolist()
    listed = []
    for place, row in enumerate(rows):
        one = Priority(row, place + 1, missing.get(row.pk, ""), suggested=order.index(place) + 1)
        one.unlocks = [found.items[key] for key in found.after(row.pk)]
        one.waits = [need for key in found.needs.get(row.pk, ()) if _comes_later(row, need := found.items[key])]
        one.value = _figure(worth.value, at[row.pk])
        one.score = _figure(worth.score, at[row.pk])
        one.is_with_others = bool(worth.is_with_others[at[row.pk]])
        one.is_tied = ranks[place] > 0 and ranks.count(ranks[place]) > 1
        listed.append(one)
    by_order = [listed[place] for place in order]
    return Suggestion(
        horizon,
        [one for one in by_order if one.score],
        [one for one in by_order if not one.score],
        [one.item.code for one in by_order],
    )


def _comes_later(item: Item, need: Item) -> bool:
    if need.roadmap_id != item.roadmap_id:
        return True
    return Horizon.values.index(need.horizon) > Horizon.values.index(item.horizon)


def _figure(spread: Spread, place: int) -> Figure | None:
    mean = float(spread.mean[place])
    return None if np.isnan(mean) else Figure(mean, float(spread.low[place]), float(spread.high[place]))
