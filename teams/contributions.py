"""What other rooms tell on the page of a team: each room further on says its part when it starts.

A team works on products, keeps services and is judged by figures, all of which lie to the right of this room. So it
asks for them here, and their rooms answer: in `ready` of its application a room adds a function.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from portfolio.common.models import User
from teams.models import Team


@dataclass(frozen=True)
class Panel:
    """A part of a team's page: a template and what it shows. Those of a low `order` come first."""

    key: str
    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


Panels = Callable[[Team, User, date], list[Panel]]

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
