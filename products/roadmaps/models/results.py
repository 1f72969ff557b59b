"""What experiments found about items."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from portfolio.common import formats
from portfolio.common.money import quantity_field
from portfolio.common.months import today
from portfolio.common.recorded import Recorded
from products.roadmaps.models.items import Item
from products.roadmaps.models.roadmaps import OfRoadmap


class Experiment(OfRoadmap, Recorded):
    """What an experiment on an item found: two groups with their means, spreads and sizes, or an effect and its error.

    It is in the unit of the item's metric. It is shrunk before it counts, because large effects of small experiments
    are mostly luck.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="experiments")
    concluded_on = models.DateField(help_text="The day on which it ended.")
    control_mean = quantity_field(null=True, blank=True)
    control_deviation = quantity_field(
        verbose_name="control standard deviation", null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    control_size = models.PositiveBigIntegerField(null=True, blank=True)
    treatment_mean = quantity_field(null=True, blank=True)
    treatment_deviation = quantity_field(
        verbose_name="treatment standard deviation", null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    treatment_size = models.PositiveBigIntegerField(null=True, blank=True)
    effect = quantity_field(null=True, blank=True, help_text="Treatment less control, where the groups are not given.")
    standard_error = quantity_field(
        null=True, blank=True, validators=[MinValueValidator(Decimal("0.0001"))], help_text="Of the effect."
    )
    source = models.CharField(max_length=300, help_text="Where it can be looked up.")

    scope_roadmap = "item__roadmap"

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=Q(
                    effect=None,
                    standard_error=None,
                    control_mean__isnull=False,
                    control_deviation__isnull=False,
                    # A comparison with nothing is neither true nor false, and a constraint lets it pass.
                    control_size__isnull=False,
                    control_size__gte=2,
                    treatment_mean__isnull=False,
                    treatment_deviation__isnull=False,
                    treatment_size__isnull=False,
                    treatment_size__gte=2,
                )
                | Q(
                    effect__isnull=False,
                    standard_error__isnull=False,
                    standard_error__gt=0,
                    control_mean=None,
                    control_deviation=None,
                    control_size=None,
                    treatment_mean=None,
                    treatment_deviation=None,
                    treatment_size=None,
                ),
                name="experiment_is_whole",
                violation_error_message="Give both groups, each with its mean, standard deviation and size (2 or "
                "more); or the effect and its standard error alone.",
            ),
        ]

    def __str__(self) -> str:
        return f"Experiment on {self.item}, {formats.day_name(self.concluded_on)}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("roadmaps:result-detail", args=[self.pk])

    def guard(self) -> None:
        """Refuse an item with no metric, a day that has not come, and groups that say nothing of how sure it is."""
        if self.item.metric_id is None:
            raise ValidationError({"item": f"{self.item} names no metric. Name the one that was measured first."})
        if self.concluded_on > today():
            raise ValidationError({"concluded_on": f"{self.concluded_on} has not come yet. Give the day it ended."})
        if self.effect is None and not self.control_deviation and not self.treatment_deviation:
            raise ValidationError(
                {"treatment_deviation": "Neither group has any spread, so nothing says how sure the effect is. Give "
                 "the standard deviation of at least one of them."}
            )  # fmt: skip
