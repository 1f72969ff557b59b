"""Many items at once, as rows of a file: all of them or none, and every bad one told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from portfolio.common import access
from portfolio.common.errors import NotAllowed, TwofoldError
from portfolio.common.models import User
from products.roadmaps.changes import Row, log, row_of
from products.roadmaps.content import item_document, plain
from products.roadmaps.item_actions import EDITABLE
from products.roadmaps.models import ChangeKind, Dependency, Item, Roadmap, State


@dataclass
class ItemRow:
    """What one row says of an item: values by field, `needs` as codes; a field it does not give stays as it is."""

    number: int
    values: Mapping[str, Any]
    is_bad: bool = False  #: a cell of it could not be read: what else is wrong with it is not looked for

    @property
    def code(self) -> str:
        """The item's code."""
        return self.values["code"]


@dataclass
class Imported:
    """What came of rows, by their numbers: added, changed, unchanged; or what is wrong with each bad one."""

    added: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    refused: list[tuple[int, Exception]] = field(default_factory=list)


@transaction.atomic
def import_items(rows: Iterable[ItemRow], *, by: User | None, why: str) -> Imported:
    """Add and change items, in the rows' order; the same rows again change nothing.

    New items go to the end of their horizon, and so do those that change it. What a row needs may stand anywhere in the
    file. Each roadmap gets one change, with all rows. Where any row is refused, the caller must undo it all.
    """
    work = _Import(list(rows), by)
    work.items()
    work.needs()
    if not work.done.refused:
        work.write_down(why)
    return work.done


class _Import:
    """One import under way: the roadmaps it holds, the items by code, and what changes of each."""

    def __init__(self, rows: list[ItemRow], by: User | None):
        self.rows, self.by = rows, by
        self.done = Imported()
        stored = Item.objects.filter(code__in=[row.code for row in rows])
        named = {row.values["roadmap"].pk for row in rows if "roadmap" in row.values}
        # The roadmaps are the locks, taken in one order; what is stored is read under them.
        held = named | set(stored.values_list("roadmap", flat=True))
        locked = Roadmap.objects.select_for_update().filter(pk__in=held).order_by("pk").prefetch_related("products")
        self.roadmaps = {roadmap.pk: roadmap for roadmap in locked}
        self.stored = {item.code: item for item in stored.for_table()}
        self.saved: dict[str, tuple[ItemRow, Item]] = {}
        self.changes: dict[str, list[Row]] = {}
        self.ends: dict[tuple[int, str], int] = {}
        ranks = Item.objects.filter(roadmap__in=held).order_by().values_list("roadmap", "horizon")
        for roadmap, horizon, last in ranks.annotate(last=Max("rank")):
            self.ends[roadmap, horizon] = last

    # -- Items ---------------------------------------------------------------------------------------------------------

    def items(self) -> None:
        """Save what each row says, but for what it needs."""
        for row in self.rows:
            if row.is_bad:
                continue
            old = self.stored.get(row.code)
            try:
                item = self._changed(row, old) if old else self._added(row)
            except (ValidationError, TwofoldError) as error:
                self.done.refused.append((row.number, error))
                continue
            self.saved[row.code] = (row, item)

    def _hold(self, roadmap: Roadmap) -> Roadmap:
        held = self.roadmaps[roadmap.pk]
        if self.by is not None and not access.may_write(self.by, held):
            try:
                access.require(self.by, held)
            except NotAllowed as error:
                raise NotAllowed(f"{held} ({held.code}): {error}") from error
        return held

    def _to_end(self, item: Item) -> None:
        place = item.roadmap_id, item.horizon
        item.rank = self.ends[place] = self.ends.get(place, -1) + 1

    def _added(self, row: ItemRow) -> Item:
        state = row.values.get("state", State.PLANNED)
        if state != State.PLANNED:
            raise ValidationError(
                {"state": f"A new item is planned, not {state}. Import it as planned, then start or ship it."}
            )
        item = Item(**{name: value for name, value in row.values.items() if name not in ("needs", "state")})
        item.roadmap = self._hold(item.roadmap)
        item.version = item.roadmap.version + 1
        self._to_end(item)
        item.full_clean()
        item.save()
        rows = [row_of(item.code, "place", None, item.horizon)]
        document = item_document(item)
        rows += [row_of(item.code, name, None, value) for name, value in document.items() if value]
        self.changes[item.code] = rows
        return item

    def _changed(self, row: ItemRow, item: Item) -> Item:
        was = item.roadmap
        item.roadmap = self._hold(was)
        self._check_stays(row, item)
        before = item_document(item) | {"is_illustrative": plain(item.is_illustrative)}
        given = {name: value for name, value in row.values.items() if name in EDITABLE}
        after = {name: plain(value) for name, value in given.items()}
        rows = [row_of(item.code, name, before[name], after[name]) for name in after if before[name] != after[name]]
        for name, value in given.items():
            setattr(item, name, value)
        horizon = row.values.get("horizon", item.horizon)
        if horizon != item.horizon:
            rows.insert(0, self._moved(item, horizon))
        self.changes[item.code] = rows
        if rows:
            item.version = item.roadmap.version + 1
            item.full_clean()
            item.save()
        return item

    def _check_stays(self, row: ItemRow, item: Item) -> None:
        wrong: dict[str, str] = {}
        roadmap = row.values.get("roadmap", item.roadmap)
        if roadmap != item.roadmap:
            wrong["roadmap"] = (
                f"{item} is on {item.roadmap.code}, not on {roadmap.code}, and stays there. Give that code, or give "
                "this row a code of its own."
            )
        state = row.values.get("state", item.state)
        if state != item.state:
            wrong["state"] = (
                f"{item} is {item.state}, not {state}, and a file does not change that: start, block, ship or drop it "
                "on its page. Leave the cell empty, or as it is."
            )
        if row.values.get("horizon", item.horizon) != item.horizon and not item.is_open:
            wrong["horizon"] = f"{item} was {item.state} on {item.ended_on}: it stays in {item.horizon}."
        if wrong:
            raise ValidationError(wrong)

    def _moved(self, item: Item, horizon: str) -> Row:
        beside = Item.objects.open().filter(roadmap=item.roadmap_id).exclude(pk=item.pk)
        old = [item.horizon, beside.filter(horizon=item.horizon, rank__lt=item.rank).count() + 1]
        item.horizon = horizon
        self._to_end(item)
        return row_of(item.code, "place", old, [horizon, beside.filter(horizon=horizon).count() + 1])

    # -- What they wait for --------------------------------------------------------------------------------------------

    def needs(self) -> None:
        """Let each item wait for what its row says; a loop, across rows and with what stands, is refused by name."""
        waiting = {code: row for code, (row, _) in self.saved.items() if "needs" in row.values}
        named = {code for row in waiting.values() for code in row.values["needs"]}
        if not waiting:
            return
        # All dependencies are the lock: of two that are each sound, both together could make a loop.
        edges: dict[str, list[str]] = {}
        for code, needed in Dependency.objects.select_for_update().values_list("item__code", "needs__code"):
            edges.setdefault(code, []).append(needed)
        before = {code: sorted(edges.get(code, ())) for code in waiting}
        there = {item.code: item for item in Item.objects.filter(code__in=named)}
        for code, row in waiting.items():
            edges[code] = [needed for needed in row.values["needs"] if needed in there]
        unread = {row.code for row in self.rows} - self.saved.keys()
        names = {code: item.name for code, (_, item) in self.saved.items()}
        for code, row in waiting.items():
            after = sorted(set(row.values["needs"]))
            if after == before[code]:
                continue
            if wrong := self._wrong_needs(code, row, there, unread) or _loop(edges, code, names):
                self.done.refused.append((row.number, ValidationError({"needs": wrong})))
                continue
            self._set_needs(self.saved[code][1], before[code], after, there)

    @staticmethod
    def _wrong_needs(code: str, row: ItemRow, there: Mapping[str, Item], unread: set[str]) -> list[str]:
        wrong = []
        for needed in row.values["needs"]:
            if needed == code:
                wrong.append("An item cannot wait for itself. Take its own code out.")
            elif needed not in there:
                # What stands in a bad row is told there, and need not be told here as well.
                if needed not in unread:
                    wrong.append(
                        f"There is no item with the code “{needed[:60]}”. Give it a row in this file, or correct the "
                        "code; several codes have a space between them."
                    )
            elif there[needed].state == State.DROPPED:
                wrong.append(f"{there[needed]} was dropped, so that nothing can wait for it. Take {needed} out.")
        return wrong

    def _set_needs(self, item: Item, before: list[str], after: list[str], there: Mapping[str, Item]) -> None:
        rows = self.changes[item.code]
        is_new = item.code not in self.stored
        rows.append(row_of(item.code, "needs", before, after))
        if not is_new and item.version <= item.roadmap.version:
            item.version = item.roadmap.version + 1
            item.save(update_fields=["version"])
        item.waits_for.exclude(needs__code__in=after).delete()
        Dependency.objects.bulk_create(
            Dependency(item=item, needs=there[code]) for code in after if code not in before and code in there
        )

    # -- The log -------------------------------------------------------------------------------------------------------

    def write_down(self, why: str) -> None:
        """Write one change to each roadmap, and say what became of each row."""
        rows: dict[int, list[Row]] = {}
        for code, (row, item) in self.saved.items():
            changes = self.changes[code]
            outcome = self.done.unchanged
            if changes:
                outcome = self.done.changed if code in self.stored else self.done.added
                rows.setdefault(item.roadmap_id, []).extend(changes)
            outcome.append(row.number)
        for roadmap, changes in sorted(rows.items()):
            log(self.roadmaps[roadmap], ChangeKind.IMPORT, changes, by=self.by, why=why[:500])


def _loop(edges: Mapping[str, Iterable[str]], start: str, names: Mapping[str, str]) -> list[str]:
    """Return who waits for whom where an item, in the end, waits for itself; nothing where it does not."""
    came: dict[str, str] = {}
    waiting = [start]
    while waiting:
        code = waiting.pop()
        for needed in edges.get(code, ()):
            if needed == start:
                path = [code]
                while path[0] != start:
                    path.insert(0, came[path[0]])
                known = {item.code: item.name for item in Item.objects.filter(code__in=path)} | dict(names)
                chain = " waits for ".join(f"{known.get(one, one)} ({one})" for one in [*path, start])
                return [f"That would go round in a loop: {chain}. Take one of these dependencies away first."]
            if needed not in came:
                came[needed] = code
                waiting.append(needed)
    return []
