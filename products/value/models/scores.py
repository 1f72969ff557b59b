"""Scores: what customers answered when they were asked, with how many they were."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common import formats
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from products.value.models.metrics import Metric, Observation


class ScoreQuerySet(RecordedQuerySet):
    """Reads of scores."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("metric__product", "recorded_by").order_by("-starts", "metric__name", "-pk")


class Score(Recorded):
    """What some customers answered in [starts, ends): a mean of 1 to 5 with its deviation, or how many completed.

    Its value stands in the figures as an observation of the metric, which is recorded and corrected with it.
    """

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="scores")
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts.")
    answers = models.PositiveIntegerField(help_text="How many customers answered.")
    mean = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True, help_text="Of 1 to 5.")
    deviation = models.DecimalField(
        "standard deviation", max_digits=7, decimal_places=4, null=True, blank=True, help_text="Of the answers."
    )
    completed = models.PositiveIntegerField(null=True, blank=True, help_text="How many did what they came for.")
    source = models.CharField(max_length=300, help_text="Where it can be looked up.")
    observation = models.OneToOneField(
        Observation, models.PROTECT, null=True, blank=True, editable=False, related_name="score"
    )

    scope_products = ("metric__product",)
    objects = ScoreQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("score", is_open=False),
            models.UniqueConstraint(
                fields=["metric", "starts"],
                condition=Q(retracted_at=None),
                name="score_is_known_once",
                violation_error_message="This metric already has a score that starts on this day. Correct that one.",
            ),
            models.CheckConstraint(
                condition=Q(answers__gte=1),
                name="score_has_answers",
                violation_error_message="A score takes at least one answer.",
            ),
            models.CheckConstraint(
                condition=Q(mean__gte=1, mean__lte=5, deviation__gte=0, deviation__lte=4, completed=None)
                | Q(mean=None, deviation=None, completed__gte=0, completed__lte=F("answers")),
                name="score_is_a_mean_or_a_count",
                violation_error_message="Give either the mean (1 to 5) and the standard deviation (0 to 4), or how "
                "many completed, at most as many as answered.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric}, {formats.period(self.starts, self.ends)}: {self.answers} answers"

    def get_absolute_url(self) -> str:
        """Return the address of this score's page."""
        return reverse("value:score-detail", args=[self.pk])
