"""The agenda of a review, made by the system, the same for everyone: it never depends on who asks.

What this room knows is in `agenda_sections`. What others know comes in by `contributions.tells_agenda`: a section
stands where `ORDER` names its key, else at the end.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Self

from portfolio.common.months import today
from products.roadmaps import agenda_sections
from products.roadmaps.agenda_ground import read_ground
from products.roadmaps.contributions import AGENDA, AgendaRow, AgendaSection
from products.roadmaps.models import Roadmap

#: The sections by key, in the order in which a review goes through them.
ORDER = (
    "shipped", "changed", "agreement", "blocked", "figures", "stale", "budgets", "unverified",
    "guardrails", "questions", "ideas", "decide",
    "decided",
)  # fmt: skip


@dataclass(frozen=True)
class Agenda:
    """What there is to look at: of a day, since the last review, as known at a moment (None is now)."""

    on: date
    known: datetime | None
    since: date | None  #: the day of the last review before; None where this is the first
    baseline: str  #: the latest one, by its number and name; empty where there is none
    sections: list[AgendaSection]

    def as_json(self) -> dict[str, Any]:
        """Return it as a review keeps it."""
        return {
            "on": self.on.isoformat(),
            "known": self.known.isoformat() if self.known else None,
            "since": self.since.isoformat() if self.since else None,
            "baseline": self.baseline,
            "sections": [asdict(section) for section in self.sections],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self | None:
        """Return the agenda that a review keeps; None where it keeps none."""
        if not kept:
            return None
        return cls(
            on=date.fromisoformat(kept["on"]),
            known=datetime.fromisoformat(kept["known"]) if kept["known"] else None,
            since=date.fromisoformat(kept["since"]) if kept["since"] else None,
            baseline=kept["baseline"],
            sections=[
                AgendaSection(
                    section["key"], section["title"], section["nothing"], [AgendaRow(**row) for row in section["rows"]]
                )
                for section in kept["sections"]
            ],
        )


def agenda_of(roadmap: Roadmap, *, on: date | None = None, known: datetime | None = None) -> Agenda:
    """Return the agenda of a review on a day, today, as known at a moment, now; a constant number of queries."""
    day = on or today()
    ground = read_ground(roadmap, day, known)
    found = agenda_sections.sections(ground)
    found += [section for source in AGENDA for section in source(roadmap, day, known)]
    places = {key: place for place, key in enumerate(ORDER)}
    return Agenda(
        on=day,
        known=known,
        since=ground.since,
        baseline=str(ground.baseline or ""),
        sections=sorted(found, key=lambda section: places.get(section.key, len(places))),
    )
