"""What shipped items did to their metrics: from the day an item ships its metric is watched.

Shipping is not success. Each item's observed change, with its range, stands beside what was promised; many of them make
the roadmap's record.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from portfolio.common import formats
from portfolio.common.months import months_after, today
from portfolio.engine import observed
from portfolio.engine.observed import Change, Outcome
from portfolio.engine.scoring import Coverage, coverage
from portfolio.engine.shrinkage import Shrunk
from portfolio.engine.uncertainty import means
from products.roadmaps.contributions import AgendaRow
from products.roadmaps.experiments import Effect, latest_effects
from products.roadmaps.models import Item, Roadmap, State
from products.value.models import Observation

#: How many months after shipping a metric is watched, or until the promise is due, if that is later.
WATCHED_MONTHS = 12
LOOKED_BACK_MONTHS = 60  #: for the trend before, of which the latest 24 months with an observation count
TOGETHER_DAYS = 183  #: items that ship on the same metric within so many days share its change

UNOBSERVED, UNFOUNDED, UNPROMISED = "unobserved", "unfounded", "unpromised"

#: What became of an item, in a word or two; those above all, in the order in which a record counts them.
LABELS = {
    Outcome.REACHED: "Reached",
    Outcome.WITHIN: "Within what was promised",
    Outcome.SHORT: "Short of it",
    Outcome.UNCLEAR: "Unclear",
    Outcome.EARLY: "Too early to say",
    UNOBSERVED: "No observation since",
    UNFOUNDED: "Too little seen before",
    UNPROMISED: "Promised no metric",
}
MEANINGS = {
    Outcome.REACHED: "All of the range is at least the least that was promised.",
    Outcome.WITHIN: "The change is inside the promised range; its own range reaches further down.",
    Outcome.SHORT: "Even the best end of the range falls short of the least that was promised.",
    Outcome.UNCLEAR: "The range holds both less than was promised and as much: it cannot be told yet.",
    Outcome.EARLY: "The day by which it was promised has not come, and it is not there yet.",
    UNOBSERVED: "It shipped, and nobody has observed its metric since: record an observation to see what it did.",
    UNFOUNDED: f"There are fewer than {observed.FEWEST} months with an observation before it shipped, so there is no "
    "trend to hold what came after against.",
    UNPROMISED: "It names no metric, so there is nothing to watch.",
}
#: Those without a figure.
WITHOUT = (UNOBSERVED, UNFOUNDED, UNPROMISED)


def signed(figure: float) -> str:
    """Return a change at a glance, with its sign: +12.3, −4.1k."""
    text = formats.quantity_short(figure)
    return text if text.startswith(formats.MINUS) or text == "0" else f"+{text}"


def shipped_on(item: Item) -> date:
    """Return the day on which a shipped item reached its customers."""
    assert item.ended_on is not None
    return item.ended_on


@dataclass(frozen=True)
class Series:
    """A metric by month about a day: days from it and values; a flow as what there is a month."""

    before: tuple[list[float], list[float]] = ([], [])
    after: tuple[list[float], list[float]] = ([], [])


@dataclass(frozen=True)
class Result:
    """What a shipped item did to its metric."""

    item: Item
    outcome: str  #: of `LABELS`
    series: Series = field(default_factory=Series)
    change: Change | None = None
    experiment: Effect | None = None
    together: list[Item] = field(default_factory=list)  #: what else shipped on the same metric about then

    @property
    def label(self) -> str:
        """What became of it, in a word or two."""
        return LABELS[self.outcome]

    @property
    def meaning(self) -> str:
        """What that means, in a sentence."""
        return MEANINGS[self.outcome]

    @property
    def has_figure(self) -> bool:
        """Whether there is a change to speak of."""
        return self.change is not None

    @property
    def unit(self) -> str:
        """The unit of its metric; of a flow, a month."""
        metric = self.item.metric
        return "" if metric is None else metric.unit if metric.is_level else f"{metric.unit} a month"

    @property
    def promised(self) -> tuple[float, float]:
        """The 90 % range of the change that was promised."""
        start = float(self.item.metric_from)
        return float(self.item.metric_low) - start, float(self.item.metric_high) - start

    @property
    def promised_mean(self) -> float:
        """The change that the promise leads one to expect."""
        item = self.item
        return float(means([float(item.metric_low)], [float(item.metric_high)])[0]) - float(item.metric_from)

    @property
    def promised_text(self) -> str:
        """What was promised, as text: +20 to +40."""
        return " to ".join(signed(end) for end in self.promised) if self.item.metric_id else formats.NONE

    @property
    def change_text(self) -> str:
        """What was observed, as text: +31."""
        return signed(self.change.change) if self.change else formats.NONE

    @property
    def range_text(self) -> str:
        """Its 90 % range, as text: +24 to +38; "" without a figure."""
        return f"{signed(self.change.low)} to {signed(self.change.high)}" if self.change else ""

    @property
    def words(self) -> str:
        """What became of it, in a sentence or two."""
        words = self.meaning
        if found := self.change:
            words = (
                f"{signed(found.change)} {self.unit} against the trend before (90 % range {signed(found.low)} to "
                f"{signed(found.high)}); {self.promised_text} was promised. {words}"
            )
        return f"{words} {self.together_words}".strip()

    @property
    def together_words(self) -> str:
        """Whom the change belongs to as well; "" where it shipped alone."""
        if not self.together:
            return ""
        names = ", ".join(f"{other} ({formats.day_name(other.ended_on)})" for other in self.together)
        return f"The change is theirs together: {names} shipped on the same metric about then."

    @property
    def believed(self) -> Shrunk | None:
        """What the latest experiment is believed to have found; None without one."""
        return self.experiment.shrunk if self.experiment else None


def results_of(items: Iterable[Item], on: date | None = None, known: datetime | None = None) -> list[Result]:
    """Return what shipped items, read with their metric, did to it by a day, as known at a moment.

    Four queries, however many items there are: observations, what else shipped, and experiments.
    """
    day = on or today()
    rows = [item for item in items if item.state == State.SHIPPED and shipped_on(item) <= day]
    watched = [item for item in rows if item.metric_id]
    if not watched:
        return [Result(item, UNPROMISED) for item in rows]
    facts = _facts(watched, day, known)
    others = _shipped_on({item.metric_id for item in watched}, day)
    effects = latest_effects(watched, known)
    return [_result(item, day, facts, others, effects) for item in rows]


def _facts(items: Sequence[Item], on: date, known: datetime | None) -> Mapping[int, list[tuple[date, date, float]]]:
    """Return what was observed of the items' metrics, by metric, in order of time."""
    first = months_after(min(shipped_on(item) for item in items), -LOOKED_BACK_MONTHS)
    rows = (
        Observation.objects.known(known)
        .filter(metric__in={item.metric_id for item in items}, starts__gte=first, starts__lte=on)
        .order_by("starts", "pk")
        .values_list("metric", "starts", "ends", "value")
    )
    found: dict[int, list[tuple[date, date, float]]] = defaultdict(list)
    for metric, starts, ends, value in rows:
        found[metric].append((starts, ends, float(value)))
    return found


def _shipped_on(metrics: Iterable[int], on: date) -> Mapping[int, list[Item]]:
    found: dict[int, list[Item]] = defaultdict(list)
    rows = Item.objects.filter(metric__in=metrics, state=State.SHIPPED, ended_on__lte=on)
    for item in rows.select_related("roadmap").order_by("ended_on", "pk"):
        found[item.metric_id].append(item)
    return found


def _result(
    item: Item,
    on: date,
    facts: Mapping[int, list[tuple[date, date, float]]],
    others: Mapping[int, list[Item]],
    effects: Mapping[int, Effect],
) -> Result:
    if item.metric_id is None:
        return Result(item, UNPROMISED)
    series = _series(item, facts.get(item.metric_id, ()))
    near = timedelta(days=TOGETHER_DAYS)
    together = [
        other
        for other in others.get(item.metric_id, ())
        if other.pk != item.pk and abs(shipped_on(other) - shipped_on(item)) <= near
    ]
    change = observed.change_after(*series.before, *series.after)
    promised = Result(item, UNOBSERVED).promised
    outcome: str
    if not series.after[0]:
        outcome = UNOBSERVED
    elif change is None:
        outcome = UNFOUNDED
    else:
        outcome = observed.outcome_of(change.change, change.low, change.high, *promised)
        if item.by_when and item.by_when > on and outcome not in (Outcome.REACHED, Outcome.WITHIN):
            outcome = Outcome.EARLY
    return Result(item, outcome, series, change, effects.get(item.pk), together)


def _series(item: Item, rows: Sequence[tuple[date, date, float]]) -> Series:
    shipped, due = shipped_on(item), item.by_when
    assert due is not None
    until = max(months_after(shipped, WATCHED_MONTHS), due)
    since = months_after(shipped, -LOOKED_BACK_MONTHS)
    kept = [row for row in rows if since <= row[0] < until]
    days, values = observed.by_month(
        [(starts - shipped).days for starts, _, _ in kept],
        [(ends - shipped).days for _, ends, _ in kept],
        [value for *_, value in kept],
        not item.metric.is_level,
    )
    is_before = days < 0
    before = (days[is_before][-observed.MOST :].tolist(), values[is_before][-observed.MOST :].tolist())
    return Series(before, (days[~is_before].tolist(), values[~is_before].tolist()))


# -- The record of many -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Track:
    """What became of many shipped items."""

    results: Sequence[Result]

    @cached_property
    def counts(self) -> Counter[str]:
        """How many came to what, of `LABELS`."""
        return Counter(result.outcome for result in self.results)

    @property
    def total(self) -> int:
        """How many shipped."""
        return len(self.results)

    @property
    def reached(self) -> int:
        """How many did at least what was promised, for sure or as far as can be told."""
        return self.counts[Outcome.REACHED] + self.counts[Outcome.WITHIN]

    @property
    def without(self) -> int:
        """How many shipped with nothing that could be said of their metric."""
        return sum(self.counts[key] for key in WITHOUT)

    @property
    def rows(self) -> list[tuple[str, str, int, str]]:
        """What came of them: key, label, how many, and what it means; those that none came to are left out."""
        return [(key, label, self.counts[key], MEANINGS[key]) for key, label in LABELS.items() if self.counts[key]]

    @property
    def judged(self) -> list[Result]:
        """Those with a figure whose promise is due, or kept already."""
        return [result for result in self.results if result.change and result.outcome != Outcome.EARLY]

    @cached_property
    def covered(self) -> Coverage:
        """How often the change fell into the promised 90 % range, and the range of that share."""
        judged = self.judged
        promised = [result.promised for result in judged]
        return coverage(
            [low for low, _ in promised], [high for _, high in promised], [one.change.change for one in judged]
        )

    @cached_property
    def kept(self) -> tuple[float, float, float] | None:
        """How much of what was promised came: the mean of observed over promised change, and its 90 % range."""
        judged = self.judged
        if not judged:
            return None
        return observed.kept_share(
            [one.change.change for one in judged],
            [one.change.error for one in judged],
            [one.promised_mean for one in judged],
        )

    @property
    def covered_note(self) -> str:
        """How sure that share is."""
        found = self.covered
        low, high = formats.share(found.low), formats.share(found.high)
        return f"{found.inside} of {found.count}, so {low} to {high} of all such promises; 90 % are meant to be"

    @property
    def kept_note(self) -> str:
        """How sure it is how much came."""
        return f"90 % range {formats.share(self.kept[1])} to {formats.share(self.kept[2])}" if self.kept else ""

    @property
    def words(self) -> str:
        """The record in a sentence or two."""
        if not self.total:
            return "Nothing has shipped yet, so there is nothing to look back on."
        parts = [
            (self.reached, "did what was promised"),
            (self.counts[Outcome.SHORT], "fell short"),
            (self.counts[Outcome.UNCLEAR], "unclear"),
            (self.counts[Outcome.EARLY], "too early to say"),
            (self.without, "without a result"),
        ]
        words = f"{self.total} shipped: {', '.join(f'{count} {what}' for count, what in parts if count)}."
        if self.without == self.total:
            words += " Shipping is not success: without observations nobody knows what it did."
        return words


def shipped(roadmap: Roadmap, on: date | None = None) -> list[Item]:
    """Return what a roadmap has shipped by a day, the latest first, as `results_of` reads it. One query."""
    rows = Item.objects.filter(roadmap=roadmap, state=State.SHIPPED, ended_on__lte=on or today())
    return list(rows.select_related("roadmap", "product", "metric").order_by("-ended_on", "-pk"))


def track_record(roadmap: Roadmap, on: date | None = None, known: datetime | None = None) -> Track:
    """Return what became of all that a roadmap shipped by a day, as known at a moment. Five queries."""
    return Track(results_of(shipped(roadmap, on), on, known))


def agenda_rows(items: Iterable[Item], on: date, known: datetime | None) -> list[AgendaRow]:
    """Return what an agenda says of items that shipped, of those still watched on a day; four queries.

    Short of the promise, or not observed since, is urgent.
    """
    since = months_after(on, -WATCHED_MONTHS)
    watched = [item for item in items if max(shipped_on(item), item.by_when or since) >= since]
    return [
        AgendaRow(
            name=result.item.name,
            detail=f"Shipped {formats.day_name(result.item.ended_on)}. {result.label}: {result.words}",
            href=result.item.get_absolute_url(),
            figure=f"result:{result.item.code}",
            is_urgent=result.outcome in (Outcome.SHORT, UNOBSERVED),
        )
        for result in results_of(watched, on, known)
    ]
