"""A roadmap's board: its items as cards, now, next and later, with what each promises and what that is worth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from portfolio.common.models import User
from portfolio.common.money import base_currency
from portfolio.common.months import today
from products.roadmaps.difference import Worth
from products.roadmaps.models import Horizon, Item, ItemKind, Roadmap, State
from products.roadmaps.worth import worths

SHIPPED_SHOWN = 12  #: how many of what was shipped the board shows, latest first
FIRST_SHOWN = 10  #: cards of a column on the first screen; `?whole=1` shows them all


@dataclass(frozen=True, slots=True)
class Brief:
    """What all items of a roadmap are read for, those that are not shown as well: what they can be chosen by."""

    pk: int
    code: str
    name: str
    horizon: str
    state: str
    kind: str
    product: tuple[str, str]  #: its code and name
    metric: tuple[str, str] | None
    team: tuple[str, str] | None
    champions: tuple[int, int]


def brief_of(item: Item) -> Brief:
    """Return the brief of an item that was read by `for_table`."""
    return Brief(
        item.pk,
        item.code,
        item.name,
        item.horizon,
        item.state,
        item.kind,
        (item.product.code, item.product.name),
        (item.metric.code, item.metric.name) if item.metric else None,
        (item.team.code, item.team.name) if item.team else None,
        (item.business_champion_id, item.technology_champion_id),
    )


def briefs_of(roadmap: Roadmap) -> list[Brief]:
    """Return the briefs of a roadmap's items, in order. One query."""
    rows = roadmap.items.kept().in_order().values_list(
        "pk", "code", "name", "horizon", "state", "kind", "product__code", "product__name", "metric__code",
        "metric__name", "team__code", "team__name", "business_champion", "technology_champion",
    )  # fmt: skip
    return [
        Brief(
            row[0], row[1], row[2], row[3], row[4], row[5], (row[6], row[7]), (row[8], row[9]) if row[8] else None,
            (row[10], row[11]) if row[10] else None, (row[12], row[13]),
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Card:
    """One item as the board shows it."""

    item: Item
    place: int  #: in its horizon, from 1, all of its items counted
    worth: Decimal | None  #: expected, a month; None without a promise or a valuation
    currency: str

    @property
    def is_foreign(self) -> bool:
        """Whether its worth is in another currency than the base currency."""
        return self.worth is not None and self.currency != base_currency()

    @property
    def is_unvalued(self) -> bool:
        """Whether it promises to move a metric of which nobody has said what it is worth."""
        return self.item.metric_id is not None and self.worth is None

    @property
    def is_late(self) -> bool:
        """Whether the day on which it was to be done has come."""
        return self.item.is_open and self.item.ends is not None and self.item.ends <= today()


@dataclass
class Column:
    """One horizon: what is shown of it, and all that is in it."""

    horizon: str
    label: str
    until: str
    cards: list[Card] = field(default_factory=list)
    every: list[Brief] = field(default_factory=list)
    more: int = 0  #: how many more match than are shown

    @property
    def count(self) -> int:
        """How many items it has, those that a filter leaves out included."""
        return len(self.every)


@dataclass
class Board:
    """What the page of a roadmap shows."""

    roadmap: Roadmap
    columns: list[Column]
    shipped: list[Card]
    shipped_count: int
    form: "BoardForm"

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing on the roadmap at all."""
        return not self.shipped_count and not any(column.every for column in self.columns)

    @property
    def shown_count(self) -> int:
        """How many cards are shown."""
        return sum(len(column.cards) for column in self.columns)


def _named(rows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", "any"), *sorted(set(rows), key=lambda row: row[1].casefold())]


class BoardForm(forms.Form):
    """Which items are shown; each field offers what is on the roadmap."""

    product = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(required=False)
    metric = forms.ChoiceField(required=False)
    team = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False)
    champion = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any] | None, items: Sequence[Brief]):
        super().__init__(data)
        self.items = items
        people = {key for item in items for key in item.champions}
        self.people = {user.pk: user for user in User.objects.filter(pk__in=people)} if people else {}
        choices: dict[str, Iterable[tuple[str, str]]] = {
            "product": (item.product for item in items),
            "kind": ((item.kind, ItemKind(item.kind).label) for item in items),
            "metric": (item.metric for item in items if item.metric),
            "team": (item.team for item in items if item.team),
            "state": ((item.state, State(item.state).label) for item in items),
            "champion": ((user.username, str(user)) for user in self.people.values()),
        }
        for name, rows in choices.items():
            self.fields[name].choices = _named(rows)  # type: ignore[attr-defined]

    def shown(self) -> list[Brief]:
        """Return the items that are asked for; all of them where what is asked for is not there."""
        if not self.is_valid():
            return list(self.items)
        asked = self.asked()
        return [item for item in self.items if all(self._has(item, name, value) for name, value in asked.items())]

    def asked(self) -> dict[str, Any]:
        """Return what is asked for, by field."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def _has(self, item: Brief, name: str, value: str) -> bool:
        if name == "champion":
            return any(self.people[key].username == value for key in item.champions)
        found = getattr(item, name)
        return (found[0] if isinstance(found, tuple) else found) == value


def promised(item: Item, unit_worths: Mapping[str, Worth]) -> tuple[Decimal | None, str]:
    """Return what an item's promise is worth a month, expected, and in which currency.

    The middle of where the metric is to be, less where it is, times what a unit is worth.
    """
    if item.metric is None or item.metric_from is None or item.metric_low is None or item.metric_high is None:
        return None, ""
    worth = unit_worths.get(item.metric.code)
    if worth is None:
        return None, ""
    moved = (item.metric_low + item.metric_high) / 2 - item.metric_from
    return moved * worth.a_unit, worth.currency


def read(roadmap: Roadmap, asked: Mapping[str, Any] | None = None, on: date | None = None) -> Board:
    """Return a roadmap's board with the cards that are asked for, the first of each column, or all with `whole`.

    Five queries, however many items there are; only those that are shown are read in full.
    """
    items = briefs_of(roadmap)
    form = BoardForm(asked or None, items)
    is_whole = bool((asked or {}).get("whole"))
    columns = _columns(roadmap)
    for item in items:
        if item.state != State.SHIPPED:
            columns[item.horizon].every.append(item)
    matching = form.shown()
    shipped = [item.pk for item in matching if item.state == State.SHIPPED]
    by_column: dict[str, list[int]] = {horizon: [] for horizon in columns}
    for item in matching:
        if item.state != State.SHIPPED:
            by_column[item.horizon].append(item.pk)
    shown = {horizon: keys if is_whole else keys[:FIRST_SHOWN] for horizon, keys in by_column.items()}
    latest = Item.objects.filter(pk__in=shipped).order_by("-ended_on", "-pk").values_list("pk", flat=True)
    last = list(latest[:SHIPPED_SHOWN]) if shipped else []
    rows = Item.objects.for_table().in_bulk([*last, *(key for keys in shown.values() for key in keys)])
    unit_worths = worths((item.metric.code for item in rows.values() if item.metric), on=on)
    for horizon, column in columns.items():
        places = {item.pk: place for place, item in enumerate(column.every, start=1)}
        column.cards = [Card(rows[key], places[key], *promised(rows[key], unit_worths)) for key in shown[horizon]]
        column.more = len(by_column[horizon]) - len(column.cards)
    cards = [Card(rows[key], 0, *promised(rows[key], unit_worths)) for key in last]
    shipped_count = sum(item.state == State.SHIPPED for item in items)
    return Board(roadmap, list(columns.values()), cards, shipped_count, form)


def _columns(roadmap: Roadmap) -> dict[str, Column]:
    weeks = {Horizon.NOW: roadmap.now_weeks, Horizon.NEXT: roadmap.now_weeks + roadmap.next_weeks}
    return {
        horizon.value: Column(horizon, horizon.label, f"within {weeks[horizon]} weeks" if horizon in weeks else "")
        for horizon in Horizon
    }
