"""A roadmap over time, as numbers of a picture: bars that fade where nobody knows, arrows for what waits, and promises.

What has no dates is drawn over the whole of its horizon and fades at both ends: where it is on the roadmap is an order,
not a date. What has dates is solid for as long as its least effort takes of them and fades to as long as its most would
take. Plain geometry in the units of the SVG's view box, and rows of a table that says the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django import forms

from portfolio.common.filters import MonthField
from portfolio.common.formats import month_name
from portfolio.common.months import add_months, month_of, months_between, today
from products.roadmaps.board import BoardForm, brief_of
from products.roadmaps.models import Horizon, Item, Roadmap, State

WIDTH, TOP, ROW, GROUP, MARGIN = 1080.0, 34.0, 40.0, 30.0, 12.0
BAR, NAME = 13.0, 13.0  #: the height of a bar, and where a name's line is above it
LEAST = 3.0  #: how wide a bar is at least
SCALES = {"month": 1, "quarter": 3, "year": 12}
MOST_TICKS = 60
FIRST_SHOWN = 36  #: items on the first screen; `?whole=1` draws them all


class TimelineForm(BoardForm):
    """What of a roadmap is drawn, over which months, and in which groups."""

    first = MonthField(required=False, label="From")
    last = MonthField(required=False, label="To")
    scale = forms.ChoiceField(
        required=False, choices=[("", "as it fits"), *((name, f"{name}s") for name in SCALES)], label="Scale"
    )
    group = forms.ChoiceField(
        required=False, choices=[("", "by horizon"), ("product", "by product"), ("team", "by team")], label="Groups"
    )

    VIEW = ("first", "last", "scale", "group")

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning, and more years than a picture shows."""
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and last < first:
            self.add_error("last", f"{month_name(last)} is before {month_name(first)}. Give a later month.")
        elif first and last and months_between(first, last) > 12 * 30:
            self.add_error("last", "That is more than thirty years. Give months closer together.")
        return given

    def asked(self) -> dict[str, Any]:
        """Return the fields that choose items, leaving out those that say how they are drawn."""
        return {name: value for name, value in super().asked().items() if name not in self.VIEW}


@dataclass(frozen=True)
class Bar:
    """One item: where its bar and its name stand; widths are in the units of the picture.

    `fade` is which way the bar fades: out (into the future), in (from the past), both, or nothing.
    """

    item: Item
    y: float
    x: float
    width: float
    tail: float  #: how wide the fading part after the solid one is
    fade: str
    kind: str  #: shipped, blocked, or open
    words: str  #: when, for the table and for who hears the page
    promise_x: float | None = None
    is_late: bool = False

    @property
    def middle(self) -> float:
        """The middle of its bar."""
        return self.y + NAME + 5 + BAR / 2

    @property
    def bar_y(self) -> float:
        """The top of its bar."""
        return self.y + NAME + 5

    @property
    def name_y(self) -> float:
        """The line that its name stands on."""
        return self.y + NAME

    @property
    def tail_x(self) -> float:
        """Where its fading part begins."""
        return round(self.x + self.width, 1)

    @property
    def is_name_last(self) -> bool:
        """Whether there is so little room to its right that its name ends with the picture."""
        return self.x > WIDTH * 0.62

    @property
    def promise(self) -> str:
        """The points of the mark at the day by which the metric has moved."""
        x, y = self.promise_x or 0.0, self.middle
        return f"{x - 5:.1f},{y:.1f} {x:.1f},{y - 5:.1f} {x + 5:.1f},{y:.1f} {x:.1f},{y + 5:.1f}"


@dataclass(frozen=True)
class Arrow:
    """From what is waited for to what waits: a path; late where the one ends after the other begins."""

    path: str
    tip: str
    is_late: bool
    words: str


@dataclass
class Group:
    """A part of the picture with a heading."""

    label: str
    y: float
    bars: list[Bar] = field(default_factory=list)

    @property
    def label_y(self) -> float:
        """The line that its heading stands on."""
        return self.y + 19


@dataclass
class Timeline:
    """What the page of a roadmap's timeline shows."""

    form: TimelineForm
    first: date
    after: date
    scale: str
    ticks: list[tuple[float, str]]
    groups: list[Group]
    arrows: list[Arrow]
    outside: list[Bar]
    today_x: float | None
    height: float
    more: int = 0  #: how many items match and are not shown
    width: float = WIDTH
    kinds = ("open", "blocked", "shipped")

    @property
    def bars(self) -> list[Bar]:
        """All bars, from the top down."""
        return [bar for group in self.groups for bar in group.bars]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw, inside or outside of what is shown."""
        return not (self.groups or self.outside)


@dataclass(frozen=True)
class Span:
    """When an item is: solid from `starts` to `sure`, fading to `ends`; fading at its beginning, too, if `is_loose`."""

    starts: date
    sure: date
    ends: date
    fade: str
    words: str


def horizon_span(roadmap: Roadmap, horizon: str, on: date) -> tuple[date, date]:
    """Return from when to when a horizon reaches, as the roadmap says; later has no end, and is drawn as a year."""
    now = on + timedelta(weeks=roadmap.now_weeks)
    following = now + timedelta(weeks=roadmap.next_weeks)
    return {
        Horizon.NOW.value: (on, now),
        Horizon.NEXT.value: (now, following),
        Horizon.LATER.value: (following, following + timedelta(days=365)),
    }[horizon]


def span_of(item: Item, roadmap: Roadmap, on: date) -> Span:
    """Return when an item is, as far as anybody says."""
    if item.state == State.SHIPPED and item.ended_on:
        begun = min(item.started_on or item.ended_on, item.starts or item.ended_on, item.ended_on)
        return Span(begun, item.ended_on, item.ended_on, "", f"shipped {_day(item.ended_on)}")
    low, high = float(item.effort_low), float(item.effort_high)
    if item.starts and item.ends:
        days = (item.ends - item.starts).days
        middle = (low + high) / 2
        sure = item.starts + timedelta(days=max(1, round(days * low / middle)))
        most = item.starts + timedelta(days=max(1, round(days * high / middle)))
        words = f"{_day(item.starts)} to {_day(item.ends - timedelta(days=1))}"
        return Span(item.starts, sure, most, "out" if most > sure else "", words)
    opens, closes = horizon_span(roadmap, item.horizon, on)
    if item.starts:
        closes = max(closes, item.starts + timedelta(days=30))
        return Span(item.starts, item.starts, closes, "out", f"from {_day(item.starts)}, no end given")
    if item.ends:
        opens = min(opens, item.ends - timedelta(days=30))
        return Span(opens, item.ends, item.ends, "in", f"done by {_day(item.ends)}, no start given")
    return Span(opens, closes, closes, "both", f"in {Horizon(item.horizon).label.lower()}, no dates")


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


class _Scale:
    """Days to places: the first day shown is at the left margin, the day after the last at the right one."""

    def __init__(self, first: date, after: date) -> None:
        self.first, self.days = first, max(1, (after - first).days)

    def at(self, day: date) -> float:
        part = (day - self.first).days / self.days
        return round(MARGIN + min(1.0, max(0.0, part)) * (WIDTH - 2 * MARGIN), 1)

    def holds(self, day: date) -> bool:
        return 0 <= (day - self.first).days <= self.days


def read(roadmap: Roadmap, asked: Mapping[str, Any] | None = None, on: date | None = None) -> Timeline:
    """Return a roadmap's timeline as it is asked for; three queries, however many items there are."""
    day = on or today()
    items = list(roadmap.items.kept().for_table().in_order())
    form = TimelineForm(asked or None, [brief_of(item) for item in items])
    wanted = {brief.pk for brief in form.shown()}
    matching = [item for item in items if item.pk in wanted]
    shown = matching if (asked or {}).get("whole") else matching[:FIRST_SHOWN]
    given = form.cleaned_data if form.is_valid() else {}
    spans = {item.pk: span_of(item, roadmap, day) for item in shown}
    first, after = _window(given, shown, spans, day)
    scale = _Scale(first, after)
    groups, outside = _placed(shown, spans, scale, str(given.get("group") or ""), day)
    name, ticks = _ticks(first, after, str(given.get("scale") or ""), scale)
    bars = {bar.item.pk: bar for group in groups for bar in group.bars}
    height = max((bar.y + ROW for bar in bars.values()), default=TOP) + MARGIN
    return Timeline(
        form, first, after, name, ticks, groups, _arrows(bars, spans), outside,
        scale.at(day) if scale.holds(day) else None, height, len(matching) - len(shown),
    )  # fmt: skip


def _window(given: Mapping[str, Any], items: Sequence[Item], spans: Mapping[int, Span], on: date) -> tuple[date, date]:
    """Return the first day drawn and the day after the last: what is asked for, or all that there is around today."""
    days = [on, *(span.starts for span in spans.values())]
    ends = [on, *(span.ends for span in spans.values()), *(item.by_when for item in items if item.by_when)]
    last = given.get("last") or month_of(max(ends))
    first = given.get("first") or month_of(min(days))
    if first > last:  # only one of them is given, and it is beyond all that there is
        first, last = (first, add_months(first, 12)) if given.get("first") else (add_months(last, -12), last)
    return first, add_months(last, 1)


def _ticks(first: date, after: date, asked: str, scale: _Scale) -> tuple[str, list[tuple[float, str]]]:
    months = months_between(first, after)
    name = asked or ("month" if months <= 18 else "quarter" if months <= 72 else "year")
    while months / SCALES[name] > MOST_TICKS and name != "year":
        name = "quarter" if name == "month" else "year"
    step, month = SCALES[name], first
    while (month.month - 1) % step:
        month = add_months(month, 1)
    found = []
    while month < after:
        found.append((scale.at(month), _tick(month, name)))
        month = add_months(month, step)
    return name, found


def _tick(month: date, scale: str) -> str:
    match scale:
        case "year":
            return f"{month.year}"
        case "quarter":
            return f"{month:%b %Y}" if month.month == 1 else f"{month:%b}"
    return f"{month:%b %Y}" if month.month == 1 else f"{month:%b}"


def _placed(
    items: Iterable[Item], spans: Mapping[int, Span], scale: _Scale, by: str, on: date
) -> tuple[list[Group], list[Bar]]:
    """Return the groups with their bars, from the top down, and the bars of what lies outside of what is shown."""
    labels: dict[str, list[Item]] = {}
    for item in items:
        labels.setdefault(_group_of(item, by), []).append(item)
    if by:
        labels = dict(sorted(labels.items(), key=lambda pair: pair[0].casefold()))
    groups: list[Group] = []
    outside: list[Bar] = []
    y = TOP
    for label, members in labels.items():
        group = Group(label, y)
        place = y + GROUP
        for item in members:
            span = spans[item.pk]
            bar = _bar(item, span, scale, place, on)
            if scale.holds(span.starts) or scale.holds(span.ends) or span.starts < scale.first <= span.ends:
                group.bars.append(bar)
                place += ROW
            else:
                outside.append(bar)
        if group.bars:
            groups.append(group)
            y = place
    return groups, outside


def _group_of(item: Item, by: str) -> str:
    match by:
        case "product":
            return item.product.name
        case "team":
            return item.team.name if item.team else "Any team"
    return "Shipped" if item.is_shipped else Horizon(item.horizon).label


def _bar(item: Item, span: Span, scale: _Scale, y: float, on: date) -> Bar:
    starts, sure, ends = scale.at(span.starts), scale.at(span.sure), scale.at(span.ends)
    if span.fade in ("in", "both"):
        starts, sure, ends = starts, ends, ends
    return Bar(
        item=item,
        y=y,
        x=starts,
        width=round(max(LEAST, sure - starts) if span.fade != "out" or sure > starts else 0.0, 1),
        tail=round(ends - sure, 1),
        fade=span.fade,
        kind="shipped" if item.is_shipped else "blocked" if item.state == State.BLOCKED else "open",
        words=span.words,
        promise_x=scale.at(item.by_when) if item.by_when and scale.holds(item.by_when) else None,
        is_late=item.is_open and item.ends is not None and item.ends <= on,
    )


def _arrows(bars: Mapping[int, Bar], spans: Mapping[int, Span]) -> list[Arrow]:
    """Return an arrow for each item that is shown and waits for one that is shown, too."""
    found = []
    for bar in bars.values():
        for needed in bar.item.needs:
            other = bars.get(needed.pk)
            if other is None:
                continue
            begins, done = bar.item.starts, needed.ends
            is_late = bool(begins and done and done > begins) and not other.item.is_shipped
            x, y = other.x + other.width, other.middle
            tip_x, tip_y = bar.x, bar.middle
            bend = min(x, tip_x) - 9 if tip_x < x + 14 else (x + tip_x) / 2
            path = f"M{x:.1f},{y:.1f} H{max(x + 6, bend):.1f} "
            if tip_x < x + 14:  # it would go backwards: round below the bar, and back in from the left
                between = y + (ROW / 2 if tip_y > y else -ROW / 2)
                path += f"V{between:.1f} H{tip_x - 9:.1f} V{tip_y:.1f} H{tip_x - 2:.1f}"
            else:
                path += f"V{tip_y:.1f} H{tip_x - 2:.1f}"
            tip = f"{tip_x - 7:.1f},{tip_y - 3.5:.1f} {tip_x:.1f},{tip_y:.1f} {tip_x - 7:.1f},{tip_y + 3.5:.1f}"
            words = f"{bar.item.name} waits for {needed.name}" + (", which ends after it begins" if is_late else "")
            found.append(Arrow(path, tip, is_late, words))
    return found
