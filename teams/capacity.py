"""What a team can do on a day: who is in it, what it works on, and what is free."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from portfolio.common.charts import Chart
from portfolio.common.months import add_months, days_in, month_of, month_range
from portfolio.common.stacked import Part, stacked
from teams.models import Absence, Membership, Team
from teams.presence import FteDays, Presence, by_person

MONTHS_SHOWN = 36
NOTHING = Decimal(0)
#: What the parts of a month's FTE are called, and which of them the table has, in order.
NAMES = {
    "total": "In the team",
    "away": "Away",
    "capacity": "Capacity",
    "work": "At work",
    "learning": "Learning",
    "quiet": "Quiet time",
}
TABLED = ("total", "away", "capacity", "work", "learning", "quiet")


def holds(row: Any, day: date) -> bool:
    """Return whether a row with `starts` and `ends` holds on a day."""
    return row.starts <= day and (row.ends is None or day < row.ends)


@dataclass(frozen=True)
class Work:
    """An assignment, with what it comes to in FTE of the team as it is on the day."""

    assignment: Any
    fte: Decimal


@dataclass(frozen=True)
class Capacity:
    """A team on one day, from all its memberships and assignments as they were known at one moment."""

    on: date
    memberships: list[Membership] = field(repr=False)
    assignments: list[Any] = field(repr=False)
    absences: list[Absence] = field(repr=False, default_factory=list)

    @cached_property
    def members(self) -> list[Membership]:
        """The memberships that hold on the day."""
        return [row for row in self.memberships if holds(row, self.on)]

    @cached_property
    def others(self) -> list[Membership]:
        """The memberships of before and after, latest first."""
        return sorted(
            (row for row in self.memberships if not holds(row, self.on)), key=lambda row: row.starts, reverse=True
        )

    @cached_property
    def people(self) -> int:
        """How many people there are."""
        return len({row.person_id for row in self.members})

    @cached_property
    def fte(self) -> Decimal:
        """How many full-time equivalents they come to."""
        return sum((row.fte for row in self.members), NOTHING)

    @cached_property
    def work(self) -> list[Work]:
        """What the team works on that day, the largest share first."""
        now = sorted((row for row in self.assignments if holds(row, self.on)), key=lambda row: -row.share)
        return [Work(row, row.share * self.fte) for row in now]

    @cached_property
    def other_work(self) -> list[Any]:
        """The assignments of before and after, latest first."""
        return sorted(
            (row for row in self.assignments if not holds(row, self.on)), key=lambda row: row.starts, reverse=True
        )

    @property
    def assigned(self) -> Decimal:
        """The share that products have."""
        return sum((row.assignment.share for row in self.work), NOTHING)

    @property
    def free(self) -> Decimal:
        """The share that no product has."""
        return 1 - self.assigned

    @property
    def free_fte(self) -> Decimal:
        """The same in FTE."""
        return self.free * self.fte

    @cached_property
    def today(self) -> FteDays:
        """What the people of the day are there for: FTE, of which away, learning and quiet."""
        return self.presence.during(self.on, self.on + timedelta(days=1))

    @cached_property
    def presence(self) -> Presence:
        """Its people with their absences."""
        return Presence(self.memberships, by_person(self.absences))

    @cached_property
    def months(self) -> list[tuple[date, FteDays]]:
        """The mean FTE of each month up to that of the day, at most three years of them."""
        first = max(
            month_of(min((row.starts for row in self.memberships), default=self.on)),
            add_months(month_of(self.on), 1 - MONTHS_SHOWN),
        )
        return [
            (month, self.presence.during(month, add_months(month, 1)).a_day(days_in(month)))
            for month in month_range(first, self.on)
        ]

    def over_time(self) -> Chart:
        """Draw the FTE of each month as a column: at work, learning, in quiet time, and, hollow, those away."""
        rows = [row for _, row in self.months]

        def drawn(name: str, *, is_hollow: bool = False) -> Part:
            return Part(NAMES[name], [float(getattr(row, name)) for row in rows], is_hollow)

        return stacked(
            [month for month, _ in self.months],
            [drawn("work"), drawn("learning"), drawn("quiet"), drawn("away", is_hollow=True)],
            [(NAMES[name], [round(getattr(row, name), 2) for row in rows]) for name in TABLED],
            title="Capacity, by month",
            summary="Mean FTE of each month. Being away lowers it; learning and quiet time are part of it.",
            unit="FTE",
        )

    def by_discipline(self) -> Chart:
        """Draw the FTE of each month by discipline, whoever is away or not: how the team is made up."""
        months = [month for month, _ in self.months]
        theirs: dict[str, list[Membership]] = {}
        for row in self.memberships:
            theirs.setdefault(row.discipline.name, []).append(row)
        parts = {
            name: [Presence(rows).during(month, add_months(month, 1)).a_day(days_in(month)).total for month in months]
            for name, rows in sorted(theirs.items())
        }
        return stacked(
            months,
            [Part(name, [float(value) for value in values]) for name, values in parts.items()],
            [(name, [round(value, 2) for value in values]) for name, values in parts.items()],
            title="People by discipline, by month",
            summary="Mean FTE of each month, absences included.",
            unit="FTE",
        )


def capacity(team: Team, on: date, known: datetime | None = None) -> Capacity:
    """Return the capacity of `team` on a day, as it was known at a moment; without one, as it is known now."""
    memberships = list(team.memberships.known(known).for_table())
    people = {row.person_id for row in memberships}
    return Capacity(
        on,
        memberships,
        list(team.assignments.known(known).for_table()),
        list(Absence.objects.known(known).filter(person__in=people).for_table()) if people else [],
    )


def presences(teams: Collection[int], first: date, after: date, known: datetime | None = None) -> dict[int, Presence]:
    """Return who is in each team on the days [first, after), with their absences, as known at a moment. Two queries."""
    members: dict[int, list[Membership]] = {team: [] for team in teams}
    for row in Membership.objects.known(known).during(first, after).filter(team__in=teams).order_by("pk"):
        members[row.team_id].append(row)
    people = {row.person_id for rows in members.values() for row in rows}
    absences = by_person(
        Absence.objects.known(known).during(first, after).filter(person__in=people).order_by("pk") if people else ()
    )
    return {team: Presence(rows, absences) for team, rows in members.items()}
