"""A roadmap by outcome: each customer metric, what is promised of it, and the items and products that move it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from portfolio.common.months import months_after, months_between, today
from products.roadmaps.board import BoardForm, Card, brief_of, promised
from products.roadmaps.chains import Chain, Graph, chain_to, graph
from products.roadmaps.models import Item, Roadmap
from products.roadmaps.worth import worths
from products.value.models import Metric

YEAR = Decimal("365.2425")
HUNDRED = 100


@dataclass
class Outcome:
    """One metric with the items that promise to move it, those still to be done in order, then those that shipped."""

    metric: Metric
    cards: list[Card] = field(default_factory=list)
    shipped: list[Card] = field(default_factory=list)
    chain: Chain | None = None

    @property
    def seen(self) -> Decimal | None:
        """The latest observation, a month if it counts a flow: as promises say it."""
        if self.metric.latest_value is None or self.metric.is_level:
            return self.metric.latest_value
        starts, ends = self.metric.latest_starts, self.metric.latest_ends
        months = months_between(starts, ends)
        # Weeks are no whole months: then the days count.
        whole = months_after(starts, months) == ends
        monthly = self.metric.latest_value / (months if whole else Decimal((ends - starts).days) * 12 / YEAR)
        return monthly.quantize(Decimal(1) if monthly >= HUNDRED else Decimal("0.01"))

    @property
    def gain(self) -> Decimal:
        """How far the open items promise to move the metric in all: the middles of their ranges added up."""
        return sum((_gain(card.item) for card in self.cards), Decimal(0))

    @property
    def worth(self) -> Decimal | None:
        """What that is worth a month, expected; None where the metric has no worth."""
        known = [card.worth for card in self.cards if card.worth is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def currency(self) -> str:
        """The currency of its worth."""
        return next((card.currency for card in self.cards if card.currency), "")

    @property
    def is_overlapping(self) -> bool:
        """Whether several items promise to move it, so that their promises may be partly the same."""
        return len(self.cards) > 1

    @property
    def products(self) -> list[Any]:
        """The products whose items are to move it, each once."""
        return list({card.item.product_id: card.item.product for card in (*self.cards, *self.shipped)}.values())


def _gain(item: Item) -> Decimal:
    if item.metric_from is None or item.metric_low is None or item.metric_high is None:
        return Decimal(0)
    return (item.metric_low + item.metric_high) / 2 - item.metric_from


@dataclass
class Tree:
    """What the page of outcomes shows: by metric, what is worth most first; then what moves no customer's metric."""

    form: BoardForm
    outcomes: list[Outcome]
    exceptions: list[Item]
    is_empty: bool


def read(roadmap: Roadmap, asked: Mapping[str, Any] | None = None, on: date | None = None) -> Tree:
    """Return a roadmap's outcomes as they are asked for; eight queries, however many items there are."""
    day = on or today()
    items = list(roadmap.items.kept().for_table().in_order())
    form = BoardForm(asked or None, [brief_of(item) for item in items])
    wanted = {brief.pk for brief in form.shown()}
    shown = [item for item in items if item.pk in wanted]
    unit_worths = worths((item.metric.code for item in items if item.metric), on=day)
    seen = Metric.objects.with_seen(day).in_bulk({item.metric_id for item in shown if item.metric_id})
    found: dict[int, Outcome] = {}
    exceptions = []
    for item in shown:
        if item.metric_id is None:
            exceptions.append(item)
            continue
        outcome = found.setdefault(item.metric_id, Outcome(seen[item.metric_id]))
        card = Card(item, 0, *promised(item, unit_worths))
        (outcome.shipped if item.is_shipped else outcome.cards).append(card)
    promising = Item.objects.open().filter(Q(roadmap=roadmap) | Q(metric__in=list(found)))
    _add_chains(found, graph(promising.values_list("pk", flat=True)))
    ordered = sorted(found.values(), key=lambda one: (not one.cards, -(one.worth or 0), one.metric.name))
    return Tree(form, ordered, exceptions, not items)


def _add_chains(outcomes: Mapping[int, Outcome], whole: Graph) -> None:
    for metric, outcome in outcomes.items():
        if outcome.cards:
            chain = chain_to(whole, metric)
            outcome.chain = chain if len(chain.items) > 1 else None
