"""Metrics, observations, valuations with their evidence, and confirmations."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, F, Func, Max, OuterRef, Q, Subquery, Value
from django.urls import reverse

from portfolio.common import formats
from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import currency_field, quantity_field, worth_field
from portfolio.common.months import during, last_day, last_month_column, month_column, today
from portfolio.common.recorded import Fact, Recorded, RecordedQuerySet, interval_constraint, refers_to
from portfolio.common.staleness import Touch
from products.catalog.models import Product


class Behaviour(models.TextChoices):
    """How a metric's values add up."""

    FLOW = "flow", "Flow: adds up over a month"
    LEVEL = "level", "Level: holds at a moment"


class FeltBy(models.TextChoices):
    """Who feels a metric."""

    CUSTOMER = "customer", "Customer"
    BUSINESS = "business", "Business"


class Asks(models.TextChoices):
    """What a score asks customers."""

    SATISFACTION = "satisfaction", "Satisfaction: how satisfied they are, 1 to 5"
    EFFORT = "effort", "Effort: how easy it was, 1 to 5"
    COMPLETION = "completion", "Completion: whether they did what they came for"


class DaysSince(Func):
    """How many days a date column lies before a day: `DaysSince("ends", date(2017, 3, 31))`."""

    output_field = models.IntegerField()

    def __init__(self, column: str, on: date, **extra):
        super().__init__(Value(on, output_field=models.DateField()), F(column), **extra)

    def as_sqlite(self, compiler, connection, **context):
        template = "CAST(julianday(%(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner="::date - ", **context)


class MetricQuerySet(DescribedQuerySet):
    """Reads of metrics."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product")

    def below(self, streams: Iterable[str]) -> Self:
        """Return the metrics of the products of value streams, by code, and of all streams below them."""
        return self.filter(product__in=Product.objects.below(streams))

    def valued(self, is_valued: bool = True, *, on: date | None = None) -> Self:
        """Return the metrics whose worth is known on a day, today; or those whose worth is not."""
        worths = Exists(Valuation.objects.known().current(on or today()).filter(metric=OuterRef("pk")))
        return self.filter(worths if is_valued else ~worths)

    def with_seen(self, on: date | None = None, known: datetime | None = None) -> Self:
        """Annotate the latest observation by a day, today, as known at a moment.

        Adds `latest_value`, `latest_starts` and `latest_ends` of it, and `days_late`: how far the metric is beyond
        its cadence, negative while there is time, None where it was never observed.
        """
        day = on or today()
        seen = Observation.objects.known(known).filter(metric=OuterRef("pk"), starts__lte=day)
        latest = seen.order_by("-starts", "-pk")
        last_ends = seen.order_by().values("metric").annotate(last=Max("ends")).values("last")
        return self.annotate(
            latest_value=Subquery(latest.values("value")[:1]),
            latest_starts=Subquery(latest.values("starts")[:1]),
            latest_ends=Subquery(latest.values("ends")[:1]),
            last_ends=Subquery(last_ends),
        ).annotate(days_late=DaysSince("last_ends", day) + 1 - F("cadence_days"))

    def with_state(self, on: date | None = None, known: datetime | None = None) -> Self:
        """Add to `with_seen` the valuations that hold on that day, as `worths`."""
        worths = Valuation.objects.known(known).current(on or today()).with_confirmed(known)
        return self.with_seen(on, known).prefetch_related(models.Prefetch("valuations", worths, to_attr="worths"))


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
    asks = models.CharField(
        max_length=12, blank=True, choices=Asks, help_text="Where it is a score: what customers are asked."
    )
    unvalued_reason = models.CharField(
        max_length=300, blank=True, help_text="Why no worth is put on it, where that is a choice."
    )

    scope_products = ("product",)
    reserved_codes = frozenset(
        {"observations", "valuations", "confirmations", "scores", "shared-outcomes", "celebrations", "exposures"}
    )
    objects = MetricQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(cadence_days__gt=0),
                name="metric_cadence_is_positive",
                violation_error_message="The cadence is at least one day.",
            ),
            models.CheckConstraint(
                condition=Q(asks="") | Q(behaviour=Behaviour.LEVEL),
                name="metric_score_is_a_level",
                violation_error_message="A score holds at a moment: choose level as its behaviour.",
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of this metric's page."""
        return reverse("value:metric-detail", args=[self.code])

    @property
    def is_level(self) -> bool:
        """Whether it holds at a moment; else it adds up."""
        return self.behaviour == Behaviour.LEVEL

    @property
    def is_overdue(self) -> bool:
        """Whether an observation should have come by the day of `with_seen`."""
        return (self.days_late or 0) > 0

    @property
    def worth(self) -> "Valuation | None":
        """What a unit of it is worth on the day of `with_state`."""
        return next(iter(self.worths), None)

    @property
    def latest_meets_target(self) -> bool | None:
        """Whether the latest observation of `with_seen` is as good as the target."""
        return self.meets_target(self.latest_value)

    def meets_target(self, value: Decimal | None) -> bool | None:
        """Return whether a value is at least as good as the target; None without a target or a value."""
        if self.target is None or value is None:
            return None
        return value >= self.target if self.is_higher_better else value <= self.target

    def guard(self) -> None:
        """Refuse to change what already recorded figures mean."""
        if not self.pk:
            return
        old = Metric.objects.get(pk=self.pk)
        if not self.observations.ever() and not self.valuations.exists() and not self.impacts.exists():
            return
        for name, label in (
            ("product_id", "product"),
            ("behaviour", "behaviour"),
            ("unit", "unit"),
            ("is_higher_better", "direction"),
            *([("asks", "question")] if old.asks else []),
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

    def ever(self) -> bool:
        """Return whether there is any, known or retracted: asked by halves, since each has its own index."""
        return self.filter(retracted_at=None).exists() or self.filter(retracted_at__isnull=False).exists()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("metric__product", "recorded_by").order_by("-starts", "-id")


class Observation(Fact):
    """A metric's value: of a flow, how much there was in [starts, ends); of a level, what it was on `starts`."""

    metric = refers_to(Metric, related_name="observations")
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts: for a single day, the day after.")
    value = quantity_field()
    source = models.CharField(max_length=300, blank=True, help_text="Where the value can be looked up.")
    month = month_column()
    last_month = last_month_column()

    scope_products = ("metric__product",)
    objects = ObservationQuerySet.as_manager()

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
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
            # With `observation_is_known_once` it finds all that a metric ever had.
            models.Index(
                fields=["metric", "starts"], condition=Q(retracted_at__isnull=False), name="observation_retracted"
            ),
        ]

    def __str__(self) -> str:
        when = formats.period(self.starts, self.ends)
        return f"{self.metric}, {when}: {formats.quantity(self.value)} {self.metric.unit}"

    def get_absolute_url(self) -> str:
        """Return the address of this observation's page."""
        return reverse("value:observation-detail", args=[self.pk])

    @property
    def days(self) -> int:
        """How many days it is spread over."""
        return (self.ends - self.starts).days

    def lock(self) -> None:
        """Hold the metric, so that two observations cannot both take the same days."""
        super().lock()
        Metric.objects.select_for_update(no_key=True).get(pk=self.metric_id)

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

    def guard_without(self) -> None:
        """Refuse to change what stands for a score apart from it: the metric's page would say two things."""
        score = self.score_of()
        if score:
            raise self.belongs_to(score)

    def score_of(self) -> Any:
        """Return the score that this observation stands for, if any that is known."""
        return apps.get_model("value.Score").objects.known().filter(observation=self.pk).first()

    def belongs_to(self, score: Any) -> ValidationError:
        """Return the refusal of a change that is the score's to make."""
        return ValidationError(
            f"This observation stands for a score of {score.answers} answers. Correct or retract the score instead, at "
            f"{score.get_absolute_url()}: the observation follows it."
        )

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

    def with_confirmed(self, known: datetime | None = None) -> Self:
        """Annotate `confirmed`: how many people have confirmed each."""
        given = Confirmation.objects.known(known).filter(valuation=OuterRef("pk")).order_by().values("valuation")
        count = Subquery(given.annotate(count=Count("pk")).values("count"))
        return self.annotate(confirmed=models.functions.Coalesce(count, 0))

    def for_table(self, known: datetime | None = None) -> Self:
        """Return the rows with what a table of them shows: who confirmed each, as known at a moment."""
        confirmations = Confirmation.objects.known(known).select_related("recorded_by").order_by("recorded_at", "pk")
        return (
            self.select_related("metric__product", "recorded_by")
            .with_confirmed(known)
            .prefetch_related(models.Prefetch("confirmations", confirmations, to_attr="confirmed_by"))
            .order_by("metric__product__name", "metric__name", "starts", "pk")
        )


class Valuation(Recorded):
    """What one unit of a metric is worth over the days [starts, ends), as a 90% range with its evidence.

    Of a level, it is what one unit above `baseline` is worth for a month.
    """

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="valuations")
    low = worth_field(help_text="One time in twenty it is worth less.")
    high = worth_field(help_text="One time in twenty it is worth more.")
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
        return f"{self.metric}: {self.range_text}"

    def get_absolute_url(self) -> str:
        """Return the address of this valuation's page."""
        return reverse("value:valuation-detail", args=[self.pk])

    @property
    def range_text(self) -> str:
        """The range as readers say it, `£4.35 to £6.40`, with all its decimals."""
        low, high = (unit_worth(end, self.currency) for end in (self.low, self.high))
        return low if low == high else f"{low} to {high}"

    @property
    def per(self) -> str:
        """What the range is for: one unit, and of a level one above or below the baseline, for a month."""
        if not self.metric.is_level:
            return f"for one unit ({self.metric.unit})"
        side = "above" if self.metric.is_higher_better else "below"
        return f"a month for one unit {side} {formats.quantity(self.baseline)} ({self.metric.unit})"

    def lock(self) -> None:
        """Hold the metric, so that two valuations cannot both take the same days."""
        Metric.objects.select_for_update(no_key=True).get(pk=self.metric_id)

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
        return f"{self.recorded_by or 'The operator'} on {self.valuation}"

    def get_absolute_url(self) -> str:
        """Return the address of the valuation it confirms."""
        return self.valuation.get_absolute_url()

    def guard(self) -> None:
        """Refuse one's own word as confirmation, and a valuation that no longer stands."""
        if self.valuation.retracted_at:
            raise ValidationError(
                {"valuation": "This valuation was corrected or retracted; confirm the one that stands."}
            )
        if self.recorded_by_id and self.recorded_by_id == self.valuation.recorded_by_id:
            raise ValidationError({"valuation": "You recorded this valuation; someone else has to confirm it."})


def unit_worth(amount: Decimal, currency: str) -> str:
    """Return what one unit is worth with all its decimals, of which there are at least two: £0.0125."""
    return formats.money(amount, currency, max(2, -int(amount.normalize().as_tuple().exponent)))


def overdue_days(last_observed: date | None, cadence_days: int, on: date) -> int:
    """Return by how many days a metric is overdue on a day, given the last day that was observed; 0 if it is not.

    A metric that was never observed is not overdue but unobserved.
    """
    return max(0, (on - last_observed).days - cadence_days) if last_observed else 0
