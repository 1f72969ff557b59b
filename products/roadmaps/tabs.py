"""The pages of one roadmap and the lists of this room, as tabs: said once, for every page that shows them."""

from typing import NamedTuple

from django.urls import NoReverseMatch, reverse

#: What a roadmap's tabs are called, and the names of their addresses.
TABS = (
    ("Board", "roadmaps:roadmap-detail"),
    ("Timeline", "roadmaps:roadmap-timeline"),
    ("Outcomes", "roadmaps:roadmap-outcomes"),
    ("Order", "roadmaps:roadmap-order"),
    ("Results", "roadmaps:roadmap-results"),
    ("Agreement", "roadmaps:roadmap-agreement"),
    ("Review", "roadmaps:roadmap-agenda"),
    ("Changes", "roadmaps:roadmap-history"),
)
#: The lists of the room.
ROOM = (
    ("Roadmaps", "roadmaps:roadmap-list"),
    ("Mine", "roadmaps:roadmap-home"),
    ("Items", "roadmaps:item-list"),
    ("Portfolio", "roadmaps:roadmap-portfolio"),
    ("Reviews", "roadmaps:review-list"),
    ("Ideas", "roadmaps:idea-list"),
    ("Experiments", "roadmaps:result-list"),
    ("Calendar", "roadmaps:calendar-list"),
)


class Tab(NamedTuple):
    """One tab: its words and its address."""

    label: str
    href: str


def tabs(names: tuple[tuple[str, str], ...], *arguments: str) -> list[Tab]:
    """Return the tabs that have a page."""
    found = []
    for label, name in names:
        try:
            found.append(Tab(label, reverse(name, args=arguments)))
        except NoReverseMatch:
            continue
    return found
