"""Metrics, observations, valuations with their evidence, and confirmations."""

from datetime import date
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import currency_field, quantity_field
from portfolio.common.months import during, last_day, last_month_column, month_column
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.staleness import Touch


class Behaviour(models.TextChoices):
    """How a metric's values add up."""

    FLOW = "flow", "Flow: adds up over a month"
    LEVEL = "level", "Level: holds at a moment"


class FeltBy(models.TextChoices):
    """Who feels a metric."""

    CUSTOMER = "customer", "Customer"
    BUSINESS = "business", "Business"


class MetricQuerySet(DescribedQuerySet):
    """Reads of metrics."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product")


class Metric(Described):
    """Something a customer, or the business, feels: a flow such as completed renewals, a level such as satisfaction."""

    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="metrics")
    behaviour = models.CharField(max_length=5, choices=Behaviour)
    unit = models.CharField(max_length=60, help_text="What is counted or measured, such as renewals or points of 100.")
    cadence_days = models.PositiveIntegerField(
        default=31, help_text="How many days may pass between observations before it is overdue."
    )
    is_higher_better = models.BooleanField("higher is better", default=True)
    target = quantity_field(null=True, blank=True)
    felt_by = models.CharField(max_length=8, choices=FeltBy, default=FeltBy.CUSTOMER)
    unvalued_reason = models.CharField(
        max_length=300, blank=True, help_text="Why no worth is put on it, where that is a choice."
    )

    scope_products = ("product",)
    objects = MetricQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(cadence_days__gt=0),
                name="metric_cadence_is_positive",
                violation_error_message="The cadence is at least one day.",
            ),
        ]

    def guard(self) -> None:
        """Refuse to change what already recorded figures mean."""
        if not self.pk:
            return
        old = Metric.objects.get(pk=self.pk)
        if not self.observations.exists() and not self.valuations.exists():
            return
        for name, label in (
            ("product_id", "product"),
            ("behaviour", "behaviour"),
            ("unit", "unit"),
            ("is_higher_better", "direction"),
        ):
            if getattr(old, name) != getattr(self, name):
                raise ValidationError(
                    f"The {label} of {self.code} cannot change any more: its observations and valuations would "
                    "mean something else. Add a new metric instead."
                )

    def touched(self) -> list[Touch]:
        """A changed cadence changes how far the ranges are widened, from the first observation on."""
        first = self.observations.known().order_by("starts").values_list("starts", flat=True).first()
        return [Touch(self.product_id, first)] if first else []


class ObservationQuerySet(RecordedQuerySet):
    """Reads of observations."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("metric__product", "recorded_by").order_by("-starts", "-id")


class Observation(Recorded):
    """A metric's value: of a flow, how much there was in [starts, ends); of a level, what it was on `starts`."""

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="observations")
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts: for a single day, the day after.")
    value = quantity_field()
    source = models.CharField(max_length=300, blank=True, help_text="Where the value can be looked up.")
    month = month_column()
    last_month = last_month_column()

    scope_products = ("metric__product",)
    objects = ObservationQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("observation", is_open=False),
            models.UniqueConstraint(
                fields=["metric", "starts"],
                condition=Q(retracted_at=None),
                name="observation_is_known_once",
                violation_error_message="This metric already has an observation that starts on this day. Correct "
                "that one instead.",
            ),
        ]
        indexes = [
            # The roll-up of a month reads the month's own facts, and the few that span months.
            models.Index(fields=["month", "metric"], condition=Q(retracted_at=None), name="observation_month"),
            models.Index(
                fields=["last_month", "month"],
                condition=Q(retracted_at=None, last_month__gt=F("month")),
                name="observation_spanning",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric}: {self.value} from {self.starts}"

    def lock(self) -> None:
        """Hold the metric, so that two observations cannot both take the same days."""
        Metric.objects.select_for_update().get(pk=self.metric_id)

    def guard(self) -> None:
        """Refuse a flow that is counted twice, and a level that is given for more than a day."""
        if self.metric.behaviour == Behaviour.LEVEL:
            if (self.ends - self.starts).days != 1:
                raise ValidationError(
                    {"ends": "A level holds at a moment: give one day (the end is the day after) and it carries on."}
                )
            return
        known = self.metric.observations.known().order_by("starts")
        clash = known.filter(starts__lt=self.ends, ends__gt=self.starts).first()
        if clash:
            raise self.clash_with(clash)

    def clash_with(self, other: "Observation") -> ValidationError:
        """Return the refusal of days that another observation of the same flow already counts."""
        return ValidationError(
            {
                "starts": f"{self.metric.code} already has {other.value.normalize():f} for {other.starts} to "
                f"{last_day(other.ends)}. The same days cannot count twice: correct that one, or choose other days."
            }
        )

    def touched(self) -> list[Touch]:
        """An observation changes its own months, and those after it until the next one is due or made."""
        following = (
            self.metric.observations.known()
            .filter(starts__gt=self.starts)
            .order_by("starts")
            .values_list("starts", flat=True)
            .first()
        )
        return [
            Touch(
                self.metric.product_id,
                self.starts,
                max(following, last_day(self.ends)) if following else None,
            )
        ]


class Evidence(models.TextChoices):
    """How well a worth is known, best first."""

    MEASURED = "measured", "Measured"
    ESTIMATED = "estimated", "Estimated"
    ASSERTED = "asserted", "Asserted"


class ValuationQuerySet(RecordedQuerySet):
    """Reads of valuations."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return (
            self.select_related("metric__product", "recorded_by")
            .prefetch_related("confirmations__recorded_by")
            .order_by("metric__code", "starts")
        )


class Valuation(Recorded):
    """What one unit of a metric is worth over the days [starts, ends), as a 90 % range with its evidence.

    Of a level, it is what one unit above `baseline` is worth for a month.
    """

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="valuations")
    low = models.DecimalField(max_digits=20, decimal_places=6, help_text="One time in twenty it is worth less.")
    high = models.DecimalField(max_digits=20, decimal_places=6, help_text="One time in twenty it is worth more.")
    currency = currency_field()
    baseline = quantity_field(
        null=True, blank=True, help_text="For a level: the value from which it is worth something."
    )
    evidence = models.CharField(max_length=9, choices=Evidence)
    asserted_by = models.CharField(max_length=200, help_text="Who says so.")
    source = models.CharField(max_length=500, help_text="What it rests on: a study, a publication, a judgement.")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    scope_products = ("metric__product",)
    objects = ValuationQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("valuation"),
            models.CheckConstraint(
                condition=Q(low__lte=F("high")),
                name="valuation_low_is_not_above_high",
                violation_error_message="The low end of the range must not be above the high end.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric.code}: {self.low.normalize():f} to {self.high.normalize():f} {self.currency}"

    def lock(self) -> None:
        """Hold the metric, so that two valuations cannot both take the same days."""
        Metric.objects.select_for_update().get(pk=self.metric_id)

    def guard(self) -> None:
        """Refuse two worths on the same days, worth that changes within a month, and a level without a baseline."""
        if self.starts.day != 1 or (self.ends and self.ends.day != 1):
            raise ValidationError(
                {"starts": "A worth holds for whole months: start, and end, on the first of a month."}
            )
        if (self.metric.behaviour == Behaviour.LEVEL) != (self.baseline is not None):
            raise ValidationError(
                {
                    "baseline": "A level is worth something from a baseline on: give it."
                    if self.metric.behaviour == Behaviour.LEVEL
                    else "A flow has no baseline: every unit counts. Leave it empty."
                }
            )
        clash = self.metric.valuations.known().filter(during(self.starts, self.ends)).first()
        if clash:
            raise ValidationError(
                {
                    "starts": f"{self.metric.code} already has a worth from {clash.starts} to "
                    f"{clash.ends or 'now on'}. Correct that one so that it ends before this one starts."
                }
            )

    def touched(self) -> list[Touch]:
        """A worth changes the value of its months."""
        return [Touch(self.metric.product_id, self.starts, last_day(self.ends) if self.ends else None)]


class ConfirmationQuerySet(RecordedQuerySet):
    """Reads of confirmations."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("valuation__metric__product", "recorded_by").order_by("-recorded_at")


class Confirmation(Recorded):
    """Someone else's word that a valuation is sound."""

    valuation = models.ForeignKey(Valuation, models.PROTECT, related_name="confirmations")
    comment = models.CharField(max_length=500, blank=True)

    scope_products = ("valuation__metric__product",)
    objects = ConfirmationQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.UniqueConstraint(
                fields=["valuation", "recorded_by"],
                condition=Q(retracted_at=None),
                name="confirmation_is_given_once",
                violation_error_message="You have already confirmed this valuation.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recorded_by} confirmed {self.valuation}"

    def guard(self) -> None:
        """Refuse one's own word as confirmation, and a valuation that no longer stands."""
        if self.valuation.retracted_at:
            raise ValidationError(
                {"valuation": "This valuation was corrected or retracted; confirm the one that stands."}
            )
        if self.recorded_by_id and self.recorded_by_id == self.valuation.recorded_by_id:
            raise ValidationError({"valuation": "You recorded this valuation; someone else has to confirm it."})


def overdue_days(last_observed: date | None, cadence_days: int, on: date) -> int:
    """Return by how many days a metric is overdue on a day, given the last day that was observed; 0 if it is not.

    A metric that was never observed is not overdue but unobserved.
    """
    return max(0, (on - last_observed).days - cadence_days) if last_observed else 0
