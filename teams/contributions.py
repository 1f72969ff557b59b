"""What other rooms tell of a team, and what they give it to do: each room further on says its part when it starts.

A team works on products, keeps services and is judged by figures, all of which lie to the right of this room. So it
asks for them here, and their rooms answer: in `ready` of its application a room adds a function.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from portfolio.common.models import User
from teams.models import Person, Team


@dataclass(frozen=True)
class Panel:
    """A part of a team's page: a template and what it shows. Those of a low `order` come first.

    On a team's page it stands beside the people below 20, beside how steady the team is below 40, and with what it is
    recognised for from 60 on, each under a third heading; in between it is a part of its own. Its template begins
    without a heading: the page has the title.
    """

    key: str
    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class Count:
    """How much of something teams had on some days: by team id, a figure for each day; who has none is left out."""

    key: str
    name: str  #: such as Products
    of: Mapping[int, Sequence[Decimal | int]]
    unit: str = ""  #: such as hours a week; empty where things are counted


Panels = Callable[[Team, User, date], list[Panel]]

OfPerson = Callable[[Person, User], list[Panel]]
Load = Callable[[Collection[int], Sequence[date]], list[Count]]

#: Functions of a person and who looks: parts of that person's page.
OF_PEOPLE: list[OfPerson] = []
#: Functions of team ids and days: what the teams had to do on each of them, whatever the number of teams in as many
#: queries.
LOADS: list[Load] = []
#: Functions of a team, who looks, and a day: parts of its page.
PANELS: list[Panels] = []

Source = TypeVar("Source", bound=Callable[..., Any])


def tells_team(source: Source) -> Source:
    """Ask this function, too, for parts of a team's page; a second time changes nothing."""
    if source not in PANELS:
        PANELS.append(source)
    return source


def panels_of(team: Team, user: User, on: date) -> list[Panel]:
    """Return what all rooms tell of a team on a day, in order."""
    return sorted((panel for source in PANELS for panel in source(team, user, on)), key=lambda panel: panel.order)


def tells_person(source: Source) -> Source:
    """Ask this function, too, for parts of a person's page; a second time changes nothing."""
    if source not in OF_PEOPLE:
        OF_PEOPLE.append(source)
    return source


def panels_of_person(person: Person, user: User) -> list[Panel]:
    """Return what all rooms tell of a person, in order."""
    return sorted((panel for source in OF_PEOPLE for panel in source(person, user)), key=lambda panel: panel.order)


def tells_load(source: Source) -> Source:
    """Ask this function, too, what teams have to do; a second time changes nothing."""
    if source not in LOADS:
        LOADS.append(source)
    return source


def counts_of(teams: Collection[int], days: Sequence[date]) -> list[Count]:
    """Return what all rooms know that teams had to do on some days."""
    return [count for source in LOADS for count in source(teams, days)] if teams and days else []
