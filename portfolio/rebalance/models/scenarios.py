"""Scenarios: proposed splits of money, with every step that led to them."""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from portfolio.common.access import Scoped
from portfolio.common.money import amount_field


class ScenarioQuerySet(models.QuerySet):
    """Reads of scenarios."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("made_by", "value_stream", "based_on").order_by("-edited_at", "-pk")

    def with_changes(self) -> Self:
        """Annotate `line_count`, and `changed_count`: the lines with another amount than they began with."""
        lines = ScenarioLine.objects.filter(scenario=OuterRef("pk")).order_by().values("scenario")
        return self.annotate(
            line_count=_count(lines),
            changed_count=_count(lines.exclude(monthly_amount=F("base_amount"))),
        )


def _count(lines: models.QuerySet) -> Coalesce:
    return Coalesce(Subquery(lines.annotate(count=Count("pk")).values("count")), Value(0))


class Scenario(Scoped, models.Model):
    """A proposed split of money, from a day on, over the products of a value stream or all of them.

    `version` goes up with every step; whoever edits names the version that they saw.
    """

    name = models.CharField(max_length=120)
    note = models.TextField(blank=True, help_text="What it is to achieve, in a few sentences.")
    value_stream = models.ForeignKey(
        "catalog.ValueStream",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="scenarios",
        help_text="Only products of it and of all below it change; empty is the whole portfolio.",
    )
    starts = models.DateField(help_text="The day from which the money would be split like this.")
    based_on = models.ForeignKey("self", models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    budget = amount_field(
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.00"))],
        help_text="What there is a month in all, in the base currency; empty is as much as today.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(default=timezone.now, editable=False)
    taken_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="The moment as of which its first amounts were taken."
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    scope_streams = ("value_stream",)
    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["-edited_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(budget=None) | Q(budget__gte=0),
                name="scenario_budget_is_not_negative",
                violation_error_message="A budget cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its studio."""
        return reverse("rebalance:scenario-detail", args=[self.pk])


class ScenarioLine(models.Model):
    """What one stream would pay one product a month, and what it paid when the scenario began."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="lines")
    stream = models.ForeignKey("funding.FundingStream", models.PROTECT, related_name="+")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    base_amount = amount_field(help_text="A month, in the stream's currency, when the scenario began.")
    monthly_amount = amount_field(help_text="A month, in the stream's currency.")
    is_locked = models.BooleanField("locked", default=False, help_text="A suggestion leaves it as it is.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "stream", "product"],
                name="scenarioline_is_there_once",
                violation_error_message="This stream pays this product in the scenario already.",
            ),
            models.CheckConstraint(
                condition=Q(monthly_amount__gte=0, base_amount__gte=0),
                name="scenarioline_is_not_negative",
                violation_error_message="An amount cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} to {self.product}: {self.monthly_amount}"


class StepKind(models.TextChoices):
    """What a step did."""

    EDIT = "edit", "Edited"
    SUGGEST = "suggest", "Suggested split taken"
    SETTINGS = "settings", "Settings changed"
    ADD = "add", "Line added"
    UNDO = "undo", "Undone"
    REDO = "redo", "Redone"


class ScenarioStep(models.Model):
    """One step of a scenario: what was, and what came instead; nothing is lost, everything can be undone."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField(help_text="The version of the scenario that it made.")
    kind = models.CharField(max_length=10, choices=StepKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    changes = models.JSONField(
        default=list, help_text="Rows of what changed: line (null for the scenario), field, old and new, as text."
    )
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "number"],
                name="scenariostep_has_its_own_number",
                violation_error_message="Somebody else's step came first. Reload the scenario and look again.",
            ),
        ]

    def __str__(self) -> str:
        return f"Step {self.number} of {self.scenario_id}: {self.get_kind_display()}"
