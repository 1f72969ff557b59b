"""A roadmap as one plain document: what baselines freeze, differences compare, and signatures are bound to.

    {"roadmap": {field: text, "products": [codes], "business": [accounts], "technology": [accounts]},
     "items": {code: {field: text or null, "needs": [codes]}},
     "order": {"now": [codes], "next": [codes], "later": [codes], "shipped": [codes]}}

Everything in it is text, null or a list, so that the same roadmap always gives the same bytes, and the same hash. What
was dropped is not in it. Money is not in it either: what a promise is worth follows from the metric's valuation.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from products.roadmaps.models import Dependency, Horizon, Item, Member, Roadmap, Side, State

Document = dict[str, Any]

#: The fields of a roadmap and of an item that a document holds; related rows by their codes.
ROADMAP_FIELDS = ("name", "purpose", "cadence_days", "now_weeks", "next_weeks")
ITEM_FIELDS = (
    "name", "description", "kind", "product", "starts", "ends", "metric", "metric_from", "metric_low", "metric_high",
    "by_when", "exception", "effort_low", "effort_high", "team", "business_champion", "technology_champion", "state",
    "blocked_by",
)  # fmt: skip
SHIPPED = "shipped"
PLACES = (*Horizon.values, SHIPPED)


def plain(value: Any) -> str | None:
    """Return a field's value as a document holds it: 120 rather than 120.0000, a row as its code."""
    match value:
        case None | "":
            return None
        case Decimal():
            return f"{value.normalize():f}" if value else "0"
        case date():
            return value.isoformat()
    code = getattr(value, "code", None) or getattr(value, "username", None)
    return str(code if code is not None else value)


def item_document(item: Item) -> Document:
    """Return what a document holds of an item that was read by `for_table`."""
    return {name: plain(getattr(item, name)) for name in ITEM_FIELDS} | {
        "needs": sorted(needed.code for needed in item.needs)
    }


@dataclass(frozen=True)
class _Placed:
    """An item's place and document, by its code."""

    roadmap: int
    code: str
    place: str
    document: Document


#: Where the columns of a document are found from an item's row: related rows by what they are called.
COLUMNS = {
    "product": "product__code",
    "metric": "metric__code",
    "team": "team__code",
    "business_champion": "business_champion__username",
    "technology_champion": "technology_champion__username",
}


def _stored(roadmaps: Iterable[int]) -> list[_Placed]:
    """Return the items of roadmaps as documents hold them, in order, straight from their columns. Two queries."""
    keys = list(roadmaps)
    needs: dict[int, list[str]] = {}
    edges = Dependency.objects.filter(item__roadmap__in=keys).order_by("needs__code")
    for item, code in edges.values_list("item", "needs__code"):
        needs.setdefault(item, []).append(code)
    columns = [COLUMNS.get(name, name) for name in ITEM_FIELDS]
    rows = Item.objects.filter(roadmap__in=keys).kept().in_order()
    return [
        _Placed(
            roadmap,
            code,
            SHIPPED if state == State.SHIPPED else horizon,
            {name: plain(value) for name, value in zip(ITEM_FIELDS, values, strict=True)}
            | {"needs": needs.get(key, [])},
        )
        for key, roadmap, code, horizon, state, *values in rows.values_list(
            "pk", "roadmap", "code", "horizon", "state", *columns
        )
    ]


def document_of(roadmap: Roadmap, items: Iterable[Item] | None = None) -> Document:
    """Return a roadmap as it is now; four queries, two where its `items` are given in order, read by `for_table`."""
    if items is None:
        rows = _stored([roadmap.pk])
    else:
        rows = [
            _Placed(
                roadmap.pk,
                item.code,
                SHIPPED if item.state == State.SHIPPED else item.horizon,
                item_document(item),
            )
            for item in items
        ]
    return _document(roadmap, rows, roadmap.members.select_related("user"))


def documents_of(roadmaps: Sequence[Roadmap]) -> dict[int, Document]:
    """Return roadmaps as they are now, by id; as many queries for many as for one."""
    prefetch_related_objects(roadmaps, "products", Prefetch("members", Member.objects.select_related("user")))
    items: dict[int, list[_Placed]] = {roadmap.pk: [] for roadmap in roadmaps}
    for item in _stored(items):
        items[item.roadmap].append(item)
    return {roadmap.pk: _document(roadmap, items[roadmap.pk], roadmap.members.all()) for roadmap in roadmaps}


def _document(roadmap: Roadmap, items: Iterable[_Placed], members: Iterable[Member]) -> Document:
    rows, people = list(items), list(members)
    order: dict[str, list[str]] = {place: [] for place in PLACES}
    for item in rows:
        order[item.place].append(item.code)
    order[SHIPPED].sort()
    return {
        "roadmap": {name: plain(getattr(roadmap, name)) for name in ROADMAP_FIELDS}
        | {"products": sorted(product.code for product in roadmap.products.all())}
        | {side: sorted(member.user.username for member in people if member.side == side) for side in Side.values},
        "items": {item.code: item.document for item in rows},
        "order": order,
    }


def canonical(document: Document) -> str:
    """Return a document as text: the same for the same roadmap, to the byte."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Document:
    """Return the document that `canonical` wrote."""
    return json.loads(text)


def hash_of(text: str) -> str:
    """Return the SHA-256 of a document's text."""
    return sha256(text.encode()).hexdigest()


def place_of(document: Document, code: str) -> str | None:
    """Return where an item is: now, next, later or shipped; None where it is not on the roadmap."""
    return next((place for place in PLACES if code in document["order"][place]), None)
