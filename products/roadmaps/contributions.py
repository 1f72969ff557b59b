"""What other rooms know of a roadmap's products: each room further on says its part when it starts.

A roadmap draws on money, on links and on figures, which lie to the right of this room. So it asks for them here, and
their rooms answer: in `ready` of its application a room adds one function to a list.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import QuerySet

from products.catalog.models import Product
from products.roadmaps.models import Roadmap


@dataclass(frozen=True)
class VestedInterest:
    """Somebody or something that rests on a product: what would be left behind if it were retired.

    `key` tells it for good, such as link:12; `kind` groups them, such as Consumers; `name` and `detail` are read.
    """

    key: str
    kind: str
    name: str
    detail: str = ""
    href: str = ""


@dataclass(frozen=True)
class AgendaRow:
    """One thing to look at in a review. All of it is plain text, because an agenda is kept as it was."""

    name: str
    detail: str = ""
    href: str = ""
    figure: str = ""  #: what a comment on it is anchored to, such as value-per-dollar:vehicle-tax
    is_urgent: bool = False


@dataclass(frozen=True)
class AgendaSection:
    """A part of the agenda, the same for everyone; with no rows it says `nothing`."""

    key: str
    title: str
    nothing: str
    rows: list[AgendaRow] = field(default_factory=list)


#: Consumer and supplier, by id.
Pair = tuple[int, int]
Linked = Callable[[set[Pair], date], set[Pair]]
Pulls = Callable[[date], QuerySet]
Interests = Callable[[Product, date], list[VestedInterest]]
Agenda = Callable[[Roadmap, date, datetime | None], list[AgendaSection]]

#: Functions of a product and a day: who and what rests on it.
INTERESTS: list[Interests] = []
#: Functions of a roadmap, a day and a moment as of which to know things (None is now): sections of its agenda.
AGENDA: list[Agenda] = []
#: Functions of pairs of products, consumer first, and a day: those pairs of which the one pulls from the other.
LINKED: list[Linked] = []
#: Functions of a day: the rows, each with a `consumer` and a `supplier`, by which products pull from each other.
PULLS: list[Pulls] = []

Source = TypeVar("Source", bound=Callable[..., Any])


def tells_interests(source: Source) -> Source:
    """Ask this function, too, who and what rests on a product; a second time changes nothing."""
    if source not in INTERESTS:
        INTERESTS.append(source)
    return source


def tells_agenda(source: Source) -> Source:
    """Ask this function, too, for sections of agendas; a second time changes nothing."""
    if source not in AGENDA:
        AGENDA.append(source)
    return source


def tells_links(source: Source) -> Source:
    """Ask this function, too, which products pull from which; a second time changes nothing."""
    if source not in LINKED:
        LINKED.append(source)
    return source


def tells_pulls(source: Source) -> Source:
    """Ask this function, too, by what products pull from each other; a second time changes nothing."""
    if source not in PULLS:
        PULLS.append(source)
    return source


def pulls(on: date) -> list[QuerySet]:
    """Return the rows by which products pull from each other on a day, of each room that keeps such."""
    return [source(on) for source in PULLS]


def interests_in(product: Product, on: date) -> list[VestedInterest]:
    """Return who and what rests on a product on a day, as all rooms tell it."""
    return [interest for source in INTERESTS for interest in source(product, on)]


def linked(pairs: set[Pair], on: date) -> set[Pair] | None:
    """Return those of pairs of products whose first pulls from its second on a day; None where no room can tell."""
    if not LINKED:
        return None
    return {pair for source in LINKED for pair in source(pairs, on)} if pairs else set()
