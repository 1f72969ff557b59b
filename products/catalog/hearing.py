"""How long ago each team last heard a customer: a figure that stands beside those of value.

Heard is what a customer said to somebody of the team: an insight that names the team, of whatever product, but for
analytics, in which nobody speaks. An insight that names no team was heard by none, whoever works on its product.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Sum

from portfolio.common import formats
from portfolio.common.models import User
from portfolio.common.months import months_between, today
from products.catalog.models import Insight, InsightQuerySet
from teams.contributions import Panel, tells_team
from teams.models import Team


@dataclass(frozen=True)
class Heard:
    """When a team last heard a customer, as of a day."""

    team: Team
    last: date | None
    on: date

    @property
    def months(self) -> int | None:
        """How many whole months have passed since; None where it never did."""
        return None if self.last is None else months_between(self.last, self.on)

    @property
    def words(self) -> str:
        """The same in words: "2 months ago"."""
        return formats.months_ago(self.last, self.on)


def heard(on: date | None = None, known: datetime | None = None) -> InsightQuerySet:
    """Return the insights that a team heard by a day, today."""
    return Insight.objects.known(known).heard().filter(said_on__lte=on or today())


def last_heard(teams: Iterable[Team], on: date | None = None, known: datetime | None = None) -> list[Heard]:
    """Return when each team last heard a customer, in the order given: one query."""
    day, listed = on or today(), list(teams)
    of_teams = heard(day, known).filter(team__in=listed).order_by().values("team")
    last = dict(of_teams.annotate(last=Max("said_on")).values_list("team", "last"))
    return [Heard(team, last.get(team.pk), day) for team in listed]


def said_most(insights: InsightQuerySet, most: int = 5) -> Sequence[dict[str, Any]]:
    """Return the themes of some insights that most people spoke of, with `people`, `insights` and `last`: one query."""
    counted = (
        insights.exclude(theme=None)
        .order_by()
        .values("theme__code", "theme__name")
        .annotate(people=Sum("said_by"), insights=Count("pk"), last=Max("said_on"))
    )
    return list(counted.order_by("-people", "-last", "theme__name")[:most])


@tells_team
def heard_by_team(team: Team, user: User, on: date) -> list[Panel]:
    """Tell on a team's page how long ago it last heard a customer, and what it heard last."""
    [last] = last_heard([team], on)
    insights = heard(on).visible_to(user).filter(team=team).for_table()
    context = {"heard": last, "insights": list(insights.latest_few()[:5]), "team": team}
    return [Panel("heard", "Customers it heard", "catalog/_team_heard.html", context)]
