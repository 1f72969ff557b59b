"""The estate: business processes, the services that products offer, and what services are built of."""

from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common.access import Scoped
from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import amount_field, currency_field
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint, refuse_overlap

ENDS = "The first day that no longer counts; empty is open."


class ProcessQuerySet(DescribedQuerySet):
    """Reads of business processes."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("value_stream").order_by("name", "pk")


class Process(Described):
    """What the business does, end to end, such as licensing a driver; journeys and services serve it."""

    purpose = models.TextField(blank=True, help_text="What comes out of it, and for whom, in a sentence.")
    value_stream = models.ForeignKey(
        "catalog.ValueStream", models.PROTECT, null=True, blank=True, related_name="processes"
    )

    scope_streams = ("value_stream",)
    objects = ProcessQuerySet.as_manager()

    class Meta(Described.Meta):
        verbose_name = "business process"
        verbose_name_plural = "business processes"

    def get_absolute_url(self) -> str:
        """Return the address of this process's page."""
        return reverse("health:process-detail", args=[self.code])


class ServiceQuerySet(DescribedQuerySet):
    """Reads of services."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product", "owner", "process").order_by("product__name", "name", "pk")


class Service(Described):
    """Something that a product offers and that others, or customers, use while it works."""

    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="services")
    purpose = models.TextField(blank=True, help_text="What it does for whom, in a sentence.")
    owner = models.ForeignKey(
        "teams.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        help_text="The team that keeps it running.",
    )
    process = models.ForeignKey(Process, models.PROTECT, null=True, blank=True, related_name="services")
    usual_hourly = models.PositiveBigIntegerField(
        "usual volume an hour", null=True, blank=True, help_text="Requests, calls or cases in a usual hour."
    )
    peak_hourly = models.PositiveBigIntegerField(
        "peak volume an hour", null=True, blank=True, help_text="In the busiest hour it must bear."
    )
    is_retired = models.BooleanField("retired", default=False)

    scope_products = ("product",)
    scope_teams = ("owner",)
    reserved_codes = frozenset(
        {
            "map", "processes", "components", "shelf-life", "parts", "on-call", "dependencies", "support-dates",
            "objectives", "measurements", "requirements", "evidence", "journeys", "steps", "passages", "incidents",
            "impacts", "failure-modes", "drills", "delivery", "improvement",
        }
    )  # fmt: skip
    objects = ServiceQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(usual_hourly=None) | Q(peak_hourly=None) | Q(peak_hourly__gte=F("usual_hourly")),
                name="service_peak_is_the_most",
                violation_error_message="The peak volume is at least the usual one.",
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of this service's page."""
        return reverse("health:service-detail", args=[self.code])


class ComponentQuerySet(DescribedQuerySet):
    """Reads of components."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("owner", "item").order_by("name", "pk")


class Component(Described):
    """What services are built of: a database, a library, a machine; it has a version and an end of support."""

    kind = models.CharField(max_length=60, blank=True, help_text="Such as database, library or operating system.")
    owner = models.ForeignKey("teams.Team", models.PROTECT, null=True, blank=True, related_name="components")
    version = models.CharField(max_length=60, blank=True)
    eol_product = models.CharField(
        "product at endoflife.date", max_length=60, blank=True, help_text="Such as postgresql."
    )
    eol_cycle = models.CharField("release cycle there", max_length=60, blank=True, help_text="Such as 9.6.")
    end_of_support = models.DateField(
        null=True, blank=True, help_text="Where you know better than what is published: the last day is the one before."
    )
    renewal_low = amount_field(
        null=True, blank=True, validators=[MinValueValidator(Decimal(0))], help_text="One time in twenty it costs less."
    )
    renewal_high = amount_field(
        null=True, blank=True, validators=[MinValueValidator(Decimal(0))], help_text="One time in twenty it costs more."
    )
    currency = currency_field()
    item = models.ForeignKey(
        "roadmaps.Item",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="renews",
        verbose_name="roadmap item",
        help_text="What renews it.",
    )

    scope_teams = ("owner",)
    objects = ComponentQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(renewal_low=None, renewal_high=None) | Q(renewal_low__lte=F("renewal_high")),
                name="component_renewal_is_a_range",
                violation_error_message="Give the cost of renewal as a range: the low end at most the high end.",
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of this component's page."""
        return reverse("health:component-detail", args=[self.code])


class OfService(Scoped):
    """A row of a service: a role over its product, or over the team that keeps it, covers it."""

    scope_products: tuple[str, ...] = ("service__product",)
    scope_teams: tuple[str, ...] = ("service__owner",)


class PartQuerySet(RecordedQuerySet):
    """Reads of parts."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("service__product", "component", "recorded_by").order_by(
            "service__name", "component__name", "starts", "pk"
        )


class Part(OfService, Recorded):
    """A component that a service is built of over [starts, ends)."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="parts")
    component = models.ForeignKey(Component, models.PROTECT, related_name="parts")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text=ENDS)

    objects = PartQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [*Recorded.Meta.constraints, interval_constraint("part")]

    def __str__(self) -> str:
        return f"{self.component} in {self.service}"

    def get_absolute_url(self) -> str:
        """Return the address of this part."""
        return reverse("health:part-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the service, so that the same part is not built in twice."""
        Service.objects.select_for_update(no_key=True).get(pk=self.service_id)

    def guard(self) -> None:
        """Refuse the same component twice on the same days."""
        refuse_overlap(
            Part.objects.filter(service=self.service, component=self.component),
            self,
            what=f"{self.service} is built of {self.component}",
        )


class DependencyQuerySet(RecordedQuerySet):
    """Reads of dependencies."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("service__product", "needs__product", "recorded_by").order_by(
            "service__name", "needs__name", "starts", "pk"
        )


class Dependency(OfService, Recorded):
    """A service that does not work without another one, over [starts, ends)."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="dependencies")
    needs = models.ForeignKey(Service, models.PROTECT, related_name="needed_by")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text=ENDS)

    objects = DependencyQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = "service dependency"
        verbose_name_plural = "service dependencies"
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("servicedependency"),
            models.CheckConstraint(
                condition=~Q(service=F("needs")),
                name="servicedependency_is_on_another",
                violation_error_message="A service does not depend on itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} needs {self.needs}"

    def get_absolute_url(self) -> str:
        """Return the address of this dependency."""
        return reverse("health:dependency-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the service, so that the same need is not recorded twice."""
        Service.objects.select_for_update(no_key=True).get(pk=self.service_id)

    def guard(self) -> None:
        """Refuse the same need twice on the same days."""
        refuse_overlap(
            Dependency.objects.filter(service=self.service, needs=self.needs),
            self,
            what=f"{self.service} needs {self.needs}",
        )


class OnCallQuerySet(RecordedQuerySet):
    """Reads of on-call duties."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("service__product", "team", "recorded_by").order_by(
            "service__name", "team__name", "starts", "pk"
        )


class OnCall(OfService, Recorded):
    """A team that is on call for a service over [starts, ends), for some hours a week."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="on_call")
    team = models.ForeignKey("teams.Team", models.PROTECT, related_name="on_call")
    hours_a_week = models.DecimalField(
        max_digits=5, decimal_places=2, help_text="Hours a week in which somebody must answer; at most 168."
    )
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text=ENDS)

    scope_teams = ("service__owner", "team")
    objects = OnCallQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name = "on-call duty"
        verbose_name_plural = "on-call duties"
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("oncall"),
            models.CheckConstraint(
                condition=Q(hours_a_week__gt=0, hours_a_week__lte=168),
                name="oncall_fits_a_week",
                violation_error_message="A week has 168 hours; give more than 0 and at most that.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} on call for {self.service}"

    def get_absolute_url(self) -> str:
        """Return the address of this duty."""
        return reverse("health:on-call-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the service, so that the same duty is not given twice."""
        Service.objects.select_for_update(no_key=True).get(pk=self.service_id)

    def guard(self) -> None:
        """Refuse the same duty twice on the same days."""
        refuse_overlap(
            OnCall.objects.filter(service=self.service, team=self.team),
            self,
            what=f"{self.team} is on call for {self.service}",
        )


class SupportDateQuerySet(RecordedQuerySet):
    """Reads of published support dates."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("recorded_by").order_by("product", "cycle", "pk")


class SupportDate(Recorded):
    """When support for a release cycle of a product ends, as published, such as by endoflife.date."""

    product = models.CharField(max_length=60, help_text="As published, such as postgresql.")
    cycle = models.CharField(max_length=60, help_text="The release cycle, such as 9.6.")
    ends = models.DateField("support ends", null=True, blank=True, help_text="The day from which there is none.")
    is_ended = models.BooleanField("ended", default=False, help_text="Where it has ended and no day is published.")
    source = models.CharField(max_length=300, help_text="Who published it, and when it was read.")

    objects = SupportDateQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.UniqueConstraint(
                fields=["product", "cycle"],
                condition=Q(retracted_at=None),
                name="supportdate_is_known_once",
                violation_error_message="This release cycle already has a support date. Correct that one instead.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.cycle}"

    def get_absolute_url(self) -> str:
        """Return the address of this support date."""
        return reverse("health:support-date-detail", args=[self.pk])


def of_one_product(row: models.Model, name: str, product_id: int | None) -> None:
    """Refuse a related row of another product: `name` is the relation, whose row has a `product`."""
    other = getattr(row, name)
    if other is not None and other.product_id != product_id:
        raise ValidationError({name: f"{other} is of {other.product}. Choose one of the same product, or none."})
