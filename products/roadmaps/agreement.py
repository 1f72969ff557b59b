"""What of a roadmap both sides have signed, item by item: a signature stands where nothing material has changed since.

Nothing of it is stored: it follows from the baselines, which never change, what was said to them, which never changes
either, and the roadmap as it is now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from products.roadmaps.content import PLACES, SHIPPED, Document, place_of
from products.roadmaps.difference import is_material
from products.roadmaps.models import Side, SignOff, Verdict


class Mark(StrEnum):
    """What a side, or a person, says to an item."""

    DECLINED = "declined"  # with a reason, and nothing material changed since
    SIGNED = "signed"
    VOID = "void"  # signed once; it changed materially since
    UNSIGNED = "unsigned"


#: Of several people on a side, which one's word is the side's: a decline has to be answered before it is agreed.
_WEIGHT = [Mark.DECLINED, Mark.SIGNED, Mark.VOID, Mark.UNSIGNED]


@dataclass(frozen=True)
class Said:
    """What one member said to one baseline, with the roadmap that it froze."""

    by: int  #: the account's id
    name: str
    side: str
    verdict: str
    comment: str
    about: tuple[str, ...]
    at: datetime
    number: int  #: of the baseline
    document: Document
    baseline: int  #: its id
    version: int  #: of the roadmap that it froze
    account: str


@dataclass(frozen=True)
class Standing:
    """What a side says to an item, and which words it rests on; none where it said nothing."""

    mark: Mark
    said: Said | None = None


@dataclass(frozen=True)
class Agreement:
    """Where a roadmap stands: by item, by side; and what was removed since it was signed, by side."""

    items: dict[str, dict[str, Standing]]
    removed: dict[str, list[str]]

    @property
    def is_whole(self) -> bool:
        """Whether both sides have signed all that is to be done, and nothing that they signed is gone."""
        return (
            bool(self.items)
            and all(standing.mark == Mark.SIGNED for sides in self.items.values() for standing in sides.values())
            and not any(self.removed.values())
        )

    def count(self, side: str, mark: Mark) -> int:
        """Return how many items a side has given a mark."""
        return sum(sides[side].mark == mark for sides in self.items.values())


def said_of(sign_offs: Iterable[SignOff]) -> list[Said]:
    """Return what was said, oldest first, given rows with their baseline and who gave them."""
    rows = sorted(sign_offs, key=lambda row: (row.at, row.pk))
    # Each row has a baseline of its own in memory: what they froze is read once all the same.
    documents = {row.baseline_id: row.baseline for row in rows}
    return [
        Said(
            row.by_id, str(row.by), row.side, row.verdict, row.comment, tuple(row.about), row.at, row.baseline.number,
            documents[row.baseline_id].document, row.baseline_id, row.baseline.version, row.by.username,
        )
        for row in rows
    ]  # fmt: skip


def agreement(current: Document, said: Sequence[Said]) -> Agreement:
    """Return where the items that are still to be done stand, given all that was said, oldest first."""
    open_items = [code for place in PLACES if place != SHIPPED for code in current["order"][place]]
    people = {side: {one.by: one.account for one in said if one.side == side} for side in Side.values}
    items = {
        code: {side: _of_side(current, code, said, side, people[side]) for side in Side.values} for code in open_items
    }
    removed = {side: _removed(current, said, side) for side in Side.values}
    return Agreement(items, removed)


def _of_side(current: Document, code: str, said: Sequence[Said], side: str, people: Mapping[int, str]) -> Standing:
    members = current["roadmap"].get(side, ())
    standings = []
    for person, account in people.items():
        standing = of_person(current, code, said, person)
        # What was signed for a side stays signed when its member leaves; a no of theirs could never be answered.
        is_left = standing.mark == Mark.DECLINED and account not in members
        standings.append(Standing(Mark.UNSIGNED, standing.said) if is_left else standing)
    return min(standings, key=lambda standing: _WEIGHT.index(standing.mark), default=Standing(Mark.UNSIGNED))


def of_person(current: Document, code: str, said: Sequence[Said], person: int) -> Standing:
    """Return what one person says to an item: the last word of theirs that is about it."""
    void: Said | None = None
    for one in reversed(said):
        if one.by != person:
            continue
        is_declined = one.verdict == Verdict.DECLINED
        if (is_declined and one.about and code not in one.about) or code not in one.document["items"]:
            continue
        if is_material(one.document, current, code):
            # What was declined and then changed is to be looked at anew; what was signed and then changed is void.
            if is_declined:
                return Standing(Mark.UNSIGNED, one)
            void = void or one
            continue
        return Standing(Mark.DECLINED if is_declined else Mark.SIGNED, one)
    return Standing(Mark.VOID, void) if void else Standing(Mark.UNSIGNED)


def _removed(current: Document, said: Sequence[Said], side: str) -> list[str]:
    """Return the items that a side signed last and that are gone: neither there nor shipped."""
    latest = next((one for one in reversed(said) if one.side == side and one.verdict == Verdict.SIGNED), None)
    return [code for code in latest.document["items"] if code not in current["items"]] if latest else []


def is_due(baseline: Document, number: int, said: Sequence[Said], person: int) -> bool:
    """Return whether a member has yet to say something to the latest baseline.

    So it is until they have signed or declined it, unless all in it stands signed by them from an earlier one.
    """
    if any(one.by == person and one.number == number for one in said):
        return False
    signed = next((one for one in reversed(said) if one.by == person and one.verdict == Verdict.SIGNED), None)
    return (
        signed is None
        or any(code not in baseline["items"] for code in signed.document["items"])
        or any(
            of_person(baseline, code, said, person).mark != Mark.SIGNED
            for code in baseline["items"]
            if place_of(baseline, code) != SHIPPED
        )
    )


def as_rows(found: Agreement) -> list[dict[str, Any]]:
    """Return an agreement as rows for the API: item, side, mark, and whose word it rests on, by account."""
    return [
        {
            "item": code, "side": side, "mark": str(standing.mark),
            "by": standing.said.account if standing.said else None,
            "at": standing.said.at if standing.said else None,
            "baseline": standing.said.number if standing.said else None,
            "comment": standing.said.comment if standing.said else "",
        }
        for code, sides in found.items.items()
        for side, standing in sides.items()
    ]  # fmt: skip
