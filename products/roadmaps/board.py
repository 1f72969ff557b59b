"""A roadmap's board: its items as cards, now, next and later, with what each promises and what that is worth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from portfolio.common.money import base_currency
from portfolio.common.months import today
from products.roadmaps.difference import Worth
from products.roadmaps.models import Horizon, Item, Roadmap, State
from products.roadmaps.worth import worths

SHIPPED_SHOWN = 12  #: how many of what was shipped the board shows, latest first


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
    every: list[Item] = field(default_factory=list)

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
    """Which cards are shown; each field offers what is on the board."""

    product = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(required=False)
    metric = forms.ChoiceField(required=False)
    team = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False)
    champion = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any] | None, items: Sequence[Item]):
        super().__init__(data)
        self.items = items
        choices = {
            "product": ((item.product.code, item.product.name) for item in items),
            "kind": ((item.kind, item.get_kind_display()) for item in items),
            "metric": ((item.metric.code, item.metric.name) for item in items if item.metric),
            "team": ((item.team.code, item.team.name) for item in items if item.team),
            "state": ((item.state, item.get_state_display()) for item in items),
            "champion": ((user.username, str(user)) for item in items for user in _champions(item)),
        }
        for name, rows in choices.items():
            self.fields[name].choices = _named(rows)  # type: ignore[attr-defined]

    def shown(self) -> list[Item]:
        """Return the items that are asked for; all of them where what is asked for is not there."""
        if not self.is_valid():
            return list(self.items)
        asked = self.asked()
        return [item for item in self.items if all(_has(item, name, value) for name, value in asked.items())]

    def asked(self) -> dict[str, Any]:
        """Return what is asked for, by field."""
        return {name: value for name, value in self.cleaned_data.items() if value}


def _champions(item: Item) -> tuple[Any, Any]:
    return item.business_champion, item.technology_champion


def _has(item: Item, name: str, value: str) -> bool:
    if name == "champion":
        return any(user.username == value for user in _champions(item))
    found = getattr(item, name)
    return (found.code if hasattr(found, "code") else found) == value


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
    """Return a roadmap's board with the cards that are asked for; three queries, however many items there are."""
    items = list(roadmap.items.kept().for_table().in_order())
    form = BoardForm(asked or None, items)
    shown = {item.pk for item in form.shown()}
    unit_worths = worths((item.metric.code for item in items if item.metric), on=on)
    weeks = {Horizon.NOW: roadmap.now_weeks, Horizon.NEXT: roadmap.now_weeks + roadmap.next_weeks}
    columns = {
        horizon: Column(horizon, Horizon(horizon).label, f"within {weeks[horizon]} weeks" if horizon in weeks else "")
        for horizon in (Horizon.NOW, Horizon.NEXT, Horizon.LATER)
    }
    shipped = []
    for item in items:
        if item.state == State.SHIPPED:
            shipped.append(item)
            continue
        column = columns[Horizon(item.horizon)]
        column.every.append(item)
        if item.pk in shown:
            column.cards.append(Card(item, len(column.every), *promised(item, unit_worths)))
    shipped.sort(key=lambda item: (item.ended_on or date.min, item.pk), reverse=True)
    last = [Card(item, 0, *promised(item, unit_worths)) for item in shipped if item.pk in shown][:SHIPPED_SHOWN]
    return Board(roadmap, list(columns.values()), last, len(shipped), form)
