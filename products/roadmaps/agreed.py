"""The agreement of a roadmap as its page tells it: by item and side, with what changed since it was signed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from products.roadmaps import content
from products.roadmaps.agreement import Agreement, Mark, Said, Standing, agreement, is_due, said_of
from products.roadmaps.content import ITEM_FIELDS, PLACES, Document, place_of
from products.roadmaps.difference import material_fields, parts_of
from products.roadmaps.models import Baseline, Change, Member, Roadmap, Side, SignOff, State
from products.roadmaps.telling import PLACE_NAMES, Names, ToldPart, names_of, tell_part


@dataclass(frozen=True)
class Cell:
    """What a side says to an item; where its signature is void, what changed and the change that voided it."""

    standing: Standing
    changed: tuple[ToldPart, ...] = ()
    since: Change | None = None

    @property
    def mark(self) -> str:
        """The mark, for a template to compare."""
        return str(self.standing.mark)


@dataclass(frozen=True)
class AgreedRow:
    """One item that is still to be done."""

    code: str
    name: str
    place: str
    cells: tuple[Cell, ...]  #: in the order of `Side`


@dataclass(frozen=True)
class Person:
    """A member, what they said last, and whether a word of theirs is due on the latest baseline."""

    member: Member
    said: Said | None
    is_due: bool


@dataclass(frozen=True)
class Agreed:
    """A roadmap's agreement, told.

    `is_changed` is whether the roadmap differs from the latest baseline; `removed` names, by side, what was signed last
    and is gone.
    """

    latest: Baseline | None
    is_changed: bool
    rows: tuple[AgreedRow, ...]
    removed: tuple[tuple[str, tuple[str, ...]], ...]
    people: tuple[Person, ...]
    found: Agreement

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many items each side has signed as they are."""
        return [(side.label, self.found.count(side, Mark.SIGNED)) for side in Side]

    def person(self, user: Any) -> Person | None:
        """Return somebody's own part; None for who is no member."""
        return next((one for one in self.people if one.member.user_id == user.pk), None)


def read(roadmap: Roadmap) -> Agreed:
    """Return where a roadmap stands; as many queries for many items as for one."""
    document = content.document_of(roadmap)
    said = said_of(SignOff.objects.filter(baseline__roadmap=roadmap).to_read())
    latest = roadmap.baselines.select_related("made_by").order_by("-number").first()
    found = agreement(document, said)
    names = names_of([document, *{one.number: one.document for one in said}.values()])
    # What came after the oldest word that is void is enough to tell when each was voided.
    void = [
        one.said.version
        for sides in found.items.values()
        for one in sides.values()
        if one.mark == Mark.VOID and one.said
    ]
    changes = list(roadmap.changes.filter(number__gt=min(void)).select_related("by")) if void else []
    rows = tuple(
        AgreedRow(
            code, document["items"][code]["name"], PLACE_NAMES[place],
            tuple(_cell(document, code, found.items[code][side], changes, names) for side in Side.values),
        )
        for place in PLACES
        for code in document["order"][place]
        if code in found.items
    )  # fmt: skip
    removed = tuple(
        (side.label, tuple(names.of("needs", code) for code in found.removed[side]))
        for side in Side
        if found.removed[side]
    )
    people = tuple(
        Person(
            member,
            next((one for one in reversed(said) if one.by == member.user_id), None),
            latest is not None and is_due(latest.document, latest.number, said, member.user_id),
        )
        for member in roadmap.members.select_related("user")
    )
    is_changed = latest is not None and latest.content_hash != content.hash_of(content.canonical(document))
    return Agreed(latest, is_changed, rows, removed, people, found)


def _cell(document: Document, code: str, standing: Standing, changes: Sequence[Change], names: Names) -> Cell:
    if standing.mark != Mark.VOID or standing.said is None:
        return Cell(standing)
    signed = standing.said.document
    parts = [part for part in parts_of(signed, document, code) if part.is_material]
    told = tuple(tell_part(part, signed["items"][code], document["items"][code], names) for part in parts)
    since = [change for change in changes if change.number > standing.said.version]
    return Cell(standing, told, voided_by(signed, code, since))


def voided_by(signed: Document, code: str, changes: Iterable[Change]) -> Change | None:
    """Return the change with which an item stopped being what was signed, given all changes since, oldest first.

    The item is followed through the log: two small steps may be material together, and a change taken back voids
    nothing.
    """
    was = signed["items"][code]
    item: dict[str, Any] = dict(was)
    before = place = place_of(signed, code)
    culprit: Change | None = None
    for change in changes:
        rows = [row for row in change.changes if row["item"] == code]
        for row in rows:
            place = _follow(item, place, row)
        if not rows:
            continue
        is_void = place != before or bool(material_fields(was, item))
        culprit = (culprit or change) if is_void else None
    return culprit


def _follow(item: dict[str, Any], place: str | None, row: Mapping[str, Any]) -> str | None:
    """Carry out a row of the log on an item; return where the item is after it."""
    name, new = row["field"], row["new"]
    if name in ITEM_FIELDS or name == "needs":
        item[name] = new
    if name == "place":
        return new[0] if isinstance(new, list) else new
    # What is dropped is on no roadmap; dropping is for good.
    return None if name == "state" and new == State.DROPPED else place
