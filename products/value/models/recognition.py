"""What teams are recognised for: outcomes that business and technology share, and metrics that passed their target."""

from typing import Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from portfolio.common import formats
from portfolio.common.money import quantity_field
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint, refuse_overlap
from products.value.models.metrics import Metric


class SharedOutcomeQuerySet(RecordedQuerySet):
    """Reads of shared outcomes."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("team", "metric__product", "recorded_by").order_by(
            "team__name", "metric__name", "starts", "pk"
        )


class SharedOutcome(Recorded):
    """A metric for which the business and technology people of a team are recognised together, over [starts, ends)."""

    team = models.ForeignKey("teams.Team", models.PROTECT, related_name="shared_outcomes")
    metric = models.ForeignKey(Metric, models.PROTECT, related_name="shared_by")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    scope_teams = ("team",)
    objects = SharedOutcomeQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [*Recorded.Meta.constraints, interval_constraint("sharedoutcome")]

    def __str__(self) -> str:
        return f"{self.team}: {self.metric}"

    def get_absolute_url(self) -> str:
        """Return the address of this shared outcome."""
        return reverse("value:shared-outcome-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the team, so that the same outcome is not agreed twice."""
        type(self.team).objects.select_for_update().get(pk=self.team_id)

    def guard(self) -> None:
        """Refuse the same outcome twice on the same days."""
        refuse_overlap(
            SharedOutcome.objects.filter(team=self.team, metric=self.metric),
            self,
            what=f"{self.team} shares {self.metric}",
        )


class CelebrationQuerySet(models.QuerySet):
    """Reads of celebrations."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first; two queries more for teams and people."""
        rows = self.select_related("metric__product").prefetch_related("teams", "people")
        return rows.order_by("-observed_on", "-pk")


class Celebration(models.Model):
    """A metric passed its target: found by the system on the day, with the people who were on it then."""

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="celebrations")
    target = quantity_field()
    value = quantity_field()
    observed_on = models.DateField()
    celebrated_at = models.DateTimeField(default=timezone.now)
    teams = models.ManyToManyField("teams.Team", related_name="celebrations")
    people = models.ManyToManyField("teams.Person", related_name="celebrations")

    objects = CelebrationQuerySet.as_manager()

    class Meta:
        ordering = ["-observed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "target"], name="celebration_is_made_once"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} passed {formats.quantity(self.target)} {self.metric.unit}"
