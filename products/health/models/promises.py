"""What was promised of a service: objectives with error budgets, and requirements with evidence that expires."""

from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common.access import Scoped
from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import quantity_field, share_field
from portfolio.common.months import today
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint, refuse_overlap
from products.health.models.estate import OfService, Service


class ObjectiveKind(models.TextChoices):
    """What an objective is about."""

    AVAILABILITY = "availability", "Availability"
    LATENCY = "latency", "Latency"
    FRESHNESS = "freshness", "Freshness"


class ObjectiveQuerySet(DescribedQuerySet):
    """Reads of objectives."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("service__product", "service__owner").order_by("service__name", "name", "pk")


class Objective(OfService, Described):
    """How often a service is to do well, such as 99.9% of requests answered within 300 ms, over a rolling window."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="objectives")
    kind = models.CharField(max_length=12, choices=ObjectiveKind, default=ObjectiveKind.AVAILABILITY)
    target = share_field(help_text="Part that must be good, such as 0.999.")
    window_days = models.PositiveSmallIntegerField("window", default=28, help_text="Days over which it is judged.")
    threshold = quantity_field(
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="For latency: milliseconds within which it counts as good. For freshness: minutes.",
    )
    source = models.CharField(max_length=300, blank=True, help_text="Where good and total are counted.")

    objects = ObjectiveQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(target__gt=0, target__lt=1),
                name="objective_target_is_a_part",
                violation_error_message="A target lies between 0 and 1, such as 0.999. Nothing is good always.",
            ),
            models.CheckConstraint(
                condition=Q(window_days__gte=1, window_days__lte=366),
                name="objective_window_is_possible",
                violation_error_message="A window is 1 to 366 days.",
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of this objective's page."""
        return reverse("health:objective-detail", args=[self.code])


class OfObjective(Scoped):
    """A row of an objective."""

    scope_products = ("objective__service__product",)
    scope_teams = ("objective__service__owner",)


class MeasurementQuerySet(RecordedQuerySet):
    """Reads of measurements."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("objective__service__product", "recorded_by").order_by(
            "-starts", "objective__name", "-pk"
        )


class Measurement(OfObjective, Recorded):
    """How many of all events over [starts, ends) were good."""

    objective = models.ForeignKey(Objective, models.PROTECT, related_name="measurements")
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts: for a single day, the day after.")
    good = models.PositiveBigIntegerField()
    total = models.PositiveBigIntegerField()

    objects = MeasurementQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("measurement", is_open=False),
            models.UniqueConstraint(
                fields=["objective", "starts"],
                condition=Q(retracted_at=None),
                name="measurement_is_known_once",
                violation_error_message="This objective already has a measurement that starts on this day. Correct it.",
            ),
            models.CheckConstraint(
                condition=Q(good__lte=F("total")),
                name="measurement_good_is_a_part",
                violation_error_message="No more can be good than there were in all.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.objective}, {self.starts}: {self.good:,} of {self.total:,}"

    def get_absolute_url(self) -> str:
        """Return the address of this measurement."""
        return reverse("health:measurement-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the objective, so that the same days are not counted twice."""
        Objective.objects.select_for_update(no_key=True).get(pk=self.objective_id)

    def guard(self) -> None:
        """Refuse days that are counted already."""
        refuse_overlap(Measurement.objects.filter(objective=self.objective), self, what=f"{self.objective} is measured")


class BudgetDay(models.Model):
    """What was left of an objective's error budget at the end of a day: worked out by the nightly job."""

    objective = models.ForeignKey(Objective, models.CASCADE, related_name="budget_days")
    day = models.DateField()
    good = models.PositiveBigIntegerField(help_text="In the window that ends with the day.")
    total = models.PositiveBigIntegerField()
    left = models.FloatField(null=True, help_text="Part of the budget that is left; below 0 it is overspent.")
    burn = models.FloatField(null=True, help_text="How fast the last 7 days spent it; 1 is just as fast as allowed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["objective", "day"], name="budgetday_is_kept_once")]

    def __str__(self) -> str:
        return f"{self.objective}, {self.day}"


class RequirementKind(models.TextChoices):
    """What a service must withstand, besides doing its work."""

    AVAILABILITY = "availability", "Availability"
    RECOVERY_TIME = "recovery_time", "Recovery time"
    RECOVERY_POINT = "recovery_point", "Recovery point"
    SECURITY = "security", "Security"
    ACCESSIBILITY = "accessibility", "Accessibility"
    CAPACITY = "capacity", "Capacity"


class RequirementQuerySet(DescribedQuerySet):
    """Reads of requirements."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("service__product", "service__owner").order_by("service__name", "kind", "pk")

    def with_known_evidence(self) -> Self:
        """Return the rows with the evidence that stands now, as `known_evidence`."""
        known = models.Prefetch("evidence", Evidence.objects.known(), to_attr="known_evidence")
        return self.prefetch_related(known)


class Requirement(OfService, Described):
    """What a service must be able to withstand; baselined early, verified with evidence that expires."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="requirements")
    kind = models.CharField(max_length=14, choices=RequirementKind)
    statement = models.TextField(help_text="What must hold, so that it can be tested: restored within 4 hours.")
    baselined_on = models.DateField(null=True, blank=True, help_text="The day it was agreed; empty is a draft.")

    objects = RequirementQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address of this requirement's page."""
        return reverse("health:requirement-detail", args=[self.code])


class EvidenceQuerySet(RecordedQuerySet):
    """Reads of evidence."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("requirement__service__product", "recorded_by").order_by("-verified_on", "-pk")


class Evidence(Recorded):
    """That a requirement was looked at on a day, whether it held, and until when that counts."""

    requirement = models.ForeignKey(Requirement, models.PROTECT, related_name="evidence")
    verified_on = models.DateField(help_text="The day it was looked at.")
    expires_on = models.DateField(help_text="The first day on which it no longer counts.")
    has_passed = models.BooleanField("passed", default=True)
    source = models.CharField(max_length=300, help_text="Where it can be looked up: a test run, a report.")

    scope_products = ("requirement__service__product",)
    scope_teams = ("requirement__service__owner",)
    objects = EvidenceQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name_plural = "evidence"
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=Q(verified_on__lt=F("expires_on")),
                name="evidence_expires_later",
                violation_error_message="Evidence expires after the day on which it was found.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement}, {self.verified_on}: {'passed' if self.has_passed else 'failed'}"

    def get_absolute_url(self) -> str:
        """Return the address of this evidence."""
        return reverse("health:evidence-detail", args=[self.pk])

    def guard(self) -> None:
        """Refuse a day that has not come."""
        if self.verified_on > today():
            raise ValidationError({"verified_on": f"{self.verified_on} has not come yet. Give the day of the test."})
