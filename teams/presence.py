"""What people are there for: FTE over days, less those away; learning and quiet time count as capacity.

Being away lowers what a team can do. A learning day and quiet time do not: they are part of the work, counted as
capacity and shown as such. All of it is worked out from plain rows: memberships with `person_id`, `fte`, `starts` and
`ends`, absences with `person_id`, `kind`, `share`, `starts` and `ends`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from portfolio.common.months import overlap_days

NOTHING = Decimal(0)
AWAY, LEARNING, QUIET = "away", "learning", "quiet"


@dataclass(frozen=True)
class FteDays:
    """FTE times days of some days: all of it, and what of it is away, learning and quiet."""

    total: Decimal = NOTHING
    away: Decimal = NOTHING
    learning: Decimal = NOTHING
    quiet: Decimal = NOTHING

    @property
    def capacity(self) -> Decimal:
        """What there is to work with: all but those away."""
        return self.total - self.away

    @property
    def work(self) -> Decimal:
        """What of that is neither learning nor quiet time."""
        return self.capacity - self.learning - self.quiet

    @property
    def present(self) -> Decimal:
        """The part that is not away: 1 where nobody is in the team, so that nothing is said of it."""
        return self.capacity / self.total if self.total else Decimal(1)

    def __add__(self, other: "FteDays") -> "FteDays":
        return FteDays(
            self.total + other.total, self.away + other.away, self.learning + other.learning, self.quiet + other.quiet
        )

    def a_day(self, days: int) -> "FteDays":
        """Return the mean over some days: FTE."""
        return FteDays(self.total / days, self.away / days, self.learning / days, self.quiet / days)


@dataclass(frozen=True)
class Presence:
    """The people of one team, with the absences of theirs."""

    memberships: Sequence[Any] = field(repr=False)
    absences: Mapping[int, Sequence[Any]] = field(repr=False, default_factory=dict)  #: by person

    def during(self, first: date, after: date) -> FteDays:
        """Return the FTE-days of the days [first, after)."""
        found = FteDays()
        for row in self.memberships:
            if overlap_days(row.starts, row.ends, first, after):
                starts = max(row.starts, first)
                ends = min(row.ends, after) if row.ends else after
                found += _of_person(row.fte, self.absences.get(row.person_id, ()), starts, ends)
        return found


def by_person(absences: Iterable[Any]) -> dict[int, list[Any]]:
    """Return the absences of each person."""
    found: dict[int, list[Any]] = {}
    for row in absences:
        found.setdefault(row.person_id, []).append(row)
    return found


def _of_person(fte: Decimal, absences: Sequence[Any], first: date, after: date) -> FteDays:
    """Return one membership's FTE-days. Nobody is absent for more than all of a day: away counts first."""
    theirs = [row for row in absences if overlap_days(row.starts, row.ends, first, after)]
    edges = sorted({first, after, *(day for row in theirs for day in (row.starts, row.ends) if first < day < after)})
    found = FteDays()
    for begin, end in pairwise(edges):
        shares = dict.fromkeys((AWAY, LEARNING, QUIET), NOTHING)
        for row in theirs:
            if row.starts <= begin < row.ends:
                shares[row.kind] += row.share
        away = min(shares[AWAY], Decimal(1))
        learning = min(shares[LEARNING], 1 - away)
        quiet = min(shares[QUIET], 1 - away - learning)
        there = fte * (end - begin).days
        found += FteDays(there, there * away, there * learning, there * quiet)
    return found
