"""What somebody saw who edits an item: what they changed follows from it, and what others changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from products.roadmaps.content import Document, item_document, plain
from products.roadmaps.models import Item


@dataclass(frozen=True)
class Theirs:
    """What somebody else changed of a field meanwhile: from what was seen to what is there now."""

    field: str
    by: str
    at: Any
    old: Any
    new: Any


def as_it_is(item: Item) -> Document:
    """Return all that an edit may change of an item, in plain text."""
    return item_document(item) | {"is_illustrative": plain(item.is_illustrative)}


def changed_since(item: Item, version: int) -> dict[str, Theirs]:
    """Return what was changed of an item after a version of it, by field; the last one's name stands at each."""
    found: dict[str, Theirs] = {}
    fields = as_it_is(item)
    for change in item.roadmap.changes.filter(number__gt=version).select_related("by").order_by("number"):
        for row in change.changes:
            name = row["field"]
            if row["item"] == item.code and name in fields:
                old = found[name].old if name in found else row["old"]
                found[name] = Theirs(name, str(change.by or "The operator"), change.at, old, row["new"])
    return found


def changes_of(item: Item, theirs: Mapping[str, Theirs], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed that differs from what was seen; what others changed and nobody typed over stays theirs."""
    seen = as_it_is(item) | {name: one.old for name, one in theirs.items()}
    return {name: value for name, value in given.items() if _plain(name, value) != seen.get(name)}


def _plain(name: str, value: Any) -> Any:
    return sorted(needed.code for needed in value) if name == "needs" else plain(value)
