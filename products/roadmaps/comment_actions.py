"""Saying something about a roadmap or a part of it, and settling what was said. The words never change."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from portfolio.common import access
from portfolio.common.errors import Busy, NotAllowed
from portfolio.common.models import User
from products.roadmaps.changes import RoadmapRefused
from products.roadmaps.models import Baseline, Comment, Item, Roadmap

LONGEST = 5_000  #: characters of one comment
A_MINUTE = 20  #: comments that one person may write in a minute
MOST_NAMED = 20  #: people that one comment may ask

#: An @ that begins a word, so that the one inside an e-mail address names nobody; then what an account may be called.
_MENTION = re.compile(r"(?<![\w@.+-])@([\w@.+-]{1,150})")


@dataclass(frozen=True)
class Said:
    """A comment that was made, and the names after an @ that are no account's."""

    comment: Comment
    unknown: tuple[str, ...] = ()


def named_in(text: str) -> list[str]:
    """Return the accounts that a text names with an @, each once; the stop at the end of a sentence is no name's."""
    return list(dict.fromkeys(name.rstrip(".+-@") for name in _MENTION.findall(text) if name.rstrip(".+-@")))


@transaction.atomic
def add_comment(
    roadmap: Roadmap,
    *,
    text: str,
    by: User,
    item: Item | None = None,
    baseline: Baseline | None = None,
    figure: str = "",
    answers: Comment | None = None,
) -> Said:
    """Say something about a roadmap, or about an item, a baseline or a figure of it, or in answer to a comment.

    Whoever is signed in may. An answer is on what the comment is on that it answers, and an answer to an answer is one
    to the first comment. Saying it again adds a second comment.
    """
    words = text.strip()
    if not words:
        raise ValidationError({"text": "Say something: a comment has words."})
    if len(words) > LONGEST:
        raise ValidationError(
            {"text": f"This has {len(words):,} characters; a comment has {LONGEST:,} at most. Shorten it."}
        )
    _check_pace(by)
    if answers is not None:
        answers = answers.answers or answers
        item, baseline, figure = answers.item, answers.baseline, answers.figure
    named = named_in(words)
    if len(named) > MOST_NAMED:
        raise ValidationError(
            {"text": f"It asks {len(named)} people; {MOST_NAMED} are the most. Name whose answer counts."}
        )
    comment = Comment(
        roadmap=roadmap, item=item, baseline=baseline, figure=figure.strip(), answers=answers, text=words, by=by
    )
    comment.full_clean()
    comment.save()
    people = _accounts(named)
    comment.mentions.set(people)
    known = {user.username.lower() for user in people}
    return Said(comment, tuple(name for name in named if name.lower() not in known))


def _accounts(names: Iterable[str]) -> list[User]:
    wanted = {name.lower() for name in names}
    return (
        list(User.objects.annotate(lower=Lower("username")).filter(lower__in=wanted, is_active=True)) if wanted else []
    )


def _check_pace(by: User) -> None:
    since = timezone.now() - timedelta(minutes=1)
    if Comment.objects.filter(by=by, at__gt=since).count() >= A_MINUTE:
        raise Busy(f"You wrote {A_MINUTE} comments within a minute, the most there can be. Go on in a minute.")


def may_settle(user: User, comment: Comment, *, may_edit: bool | None = None) -> bool:
    """Return whether somebody may resolve and reopen a comment: its author, whom it asks, and who edits the roadmap.

    `may_edit` is whether they do, where that is known; it is the same for all comments of a roadmap.
    """
    if comment.by_id == user.pk or any(person.pk == user.pk for person in comment.mentions.all()):
        return True
    return access.may_write(user, comment) if may_edit is None else may_edit


def require_settling(user: User, comment: Comment) -> None:
    """Raise NotAllowed for whoever may not."""
    if not may_settle(user, comment):
        raise NotAllowed(
            "You may not resolve or reopen this comment: whoever wrote it, whom it asks, and whoever may edit the "
            "roadmap may. Answer it instead."
        )


@transaction.atomic
def resolve_comment(comment: Comment, *, by: User) -> Comment:
    """Say that what a comment asks is settled; resolving it again changes nothing."""
    stored = _held(comment, by)
    if stored.resolved_at is None:
        stored.resolved_by, stored.resolved_at = by, timezone.now()
        stored.save(update_fields=["resolved_by", "resolved_at"])
    return stored


@transaction.atomic
def reopen_comment(comment: Comment, *, by: User) -> Comment:
    """Say that it is not settled after all; reopening it again changes nothing."""
    stored = _held(comment, by)
    if stored.resolved_at is not None:
        stored.resolved_by, stored.resolved_at = None, None
        stored.save(update_fields=["resolved_by", "resolved_at"])
    return stored


def _held(comment: Comment, by: User) -> Comment:
    stored = Comment.objects.select_for_update(of=("self",)).select_related("roadmap").get(pk=comment.pk)
    require_settling(by, stored)
    if stored.answers_id is not None:
        raise RoadmapRefused("This is an answer. Resolve or reopen the comment that it answers.")
    return stored
