"""What lies between two documents of a roadmap: exactly, to be applied, and in words, to be read.

`difference` and `apply` are exact: applying the difference of a and b to a gives b. `entries` says the same to people,
an entry an item, what matters first: by what it changes in promised value, then by kind.

What is *material*, so that it voids what was signed for the item that it changes, is said in `MATERIAL`; the pages show
these words. Both functions know documents alone, no database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from enum import IntEnum
from typing import Any

from portfolio.common.errors import TwofoldError
from products.roadmaps.content import PLACES, SHIPPED, Document, place_of

Pair = tuple[Any, Any]

PROMISE_PART = Decimal("0.10")  #: of the gain that was promised
EFFORT_PART = Decimal("0.25")  #: of the effort's middle
DATE_DAYS, BY_DAYS = 14, 31
SIMILAR = 0.8  #: of two texts, by difflib's ratio

MATERIAL = (
    "An item is added or removed, or moves between now, next and later.",
    "Its promise changes: another metric, a reason for having none, a tenth or more of the gain, or the day by which "
    f"it is to be there by more than {BY_DAYS} days.",
    f"Its start or end moves by more than {DATE_DAYS} days, or is given or taken away.",
    "Its effort changes by a quarter or more, or it becomes another kind of item or another product's.",
    "What it waits for changes.",
    "Its name or description is written anew: a fifth or more of the text differs. A typo put right is not.",
)


class DoesNotFit(TwofoldError):
    """A difference was applied to another document than it was taken from."""


@dataclass(frozen=True)
class Difference:
    """What lies between two documents, each change as what was and what came.

    Attributes
    ----------
    roadmap : the roadmap's own fields that changed.
    added, removed : items by code, as they are in the new document and were in the old one.
    changed : of items in both, the fields that changed.
    order : the lists of `PLACES` that changed.
    """

    roadmap: dict[str, Pair] = field(default_factory=dict)
    added: dict[str, Document] = field(default_factory=dict)
    removed: dict[str, Document] = field(default_factory=dict)
    changed: dict[str, dict[str, Pair]] = field(default_factory=dict)
    order: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.roadmap or self.added or self.removed or self.changed or self.order)


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Pair]:
    """Return the fields that differ; a field that a document of an earlier day does not have is as none."""
    names = sorted({*old, *new})
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def difference(old: Document, new: Document) -> Difference:
    """Return what lies between two documents."""
    was, now = old["items"], new["items"]
    both = [code for code in was if code in now]
    return Difference(
        roadmap=_fields(old["roadmap"], new["roadmap"]),
        added={code: now[code] for code in now if code not in was},
        removed={code: was[code] for code in was if code not in now},
        changed={code: fields for code in both if (fields := _fields(was[code], now[code]))},
        order={
            place: (old["order"][place], new["order"][place])
            for place in PLACES
            if old["order"][place] != new["order"][place]
        },
    )


def apply(change: Difference, document: Document) -> Document:
    """Return the new document, given the old one; DoesNotFit where the difference is not of this document."""
    items = dict(document["items"])
    for code, item in change.removed.items():
        if items.pop(code, None) != item:
            raise DoesNotFit(f"The difference removes {code}, which is not in this document like that. Take it anew.")
    for code, fields in change.changed.items():
        items[code] = _applied(items.get(code, {}), fields, code)
    for code, item in change.added.items():
        if code in items:
            raise DoesNotFit(f"The difference adds {code}, which is in this document already. Take it anew.")
        items[code] = item
    order = dict(document["order"])
    for place, (was, comes) in change.order.items():
        if order[place] != was:
            raise DoesNotFit(f"The order of {place} is another one in this document. Take the difference anew.")
        order[place] = comes
    return {
        "roadmap": _applied(document["roadmap"], change.roadmap, "the roadmap"),
        "items": items,
        "order": order,
    }


def _applied(row: Mapping[str, Any], fields: Mapping[str, Pair], name: str) -> dict[str, Any]:
    new = dict(row)
    for label, (was, comes) in fields.items():
        if new.get(label) != was:
            raise DoesNotFit(f"The {label} of {name} is another one in this document. Take the difference anew.")
        new[label] = comes
    return new


# -- What matters --------------------------------------------------------------------------------------------------


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def gain(item: Mapping[str, Any]) -> Decimal | None:
    """Return how far an item's metric is promised to move: the middle of the range less where it is; None without."""
    start, low, high = (_number(item.get(name)) for name in ("metric_from", "metric_low", "metric_high"))
    return None if start is None or low is None or high is None else (low + high) / 2 - start


def _differs(old: Decimal | None, new: Decimal | None, part: Decimal) -> bool:
    if old is None or new is None:
        return old != new
    return abs(new - old) >= part * abs(old) if old else new != old


def _is_far(old: str | None, new: str | None, days: int) -> bool:
    if old is None or new is None:
        return old != new
    return abs((date.fromisoformat(new) - date.fromisoformat(old)).days) > days


def _is_rewritten(old: str | None, new: str | None) -> bool:
    return SequenceMatcher(None, (old or "").split(), (new or "").split(), autojunk=False).ratio() < SIMILAR and (
        SequenceMatcher(None, old or "", new or "", autojunk=False).ratio() < SIMILAR
    )


def _effort(item: Mapping[str, Any]) -> Decimal | None:
    low, high = _number(item.get("effort_low")), _number(item.get("effort_high"))
    return None if low is None or high is None else (low + high) / 2


def material_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Return the fields of an item whose change is material, given the item in both documents."""
    changed = _fields(old, new)
    found: set[str] = {name for name in ("metric", "exception", "kind", "product", "needs") if name in changed}
    if _differs(gain(old), gain(new), PROMISE_PART):
        found |= {name for name in ("metric_from", "metric_low", "metric_high") if name in changed}
    if _differs(_effort(old), _effort(new), EFFORT_PART):
        found |= {name for name in ("effort_low", "effort_high") if name in changed}
    found |= {name for name in ("starts", "ends") if name in changed and _is_far(*changed[name], DATE_DAYS)}
    if "by_when" in changed and _is_far(*changed["by_when"], BY_DAYS):
        found.add("by_when")
    return found | {name for name in ("name", "description") if name in changed and _is_rewritten(*changed[name])}


def is_material(old: Document, new: Document, code: str) -> bool:
    """Return whether an item changed between two documents so that what was signed for it no longer counts.

    What has shipped meanwhile was done as agreed, so that it shipped alone is not material.
    """
    was, now = old["items"].get(code), new["items"].get(code)
    if was is None or now is None:
        return was is not now
    before, after = place_of(old, code), place_of(new, code)
    is_moved = before != after and after != SHIPPED
    return is_moved or bool(material_fields(was, now))


# -- In words ------------------------------------------------------------------------------------------------------


class Kind(IntEnum):
    """What happened to an item, what matters most first."""

    REMOVED = 1
    ADDED = 2
    PROMISE = 3
    MOVED = 4
    REDATED = 5
    DEPENDENCIES = 6
    RESCOPED = 7
    STATE = 8
    PEOPLE = 9
    WORDING = 10
    REORDERED = 11


#: Which kind of change a change of a field is.
KINDS = {
    "metric": Kind.PROMISE, "metric_from": Kind.PROMISE, "metric_low": Kind.PROMISE, "metric_high": Kind.PROMISE,
    "by_when": Kind.PROMISE, "exception": Kind.PROMISE,
    "starts": Kind.REDATED, "ends": Kind.REDATED,
    "needs": Kind.DEPENDENCIES,
    "kind": Kind.RESCOPED, "product": Kind.RESCOPED, "effort_low": Kind.RESCOPED, "effort_high": Kind.RESCOPED,
    "state": Kind.STATE, "blocked_by": Kind.STATE,
    "team": Kind.PEOPLE, "business_champion": Kind.PEOPLE, "technology_champion": Kind.PEOPLE,
    "name": Kind.WORDING, "description": Kind.WORDING,
}  # fmt: skip


@dataclass(frozen=True)
class Worth:
    """What a unit of a metric is worth a month, expected, in a currency; negative where lower is better."""

    a_unit: Decimal
    currency: str


@dataclass(frozen=True)
class Part:
    """One change of an item: what was and what came, by field; of a move and a new place, the field is `place`."""

    kind: Kind
    fields: dict[str, Pair]
    is_material: bool


@dataclass(frozen=True)
class Entry:
    """All that happened to one item: its document as it is, or was where it is removed, and the changes by weight.

    `value_changes` is what its promise is worth a month now, less what it was worth, by currency, at one and the same
    valuation; empty where nothing is promised or a metric has no worth. There are two where it is promised another
    metric, whose worth is in another currency.
    """

    code: str
    item: Document
    parts: tuple[Part, ...]
    value_changes: Mapping[str, Decimal]

    @property
    def value_change(self) -> Decimal | None:
        """The change where it is in one currency; None without, and where it is in two, which are never added up."""
        return next(iter(self.value_changes.values())) if len(self.value_changes) == 1 else None

    @property
    def currency(self) -> str:
        """The currency of `value_change`."""
        return next(iter(self.value_changes)) if len(self.value_changes) == 1 else ""

    @property
    def is_material(self) -> bool:
        """Whether any of it is."""
        return any(part.is_material for part in self.parts)

    @property
    def kind(self) -> Kind:
        """The change that matters most."""
        return self.parts[0].kind


def promised(item: Mapping[str, Any] | None, worths: Mapping[str, Worth]) -> Decimal | None:
    """Return what an item's promise is worth a month, expected; None without a promise or a worth."""
    if item is None:
        return Decimal(0)
    worth, moved = worths.get(item.get("metric") or ""), gain(item)
    return None if worth is None or moved is None else moved * worth.a_unit


def reordered(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the fewest codes whose moving explains another order of what is in both lists.

    Those outside a longest increasing subsequence; Fredman (1975), On computing the length of longest increasing
    subsequences, Discrete Mathematics 11(1).
    """
    from bisect import bisect_left

    was = {code: place for place, code in enumerate(old)}
    common = [code for code in new if code in was]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, code in enumerate(common):
        at = bisect_left(ends, was[code])
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [was[code]]
        last[at : at + 1] = [index]
    kept = set()
    index = last[-1] if last else -1
    while index >= 0:
        kept.add(common[index])
        index = before[index]
    return [code for code in common if code not in kept]


def entries(old: Document, new: Document, worths: Mapping[str, Worth]) -> list[Entry]:
    """Return what happened to each item that differs, what matters first."""
    change = difference(old, new)
    moved = {
        code: (before, after)
        for code in new["items"]
        if code in old["items"] and (before := place_of(old, code)) != (after := place_of(new, code))
    }
    shifted = {
        code
        for place, (was, comes) in change.order.items()
        for code in reordered(was, comes)
        if place != SHIPPED and code not in moved
    }
    found = [
        _entry(code, item, [Part(Kind.ADDED, {}, True)], (None, item), worths) for code, item in change.added.items()
    ]
    found += [
        _entry(code, item, [Part(Kind.REMOVED, {}, True)], (item, None), worths)
        for code, item in change.removed.items()
    ]
    for code in {**change.changed, **moved, **dict.fromkeys(shifted)}:
        pair = old["items"][code], new["items"][code]
        parts = _parts(*pair)
        if code in moved:
            parts += _moved(*moved[code], parts)
        if code in shifted:
            place = place_of(new, code) or ""
            lists = old["order"][place], new["order"][place]
            parts.append(Part(Kind.REORDERED, {"place": (lists[0].index(code) + 1, lists[1].index(code) + 1)}, False))
        found.append(_entry(code, pair[1], parts, pair, worths))
    return sorted(found, key=_weight)


def _weight(entry: Entry) -> tuple[Any, ...]:
    size = max((abs(amount) for amount in entry.value_changes.values()), default=Decimal(0))
    return -size, not entry.is_material, entry.kind, entry.code


def parts_of(old: Document, new: Document, code: str) -> list[Part]:
    """Return what happened to one item, but for its place within its horizon, by weight; none where nothing did."""
    was, now = old["items"].get(code), new["items"].get(code)
    if was is None or now is None:
        return [] if was is now else [Part(Kind.REMOVED if now is None else Kind.ADDED, {}, True)]
    parts = _parts(was, now)
    before, after = place_of(old, code), place_of(new, code)
    if before != after:
        parts += _moved(before, after, parts)
    return sorted(parts, key=lambda part: part.kind)


def _moved(before: str | None, after: str | None, parts: Sequence[Part]) -> list[Part]:
    """Return the move of an item as a part; none where its new state says already that it has shipped."""
    if after == SHIPPED and any(part.kind is Kind.STATE for part in parts):
        return []
    return [Part(Kind.MOVED, {"place": (before, after)}, after != SHIPPED)]


def _parts(old: Document, new: Document) -> list[Part]:
    material = material_fields(old, new)
    grouped: dict[Kind, dict[str, Pair]] = {}
    for name, pair in _fields(old, new).items():
        kind = KINDS.get(name, Kind.WORDING)
        if kind is Kind.WORDING and name in material:
            kind = Kind.RESCOPED
        grouped.setdefault(kind, {})[name] = pair
    return [Part(kind, fields, bool(material & set(fields))) for kind, fields in grouped.items()]


def _entry(
    code: str,
    item: Document,
    parts: list[Part],
    pair: tuple[Document | None, Document | None],
    worths: Mapping[str, Worth],
) -> Entry:
    return Entry(code, item, tuple(sorted(parts, key=lambda part: part.kind)), _value_changes(*pair, worths))


def _value_changes(old: Document | None, new: Document | None, worths: Mapping[str, Worth]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for item, sign in ((old, -1), (new, 1)):
        if item is None or not item.get("metric"):
            continue
        amount = promised(item, worths)
        if amount is None:
            return {}
        currency = worths[item["metric"]].currency
        found[currency] = found.get(currency, Decimal(0)) + sign * amount
    return found
