"""What broke, what it cost customers, and the ways of failing that are known in advance."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import quantity_field, share_field
from portfolio.common.months import last_day, last_month_column, month_column, today
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.staleness import Touch
from products.health.models.estate import OfService, Service
from products.health.models.journeys import Journey

PLACES = Decimal("0.0001")  #: of a quantity


class FailureModeQuerySet(DescribedQuerySet):
    """Reads of failure modes."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("service__product", "service__owner").order_by("service__name", "name", "pk")


class FailureMode(OfService, Described):
    """A way in which a service can fail that is known in advance: what customers would feel, and what to do."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="failure_modes")
    effect = models.TextField(help_text="What customers would feel.")
    detection = models.TextField(blank=True, help_text="How it would be noticed.")
    response = models.TextField(blank=True, help_text="What to do.")

    objects = FailureModeQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address of this failure mode's page."""
        return reverse("health:failure-mode-detail", args=[self.code])


class DrillQuerySet(RecordedQuerySet):
    """Reads of drills."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("failure_mode__service__product", "recorded_by").order_by("-held_on", "-pk")


class Drill(Recorded):
    """That a failure mode was tried on purpose, and whether the response worked."""

    failure_mode = models.ForeignKey(FailureMode, models.PROTECT, related_name="drills")
    held_on = models.DateField()
    has_passed = models.BooleanField("passed", default=True)
    minutes = models.PositiveIntegerField(null=True, blank=True, help_text="Minutes until customers were served again.")
    notes = models.TextField(blank=True, help_text="What was learned.")

    scope_products = ("failure_mode__service__product",)
    scope_teams = ("failure_mode__service__owner",)
    objects = DrillQuerySet.as_manager()

    class Meta(Recorded.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.failure_mode}, drill of {self.held_on}"

    def get_absolute_url(self) -> str:
        """Return the address of this drill."""
        return reverse("health:drill-detail", args=[self.pk])

    def guard(self) -> None:
        """Refuse a day that has not come."""
        if self.held_on > today():
            raise ValidationError({"held_on": f"{self.held_on} has not come yet. Record a drill once it was held."})


class IncidentQuerySet(DescribedQuerySet):
    """Reads of incidents."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("service__product", "service__owner", "failure_mode").order_by("-started_at", "-pk")


class Incident(OfService, Described):
    """A time in which a service did not do what customers count on."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="incidents")
    severity = models.PositiveSmallIntegerField(
        choices=[(1, "1, critical"), (2, "2, major"), (3, "3, minor"), (4, "4, slight")], default=3
    )
    started_at = models.DateTimeField()
    detected_at = models.DateTimeField(null=True, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True, help_text="When customers were served again.")
    cause = models.TextField(blank=True, help_text="What is known of why.")
    is_harmless = models.BooleanField(
        "cost customers nothing", default=False, help_text="Nothing was lost or came late: no impact is waited for."
    )
    failure_mode = models.ForeignKey(
        FailureMode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="incidents",
        help_text="If it was known before.",
    )

    objects = IncidentQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(restored_at=None) | Q(restored_at__gte=F("started_at")),
                name="incident_is_restored_after_it_started",
                violation_error_message="It cannot be restored before it started.",
            ),
            models.CheckConstraint(
                condition=Q(detected_at=None) | Q(detected_at__gte=F("started_at")),
                name="incident_is_detected_after_it_started",
                violation_error_message="It cannot be detected before it started.",
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of this incident's page."""
        return reverse("health:incident-detail", args=[self.code])

    def guard(self) -> None:
        """Refuse a failure mode of another service."""
        if self.failure_mode and self.failure_mode.service_id != self.service_id:
            raise ValidationError(
                {"failure_mode": f"{self.failure_mode} is of {self.failure_mode.service}; choose one of this service."}
            )


class ImpactQuerySet(RecordedQuerySet):
    """Reads of impacts."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related(
            "incident__service__product", "metric__product", "journey__product", "recorded_by"
        ).order_by("-starts", "incident__name", "-pk")


class Impact(Recorded):
    """What an incident cost customers: how many of what a metric counts were lost, or came late, over [starts, ends).

    `counted` subtracts from the metric's month totals, so that a loss is taken off the value once. Where the
    observations are lower by it already, it subtracts nothing, and is the incident's cost all the same.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="impacts")
    metric = models.ForeignKey(
        "value.Metric", models.PROTECT, related_name="impacts", help_text="What was lost, such as completed payments."
    )
    journey = models.ForeignKey(
        Journey,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="impacts",
        help_text="Empty: divided over the journeys that use the service.",
    )
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts: for a single day, the day after.")
    lost = quantity_field(default=Decimal(0), validators=[MinValueValidator(Decimal(0))])
    late = quantity_field(default=Decimal(0), validators=[MinValueValidator(Decimal(0))])
    late_share = share_field(default=Decimal(0), help_text="Part of its worth that is lost where it came late, 0 to 1.")
    is_in_figures = models.BooleanField(
        "in the figures already",
        default=False,
        help_text="The observations are lower by it already, so it does not subtract a second time.",
    )
    note = models.CharField(max_length=300, blank=True, help_text="How it is known.")
    counted = quantity_field(default=Decimal(0), editable=False)
    month = month_column()
    last_month = last_month_column()

    scope_products = ("incident__service__product", "metric__product")
    scope_teams = ("incident__service__owner",)
    objects = ImpactQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("impact", is_open=False),
            models.CheckConstraint(
                condition=Q(lost__gt=0) | Q(late__gt=0),
                name="impact_is_of_something",
                violation_error_message="Say how many were lost or came late.",
            ),
            models.CheckConstraint(
                condition=Q(lost__gte=0, late__gte=0, late_share__gte=0, late_share__lte=1),
                name="impact_is_not_negative",
                violation_error_message="Lost and late are not negative, and the part lost by lateness is 0 to 1.",
            ),
        ]
        indexes = [
            models.Index(fields=["month", "metric"], condition=Q(retracted_at=None), name="impact_month"),
        ]

    def __str__(self) -> str:
        return f"{self.incident}: {self.metric}"

    def get_absolute_url(self) -> str:
        """Return the address of this impact."""
        return reverse("health:impact-detail", args=[self.pk])

    @property
    def quantity(self) -> Decimal:
        """How many were lost, those that came late by the part of their worth that was: lost + late × late share."""
        return (self.lost + self.late * self.late_share).quantize(PLACES, ROUND_HALF_UP)

    def complete(self) -> None:
        """Work out what is taken off the metric's totals: in whole units, so that both databases have the same."""
        self.counted = Decimal(0) if self.is_in_figures else self.quantity

    def guard(self) -> None:
        """Refuse a metric that holds at a moment: only what adds up can be lost one by one."""
        if self.metric.is_level:
            raise ValidationError(
                {"metric": f"{self.metric} is a level. Choose a flow, of which single ones can be lost."}
            )

    def touched(self) -> list[Touch]:
        """An impact changes its metric's product in the months of its days."""
        return [] if self.is_in_figures else [Touch(self.metric.product_id, self.starts, last_day(self.ends))]
