"""Items of roadmaps and what they wait for."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common.described import validate_code
from portfolio.common.money import quantity_field
from portfolio.common.months import FIRST_DAY, LAST_DAY
from portfolio.common.rules import RulesByField
from products.roadmaps.models.roadmaps import OPEN, OfRoadmap, Roadmap
from products.value.models import FeltBy


class Horizon(models.TextChoices):
    """How soon something is meant to be done: an order, not a date."""

    NOW = "now", "Now"
    NEXT = "next", "Next"
    LATER = "later", "Later"


class ItemKind(models.TextChoices):
    """What an item is."""

    OUTCOME = "outcome", "Customer outcome"
    QUICK_WIN = "quick_win", "Quick win"
    RETIRE = "retire", "Retire"
    OBSOLESCENCE = "obsolescence", "Obsolescence"
    RELIABILITY = "reliability", "Reliability"
    PROJECT = "project", "Project with an end"


class State(models.TextChoices):
    """How far an item is. Shipping is not success: what it did to its metric is looked at afterwards."""

    PLANNED = "planned", "Planned"
    STARTED = "started", "Started"
    BLOCKED = "blocked", "Blocked"
    SHIPPED = "shipped", "Shipped"
    DROPPED = "dropped", "Dropped"


class ItemQuerySet(models.QuerySet):
    """Reads of items."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Return the items that are still to be done."""
        return self.filter(state__in=OPEN)

    def kept(self) -> Self:
        """Return all but the dropped items: those that a roadmap is made of."""
        return self.exclude(state=State.DROPPED)

    def in_order(self) -> Self:
        """Return the items as a roadmap has them: now, next, later, and inside each by rank."""
        place = models.Case(
            *(models.When(horizon=horizon, then=models.Value(place)) for place, horizon in enumerate(Horizon)),
            output_field=models.SmallIntegerField(),
        )
        return self.order_by("roadmap", place, "rank", "pk")

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related(
            "roadmap", "product", "metric", "team", "business_champion", "technology_champion"
        ).prefetch_related(models.Prefetch("waits_for", Dependency.objects.select_related("needs__product")))


class Item(OfRoadmap, RulesByField):
    """Something that is to move a customer's metric: from what to what, by when, with what effort, and for whom.

    Its code stays for good: addresses, imports and baselines go by it.
    """

    roadmap = models.ForeignKey(Roadmap, models.PROTECT, related_name="items")
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="roadmap_items", help_text="Which of the roadmap's products."
    )
    code = models.CharField(
        max_length=60,
        unique=True,
        validators=[validate_code],
        help_text="Short and readable, for addresses and imports, such as renew-by-phone.",
    )
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="What changes for the customer.")
    kind = models.CharField(max_length=12, choices=ItemKind, default=ItemKind.OUTCOME)
    horizon = models.CharField(max_length=5, choices=Horizon, default=Horizon.LATER)
    rank = models.PositiveIntegerField(default=0, editable=False)
    starts = models.DateField(null=True, blank=True, help_text="The day it is to begin, if that is known.")
    ends = models.DateField(null=True, blank=True, help_text="The first day on which it is done, if that is known.")

    metric = models.ForeignKey(
        "value.Metric",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="roadmap_items",
        help_text="The customer metric it is to move.",
    )
    metric_from = quantity_field(
        verbose_name="from", null=True, blank=True, help_text="Where the metric is; of a flow, how much a month."
    )
    metric_low = quantity_field(
        verbose_name="to at least", null=True, blank=True, help_text="One time in twenty it ends up below this."
    )
    metric_high = quantity_field(
        verbose_name="to at most", null=True, blank=True, help_text="One time in twenty it ends up above this."
    )
    by_when = models.DateField("by", null=True, blank=True, help_text="The day by which the metric has moved.")
    exception = models.CharField(
        "reason for no customer metric",
        max_length=500,
        blank=True,
        help_text="Why it is kept although it moves no customer's metric. It shows wherever the item does.",
    )
    effort_low = models.DecimalField(
        "effort at least",
        max_digits=7,
        decimal_places=1,
        validators=[MinValueValidator(Decimal("0.1"))],
        help_text="Team-weeks: one time in twenty it takes less.",
    )
    effort_high = models.DecimalField(
        "effort at most",
        max_digits=7,
        decimal_places=1,
        validators=[MinValueValidator(Decimal("0.1"))],
        help_text="Team-weeks: one time in twenty it takes more.",
    )
    team = models.ForeignKey(
        "teams.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="roadmap_items",
        help_text="Who does it; empty is any team that is assigned to the product.",
    )
    business_champion = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who stands for it on the business side."
    )
    technology_champion = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who stands for it in technology."
    )

    state = models.CharField(max_length=8, choices=State, default=State.PLANNED, editable=False)
    started_on = models.DateField(null=True, blank=True, editable=False)
    ended_on = models.DateField(null=True, blank=True, editable=False, help_text="When it was shipped or dropped.")
    blocked_by = models.CharField(max_length=500, blank=True, editable=False, help_text="What blocks it.")
    version = models.PositiveIntegerField(
        default=0, editable=False, help_text="The number of the change that last touched it."
    )
    is_illustrative = models.BooleanField(
        "illustrative", default=False, help_text="Made up to show how things work; marked wherever it shows."
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["roadmap", "rank", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(effort_low__gt=0) & Q(effort_low__lte=F("effort_high")),
                name="item_effort_is_a_range",
                violation_error_message="The effort goes from the least to the most, and is more than nothing.",
            ),
            models.CheckConstraint(
                condition=Q(starts=None) | Q(ends=None) | Q(starts__lt=F("ends")),
                name="item_starts_before_ends",
                violation_error_message="It must begin before the day on which it is done.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="project") | Q(ends__isnull=False),
                name="item_project_has_an_end",
                violation_error_message="A project has an end: give the day on which it is done, or another kind.",
            ),
            models.CheckConstraint(
                condition=Q(metric=None, metric_from=None, metric_low=None, metric_high=None, by_when=None)
                | Q(
                    metric__isnull=False,
                    metric_from__isnull=False,
                    metric_low__isnull=False,
                    # A comparison with nothing is neither true nor false, and a constraint lets it pass.
                    metric_high__isnull=False,
                    metric_high__gte=F("metric_low"),
                    by_when__isnull=False,
                ),
                name="item_promise_is_whole",
                violation_error_message="A promise names the metric, from what, to at least and at most what "
                "(the least first), and by when; or none of these.",
            ),
            models.CheckConstraint(
                condition=Q(metric__isnull=False) | ~Q(exception=""),
                name="item_moves_a_metric_or_says_why_not",
                violation_error_message="Name the customer metric that it is to move, from what to what and by when. "
                "An item without one is kept only with a reason.",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("shipped", "dropped")) | Q(ended_on__isnull=False),
                name="item_that_ended_has_a_day",
                violation_error_message="What was shipped or dropped says when.",
            ),
        ]
        indexes = [models.Index(fields=["metric", "ended_on"], name="item_by_metric")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("roadmaps:item-detail", args=[self.code])

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in OPEN

    @property
    def is_shipped(self) -> bool:
        """Whether it has reached its customers."""
        return self.state == State.SHIPPED

    @property
    def needs(self) -> Sequence["Item"]:
        """The items it waits for; no query where they were read with it."""
        return [dependency.needs for dependency in self.waits_for.all()]

    def clean(self) -> None:
        """Refuse days that are centuries off, a product that is not the roadmap's, and a metric no customer feels."""
        super().clean()
        wrong: dict[str, str] = {
            name: f"{day} is out of reach; a date lies between {FIRST_DAY} and {LAST_DAY}."
            for name in ("starts", "ends", "by_when")
            if (day := getattr(self, name)) is not None and not FIRST_DAY <= day <= LAST_DAY
        }
        if self.code in {"add", "import", "reorder"}:
            wrong["code"] = f"{self.code!r} is part of an address here; choose another code."
        if self.product_id and self.roadmap_id and self.product not in self.roadmap.its_products:
            its = ", ".join(product.code for product in self.roadmap.its_products) or "none yet"
            wrong["product"] = f"{self.product} is not on this roadmap; its products are: {its}."
        if self.metric and self.metric.felt_by != FeltBy.CUSTOMER and not self.exception:
            wrong["exception"] = (
                f"{self.metric} is felt by the business, not by a customer. Choose a customer's metric, or say why "
                "the item is kept without one."
            )
        if wrong:
            raise ValidationError(wrong)


class Dependency(OfRoadmap, models.Model):
    """One item waits for another, of the same roadmap or of any other one."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="waits_for")
    needs = models.ForeignKey(Item, models.PROTECT, related_name="awaited_by")

    scope_roadmap = "item__roadmap"

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "needs"],
                name="dependency_is_there_once",
                violation_error_message="It waits for this item already.",
            ),
            models.CheckConstraint(
                condition=~Q(item=F("needs")),
                name="dependency_is_on_another",
                violation_error_message="An item cannot wait for itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} waits for {self.needs}"
