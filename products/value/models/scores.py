"""Scores: what customers answered when they were asked, with how many they were."""

from decimal import Decimal
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common import formats
from portfolio.common.months import last_day, today
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.engine.errors import EngineError
from portfolio.engine.scores import mean_interval, share_interval
from products.value.models.metrics import Asks, Metric, Observation

PLACES = Decimal("0.0001")  #: that a value and the ends of its interval have


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

    @property
    def is_share(self) -> bool:
        """Whether it says how many of those asked completed what they came for; else it is a mean of answers."""
        return self.completed is not None

    @property
    def last_day(self) -> Any:
        """The day on which it stands in the figures: the last of those it is about."""
        return last_day(self.ends)

    @property
    def value(self) -> Decimal:
        """The mean of 1 to 5; of completion, how many of a hundred."""
        if self.completed is not None:
            return (Decimal(100) * self.completed / self.answers).quantize(PLACES)
        return self.mean if self.mean is not None else Decimal(0)

    def interval(self) -> tuple[Decimal, Decimal] | None:
        """Return the 90% interval of the value, as `portfolio.engine.scores` has it; None of a single answer."""
        if self.completed is not None:
            found, scale = share_interval(self.completed, self.answers), 100
        else:
            found, scale = mean_interval(float(self.mean or 0), float(self.deviation or 0), self.answers), 1
        return None if found is None else (_exact(found[0] * scale), _exact(found[1] * scale))

    @property
    def value_text(self) -> str:
        """The value as pages show it."""
        return f"{self.value:.1f}%" if self.is_share else f"{self.value:.2f}"

    @property
    def interval_text(self) -> str:
        """The interval as pages show it, or why there is none."""
        ends = self.interval()
        if ends is None:
            return "none: one answer"
        low, high = ends
        return f"{low:.1f}% to {high:.1f}%" if self.is_share else f"{low:.2f} to {high:.2f}"

    @property
    def scale_text(self) -> str:
        """What the value is of."""
        return "of those who answered" if self.is_share else "of 1 to 5"

    @property
    def method_text(self) -> str:
        """How the interval was come by."""
        if self.answers == 1:
            return "A single answer does not say how others differ"
        return "Wilson's score interval" if self.is_share else "Student's t, within the scale"

    def complete(self) -> None:
        """Take a single answer's deviation for granted: there is none."""
        if self.answers == 1 and self.mean is not None and self.deviation is None:
            self.deviation = Decimal(0)

    def require_answers(self) -> None:
        """Refuse answers that no customers can have given, or to another question than the metric asks."""
        asks = self.metric.asks
        if not asks:
            raise ValidationError(
                {"metric": f"{self.metric} is no score. Say in the metric what it asks, or record an observation."}
            )
        self.complete()
        if asks == Asks.COMPLETION:
            if self.completed is None or self.mean is not None or self.deviation is not None:
                raise ValidationError(
                    {"completed": "Say how many completed, and leave mean and deviation empty: it is a share."}
                )
        elif self.mean is None or self.deviation is None or self.completed is not None:
            raise ValidationError(
                {"mean": "Give the mean and the standard deviation, and leave empty how many completed."}
            )
        if not self.answers:
            raise ValidationError({"answers": "A score takes at least one answer."})
        try:
            self.interval()
        except EngineError as error:
            raise ValidationError({"completed" if asks == Asks.COMPLETION else "deviation": str(error)}) from error

    def lock(self) -> None:
        """Hold the metric, so that what it asks does not change meanwhile."""
        Metric.objects.select_for_update(no_key=True).get(pk=self.metric_id)

    def guard(self) -> None:
        """Refuse days that have not come, and answers that nobody can have given."""
        if self.last_day > today():
            raise ValidationError(
                {"ends": f"{self.last_day} has not come yet. Give the days on which customers were asked."}
            )
        self.require_answers()


def _exact(number: float) -> Decimal:
    return Decimal(number).quantize(PLACES)
