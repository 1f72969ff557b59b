"""What every change to a roadmap has in common: the lock, the log, and how it is refused.

The roadmap's row is the lock of all that is on it. Each change has a number, who made it and why: nothing is lost.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models

from portfolio.common import access
from portfolio.common.errors import Moved, TwofoldError
from portfolio.common.models import User
from products.roadmaps.models import Change, ChangeKind, Item, Roadmap
from products.roadmaps.models.items import OPEN

Row = dict[str, Any]


class RoadmapRefused(TwofoldError):
    """The roadmap cannot be changed like this; the message says why and what can be done."""


class RoadmapMoved(Moved):
    """Somebody else changed the same in the meantime; `found` says what, who and when."""

    def __init__(self, message: str, found: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.found = found


def lock(roadmap: Roadmap | int, by: User | None) -> Roadmap:
    """Hold a roadmap's row until the transaction ends, and return it as it is now; NotAllowed without a role."""
    key = roadmap if isinstance(roadmap, int) else roadmap.pk
    locked = Roadmap.objects.select_for_update().get(pk=key)
    if by is not None:
        access.require(by, locked)
    return locked


def require_open(item: Item) -> None:
    """Raise RoadmapRefused for an item that was shipped or dropped."""
    if item.state not in OPEN:
        raise RoadmapRefused(f"{item} was {item.get_state_display().lower()} on {item.ended_on}: it is over.")


def row_of(item: str | None, name: str, old: Any, new: Any) -> Row:
    """Return one row of a change: the item's code (None is the roadmap), the field, what was and what came."""
    return {"item": item, "field": name, "old": old, "new": new}


def log(roadmap: Roadmap, kind: ChangeKind, rows: list[Row], *, by: User | None, why: str) -> Change | None:
    """Write down a change to a locked roadmap and raise its version; None where nothing changed."""
    if not rows:
        return None
    roadmap.version += 1
    Roadmap.objects.filter(pk=roadmap.pk).update(version=models.F("version") + 1)
    return Change.objects.create(
        roadmap=roadmap, number=roadmap.version, kind=kind, by=by, why=why.strip(), changes=rows
    )
