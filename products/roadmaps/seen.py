"""What somebody saw who edits a row: what they changed follows from it, and what others changed meanwhile."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from products.roadmaps.content import ROADMAP_FIELDS, Document, item_document, plain
from products.roadmaps.models import Item, Roadmap, Side


@dataclass(frozen=True)
class Theirs:
    """What somebody else changed of a field meanwhile: from what was seen to what is there now."""

    field: str
    by: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return (
            f"{self.by} changed this from {_said(self.old)} to {_said(self.new)} since you opened the form. "
            "What you typed is kept: save again to replace theirs, or put theirs back."
        )


def _said(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) and value else f"“{value}”" if value else "nothing"


def as_it_is(item: Item) -> Document:
    """Return all that an edit may change of an item, in plain text."""
    return item_document(item) | {"is_illustrative": plain(item.is_illustrative)}


def changed_since(item: Item, version: int) -> dict[str, Theirs]:
    """Return what was changed of an item after a version of it, by field; the last one's name stands at each."""
    return _since(item.roadmap, version, item.code, as_it_is(item))


def roadmap_changed_since(roadmap: Roadmap, version: int) -> dict[str, Theirs]:
    """Return what was changed of a roadmap itself, not of its items, after a version of it, by field."""
    return _since(roadmap, version, None, (*ROADMAP_FIELDS, "products", *Side.values))


def _since(roadmap: Roadmap, version: int, code: str | None, fields: Container[str]) -> dict[str, Theirs]:
    found: dict[str, Theirs] = {}
    for change in roadmap.changes.filter(number__gt=version).select_related("by").order_by("number"):
        for row in change.changes:
            name = row["field"]
            if row["item"] == code and name in fields:
                old = found[name].old if name in found else row["old"]
                found[name] = Theirs(name, str(change.by or "The operator"), old, row["new"])
    return found


def changes_of(item: Item, theirs: Mapping[str, Theirs], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed that differs from what was seen; what others changed and nobody typed over stays theirs."""
    seen = as_it_is(item) | {name: one.old for name, one in theirs.items()}
    return {name: value for name, value in given.items() if _plain(name, value) != seen.get(name)}


def _plain(name: str, value: Any) -> Any:
    return sorted(needed.code for needed in value) if name == "needs" else plain(value)
