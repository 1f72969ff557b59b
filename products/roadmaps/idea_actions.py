"""Ideas: anyone proposes and supports them; whoever may change the roadmap answers, with a reason that all can read."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portfolio.common import access
from portfolio.common.errors import NotAllowed
from portfolio.common.models import User
from products.roadmaps.changes import RoadmapRefused
from products.roadmaps.models import Idea, IdeaEvent, IdeaStatus, Item, Support


@transaction.atomic
def propose_idea(idea: Idea, *, by: User) -> Idea:
    """Propose something for a roadmap. Whoever is signed in may; proposing it again makes another idea."""
    if not access.may_add(by, Idea):
        raise NotAllowed("Sign in to propose an idea.")
    idea.by = by
    idea.full_clean()
    idea.save()
    return idea


@transaction.atomic
def support_idea(idea: Idea, *, by: User) -> Idea:
    """Stand behind somebody else's idea; a second time changes nothing."""
    locked = _lock(idea)
    if not access.may_add(by, Idea):
        raise NotAllowed("Sign in to support an idea.")
    if locked.by_id == by.pk:
        raise RoadmapRefused("It is your own idea: you stand behind it already.")
    if locked.status != IdeaStatus.OPEN:
        raise RoadmapRefused(f"This idea is {locked.get_status_display().lower()} already. Support one that is open.")
    Support.objects.get_or_create(idea=locked, by=by)
    return locked


@transaction.atomic
def unsupport_idea(idea: Idea, *, by: User) -> Idea:
    """Stand behind an idea no longer; a second time changes nothing."""
    locked = _lock(idea)
    Support.objects.filter(idea=locked, by=by).delete()
    return locked


@transaction.atomic
def accept_idea(idea: Idea, *, reason: str, by: User | None, item: Item | None = None) -> Idea:
    """Say yes to an open idea, with the item of its roadmap that it became, if there is one yet."""
    return _decide(idea, IdeaStatus.ACCEPTED, reason=reason, by=by, item=item)


@transaction.atomic
def merge_idea(idea: Idea, *, reason: str, by: User | None, into: Idea | None = None, item: Item | None = None) -> Idea:
    """Say that an open idea goes on in another idea of its roadmap, or in an item: in one of the two."""
    if (into is None) == (item is None):
        raise ValidationError({"into": "Choose what it is merged into: one other idea, or one item."})
    if into is not None:
        if into.pk == idea.pk:
            raise ValidationError({"into": "An idea cannot be merged into itself. Choose another one."})
        into = _lock(into)
        if into.roadmap_id != idea.roadmap_id:
            raise ValidationError({"into": f"{into} was proposed for another roadmap. Choose one of {idea.roadmap}."})
        if into.status not in (IdeaStatus.OPEN, IdeaStatus.ACCEPTED):
            raise ValidationError(
                {"into": f"{into} is {into.get_status_display().lower()} itself. Choose one that is open or accepted."}
            )
    return _decide(idea, IdeaStatus.MERGED, reason=reason, by=by, item=item, into=into)


@transaction.atomic
def decline_idea(idea: Idea, *, reason: str, by: User | None) -> Idea:
    """Say no to an open idea, with the reason."""
    return _decide(idea, IdeaStatus.DECLINED, reason=reason, by=by)


@transaction.atomic
def reopen_idea(idea: Idea, *, reason: str, by: User | None) -> Idea:
    """Open a decided idea again; what was decided before stays readable in its events."""
    locked = _lock(idea)
    if by is not None:
        access.require(by, locked)
    if locked.status == IdeaStatus.OPEN:
        raise RoadmapRefused("This idea is open: it waits for an answer.")
    _check_reason(reason)
    locked.status, locked.reason, locked.item, locked.merged_into = IdeaStatus.OPEN, "", None, None
    locked.decided_by, locked.decided_at = None, None
    locked.save()
    IdeaEvent.objects.create(idea=locked, status=IdeaStatus.OPEN, reason=reason.strip(), by=by)
    return locked


def _lock(idea: Idea) -> Idea:
    return Idea.objects.select_for_update().get(pk=idea.pk)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": "Say why: whoever had the idea will read it."})


def _decide(
    idea: Idea,
    status: IdeaStatus,
    *,
    reason: str,
    by: User | None,
    item: Item | None = None,
    into: Idea | None = None,
) -> Idea:
    locked = _lock(idea)
    if by is not None:
        access.require(by, locked)
    if locked.status != IdeaStatus.OPEN:
        raise RoadmapRefused(
            f"This idea is {locked.get_status_display().lower()} already: {locked.reason} Open it again first."
        )
    _check_reason(reason)
    if item is not None and item.roadmap_id != locked.roadmap_id:
        raise ValidationError({"item": f"{item} is on another roadmap. Choose an item of {locked.roadmap}."})
    locked.status, locked.reason, locked.item, locked.merged_into = status, reason.strip(), item, into
    locked.decided_by, locked.decided_at = by, timezone.now()
    locked.full_clean()
    locked.save()
    IdeaEvent.objects.create(
        idea=locked, status=status, reason=locked.reason, item=item, merged_into=into, by=by, at=locked.decided_at
    )
    return locked
