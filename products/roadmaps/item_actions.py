"""What can be done to the items of a roadmap: add and change them, and say how far they are and what they wait for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from portfolio.common.models import User
from portfolio.common.months import today
from products.roadmaps.changes import RoadmapMoved, RoadmapRefused, lock, log, require_open, row_of
from products.roadmaps.content import item_document, plain
from products.roadmaps.models import ChangeKind, Dependency, Item, ItemKind, State
from products.roadmaps.retiring import open_interests

#: What an edit of an item may change; where it is and how far it is change by actions of their own.
EDITABLE = (
    "name", "description", "kind", "product", "starts", "ends", "metric", "metric_from", "metric_low", "metric_high",
    "by_when", "exception", "effort_low", "effort_high", "team", "business_champion", "technology_champion",
    "is_illustrative",
)  # fmt: skip


@transaction.atomic
def add_item(item: Item, *, by: User | None, needs: Sequence[Item] = (), why: str = "") -> Item:
    """Add an item at the end of its horizon. Its code is unique, so that adding it again is refused."""
    item.roadmap = lock(item.roadmap, by)
    item.rank = item.roadmap.items.filter(horizon=item.horizon).count()
    item.version = item.roadmap.version + 1
    item.full_clean()
    item.save()
    rows = [row_of(item.code, "place", None, item.horizon)]
    rows += [row_of(item.code, name, None, value) for name, value in item_document(item).items() if value]
    if needs:
        _set_needs(item, needs)
        rows = [*(row for row in rows if row["field"] != "needs"), row_of(item.code, "needs", [], _codes(needs))]
    log(item.roadmap, ChangeKind.ADD, rows, by=by, why=why)
    return item


@transaction.atomic
def change_item(
    item: Item,
    *,
    changes: Mapping[str, Any],
    by: User | None,
    version: int | None = None,
    why: str = "",
) -> Item:
    """Give fields of `EDITABLE`, or what it `needs`, other values; what is the same already is no change.

    With a `version`, that of the item when it was read, RoadmapMoved is raised where somebody changed one of the same
    fields since.
    """
    roadmap = lock(item.roadmap_id, by)
    stored = Item.objects.select_related("product", "metric", "team").get(pk=item.pk)
    stored.roadmap = roadmap
    unknown = sorted(set(changes) - {*EDITABLE, "needs"})
    if unknown:
        raise ValidationError(f"{unknown[0]!r} is nothing to change here; {', '.join(EDITABLE)} and needs are.")
    before = item_document(stored) | {"is_illustrative": plain(stored.is_illustrative)}
    for name, value in changes.items():
        if name != "needs":
            setattr(stored, name, value)
    after = before | {name: plain(getattr(stored, name)) for name in changes if name != "needs"}
    if "needs" in changes:
        after["needs"] = _codes(changes["needs"])
    rows = [row_of(stored.code, name, before[name], after[name]) for name in after if before[name] != after[name]]
    _check_seen(stored, {row["field"] for row in rows}, version)
    if not rows:
        return stored
    stored.version = roadmap.version + 1
    stored.full_clean()
    stored.save()
    if before["needs"] != after["needs"]:
        _set_needs(stored, changes["needs"])
    log(roadmap, ChangeKind.EDIT, rows, by=by, why=why)
    return stored


def _check_seen(item: Item, fields: set[str], version: int | None) -> None:
    """Raise RoadmapMoved where one of these fields of an item was changed after a version that was seen."""
    if version is None or version >= item.version:
        return
    since = item.roadmap.changes.filter(number__gt=version).select_related("by")
    for change in since.order_by("-number"):
        for row in change.changes:
            if row["item"] == item.code and row["field"] in fields:
                label = row["field"].replace("_", " ")
                raise RoadmapMoved(
                    f"{change.by or 'The operator'} changed the {label} of {item} from {row['old'] or 'nothing'} to "
                    f"{row['new'] or 'nothing'} since you read it. Reload it, look, and make your change again.",
                    {"item": item.code, "version": item.version, **row, "by": str(change.by or ""), "at": change.at},
                )


# -- How far an item is -----------------------------------------------------------------------------------------------


@transaction.atomic
def start_item(item: Item, *, by: User | None, on: date | None = None, why: str = "") -> Item:
    """Say that work on an item has begun; that a blocked one goes on. Starting it again changes nothing."""
    return _to(item, State.STARTED, by=by, why=why, change=lambda row: _start(row, on or today()))


def _start(item: Item, on: date) -> None:
    item.started_on = item.started_on or on
    item.blocked_by = ""


@transaction.atomic
def block_item(item: Item, *, blocked_by: str, by: User | None) -> Item:
    """Say what keeps an item from going on; saying the same again changes nothing."""
    if not blocked_by.strip():
        raise ValidationError({"blocked_by": "Say what blocks it, so that others can help."})
    return _to(item, State.BLOCKED, by=by, change=lambda row: setattr(row, "blocked_by", blocked_by.strip()))


@transaction.atomic
def ship_item(item: Item, *, by: User | None, on: date | None = None, why: str = "") -> Item:
    """Say that an item has reached its customers; from that day on its metric is watched.

    Refused while an interest in what it retires is open. Shipping it again changes nothing.
    """
    day = on or today()
    if day > today():
        raise ValidationError({"on": f"{day} has not come yet. Give the day on which it reached its customers."})
    if item.kind == ItemKind.RETIRE and (left := open_interests(item)):
        raise RoadmapRefused(
            f"{len(left)} interests in what {item} retires are open, such as {left[0].name}. Say of each where it "
            "goes, on the item's page; then it can be marked done."
        )
    return _to(item, State.SHIPPED, by=by, why=why, change=lambda row: _end(row, day))


@transaction.atomic
def drop_item(item: Item, *, why: str, by: User | None) -> Item:
    """Take an item off the roadmap, with a reason; it stays readable. Refused while other items wait for it."""
    if not why.strip():
        raise ValidationError({"why": "Say why it is dropped: those who wanted it will read it."})
    waiting = Item.objects.open().filter(waits_for__needs=item).first()
    if waiting:
        raise RoadmapRefused(f"{waiting} waits for {item}. Let it wait for something else first.")
    return _to(item, State.DROPPED, by=by, why=why, change=lambda row: _end(row, today()))


def _end(item: Item, on: date) -> None:
    item.started_on = item.started_on or on
    item.ended_on = on
    item.blocked_by = ""


def _to(item: Item, state: State, *, by: User | None, change: Callable[[Item], None], why: str = "") -> Item:
    roadmap = lock(item.roadmap_id, by)
    stored = Item.objects.get(pk=item.pk)
    before = {"state": stored.state, "blocked_by": plain(stored.blocked_by)}
    if stored.state == state and state != State.BLOCKED:
        return stored
    require_open(stored)
    stored.state = state
    change(stored)
    after = {"state": str(state), "blocked_by": plain(stored.blocked_by)}
    if before == after:
        return stored
    stored.version = roadmap.version + 1
    stored.full_clean()
    stored.save()
    rows = [row_of(stored.code, name, before[name], after[name]) for name in after if before[name] != after[name]]
    log(roadmap, ChangeKind.STATE, rows, by=by, why=why)
    return stored


# -- What an item waits for -------------------------------------------------------------------------------------------


def _codes(items: Iterable[Item]) -> list[str]:
    return sorted(item.code for item in items)


def _set_needs(item: Item, needs: Sequence[Item]) -> None:
    """Let an item wait for exactly these; a loop is refused, and says who waits for whom."""
    # All dependencies are the lock: of two that are each sound, both together could make a loop.
    edges = list(Dependency.objects.select_for_update().exclude(item=item).values_list("item_id", "needs_id"))
    waits: dict[int, list[int]] = {}
    for waiting, awaited in edges:
        waits.setdefault(waiting, []).append(awaited)
    for needed in needs:
        if needed.pk == item.pk:
            raise ValidationError({"needs": f"{item} cannot wait for itself."})
        if needed.state == State.DROPPED:
            raise ValidationError({"needs": f"{needed} was dropped. {item} cannot wait for it."})
        if path := _path(waits, needed.pk, item.pk):
            names = Item.objects.in_bulk(path)
            chain = " waits for ".join(str(names[key]) for key in path)
            raise ValidationError(
                {"needs": f"That would go round in a loop: {chain}. Take one of these dependencies away first."}
            )
    item.waits_for.exclude(needs__in=needs).delete()
    there = set(item.waits_for.values_list("needs_id", flat=True))
    Dependency.objects.bulk_create(Dependency(item=item, needs=needed) for needed in needs if needed.pk not in there)


def _path(waits: Mapping[int, Sequence[int]], start: int, goal: int) -> list[int]:
    """Return a chain of items from one to another, each waiting for the next; empty where there is none."""
    came: dict[int, int | None] = {start: None}
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key == goal:
            path: list[int] = []
            at: int | None = key
            while at is not None:
                path.insert(0, at)
                at = came[at]
            return path
        for following in waits.get(key, ()):
            if following not in came:
                came[following] = key
                waiting.append(following)
    return []
