"""Teams beside their own past: what a list of them shows, in as many queries for fifty teams as for one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from portfolio.common.months import today
from teams.load import Load, days_of, loads
from teams.models import Discipline, Membership, Team
from teams.shape import Shape, shape
from teams.stability import Stability, stability


@dataclass(frozen=True)
class Past:
    """One team: how steady it is, and what it has to do and by whom, each beside its own past."""

    team: Team
    shape: Shape
    steady: Stability
    people: Load
    loads: list[Load]


def shape_of(members: Iterable[Membership], names: dict[str, str] | None = None) -> Shape:
    """Return the shape of a team from its memberships of a day, by the settings; one query where no names are given."""
    needed = settings.TWOFOLD_DISCIPLINES
    return shape(members, needed, settings.TWOFOLD_TEAM_LIMIT, needed_names() if names is None else names)


def needed_names() -> dict[str, str]:
    """Return what the disciplines of a whole team are called, by code."""
    return dict(Discipline.objects.filter(code__in=settings.TWOFOLD_DISCIPLINES).values_list("code", "name"))


def first_days(memberships: Iterable[Membership]) -> dict[int, date]:
    """Return when each team had its first member."""
    found: dict[int, date] = {}
    for row in memberships:
        found[row.team_id] = min(row.starts, found.get(row.team_id, row.starts))
    return found


def pasts(teams: Sequence[Team], on: date | None = None) -> list[Past]:
    """Return each team beside its own past, in the order given."""
    day = on or today()
    rows: dict[int, list[Membership]] = {team.pk: [] for team in teams}
    for row in Membership.objects.known().filter(team__in=rows).select_related("discipline").order_by("pk"):
        rows[row.team_id].append(row)
    since = first_days(row for theirs in rows.values() for row in theirs)
    names, weeks = needed_names(), tuple(settings.TWOFOLD_RAMP_UP_WEEKS)
    counted = loads(list(rows), since, day)
    return [
        Past(
            team,
            shape_of((row for row in rows[team.pk] if _holds(row, day)), names),
            stability(rows[team.pk], day, weeks),
            _people(rows[team.pk], since.get(team.pk), day),
            counted[team.pk],
        )
        for team in teams
    ]


def _holds(row: Membership, day: date) -> bool:
    return row.starts <= day and (row.ends is None or day < row.ends)


def _people(rows: Sequence[Membership], since: date | None, on: date) -> Load:
    """Return how many people there are, beside how many there usually were."""
    *days, _ = days_of(on)
    past = [
        Decimal(len({row.person_id for row in rows if _holds(row, day)}))
        for day in days
        if since is not None and since <= day
    ]
    return Load("people", "People", "", tuple(past), Decimal(len({row.person_id for row in rows if _holds(row, on)})))


class Pasts(Sequence[Past]):
    """Teams beside their own past, worked out a page at a time."""

    def __init__(self, teams: QuerySet[Team]):
        self.teams = teams

    def __len__(self) -> int:
        return self.teams.count()

    def __getitem__(self, asked: Any) -> Any:
        found = pasts(list(self.teams[asked] if isinstance(asked, slice) else [self.teams[asked]]))
        return found if isinstance(asked, slice) else found[0]
