"""The changes of a roadmap in words, as `components/history.html` shows them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from portfolio.common import formats
from products.roadmaps.content import PLACES
from products.roadmaps.models import Change, ChangeKind, Item, ItemKind, Roadmap, State

#: What a field is called where its own name is not what people say.
_CALLED = {
    "metric_from": "metric from",
    "metric_low": "metric to at least",
    "metric_high": "metric to at most",
    "by_when": "by",
    "exception": "reason for no customer metric",
    "effort_low": "effort at least",
    "effort_high": "effort at most",
    "needs": "waits for",
    "blocked_by": "blocked by",
    "is_illustrative": "illustrative",
    "cadence_days": "review cadence in days",
    "now_weeks": "weeks in now",
    "next_weeks": "weeks in next",
    "business": "business partners",
    "technology": "technology owners",
}
_QUANTITIES = {"metric_from", "metric_low", "metric_high", "effort_low", "effort_high"}
_DAYS = {"starts", "ends", "by_when"}
_WORDS = {**dict(State.choices), **dict(ItemKind.choices), **{place: place.capitalize() for place in PLACES}}


def of_item(item: Item) -> QuerySet[Change]:
    """Return the changes of its roadmap that name an item, latest first.

    JSON is searched as text: both databases can. An item that only gave way to another is in that one's change alone.
    """
    named = Change.objects.filter(roadmap=item.roadmap_id).annotate(text=Cast("changes", TextField()))
    return named.filter(text__contains=f'"{item.code}"').select_related("by").order_by("-number")


def entries(changes: Iterable[Change], about: str | None = None) -> list[dict[str, Any]]:
    """Return changes in words; of one item alone where its code is given. One query, for the items' names."""
    found = list(changes)
    codes = {row["item"] for change in found for row in change.changes if row["item"]}
    codes |= {code for change in found for row in change.changes for code in _codes(row)}
    names = dict(Item.objects.filter(code__in=codes).values_list("code", "name"))
    return [_entry(change, names, about) for change in found]


def _codes(row: dict[str, Any]) -> list[str]:
    if row["field"] != "needs" and not row["field"].startswith("order of "):
        return []
    return [code for side in (row["old"], row["new"]) for code in side or ()]


def _entry(change: Change, names: dict[str, str], about: str | None) -> dict[str, Any]:
    rows = [row for row in change.changes if about is None or row["item"] == about or about in _codes(row)]
    if change.kind == ChangeKind.ADD:
        rows = [row for row in rows if row["field"] not in ("name", "state")]  # told by the heading
    items = list(dict.fromkeys(row["item"] for row in rows if row["item"]))
    named = [names.get(code, code) for code in items]
    what = change.get_kind_display()
    if about not in items and named:
        what += f": {', '.join(named[:3])}" + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    return {
        "number": change.number,
        "when": change.at,
        "who": str(change.by or ""),
        "what": f"{change.number}. {what}",
        "reason": change.why,
        "changes": [
            (
                _label(row, names, is_long=len(named) > 1 and row["item"] != about),
                _said(row, row["old"], names),
                _said(row, row["new"], names),
            )
            for row in rows
        ],
    }


def _label(row: dict[str, Any], names: dict[str, str], *, is_long: bool) -> str:
    label = _CALLED.get(row["field"], row["field"].replace("_", " "))
    return f"{names.get(row['item'], row['item'])}, {label}" if is_long and row["item"] else label


def _said(row: dict[str, Any], value: Any, names: dict[str, str]) -> str | None:
    """Return a value in words: `Next, 2` of a place, names of items, the labels of choices."""
    if value is None or value == "":
        return None
    if row["field"] == "place" and isinstance(value, list):
        return f"{_WORDS.get(value[0], value[0])}, place {value[1]}"
    if isinstance(value, list):
        return ", ".join(names.get(one, str(one)) for one in value) or None
    if row["field"] in ("kind", "state", "place"):
        return _WORDS.get(value, str(value))
    if row["field"] in _QUANTITIES:
        return formats.quantity(value)
    if row["field"] in _DAYS:
        return formats.day_name(date.fromisoformat(value))
    return str(value)


def of_roadmap(roadmap: Roadmap) -> QuerySet[Change]:
    """Return the changes of a roadmap, latest first."""
    return roadmap.changes.select_related("by").order_by("-number")
