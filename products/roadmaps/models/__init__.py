"""What is kept of roadmaps, one subject a file."""

from products.roadmaps.models.agreement import Baseline, SignOff, Verdict
from products.roadmaps.models.calendars import CalendarLink
from products.roadmaps.models.interests import Interest
from products.roadmaps.models.items import Dependency, Horizon, Item, ItemKind, State
from products.roadmaps.models.results import Experiment
from products.roadmaps.models.reviews import Review
from products.roadmaps.models.roadmaps import Change, ChangeKind, Member, OfRoadmap, Roadmap, Side
from products.roadmaps.models.talk import Comment, Idea, IdeaEvent, IdeaStatus, Support

__all__ = [
    "Baseline",
    "CalendarLink",
    "Change",
    "ChangeKind",
    "Comment",
    "Dependency",
    "Experiment",
    "Horizon",
    "Idea",
    "IdeaEvent",
    "IdeaStatus",
    "Interest",
    "Item",
    "ItemKind",
    "Member",
    "OfRoadmap",
    "Review",
    "Roadmap",
    "Side",
    "SignOff",
    "State",
    "Support",
    "Verdict",
]
