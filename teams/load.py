"""What a team has to do, beside what it usually had: its own past is the measure, never another team.

Each thing counted (products, items, services, hours on call) is counted on the first of each month since the team had
its first member, at most `MONTHS_BACK` of them, and today. Usual is the median of those months.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from portfolio.common import formats
from portfolio.common.months import add_months, month_of
from teams.contributions import Count, counts_of

MONTHS_BACK = 24
LEAST_MONTHS = 3  #: of a past that can be told as usual


@dataclass(frozen=True)
class Load:
    """One thing that a team has to do: on the first of each month, oldest first, and on the day."""

    key: str
    name: str
    unit: str
    past: tuple[Decimal, ...]
    now: Decimal

    @property
    def usual(self) -> Decimal | None:
        """The median of the past; None while it is too short to tell."""
        return Decimal(median(self.past)) if len(self.past) >= LEAST_MONTHS else None

    @property
    def change(self) -> Decimal | None:
        """How much more there is than usual, or, below zero, less."""
        return None if self.usual is None else self.now - self.usual

    @property
    def series(self) -> list[Decimal]:
        """The past and today, as a line is drawn."""
        return [*self.past, self.now]

    @property
    def words(self) -> str:
        """How today stands to its own past."""
        if self.change is None:
            return "too early to say what is usual"
        if not self.change:
            return "as usual"
        return f"{formats.quantity(abs(self.change))} {'more' if self.change > 0 else 'fewer'} than usual"


def days_of(on: date) -> list[date]:
    """Return the first of each month before the day, oldest first, and the day."""
    month = month_of(on)
    firsts = [add_months(month, -back) for back in range(MONTHS_BACK, -1, -1)]
    return [*(first for first in firsts if first < on), on]


def loads(teams: Collection[int], since: Mapping[int, date], on: date) -> dict[int, list[Load]]:
    """Return what each team has to do on a day; `since` is when it had its first member.

    As many queries for one team as for all of them.
    """
    days = days_of(on)
    counts = counts_of(teams, days)
    return {team: [_of_team(count, team, since.get(team), days) for count in counts] for team in teams}


def _of_team(count: Count, team: int, since: date | None, days: Sequence[date]) -> Load:
    *past, now = (Decimal(figure) for figure in count.of.get(team, [0] * len(days)))
    lived = [figure for day, figure in zip(days, past, strict=False) if since is not None and since <= day]
    return Load(count.key, count.name, count.unit, tuple(lived), now)
