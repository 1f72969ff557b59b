"""What each roadmap asks of one of its members: what changed since they signed, and what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from products.roadmaps import content
from products.roadmaps.agreement import Said, is_due
from products.roadmaps.comparing import Comparison, Told, Version, compare, ground_of, now_of
from products.roadmaps.models import Baseline, Comment, Member, Roadmap, Verdict

MOST = 3  #: entries that are shown of each difference
MOST_QUESTIONS = 50


@dataclass(frozen=True)
class Due:
    """One roadmap, as its member meets it: the difference since they signed last, what they have to sign and answer."""

    roadmap: Roadmap
    side: str
    latest: Baseline | None
    signed: Said | None
    since: Comparison | None
    is_due: bool
    questions: tuple[Comment, ...]

    @property
    def top(self) -> Sequence[Told]:
        """What matters most of what changed."""
        return self.since.told[:MOST] if self.since else ()

    @property
    def more(self) -> int:
        """How many more items differ."""
        return len(self.since.told) - len(self.top) if self.since else 0


def questions_to(user: Any) -> list[Comment]:
    """Return the comments that ask somebody and are not settled, latest first."""
    asked = Comment.objects.filter(mentions=user).unsettled()
    return list(asked.for_table().order_by("-at", "-pk")[:MOST_QUESTIONS])


def home_of(user: Any) -> tuple[list[Due], list[Comment]]:
    """Return what a person's roadmaps ask of them, what is due first, and the questions to them about other ones.

    As many queries for many roadmaps as for one.
    """
    roadmaps = list(Roadmap.objects.of_member(user).for_table())
    keys = {roadmap.pk: roadmap for roadmap in roadmaps}
    asked: dict[int, list[Comment]] = {}
    for question in questions_to(user):
        asked.setdefault(question.roadmap_id, []).append(question)
    elsewhere = [question for key, found in asked.items() if key not in keys for question in found]
    if not roadmaps:
        return [], elsewhere
    sides = {member.roadmap_id: member.get_side_display() for member in Member.objects.filter(user=user)}
    documents = content.documents_of(roadmaps)
    highest = Baseline.objects.filter(roadmap=OuterRef("roadmap")).order_by("-number").values("number")[:1]
    latest = {row.roadmap_id: row for row in Baseline.objects.filter(roadmap__in=keys, number=Subquery(highest))}
    ground = ground_of(keys, list(documents.values()), mine=user.pk)
    rows = []
    for key, roadmap in keys.items():
        said = ground.said[key]
        signed = next((one for one in reversed(said) if one.by == user.pk and one.verdict == Verdict.SIGNED), None)
        newest = latest.get(key)
        since = None
        if signed:
            old = Version(str(signed.number), f"baseline {signed.number}", signed.version, signed.document, signed.at)
            since = compare(roadmap, old, now_of(roadmap, documents[key]), ground)
        due = newest is not None and is_due(newest.document, newest.number, said, user.pk)
        rows.append(Due(roadmap, sides[key], newest, signed, since, due, tuple(asked.get(key, ()))))
    return sorted(rows, key=lambda row: not row.is_due), elsewhere
