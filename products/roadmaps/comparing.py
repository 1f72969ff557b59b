"""Two versions of a roadmap beside each other: what lies between them, who did it and why, and whose word it voids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from portfolio.common.errors import TwofoldError
from products.roadmaps import content
from products.roadmaps.agreement import Mark, Said, of_person, said_of
from products.roadmaps.content import Document, place_of
from products.roadmaps.difference import Difference, Entry, Kind, Part, Worth, difference, entries
from products.roadmaps.models import Baseline, Change, Roadmap, SignOff, State, Verdict
from products.roadmaps.telling import (
    Names,
    ToldPart,
    field_line,
    money_words,
    names_of,
    sentence,
    shown_amounts,
    tell_part,
)
from products.roadmaps.worth import worths

NOW, SIGNED = "now", "signed"


class NoSuchVersion(TwofoldError):
    """A version that is asked for is not there; the message says which there are."""


@dataclass(frozen=True)
class Version:
    """A roadmap at one moment: as a baseline froze it, or as it is now."""

    key: str  #: the baseline's number, or now
    name: str
    number: int  #: of the last change that is in it
    document: Document
    at: datetime | None = None
    baseline: Baseline | None = None


def now_of(roadmap: Roadmap, document: Document | None = None) -> Version:
    """Return a roadmap as it is."""
    return Version(NOW, "now", roadmap.version, document or content.document_of(roadmap))


def version_of(baseline: Baseline) -> Version:
    """Return what a baseline froze."""
    return Version(str(baseline.number), str(baseline), baseline.version, baseline.document, baseline.at, baseline)


def asked_for(roadmap: Roadmap, old: str, new: str, *, reader: Any = None) -> tuple[Version, Version]:
    """Return the versions that a page's address asks for: numbers of baselines, `now`, or, to begin with, `signed`.

    By default from the latest baseline to now. Raises NoSuchVersion with what there is.
    """
    first = latest_signed(roadmap, reader) if old == SIGNED else _numbered(roadmap, old)
    second = now_of(roadmap) if new in ("", NOW) else version_of(_numbered(roadmap, new))
    if second.baseline and first.number > second.baseline.number:
        raise NoSuchVersion(
            f"{first} came after {second.baseline}. Ask from the earlier one to the later one, the other way round."
        )
    return version_of(first), second


def _numbered(roadmap: Roadmap, asked: str) -> Baseline:
    """Return a baseline by its number; the latest where none is asked for."""
    rows = roadmap.baselines.select_related("made_by").order_by("-number")
    latest = rows.first()
    if latest is None:
        raise NoSuchVersion(f"{roadmap} has no baseline yet, so there is nothing to compare it with. Take one first.")
    if not asked:
        return latest
    found = rows.filter(number=int(asked)).first() if asked.isdecimal() and len(asked) < 9 else None
    if found is None:
        raise NoSuchVersion(
            f"{roadmap} has no baseline {asked!r}. Its baselines are numbered 1 to {latest.number}; now is the "
            "roadmap as it is, and signed, to begin with, the one that you signed last."
        )
    return found


def latest_signed(roadmap: Roadmap, reader: Any) -> Baseline:
    """Return the baseline that somebody signed last."""
    signed = roadmap.baselines.filter(sign_offs__by=reader, sign_offs__verdict=Verdict.SIGNED)
    found = signed.select_related("made_by").order_by("-sign_offs__at", "-number").first()
    if found is None:
        raise NoSuchVersion(f"You have signed no baseline of {roadmap} yet. Choose a baseline by its number instead.")
    return found


# -- What is told -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reasoned:
    """A part in words, with the changes that made it, oldest first."""

    part: ToldPart
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Told:
    """All that happened to one item, in words.

    `amounts` are as shown, by currency; `voids` is whose signature no longer stands for it because of this.
    """

    code: str
    name: str
    products: frozenset[str]
    parts: tuple[Reasoned, ...]
    kinds: tuple[Kind, ...]
    is_material: bool
    amounts: Mapping[str, Decimal]
    voids: tuple[Said, ...]
    is_unvalued: bool  #: whether it is a promise that differs, of a metric on which nobody has put a worth

    @property
    def money(self) -> str:
        """What it changes in promised money."""
        return money_words(self.amounts)


@dataclass(frozen=True)
class Comparison:
    """What lies between two versions: exactly, and told, what matters most first."""

    old: Version
    new: Version
    exact: Difference
    told: tuple[Told, ...]
    roadmap: tuple[Reasoned, ...]  #: what changed of the roadmap itself

    @property
    def words(self) -> str:
        """The sentence that sums it up."""
        return summed_up(self.told, is_roadmap=bool(self.roadmap))

    @property
    def products(self) -> list[str]:
        """The products whose items differ."""
        return sorted({product for entry in self.told for product in entry.products})

    def only(self, *, kind: str = "", product: str = "") -> list[Told]:
        """Return the entries with a change of a kind, and of a product; all without."""
        return [
            entry
            for entry in self.told
            if (not kind or any(one.name.lower() == kind for one in entry.kinds))
            and (not product or product in entry.products)
        ]


def summed_up(told: Sequence[Told], *, is_roadmap: bool = False) -> str:
    """Return the sentence over these entries; its sums are those of the amounts that they show."""
    unvalued = sum(entry.is_unvalued for entry in told)
    return sentence([entry.kinds for entry in told], totals_of(told), roadmap=is_roadmap, unvalued=unvalued)


def totals_of(told: Sequence[Told]) -> dict[str, Decimal]:
    """Return the amounts that entries show, added up by currency."""
    totals: dict[str, Decimal] = {}
    for entry in told:
        for currency, amount in entry.amounts.items():
            totals[currency] = totals.get(currency, Decimal(0)) + amount
    return totals


@dataclass(frozen=True)
class Ground:
    """What is read once for comparisons of many roadmaps: worths and names, and, by roadmap, changes and words said."""

    worths: Mapping[str, Worth]
    names: Names
    changes: Mapping[int, Sequence[Change]]
    said: Mapping[int, Sequence[Said]]


def ground_of(
    roadmaps: Iterable[int], documents: Sequence[Document], *, since: int | None = None, mine: int | None = None
) -> Ground:
    """Return what comparisons of these documents need; eight queries for however many.

    With `mine`, an account's id, the baselines that they said something to are compared as well.
    """
    keys = list(roadmaps)
    rows: dict[int, list[SignOff]] = {key: [] for key in keys}
    for row in SignOff.objects.filter(baseline__roadmap__in=keys).to_read():
        rows[row.baseline.roadmap_id].append(row)
    said = {key: said_of(found) for key, found in rows.items()}
    own = [one for found in said.values() for one in found if one.by == mine]
    read = [*documents, *(one.document for one in own)]
    first = min((one.version for one in own), default=0) if since is None else since
    changes: dict[int, list[Change]] = {key: [] for key in keys}
    for change in Change.objects.filter(roadmap__in=keys, number__gt=first).select_related("by"):
        changes[change.roadmap_id].append(change)
    metrics = {item["metric"] for document in read for item in document["items"].values() if item.get("metric")}
    return Ground(worths(metrics), names_of(read), changes, said)


def compare(roadmap: Roadmap, old: Version, new: Version, ground: Ground | None = None) -> Comparison:
    """Return what lies between two versions of a roadmap, both valued as metrics are valued today."""
    found = ground or ground_of([roadmap.pk], [old.document, new.document], since=old.number)
    until = new.baseline.version if new.baseline else None
    changes = [
        change
        for change in found.changes[roadmap.pk]
        if change.number > old.number and (until is None or change.number <= until)
    ]
    # A word that was said to a later baseline says nothing of what lay between these two.
    last = new.baseline.number if new.baseline else None
    said = [one for one in found.said[roadmap.pk] if last is None or one.number <= last]
    exact = difference(old.document, new.document)
    told = tuple(
        _told(entry, old.document, new.document, found, changes, said)
        for entry in entries(old.document, new.document, found.worths)
    )
    own = tuple(
        Reasoned(
            ToldPart("roadmap", "The roadmap itself", (field_line(name, *pair, found.names),), False),
            tuple(change for change in changes if any(_is_own(row, name) for row in change.changes)),
        )
        for name, pair in exact.roadmap.items()
    )
    return Comparison(old, new, exact, told, own)


def _told(
    entry: Entry, old: Document, new: Document, ground: Ground, changes: Sequence[Change], said: Sequence[Said]
) -> Told:
    was, comes = old["items"].get(entry.code, {}), new["items"].get(entry.code, {})
    place = place_of(new, entry.code) or place_of(old, entry.code)
    parts = []
    for part in entry.parts:
        told = tell_part(part, was, comes, ground.names, place=place)
        if part.kind is Kind.PROMISE and was.get("metric") and comes.get("metric"):
            told = _valued(told, entry.value_change)
        parts.append(Reasoned(told, _made_by(changes, part, entry.code, place)))
    voids = _voided(old, new, entry.code, said) if entry.is_material else ()
    return Told(
        entry.code, entry.item["name"], frozenset(item["product"] for item in (was, comes) if item.get("product")),
        tuple(parts), tuple(part.kind for part in entry.parts), entry.is_material,
        shown_amounts(entry.value_changes), voids, _is_unvalued(entry, was, comes),
    )  # fmt: skip


def _is_unvalued(entry: Entry, was: Mapping[str, Any], comes: Mapping[str, Any]) -> bool:
    is_promise = any(part.kind in (Kind.ADDED, Kind.REMOVED, Kind.PROMISE) for part in entry.parts)
    return is_promise and not entry.value_changes and any(item.get("metric") for item in (was, comes))


def _valued(told: ToldPart, change: Decimal | None) -> ToldPart:
    """Return a changed promise with whether it is worth more or less now."""
    return replace(told, title=f"Promise {'lowered' if change < 0 else 'raised'}") if change else told


def _is_own(row: Mapping[str, Any], name: str) -> bool:
    return row["item"] is None and row["field"] == name


def _made_by(changes: Sequence[Change], part: Part, code: str, place: str | None) -> tuple[Change, ...]:
    """Return the changes that made a part of an entry."""
    return tuple(change for change in changes if any(_is_of(row, part, code, place) for row in change.changes))


def _is_of(row: Mapping[str, Any], part: Part, code: str, place: str | None) -> bool:
    """Return whether a row of the log is about a part of an entry: see `changes.row_of` for what it looks like."""
    name, was, comes = row["field"], row["old"], row["new"]
    if part.kind is Kind.REORDERED and name == f"order of {place}":
        return True
    if row["item"] != code:
        return False
    match part.kind:
        case Kind.ADDED:
            return name == "place" and was is None
        case Kind.REMOVED:
            return name == "state" and comes == State.DROPPED
        case Kind.MOVED:
            return (name == "state" and comes == State.SHIPPED) or (
                name == "place" and bool(was) and was[0] != comes[0]
            )
        case Kind.REORDERED:
            return name == "place" and bool(was)
    return name in part.fields


def _voided(old: Document, new: Document, code: str, said: Sequence[Said]) -> tuple[Said, ...]:
    """Return the words that stood for an item as it was and do not for what it is: one a person."""
    found = []
    for person in dict.fromkeys(one.by for one in said):
        before = of_person(old, code, said, person)
        if before.mark == Mark.SIGNED and before.said and of_person(new, code, said, person).mark != Mark.SIGNED:
            found.append(before.said)
    return tuple(found)
