"""Baselines, and what each side said to them."""

from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from products.roadmaps.models.roadmaps import OfRoadmap, Roadmap, Side


class BaselineQuerySet(models.QuerySet):
    """Reads of baselines."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first; without their content, which is long."""
        signed = models.Prefetch("sign_offs", SignOff.objects.select_related("by"))
        return (
            self.defer("content").select_related("roadmap", "made_by").prefetch_related(signed).order_by("-at", "-pk")
        )


class Baseline(OfRoadmap, models.Model):
    """A roadmap as it was at one moment, frozen: what is signed. It never changes; the hash says so."""

    roadmap = models.ForeignKey(Roadmap, models.PROTECT, related_name="baselines")
    number = models.PositiveIntegerField(editable=False, help_text="1 for the roadmap's first one.")
    name = models.CharField(max_length=120, blank=True, help_text="What it is known by, such as Autumn 2016.")
    why = models.CharField(max_length=500, blank=True, help_text="What it is taken for.")
    version = models.PositiveIntegerField(editable=False, help_text="The version of the roadmap that it froze.")
    content = models.TextField(editable=False, help_text="The roadmap as canonical JSON.")
    content_hash = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the content.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BaselineQuerySet.as_manager()

    class Meta:
        ordering = ["roadmap", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "number"],
                name="baseline_has_its_own_number",
                violation_error_message="Somebody else's baseline came first. Reload the roadmap and look again.",
            ),
        ]

    def __str__(self) -> str:
        return f"Baseline {self.number}" + (f", {self.name}" if self.name else "")

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("roadmaps:baseline-detail", args=[self.pk])

    @cached_property
    def document(self) -> dict[str, Any]:
        """The roadmap that it froze, as `content.py` describes it."""
        from products.roadmaps import content

        return content.read(self.content)


class Verdict(models.TextChoices):
    """What somebody said to a baseline."""

    SIGNED = "signed", "Signed"
    DECLINED = "declined", "Declined"


class SignOffQuerySet(models.QuerySet):
    """Reads of what was said to baselines."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first; without what the baselines froze."""
        rows = self.select_related("baseline__roadmap", "by").defer("baseline__content")
        return rows.order_by("-at", "-pk")

    def to_read(self) -> Self:
        """Return the rows with what `agreement.said_of` reads of them."""
        # A baseline is long, and was signed by several: it is read once.
        return self.select_related("by").prefetch_related("baseline")


class SignOff(OfRoadmap, models.Model):
    """What one member said to one baseline: signed, perhaps with a comment, or declined with a reason. For good."""

    baseline = models.ForeignKey(Baseline, models.PROTECT, related_name="sign_offs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="sign_offs")
    side = models.CharField(max_length=10, choices=Side, editable=False)
    verdict = models.CharField(max_length=8, choices=Verdict)
    comment = models.TextField(blank=True, help_text="A comment; where it is declined, the reason.")
    about = models.JSONField(
        default=list, blank=True, help_text="Codes of the items that are declined; none is the whole baseline."
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    scope_roadmap = "baseline__roadmap"
    objects = SignOffQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict="declined") | ~Q(comment=""),
                name="signoff_declines_with_a_reason",
                violation_error_message="Say why you decline: the owner has to know what to change.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.get_verdict_display().lower()} {self.baseline}"
