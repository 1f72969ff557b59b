"""How steady a team is: how long people have been in it, who came and went, and what that cost.

All of it is worked out from plain rows of memberships, as dates and FTE; nobody's pay is in it.

- A *stint* is a person's days in the team without a gap: a change of hours or of discipline does not end it.
- *Joins* and *leaves* are beginnings and ends of stints in the last twelve months. Whoever was there on the team's
  first day formed it, and did not join it.
- The *core* of a team is the half of today's people, by FTE, who have been there longest. It is the same since the day
  from which all of them have been there.
- What joins *cost*: a person who joins works their way in, and others help. For each FTE that joined it is a range of
  FTE-weeks, an assumption stated in the settings (`TWOFOLD_RAMP_UP_WEEKS`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from portfolio.common.months import months_after, months_between

MONTHS_BACK = 12
DAYS_A_MONTH = Decimal("30.4375")
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Stint:
    """Somebody's days [starts, ends) in a team without a gap, with the FTE on its first day."""

    person: int
    starts: date
    ends: date | None
    fte: Decimal

    def holds_on(self, day: date) -> bool:
        """Return whether they are in the team on a day."""
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True)
class Stability:
    """How steady a team is on a day."""

    on: date
    since: date  #: what joins and leaves are counted from
    people: int
    median_days: int | None  #: of the people of the day; None where there are none
    joins: tuple[Stint, ...] = ()
    leaves: tuple[Stint, ...] = ()
    core: tuple[int, ...] = ()  #: the people of the core, longest there first
    core_since: date | None = None
    weeks_per_fte: tuple[Decimal, Decimal] = (NOTHING, NOTHING)

    @property
    def median_months(self) -> Decimal | None:
        """The median tenure in months, to one decimal."""
        return None if self.median_days is None else round(Decimal(self.median_days) / DAYS_A_MONTH, 1)

    @property
    def core_months(self) -> int | None:
        """How many whole months the core has been the same."""
        return None if self.core_since is None else months_between(self.core_since, self.on)

    @property
    def joined_fte(self) -> Decimal:
        """The FTE of those who joined."""
        return sum((stint.fte for stint in self.joins), NOTHING)

    @property
    def cost(self) -> tuple[Decimal, Decimal]:
        """What the joins cost, least and most, in FTE-weeks."""
        low, high = self.weeks_per_fte
        return self.joined_fte * low, self.joined_fte * high


def stints(memberships: Iterable[Any]) -> list[Stint]:
    """Return the stints that rows of one team, with `person_id`, `fte`, `starts` and `ends`, make up; earliest first.

    A second membership on the same days, in another discipline, is the same stint.
    """
    rows: dict[int, list[Any]] = {}
    for row in memberships:
        rows.setdefault(row.person_id, []).append(row)
    found = []
    for person, theirs in rows.items():
        theirs.sort(key=lambda row: row.starts)
        first, until, fte = theirs[0].starts, theirs[0].ends, NOTHING
        for row in theirs:
            if until is not None and row.starts > until:
                found.append(Stint(person, first, until, fte))
                first, until, fte = row.starts, row.ends, NOTHING
            if row.starts == first:
                fte += row.fte
            until = None if until is None or row.ends is None else max(until, row.ends)
        found.append(Stint(person, first, until, fte))
    return sorted(found, key=lambda stint: (stint.starts, stint.person))


def stability(memberships: Sequence[Any], on: date, weeks_per_fte: tuple[Any, Any]) -> Stability:
    """Return how steady a team is on a day, from all its memberships; `weeks_per_fte` is what a joined FTE costs."""
    since = months_after(on, -MONTHS_BACK)
    every = stints(memberships)
    low, high = (Decimal(str(end)) for end in weeks_per_fte)
    now = [stint for stint in every if stint.holds_on(on)]
    formed = every[0].starts if every else on
    fte: dict[int, Decimal] = {}
    for row in memberships:
        if row.starts <= on and (row.ends is None or on < row.ends):
            fte[row.person_id] = fte.get(row.person_id, NOTHING) + row.fte
    core: list[int] = []
    core_since, so_far = None, NOTHING
    for stint in now:
        if so_far * 2 >= sum(fte.values(), NOTHING):
            break
        core.append(stint.person)
        core_since, so_far = stint.starts, so_far + fte[stint.person]
    return Stability(
        on=on,
        since=since,
        people=len(now),
        median_days=int(median((on - stint.starts).days for stint in now)) if now else None,
        joins=tuple(stint for stint in every if since < stint.starts <= on and stint.starts > formed),
        leaves=tuple(stint for stint in every if stint.ends is not None and since < stint.ends <= on),
        core=tuple(core),
        core_since=core_since,
        weeks_per_fte=(low, high),
    )
