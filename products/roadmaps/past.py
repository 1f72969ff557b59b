"""A roadmap as it was known at a moment: what it is now, with every later change taken back, the latest first.

The changes of a roadmap say what was and what came, so nothing is kept twice. What they do not tell stays as it is
now: who is behind an account's name, and what items of other roadmaps have become since.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from products.roadmaps.content import PLACES, SHIPPED, Document, document_of, item_document
from products.roadmaps.models import Horizon, Item, Roadmap, State


def document_as_known(roadmap: Roadmap, items: Sequence[Item], known: datetime | None) -> Document:
    """Return a roadmap's document as it was at a moment, now without one; three queries.

    `items` are all of its items, those that were dropped with them, in order and read by `for_table`.
    """
    if known is None:
        return document_of(roadmap, [item for item in items if item.state != State.DROPPED])
    rows: dict[str, Document] = {item.code: item_document(item) for item in items}
    lists: dict[str, list[str]] = {horizon: [] for horizon in Horizon.values}
    for item in items:
        lists[item.horizon].append(item.code)
    head = document_of(roadmap, ())["roadmap"]
    for change in roadmap.changes.filter(at__gt=known).order_by("-number"):
        for row in change.changes:
            _take_back(row, head, rows, lists)
    kept = {code: row for code, row in rows.items() if row["state"] != State.DROPPED}
    order: dict[str, list[str]] = {place: [] for place in PLACES}
    for horizon, codes in lists.items():
        for code in codes:
            if code in kept:
                order[SHIPPED if kept[code]["state"] == State.SHIPPED else horizon].append(code)
    order[SHIPPED].sort()
    return {"roadmap": head, "items": kept, "order": order}


def _take_back(row: dict[str, Any], head: Document, rows: dict[str, Document], lists: dict[str, list[str]]) -> None:
    code, name, old = row["item"], row["field"], row["old"]
    if code is None:
        horizon = name.removeprefix("order of ")
        if horizon in lists:
            lists[horizon] = [*_in(old, lists[horizon]), *(one for one in lists[horizon] if one not in old)]
        elif name in head:
            head[name] = old
    elif code in rows:
        if name != "place":
            rows[code][name] = old
            return
        for codes in lists.values():
            if code in codes:
                codes.remove(code)
        if old is None:  # it was added then
            del rows[code]
        else:
            lists[old[0]].insert(old[1] - 1, code)


def _in(wanted: Iterable[str], there: Sequence[str]) -> list[str]:
    return [code for code in wanted if code in there]
