"""Who a team has: which disciplines of a whole product team, by how many, and whether it is past the limit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Covered:
    """A discipline of a team: what people there are for it, and whether a whole team needs it."""

    code: str
    name: str
    people: int
    fte: Decimal
    is_needed: bool

    @property
    def is_gap(self) -> bool:
        """Whether a whole team needs it and nobody does it."""
        return self.is_needed and not self.people

    @property
    def is_thin(self) -> bool:
        """Whether it rests on one person."""
        return self.people == 1


@dataclass(frozen=True)
class Shape:
    """A team's people by discipline, against what a whole team needs and the limit on its size."""

    disciplines: tuple[Covered, ...]
    people: int
    limit: int

    @property
    def gaps(self) -> list[Covered]:
        """The disciplines that a whole team needs and this one lacks."""
        return [one for one in self.disciplines if one.is_gap]

    @property
    def needed(self) -> int:
        """How many disciplines a whole team needs."""
        return sum(one.is_needed for one in self.disciplines)

    @property
    def covered(self) -> int:
        """How many of those it has."""
        return self.needed - len(self.gaps)

    @property
    def over(self) -> int:
        """By how many people it is past the limit."""
        return max(0, self.people - self.limit)


def shape(members: Iterable[Any], needed: Sequence[str], limit: int, names: Mapping[str, str]) -> Shape:
    """Return the shape of a team from its memberships of a day, with `discipline`, `person_id` and `fte`.

    `needed` are the codes of the disciplines of a whole team, in order, and `names` what they are called; those that
    the team has besides come after them.
    """
    people: dict[str, set[int]] = {}
    fte: dict[str, Decimal] = {}
    called = {code: names.get(code, code.replace("-", " ").capitalize()) for code in needed}
    everyone = set()
    for row in members:
        code = row.discipline.code
        people.setdefault(code, set()).add(row.person_id)
        fte[code] = fte.get(code, NOTHING) + row.fte
        called.setdefault(code, row.discipline.name)
        everyone.add(row.person_id)
    others = sorted((code for code in people if code not in needed), key=lambda code: called[code])
    return Shape(
        tuple(
            Covered(code, called[code], len(people.get(code, ())), fte.get(code, NOTHING), code in needed)
            for code in (*needed, *others)
        ),
        len(everyone),
        limit,
    )
