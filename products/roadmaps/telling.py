"""Differences in words: of each part what was and what came, as people read it, with the words that changed marked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from portfolio.common import formats
from portfolio.common.models import User
from products.catalog.models import Product
from products.roadmaps.content import Document
from products.roadmaps.difference import Kind, Pair, Part
from products.roadmaps.models import Horizon, Item, ItemKind, State
from products.value.models import Metric
from teams.models import Team

TITLES = {
    Kind.REMOVED: "Removed",
    Kind.ADDED: "Added",
    Kind.PROMISE: "Promise changed",
    Kind.MOVED: "Moved",
    Kind.REDATED: "Re-dated",
    Kind.DEPENDENCIES: "Waits for something else",
    Kind.RESCOPED: "Re-scoped",
    Kind.STATE: "State changed",
    Kind.PEOPLE: "People changed",
    Kind.WORDING: "Reworded",
    Kind.REORDERED: "Put in another place",
}
#: How many of each kind there are, in a sentence.
COUNTED = {
    Kind.REMOVED: "removed",
    Kind.ADDED: "added",
    Kind.PROMISE: "with another promise",
    Kind.MOVED: "moved",
    Kind.REDATED: "re-dated",
    Kind.DEPENDENCIES: "waiting for something else",
    Kind.RESCOPED: "re-scoped",
    Kind.STATE: "in another state",
    Kind.PEOPLE: "with other people",
    Kind.WORDING: "reworded",
    Kind.REORDERED: "put in another place",
}
LABELS = {
    "name": "Name", "description": "Description", "kind": "Kind", "product": "Product", "starts": "Begins",
    "ends": "Done on", "exception": "Reason for no customer metric", "team": "Team",
    "business_champion": "Champion, business", "technology_champion": "Champion, technology", "state": "State",
    "blocked_by": "Blocked by", "needs": "Waits for", "place": "Horizon",
    "purpose": "Purpose", "cadence_days": "Review cadence in days", "now_weeks": "Weeks in now",
    "next_weeks": "Weeks in next", "products": "Products", "business": "Business partners",
    "technology": "Technology owners",
}  # fmt: skip
PROMISE = ("metric", "metric_from", "metric_low", "metric_high", "by_when")
EFFORT = ("effort_low", "effort_high")
TEXTS = frozenset({"name", "description", "exception", "purpose", "blocked_by"})
CHOICES = {"kind": dict(ItemKind.choices), "state": dict(State.choices)}
PLACE_NAMES = dict(Horizon.choices) | {"shipped": "Shipped"}
#: Of which kind of row the codes in a field are.
ROWS = {
    "product": "product", "products": "product", "metric": "metric", "team": "team", "needs": "item",
    "business_champion": "account", "technology_champion": "account", "business": "account", "technology": "account",
}  # fmt: skip
NOTHING = "nothing"


@dataclass(frozen=True)
class Names:
    """What the rows are called that documents name by their codes; one that is gone is called by its code."""

    rows: Mapping[tuple[str, str], str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)  #: of metrics, a month where they count a flow

    def of(self, name: str, code: str | None) -> str:
        """Return what a field says."""
        if code is None:
            return NOTHING
        if name in CHOICES:
            return str(CHOICES[name].get(code, code))
        if name in ("starts", "ends", "by_when"):
            return formats.day_name(date.fromisoformat(code))
        return self.rows.get((ROWS.get(name, ""), code), code)

    def all_of(self, name: str, codes: Iterable[str]) -> str:
        """Return what a field of several says."""
        return ", ".join(self.of(name, code) for code in codes) or NOTHING


def names_of(documents: Iterable[Document]) -> Names:
    """Return what is named in documents; five queries at most."""
    read = list(documents)
    codes: dict[str, set[str]] = {kind: set() for kind in ROWS.values()}
    names: dict[tuple[str, str], str] = {}
    for row in (row for document in read for row in (document["roadmap"], *document["items"].values())):
        for name, kind in ROWS.items():
            value = row.get(name)
            codes[kind].update(value if isinstance(value, list) else [value] if value else ())
    for document in read:
        names |= {("item", code): item["name"] for code, item in document["items"].items()}
    elsewhere = codes["item"] - {code for kind, code in names if kind == "item"}
    for kind, model, wanted in (
        ("product", Product, codes["product"]), ("team", Team, codes["team"]), ("item", Item, elsewhere),
    ):  # fmt: skip
        if wanted:
            rows = model.objects.filter(code__in=wanted).values_list("code", "name")
            names |= {(kind, code): name for code, name in rows}
    units: dict[str, str] = {}
    for metric in Metric.objects.filter(code__in=codes["metric"]).only("code", "name", "unit", "behaviour"):
        names["metric", metric.code] = metric.name
        units[metric.code] = metric.unit if metric.is_level else f"{metric.unit} a month"
    for user in User.objects.filter(username__in=codes["account"]):
        names["account", user.username] = str(user)
    return Names(names, units)


# -- What was and what came -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One thing that changed, or, of what was added or removed, one thing that is said of it (`new` alone).

    `words` are the pieces of a text that was rewritten: "same", "old" or "new", and the piece.
    """

    label: str
    old: str | None
    new: str
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ToldPart:
    """One kind of change of an item, or of the roadmap, in words."""

    key: str  #: the kind in addresses, such as promise
    title: str
    lines: tuple[Line, ...]
    is_material: bool


def words_changed(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Return two texts as one: pieces that are the same, that are old, and that are new, to the word.

    The same and the old pieces together are the old text; the same and the new ones are the new.
    """
    was, comes = (re.findall(r"\s+|\S+\s*", text) for text in (old, new))
    found: list[tuple[str, str]] = []
    for tag, i, j, k, m in SequenceMatcher(None, was, comes, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(was[i:j])))
            continue
        found += [piece for piece in (("old", "".join(was[i:j])), ("new", "".join(comes[k:m]))) if piece[1]]
    return tuple(found)


def promise_words(item: Mapping[str, Any], names: Names) -> str:
    """Return what an item promises, in a few words; or why it promises nothing."""
    if not item.get("metric"):
        return f"no customer metric: {item['exception']}" if item.get("exception") else NOTHING
    start, low, high = (formats.quantity(item[name]) for name in ("metric_from", "metric_low", "metric_high"))
    unit = names.units.get(item["metric"], "")
    to = low if low == high else f"between {low} and {high}"
    return (
        f"{names.of('metric', item['metric'])} from {start} to {to}{f' {unit}' if unit else ''}"
        f" by {names.of('by_when', item['by_when'])}"
    )


def effort_words(item: Mapping[str, Any]) -> str:
    """Return an item's effort as a range."""
    low, high = (formats.quantity(item.get(name)) for name in EFFORT)
    return f"{low} team-weeks" if low == high else f"{low} to {high} team-weeks"


def facts_of(item: Mapping[str, Any], place: str | None, names: Names) -> tuple[Line, ...]:
    """Return all that an item says, in words, the empty left out."""
    lines = [
        Line("Horizon", None, PLACE_NAMES.get(place or "", NOTHING)),
        Line("Promise", None, promise_words(item, names)),
        Line("Effort", None, effort_words(item)),
    ]
    for name in ("kind", "product", "starts", "ends", "team", "business_champion", "technology_champion", "state"):
        lines.append(Line(LABELS[name], None, names.of(name, item.get(name))))
    lines.append(Line(LABELS["needs"], None, names.all_of("needs", item.get("needs", ()))))
    lines += [Line(LABELS[name], None, item.get(name) or NOTHING) for name in ("blocked_by", "description")]
    return tuple(line for line in lines if line.new != NOTHING)


def own_facts_of(row: Mapping[str, Any], names: Names) -> tuple[Line, ...]:
    """Return all that a roadmap says of itself, in words, the empty left out."""
    told = [name for name in LABELS if row.get(name) and name != "name"]
    return tuple(replace(field_line(name, None, row[name], names), old=None) for name in told)


def tell_part(
    part: Part, old: Mapping[str, Any], new: Mapping[str, Any], names: Names, *, place: str | None = None
) -> ToldPart:
    """Return one part of an entry in words, given the item before and after, and of a new or old one its place."""
    title = TITLES[part.kind]
    if part.kind in (Kind.ADDED, Kind.REMOVED):
        lines: tuple[Line, ...] = facts_of(new or old, place, names)
    elif part.kind is Kind.REORDERED:
        was, comes = part.fields["place"]
        lines = (Line(f"Place in {place}", str(was), str(comes)),)
    else:
        lines = tuple(_lines(part.fields, old, new, names))
        if part.kind is Kind.PROMISE and not old.get("metric"):
            title = "Promise made"
        elif part.kind is Kind.PROMISE and not new.get("metric"):
            title = "Promise withdrawn"
    return ToldPart(part.kind.name.lower(), title, lines, part.is_material)


def _lines(fields: Mapping[str, Pair], old: Mapping[str, Any], new: Mapping[str, Any], names: Names) -> Iterable[Line]:
    if any(name in fields for name in PROMISE):
        yield Line("Promise", promise_words(old, names), promise_words(new, names))
    if any(name in fields for name in EFFORT):
        yield Line("Effort", effort_words(old), effort_words(new))
    for name, (was, comes) in fields.items():
        if name not in PROMISE and name not in EFFORT:
            yield field_line(name, was, comes, names)


def field_line(name: str, was: Any, comes: Any, names: Names) -> Line:
    """Return a change of one field in words."""
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    if name in TEXTS:
        words = words_changed(was, comes) if was and comes else ()
        return Line(label, was or NOTHING, comes or NOTHING, words)
    if name == "place":
        return Line(label, PLACE_NAMES.get(was, NOTHING), PLACE_NAMES.get(comes, NOTHING))
    if isinstance(was, list) or isinstance(comes, list):
        return Line(label, names.all_of(name, was or ()), names.all_of(name, comes or ()))
    return Line(label, names.of(name, was), names.of(name, comes))


# -- Sums -------------------------------------------------------------------------------------------------------------


def shown_amounts(changes: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return amounts as they are shown, in whole units of their currency, so that what is added up is what is read."""
    return {currency: formats.rounded(amount, 0) for currency, amount in changes.items()}


def money_words(amounts: Mapping[str, Decimal]) -> str:
    """Return amounts a month, up or down, by currency: down £1,200 a month and up $30 a month."""
    return " and ".join(
        f"{'up' if amount > 0 else 'down'} {formats.money(abs(amount), currency, 0)} a month"
        for currency, amount in sorted(amounts.items())
        if amount
    )


def sentence(
    kinds: Sequence[Iterable[Kind]], amounts: Mapping[str, Decimal], *, roadmap: bool = False, unvalued: int = 0
) -> str:
    """Return what sums up a difference, given the kinds of each item's changes, and all amounts added up by currency.

    `unvalued` is how many of the promises that differ are of a metric on which nobody has put a worth.

    2 items differ: 1 added, 1 with another promise. Promises are down £1,200 a month in all.
    """
    counts = {kind: sum(kind in found for found in kinds) for kind in (Kind.ADDED, *Kind)}
    what = ", ".join(f"{count} {COUNTED[kind]}" for kind, count in counts.items() if count)
    parts = [f"{len(kinds)} item{'s differ' if len(kinds) > 1 else ' differs'}: {what}."] if kinds else []
    if roadmap:
        parts.append("What the roadmap says of itself changed.")
    if not parts:
        return "Nothing differs."
    if money := money_words(amounts):
        parts.append(f"Promises are {money} in all.")
    elif amounts:
        parts.append("Promises that have a worth come to the same money a month in all.")
    if unvalued:
        parts.append(f"{unvalued} promise{'s that differ have' if unvalued > 1 else ' that differs has'} no worth yet.")
    return " ".join(parts)
