"""What this room tells of a team that is past the limit: that there is a proposal of how it could be split."""

from datetime import date

from django.conf import settings

from portfolio.common.models import User
from teams.contributions import Panel, tells_team
from teams.models import Team


@tells_team
def split_of(team: Team, user: User, on: date) -> list[Panel]:
    """Return a way to the proposal where a team has more people on a day than the limit."""
    people = team.memberships.known().current(on).values("person").distinct().count()
    limit = settings.TWOFOLD_TEAM_LIMIT
    if people <= limit:
        return []
    context = {"team": team, "people": people, "limit": limit}
    return [Panel("split", "Past the limit", "network/_team_split.html", context, order=10)]
