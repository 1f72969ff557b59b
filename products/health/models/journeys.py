"""What customers go through: journeys over the services of several products, step by step."""

from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common.access import Scoped
from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import share_field
from portfolio.common.months import add_months, today
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint, refuse_overlap
from products.health.models.estate import ENDS, Process, Service, of_one_product


def _part(**options) -> models.DecimalField:
    return share_field(null=True, blank=True, **options)


class JourneyQuerySet(DescribedQuerySet):
    """Reads of journeys."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product", "process", "metric").order_by("product__name", "name", "pk")


class Journey(Described):
    """What a customer does from beginning to end to get what they came for; its budgets are set before its steps'."""

    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="journeys")
    process = models.ForeignKey(Process, models.PROTECT, null=True, blank=True, related_name="journeys")
    purpose = models.TextField(blank=True, help_text="What the customer came for, in a sentence.")
    availability = _part(help_text="Part of the time it must work from end to end, such as 0.995.")
    response_ms = models.PositiveIntegerField(
        "response time", null=True, blank=True, help_text="Milliseconds that all of its steps may take together."
    )
    metric = models.ForeignKey(
        "value.Metric",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="journeys",
        help_text="What is counted when it is completed; its worth weighs what is lost on the way.",
    )

    scope_products = ("product",)
    objects = JourneyQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(availability=None) | Q(availability__gt=0, availability__lt=1),
                name="journey_availability_is_a_part",
                violation_error_message="An availability lies between 0 and 1, such as 0.995.",
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of this journey's page."""
        return reverse("health:journey-detail", args=[self.code])

    def guard(self) -> None:
        """Refuse a metric of another product."""
        of_one_product(self, "metric", self.product_id)


class OfJourney(Scoped):
    """A row of a journey: a role over the journey's product covers it."""

    scope_products = ("journey__product",)


class StepQuerySet(RecordedQuerySet):
    """Reads of steps."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, in the order of the journey."""
        return self.select_related("journey__product", "service__product", "service__owner", "recorded_by").order_by(
            "journey__name", "journey", "position", "starts", "pk"
        )


class Step(OfJourney, Recorded):
    """A step of a journey over [starts, ends), done by one service."""

    journey = models.ForeignKey(Journey, models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)], help_text="1 is the first step.")
    name = models.CharField(max_length=120, help_text="What the customer does, such as pay.")
    service = models.ForeignKey(Service, models.PROTECT, related_name="steps")
    availability = _part(help_text="Part of the time this step must work; empty: not given a part of the budget yet.")
    response_ms = models.PositiveIntegerField(
        "response time", null=True, blank=True, help_text="Milliseconds it may take."
    )
    is_fixed = models.BooleanField(
        "set by hand", default=False, help_text="Kept as it is where the journey's budget is divided."
    )
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text=ENDS)

    objects = StepQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("step"),
            models.CheckConstraint(
                condition=Q(availability=None) | Q(availability__gt=0, availability__lt=1),
                name="step_availability_is_a_part",
                violation_error_message="An availability lies between 0 and 1, such as 0.999.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journey}, step {self.position}: {self.name}"

    def get_absolute_url(self) -> str:
        """Return the address of this step."""
        return reverse("health:step-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the journey, so that two steps do not take one place."""
        Journey.objects.select_for_update(no_key=True).get(pk=self.journey_id)

    def guard(self) -> None:
        """Refuse two steps at one place on the same days."""
        refuse_overlap(
            Step.objects.filter(journey=self.journey, position=self.position),
            self,
            what=f"{self.journey} has a step {self.position}",
        )


class PassageQuerySet(RecordedQuerySet):
    """Reads of passages."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("journey__product", "recorded_by").order_by(
            "-month", "journey__name", "journey", "position", "-pk"
        )


class Passage(OfJourney, Recorded):
    """How many entered a step of a journey in a month, and how many completed it.

    The step is told by its place: a step whose budget is corrected is another row, and who passed it has not changed.
    """

    journey = models.ForeignKey(Journey, models.PROTECT, related_name="passages")
    position = models.PositiveSmallIntegerField(
        "step", validators=[MinValueValidator(1)], help_text="1 is the first step."
    )
    month = models.DateField(help_text="The first day of the month.")
    entered = models.PositiveBigIntegerField()
    completed = models.PositiveBigIntegerField()

    objects = PassageQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.UniqueConstraint(
                fields=["journey", "position", "month"],
                condition=Q(retracted_at=None),
                name="passage_is_known_once",
                violation_error_message="This step already has a count for this month. Correct that one instead.",
            ),
            models.CheckConstraint(
                condition=Q(completed__lte=F("entered")),
                name="passage_completed_is_a_part",
                violation_error_message="No more can complete a step than entered it.",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="passage_is_of_a_month",
                violation_error_message="Give the first day of the month.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journey}, step {self.position}, {self.month:%Y-%m}: {self.completed:,} of {self.entered:,}"

    def get_absolute_url(self) -> str:
        """Return the address of this passage."""
        return reverse("health:passage-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the journey, so that a month is not counted twice."""
        Journey.objects.select_for_update(no_key=True).get(pk=self.journey_id)

    def guard(self) -> None:
        """Refuse a place at which the journey has no step in the month, and a month that has not begun."""
        if self.month > today():
            raise ValidationError({"month": f"{self.month:%Y-%m} has not begun. Count those who passed once it has."})
        steps = Step.objects.known().during(self.month, add_months(self.month, 1)).filter(journey=self.journey)
        if not steps.filter(position=self.position).exists():
            raise ValidationError(
                {
                    "position": f"{self.journey} has no step {self.position} in {self.month:%Y-%m}. Add that step, or "
                    "choose one that it has."
                }
            )
