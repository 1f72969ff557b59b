"""What this room tells of teams and people: the outcomes they share, and what they are recognised for."""

from datetime import date

from portfolio.common import access
from portfolio.common.models import User
from products.value.models import Celebration, Metric, SharedOutcome
from products.value.recognition_reading import LATEST
from teams.contributions import Panel, tells_person, tells_team
from teams.models import Person, Team


@tells_team
def of_team(team: Team, user: User, on: date) -> list[Panel]:
    """Return the outcomes that a team shares on a day with their state, and what it was recognised for last."""
    shared = list(SharedOutcome.objects.visible_to(user).known().current(on).filter(team=team).for_table())
    metrics = Metric.objects.for_table().with_seen(on).in_bulk([row.metric_id for row in shared])
    may_share = access.may_write(user, SharedOutcome(team=team))
    embedded = team.memberships.known().current(on).filter(is_embedded=True).count()
    return [
        Panel(
            "shared-outcomes",
            "Shared outcomes",
            "value/_shared_outcomes.html",
            {
                "team": team,
                "outcomes": [(row, metrics[row.metric_id]) for row in shared],
                "may_share": may_share,
                "embedded": embedded,
            },
            order=60,
        ),
        Panel(
            "celebrations",
            "Targets passed",
            "value/_celebrations.html",
            {
                "celebrations": list(Celebration.objects.visible_to(user).for_table().filter(teams=team)[:LATEST]),
                "who": team,
            },
            order=70,
        ),
    ]


@tells_person
def of_person(person: Person, user: User) -> list[Panel]:
    """Return what a person was recognised for: targets that metrics passed while they were on them."""
    return [
        Panel(
            "celebrations",
            "Targets passed",
            "value/_celebrations.html",
            {
                "celebrations": list(Celebration.objects.visible_to(user).for_table().filter(people=person)[:LATEST]),
                "who": person,
            },
            order=70,
        )
    ]
