"""What waits for what, across roadmaps: what a slipped item delays, and the longest way to an outcome."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from portfolio.common import formats
from portfolio.common.months import today
from portfolio.engine.ordering import demand, longest_chain, spread_of
from portfolio.engine.uncertainty import means, stable_key
from products.roadmaps.contributions import linked
from products.roadmaps.models import Dependency, Item, Roadmap
from products.roadmaps.models.items import OPEN

SEED = 5


@dataclass(frozen=True)
class Graph:
    """Open items by id, of whatever roadmaps, and what each of them waits for among them."""

    items: Mapping[int, Item]
    needs: Mapping[int, list[int]]

    @cached_property
    def awaited(self) -> Mapping[int, list[int]]:
        """Which items wait for each."""
        found: dict[int, list[int]] = defaultdict(list)
        for key, needs in self.needs.items():
            for need in needs:
                found[need].append(key)
        return found

    def after(self, key: int) -> list[int]:
        """Return all that waits for an item, directly or not, the nearest first."""
        return _reached(self.awaited, key)

    def before(self, key: int) -> list[int]:
        """Return all that an item waits for, directly or not, the nearest first."""
        return _reached(self.needs, key)


def _reached(steps: Mapping[int, Sequence[int]], start: int) -> list[int]:
    found: dict[int, None] = {}
    waiting = [start]
    while waiting:
        following = [key for one in waiting for key in steps.get(one, ()) if key not in found and key != start]
        waiting = list(dict.fromkeys(following))
        found |= dict.fromkeys(waiting)
    return list(found)


def graph(around: Iterable[int]) -> Graph:
    """Return what waits for what around some open items, by id: those, and all that they are joined to by waiting.

    Of other items only the dependencies are read. Two queries, however many there are.
    """
    needs: dict[int, list[int]] = defaultdict(list)
    joined: dict[int, list[int]] = defaultdict(list)
    edges = Dependency.objects.filter(item__state__in=OPEN, needs__state__in=OPEN).order_by("pk")
    for item, need in edges.values_list("item", "needs"):
        needs[item].append(need)
        joined[item].append(need)
        joined[need].append(item)
    keys = set(around)
    for start in list(keys):
        keys.update(_reached(joined, start))
    rows = Item.objects.open().filter(pk__in=keys).select_related("roadmap", "product", "metric", "team")
    items = {item.pk: item for item in rows.order_by("pk")}
    return Graph(items, {key: found for key, found in needs.items() if key in items})


def around(roadmap: Roadmap) -> Graph:
    """Return what waits for what around a roadmap's open items. Three queries."""
    return graph(roadmap.items.open().values_list("pk", flat=True))


# -- What slips -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """An item that is late, or ends too late for what waits for it, and all that this delays."""

    item: Item
    why: str
    delays: list[Item]

    @property
    def roadmaps(self) -> list[str]:
        """The other roadmaps that it reaches, by name."""
        others = {row.roadmap.name for row in self.delays if row.roadmap_id != self.item.roadmap_id}
        return sorted(others)


def slip_of(found: Graph, key: int, on: date) -> Slip | None:
    """Return what a late item delays; None where it is in time, as far as there are days to tell by."""
    item = found.items[key]
    waiting = [found.items[one] for one in found.awaited.get(key, ())]
    if item.ends is None:
        return None
    early = [(one.starts, one.pk) for one in waiting if one.starts is not None and one.starts < item.ends]
    if item.ends < on:
        days = (on - item.ends).days
        why = f"It was to be done by {formats.day_name(item.ends)}, {days} day{'s' if days != 1 else ''} ago."
    elif early:
        starts, first = min(early)
        why = (
            f"It ends {formats.day_name(item.ends)}, but {found.items[first]} is to start "
            f"{formats.day_name(starts)}, {(item.ends - starts).days} days earlier."
        )
    else:
        return None
    return Slip(item, why, [found.items[one] for one in found.after(key)])


def slips(found: Graph, on: date | None = None, roadmap: int | None = None) -> list[Slip]:
    """Return the late items, of one roadmap by id or of all; those that delay most come first. No query."""
    day = on or today()
    keys = [key for key, item in found.items.items() if roadmap is None or item.roadmap_id == roadmap]
    late = [slip for key in keys if (slip := slip_of(found, key, day))]
    return sorted(late, key=lambda slip: -len(slip.delays))


# -- The critical chain -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chain:
    """The open items that take most effort, one after the other, before an outcome is there; effort in team-weeks."""

    items: list[Item] = field(default_factory=list)
    effort: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def effort_text(self) -> str:
        """The effort as text: 31 team-weeks (24 to 40)."""
        return f"{self.effort:.0f} team-weeks (90 % range {self.low:.0f} to {self.high:.0f})"


def critical_chain(found: Graph, goals: Collection[int]) -> Chain:
    """Return the longest chain by expected effort to open items, by id, such as all that promise one metric."""
    rows = list(found.items.values())
    low, high = ([float(getattr(row, name)) for row in rows] for name in ("effort_low", "effort_high"))
    effort = dict(zip(found.items, means(low, high).tolist(), strict=True)) if rows else {}
    chain = [found.items[key] for key in longest_chain(effort, found.needs, list(goals))]
    if not chain:
        return Chain()
    draws = demand(
        [float(row.effort_low) for row in chain],
        [float(row.effort_high) for row in chain],
        SEED,
        [stable_key(row.code) for row in chain],
    )
    total = spread_of(draws.sum(axis=0)[None])
    expected = sum(effort[row.pk] for row in chain)
    return Chain(chain, expected, float(total.low[0]), float(total.high[0]))


def chain_to(found: Graph, metric: int) -> Chain:
    """Return the critical chain of an outcome: to the open items that promise a metric, by id."""
    return critical_chain(found, [key for key, item in found.items.items() if item.metric_id == metric])


# -- Along links ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joint:
    """What an item waits for, and a note where no link says that its product pulls from the other's."""

    item: Item
    note: str = ""


def joints(pairs: Iterable[tuple[Item, Item]], on: date | None = None) -> list[Joint]:
    """Return what is waited for, of pairs of who waits and for what, read with their products. One query."""
    rows = list(pairs)
    asked = {(item.product_id, need.product_id) for item, need in rows if item.product_id != need.product_id}
    found = linked(asked, on or today())
    unknown = set() if found is None else asked - found
    return [
        Joint(
            need,
            f"No link says that {item.product} pulls from {need.product}."
            if (item.product_id, need.product_id) in unknown
            else "",
        )
        for item, need in rows
    ]


@dataclass(frozen=True)
class ItemChain:
    """Where an item stands in what waits for what."""

    needs: list[Joint]
    before: list[Item]  #: all that it waits for, directly or not, still to be done
    after: list[Item]  #: all that waits for it, directly or not
    slip: Slip | None
    late: list[Slip]  #: of what it waits for
    chain: Chain

    @property
    def is_alone(self) -> bool:
        """Whether it waits for nothing, nothing waits for it, and it is in time."""
        return not (self.needs or self.before or self.after or self.slip)


def item_chain(item: Item, on: date | None = None) -> ItemChain:
    """Return where an item stands in what waits for what. Five queries."""
    day, found = on or today(), graph([item.pk])
    waits = item.waits_for.select_related("needs__product", "needs__roadmap").order_by("pk")
    needs = joints([(item, row.needs) for row in waits], day)
    if item.pk not in found.items:
        return ItemChain(needs, [], [], None, [], Chain())
    before = found.before(item.pk)
    return ItemChain(
        needs=needs,
        before=[found.items[key] for key in before],
        after=[found.items[key] for key in found.after(item.pk)],
        slip=slip_of(found, item.pk, day),
        late=[slip for key in before if (slip := slip_of(found, key, day))],
        chain=critical_chain(found, [item.pk]),
    )
