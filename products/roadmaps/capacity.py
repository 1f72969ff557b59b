"""What is asked of a roadmap's teams in now and in next, against what they have; never a date, always a range."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portfolio.common import formats
from portfolio.common.months import overlap_days, today
from portfolio.engine import ordering
from portfolio.engine.uncertainty import stable_key
from products.catalog.models import Assignment
from products.roadmaps.chains import SEED
from products.roadmaps.models import Horizon, Item, Roadmap
from teams.capacity import presences
from teams.models import Team
from teams.presence import Presence

#: From which part of the draws on it is how sure that it is too much.
SURE, LIKELY = 0.95, 0.5


@dataclass(frozen=True)
class Load:
    """What is asked of a team, or of all of them, over some weeks; demand and capacity in team-weeks."""

    name: str
    items: list[Item]
    capacity: float
    demand: tuple[float, float, float] = (0.0, 0.0, 0.0)  #: mean, and its 90 % range
    load: tuple[float, float, float] | None = None  #: demand over capacity
    chance: float = 0.0  #: that it is more than there is
    is_whole: bool = False

    @property
    def demand_text(self) -> str:
        """Demand, as text: 31 (24 to 40)."""
        mean, low, high = (formats.quantity_short(round(end, 1)) for end in self.demand)
        return f"{mean} ({low} to {high})"

    @property
    def words(self) -> str:
        """How demand stands to capacity."""
        who = "the teams" if self.is_whole else "the team"
        if not self.items:
            return "Nothing is asked."
        if self.load is None:
            return (
                "No team is assigned to its products then, so there is nothing to set it against."
                if self.is_whole
                else "No share of its time is assigned to this roadmap's products then, so nobody is there to do it."
            )
        _, low, high = self.load
        verdict = (
            f"more than {who} can do" if self.chance >= SURE
            else f"probably more than {who} can do" if self.chance >= LIKELY
            else f"probably within what {who} can do" if self.chance > 1 - SURE
            else f"within what {who} can do"
        )  # fmt: skip
        least, most = formats.ratio(low, 1), formats.ratio(high, 1)
        part = f"About {least}" if least == most else f"Between {least} and {most}"
        return f"{part} of what there is: {verdict}."


@dataclass(frozen=True)
class Span:
    """A horizon's weeks: what its items ask of all teams together, and of each team that items name."""

    horizon: Horizon
    starts: date
    ends: date
    whole: Load
    teams: list[Load] = field(default_factory=list)

    @property
    def weeks(self) -> int:
        """How many weeks it has."""
        return (self.ends - self.starts).days // 7


def spans(roadmap: Roadmap, items: Iterable[Item], on: date | None = None, known: datetime | None = None) -> list[Span]:
    """Return now and next, given a roadmap's open items with their teams. Four queries.

    A team that is wholly assigned is one team-week a week, less the part of its people's time that is known to be
    away; learning and quiet time are part of a week's work. Items that name a team count against that team's share in
    the roadmap's products; those of a team that has none count against nobody, and it is said.
    """
    day = on or today()
    edge = day + timedelta(weeks=roadmap.now_weeks)
    bounds = ((Horizon.NOW, day, edge), (Horizon.NEXT, edge, edge + timedelta(weeks=roadmap.next_weeks)))
    assignments = list(
        Assignment.objects.known(known)
        .during(day, bounds[-1][2])
        .filter(product__in=[product.pk for product in roadmap.its_products])
        .select_related("team")
    )
    there = presences({row.team_id for row in assignments}, day, bounds[-1][2], known)
    rows = list(items)
    return [
        _span(horizon, starts, ends, [row for row in rows if row.horizon == horizon], assignments, there)
        for horizon, starts, ends in bounds
    ]


def _span(
    horizon: Horizon,
    starts: date,
    ends: date,
    items: Sequence[Item],
    assignments: Iterable[Assignment],
    there: Mapping[int, Presence],
) -> Span:
    weeks: dict[Team, float] = defaultdict(float)
    for row in assignments:
        days = overlap_days(row.starts, row.ends, starts, ends)
        if days > 0:
            first, after = max(row.starts, starts), min(row.ends, ends) if row.ends else ends
            weeks[row.team] += days * float(row.share * there[row.team_id].during(first, after).present) / 7
    named: Mapping[Team, list[Item]] = defaultdict(list)
    for item in items:
        if item.team:
            named[item.team].append(item)
    theirs = [item for item in items if item.team is None or weeks.get(item.team)]
    teams = [_load(team.name, named[team], weeks.get(team, 0.0)) for team in sorted(named, key=lambda team: team.name)]
    return Span(horizon, starts, ends, _load("All teams", theirs, sum(weeks.values()), is_whole=True), teams)


def _load(name: str, items: list[Item], capacity: float, *, is_whole: bool = False) -> Load:
    if not items:
        return Load(name, items, capacity, is_whole=is_whole)
    effort = ordering.demand(
        [float(item.effort_low) for item in items],
        [float(item.effort_high) for item in items],
        SEED,
        [stable_key(f"effort of {item.code}") for item in items],
    )
    asked = ordering.spread_of(effort.sum(axis=0)[None])
    return Load(
        name,
        items,
        capacity,
        (float(asked.mean[0]), float(asked.low[0]), float(asked.high[0])),
        ordering.load_of(effort, capacity),
        ordering.chance_over(effort, capacity),
        is_whole,
    )
