"""What people say about roadmaps: comments, and ideas that are weighed in the open."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from products.roadmaps.models.agreement import Baseline
from products.roadmaps.models.items import Item
from products.roadmaps.models.roadmaps import OfRoadmap, Roadmap

#: What is not settled; an answer is as settled as the comment that it answers.
UNSETTLED = Q(resolved_at=None) & (Q(answers=None) | Q(answers__resolved_at=None))


class CommentQuerySet(models.QuerySet):
    """Reads of comments."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def unsettled(self) -> Self:
        """Return the comments that wait for somebody."""
        return self.filter(UNSETTLED)

    def for_table(self) -> Self:
        """Return the rows with what a list of them shows, oldest first."""
        return (
            self.select_related("roadmap", "item", "baseline", "by", "resolved_by")
            .prefetch_related("mentions")
            .order_by("at", "pk")
        )


class Comment(OfRoadmap, models.Model):
    """What somebody said about a roadmap, or about one item, baseline or figure of it. The words never change.

    `figure` names a figure of the review's agenda, such as value-per-dollar:vehicle-tax.
    """

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="comments")
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="comments")
    baseline = models.ForeignKey(Baseline, models.CASCADE, null=True, blank=True, related_name="comments")
    figure = models.CharField(max_length=120, blank=True)
    answers = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="answered_by")
    text = models.TextField(help_text="Name people with @ and their account, such as @partner, to ask them.")
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, editable=False, related_name="mentioned_in")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(item=None, figure="") | Q(baseline=None, figure="") | Q(item=None, baseline=None),
                name="comment_is_on_one_thing",
                violation_error_message="A comment is on one thing: an item, a baseline or a figure, or on none of "
                "these for the roadmap as a whole.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.text[:60]}"

    def get_absolute_url(self) -> str:
        """Return the address at which it is read: that of what it is on."""
        about = self.item or self.baseline or self.roadmap
        return f"{about.get_absolute_url()}#comment-{self.pk}"

    def clean(self) -> None:
        """Refuse what belongs to another roadmap."""
        super().clean()
        wrong = {
            name: f"{row} belongs to another roadmap, not to {self.roadmap}."
            for name in ("item", "baseline", "answers")
            if (row := getattr(self, name)) is not None and row.roadmap_id != self.roadmap_id
        }
        if wrong:
            raise ValidationError(wrong)


class IdeaStatus(models.TextChoices):
    """What became of an idea."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    MERGED = "merged", "Merged"
    DECLINED = "declined", "Declined"


class IdeaQuerySet(models.QuerySet):
    """Reads of ideas."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first; `support_count` people stand behind each."""
        return (
            self.select_related("roadmap", "by", "decided_by", "item", "insight", "merged_into")
            .annotate(support_count=Count("supports"))
            .order_by("-at", "-pk")
        )

    def waiting(self, known: datetime | None = None) -> Self:
        """Return the ideas that waited for an answer at a moment, now; those that most people support first."""
        supports = Count("supports")
        if known is None:
            found = self.filter(status=IdeaStatus.OPEN)
        else:
            before = IdeaEvent.objects.filter(idea=OuterRef("pk"), at__lte=known).order_by("-at", "-pk")
            found = self.filter(at__lte=known).annotate(
                was=Coalesce(Subquery(before.values("status")[:1]), models.Value(str(IdeaStatus.OPEN)))
            )
            found = found.filter(was=IdeaStatus.OPEN)
            supports = Count("supports", filter=Q(supports__at__lte=known))
        return found.select_related("by").annotate(support_count=supports).order_by("-support_count", "at", "pk")


class Idea(OfRoadmap, models.Model):
    """What somebody proposes for a roadmap; it is accepted, merged or declined, with a reason that all can read."""

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="ideas")
    name = models.CharField(max_length=200, help_text="What is proposed, in a few words.")
    text = models.TextField(help_text="Which customers it would help, and how.")
    insight = models.ForeignKey(
        "catalog.Insight", models.PROTECT, null=True, blank=True, related_name="ideas",
        help_text="What a customer said or did that it comes from, if any.",
    )  # fmt: skip
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="ideas")
    at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=8, choices=IdeaStatus, default=IdeaStatus.OPEN, editable=False)
    reason = models.TextField(blank=True, editable=False)
    item = models.ForeignKey(
        Item, models.PROTECT, null=True, blank=True, editable=False, related_name="ideas",
        help_text="The item that it became, or that it was merged into.",
    )  # fmt: skip
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = IdeaQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | Q(decided_at__isnull=False) & ~Q(reason=""),
                name="idea_is_decided_with_a_reason",
                violation_error_message="Say why: whoever had the idea will read it.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")),
                name="idea_is_not_merged_into_itself",
                violation_error_message="An idea cannot be merged into itself.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("roadmaps:idea-detail", args=[self.pk])


class Support(models.Model):
    """Somebody else wants an idea, too."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="supports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["idea", "by"],
                name="support_is_given_once",
                violation_error_message="You support this idea already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} supports {self.idea}"


class IdeaEvent(models.Model):
    """What became of an idea, one row each time it was decided or opened again. Never edited or removed."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="events")
    status = models.CharField(max_length=8, choices=IdeaStatus, help_text="What it was from then on.")
    reason = models.TextField()
    item = models.ForeignKey(Item, models.PROTECT, null=True, blank=True, related_name="+")
    merged_into = models.ForeignKey(Idea, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="ideaevent_says_why",
                violation_error_message="Say why: whoever had the idea will read it.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.idea}: {self.what}"

    @property
    def what(self) -> str:
        """What was done, in a word or two."""
        return "Opened again" if self.status == IdeaStatus.OPEN else self.get_status_display()
