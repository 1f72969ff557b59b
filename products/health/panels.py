"""What other subjects of this room, and rooms further on, tell on the page of a service.

A service's page is its hub: what it promises, how it does, what went wrong. Each subject says its part in a function
that it adds here; the page shows them in order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from portfolio.common.models import User
from products.health.models import Service


@dataclass(frozen=True)
class Panel:
    """A part of a service's page: a template and what it shows. Those of a low `order` come first.

    The template begins with its content: the page gives it a heading of the second level and the anchor `key`.
    """

    key: str
    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


Panels = Callable[[Service, User, date], list[Panel]]

#: Functions of a service, who looks, and a day: parts of its page.
PANELS: list[Panels] = []

Source = TypeVar("Source", bound=Callable[..., Any])


def tells_service(source: Source) -> Source:
    """Ask this function, too, for parts of a service's page; a second time changes nothing."""
    if source not in PANELS:
        PANELS.append(source)
    return source


def panels_of(service: Service, user: User, on: date) -> list[Panel]:
    """Return what all tell of a service on a day, in order."""
    found = [panel for source in PANELS for panel in source(service, user, on)]
    return sorted(found, key=lambda panel: panel.order)
