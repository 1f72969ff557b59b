"""Template tags of this room."""

from django import template

from products.roadmaps import tabs

register = template.Library()


@register.simple_tag
def roadmap_tabs(roadmap: object) -> list[tabs.Tab]:
    """`{% roadmap_tabs roadmap as tabs %}`: the pages of one roadmap."""
    return tabs.tabs(tabs.TABS, roadmap.code)  # type: ignore[attr-defined]


@register.simple_tag
def room_tabs() -> list[tabs.Tab]:
    """`{% room_tabs as tabs %}`: the lists of the room."""
    return tabs.tabs(tabs.ROOM)
