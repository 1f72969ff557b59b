"""What a team can do on a day: who is in it, what it works on, and what is free."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from portfolio.common.charts import Chart, Column, series
from portfolio.common.months import add_months, month_of, month_range
from teams.models import Membership, Team

MONTHS_SHOWN = 36
NOTHING = Decimal(0)


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

    def over_time(self) -> Chart:
        """Draw the FTE on the first of each month up to the day, at most three years of them, and on the day."""
        first = max(
            min((row.starts for row in self.memberships), default=self.on),
            add_months(month_of(self.on), 1 - MONTHS_SHOWN),
        )
        days = sorted({*(month for month in month_range(first, self.on) if month >= first), self.on})
        chart = series(
            days,
            [float(sum((row.fte for row in self.memberships if holds(row, day)), NOTHING)) for day in days],
            title="FTE on the first of each month",
            unit="FTE",
        )
        chart.figure["data"][0]["line"]["shape"] = "hv"  # people come and go on a day, not little by little
        chart.figure["layout"]["yaxis"]["rangemode"] = "tozero"
        return replace(chart, columns=(Column("Day", False), Column("FTE")))


def capacity(team: Team, on: date, known: datetime | None = None) -> Capacity:
    """Return the capacity of `team` on a day, as it was known at a moment; without one, as it is known now."""
    return Capacity(
        on, list(team.memberships.known(known).for_table()), list(team.assignments.known(known).for_table())
    )
