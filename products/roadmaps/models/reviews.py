"""Reviews: what a roadmap's two sides looked at together, and what they said and decided."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from portfolio.common.months import today
from portfolio.common.recorded import Recorded, RecordedQuerySet
from products.roadmaps.models.agreement import Baseline
from products.roadmaps.models.roadmaps import OfRoadmap, Roadmap


class ReviewQuerySet(RecordedQuerySet):
    """Reads of reviews."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first; without their agenda, which is long."""
        return self.defer("agenda").select_related("roadmap", "baseline", "recorded_by").order_by("-held_on", "-pk")


class Review(OfRoadmap, Recorded):
    """A review that was held: the agenda that everyone saw, the minutes, and what was decided."""

    roadmap = models.ForeignKey(Roadmap, models.PROTECT, related_name="reviews")
    held_on = models.DateField()
    baseline = models.ForeignKey(
        Baseline, models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        help_text="The latest one there was: what changed is what changed since.",
    )  # fmt: skip
    present = models.TextField(help_text="Who was there, a line each.")
    minutes = models.TextField(help_text="What was said, for those who were not there.")
    decisions = models.JSONField(
        default=list, blank=True, help_text="What was decided: rows of text, who (whose it is) and due_on (or null)."
    )
    agenda = models.JSONField(default=dict, editable=False, help_text="The agenda as it was that day.")

    objects = ReviewQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.UniqueConstraint(
                fields=["roadmap", "held_on"],
                condition=models.Q(retracted_at=None),
                name="review_is_held_once_a_day",
                violation_error_message="This roadmap was reviewed that day already. Correct that review instead.",
            ),
        ]

    def __str__(self) -> str:
        return f"Review of {self.roadmap}, {self.held_on}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("roadmaps:review-detail", args=[self.pk])

    def guard(self) -> None:
        """Refuse a review that has not been held yet."""
        if self.held_on > today():
            raise ValidationError({"held_on": f"{self.held_on} has not come yet. Record a review once it was held."})
