"""Moving items, and putting them in order.

Items are moved to a place beside another, not to a number, so that moves made at the same time both count.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from portfolio.common.models import User
from products.roadmaps.changes import RoadmapMoved, lock, log, require_open, row_of
from products.roadmaps.models import ChangeKind, Horizon, Item, Roadmap


@transaction.atomic
def move_item(
    item: Item, *, horizon: str, by: User | None, after: Item | None = None, before: Item | None = None, why: str = ""
) -> Item:
    """Move an open item to a horizon: after another item of it, or before one; at its end by default.

    Moving it to where it is changes nothing. Where the other item has left the horizon meanwhile, it goes to the end.
    """
    roadmap = lock(item.roadmap_id, by)
    stored = Item.objects.get(pk=item.pk)
    require_open(stored)
    if horizon not in Horizon.values:
        raise ValidationError({"horizon": f"{horizon!r} is no horizon; choose {', '.join(Horizon.values)}."})
    lists = _lists(roadmap)
    was = stored.horizon, lists[stored.horizon].index(stored.pk)
    lists[stored.horizon].remove(stored.pk)
    target = lists[horizon]
    if after is not None and after.pk in target:
        place = target.index(after.pk) + 1
    elif before is not None and before.pk in target:
        place = target.index(before.pk)
    else:
        place = len(target)
    target.insert(place, stored.pk)
    if (horizon, place) == was:
        return stored
    stored.version = roadmap.version + 1
    Item.objects.filter(pk=stored.pk).update(horizon=horizon, version=stored.version)
    _write_ranks(roadmap, lists)
    rows = [row_of(stored.code, "place", [was[0], was[1] + 1], [horizon, place + 1])]
    log(roadmap, ChangeKind.MOVE, rows, by=by, why=why)
    stored.refresh_from_db()
    return stored


@transaction.atomic
def reorder(
    roadmap: Roadmap, *, horizon: str, codes: Sequence[str], by: User | None, version: int | None = None, why: str = ""
) -> Roadmap:
    """Put the open items of a horizon in this order; the same order again changes nothing.

    Those that the caller does not name, because somebody added them meanwhile, stay behind the item that they follow.
    Named ones that have left the horizon are passed over: nobody's move is undone. With a `version` of the roadmap,
    RoadmapMoved is raised where another order was made since.
    """
    locked = lock(roadmap, by)
    if horizon not in Horizon.values:
        raise ValidationError({"horizon": f"{horizon!r} is no horizon; choose {', '.join(Horizon.values)}."})
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if list(codes).count(code) > 1)
        raise ValidationError({"items": f"{twice} is named twice. Name each item once."})
    found = {item.code: item.pk for item in locked.items.filter(code__in=codes)}
    if missing := [code for code in codes if code not in found]:
        raise ValidationError({"items": f"{missing[0]} is not on this roadmap. Reload it, and look at its items."})
    if version is not None and version < locked.version:
        _check_order_seen(locked, horizon, version)
    lists = _lists(locked)
    old = lists[horizon]
    named = [found[code] for code in codes if found[code] in old]
    new = interleaved(named, old)
    if new == old:
        return locked
    lists[horizon] = new
    _write_ranks(locked, lists)
    names = dict(locked.items.filter(pk__in=new).values_list("pk", "code"))
    row = row_of(None, f"order of {horizon}", [names[key] for key in old], [names[key] for key in new])
    log(locked, ChangeKind.REORDER, [row], by=by, why=why)
    return locked


def interleaved(named: Sequence[int], old: Sequence[int]) -> list[int]:
    """Return those named, in their order, and of the old order the rest, each behind the one that it followed."""
    new, is_named = list(named), set(named)
    for place, key in enumerate(old):
        if key not in is_named:
            new.insert(new.index(old[place - 1]) + 1 if place else 0, key)
    return new


def _check_order_seen(roadmap: Roadmap, horizon: str, version: int) -> None:
    for change in roadmap.changes.filter(number__gt=version, kind__in=(ChangeKind.MOVE, ChangeKind.REORDER)):
        for row in change.changes:
            places = [row["old"], row["new"]] if row["field"] == "place" else []
            if row["field"] == f"order of {horizon}" or any(place and place[0] == horizon for place in places):
                raise RoadmapMoved(
                    f"{change.by or 'The operator'} changed the order of {horizon} since you read it. Reload the "
                    "roadmap, look, and put it in order again.",
                    {"version": roadmap.version, **row, "by": str(change.by or ""), "at": change.at},
                )


def _lists(roadmap: Roadmap) -> dict[str, list[int]]:
    """Return the open items by horizon, in order, by id."""
    lists: dict[str, list[int]] = {horizon: [] for horizon in Horizon.values}
    for horizon, key in roadmap.items.open().order_by("rank", "pk").values_list("horizon", "pk"):
        lists[horizon].append(key)
    return lists


def _write_ranks(roadmap: Roadmap, lists: Mapping[str, Iterable[int]]) -> None:
    ranks = {key: rank for keys in lists.values() for rank, key in enumerate(keys)}
    moved = [item for item in roadmap.items.filter(pk__in=ranks).only("pk", "rank") if item.rank != ranks[item.pk]]
    for item in moved:
        item.rank = ranks[item.pk]
    Item.objects.bulk_update(moved, ["rank"], batch_size=500)
