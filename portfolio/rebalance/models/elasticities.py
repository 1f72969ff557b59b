"""Elasticities: how much more value more money brings, as a stated range."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from portfolio.common.recorded import Recorded, RecordedQuerySet
from products.catalog.models import Stage
from products.value.models import Evidence


class ElasticityQuerySet(RecordedQuerySet):
    """Reads of elasticities."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product", "recorded_by").order_by("product__name", "stage", "pk")


class Elasticity(Recorded):
    """By how many percent value grows for one percent more money, of a product or by default of a stage.

    A 90 % range between 0 and 1: each further dollar brings less than the one before.
    """

    product = models.ForeignKey("catalog.Product", models.PROTECT, null=True, blank=True, related_name="elasticities")
    stage = models.CharField(
        max_length=10, blank=True, choices=Stage, help_text="The default of this stage; empty for a product's own."
    )
    low = models.DecimalField(max_digits=4, decimal_places=3, help_text="Below it one time in twenty.")
    high = models.DecimalField(max_digits=4, decimal_places=3, help_text="Above it one time in twenty.")
    evidence = models.CharField(max_length=9, choices=Evidence, default=Evidence.ASSERTED)
    why = models.CharField(max_length=500, help_text="What it rests on: a study, an experiment, a judgement and whose.")

    scope_products = ("product",)
    objects = ElasticityQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name_plural = "elasticities"
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=Q(product=None) & ~Q(stage="") | Q(product__isnull=False, stage=""),
                name="elasticity_is_of_one_thing",
                violation_error_message="An elasticity is of a product or the default of a stage: name one of them.",
            ),
            models.CheckConstraint(
                condition=Q(low__gt=0, high__lt=1),
                name="elasticity_is_between_0_and_1",
                violation_error_message="An elasticity lies between 0 and 1, such as 0.200 to 0.600.",
            ),
            models.CheckConstraint(
                condition=Q(low__lte=models.F("high")),
                name="elasticity_low_is_below_high",
                violation_error_message="The low end comes first: swap the two.",
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(retracted_at=None, product__isnull=False),
                name="elasticity_of_a_product_is_known_once",
                violation_error_message="This product has an elasticity already. Correct that one.",
            ),
            models.UniqueConstraint(
                fields=["stage"],
                condition=Q(retracted_at=None) & ~Q(stage=""),
                name="elasticity_of_a_stage_is_known_once",
                violation_error_message="This stage has a default already. Correct that one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.low} to {self.high}"

    @property
    def subject(self) -> str:
        """What it is of, in words."""
        return str(self.product) if self.product_id else f"Default of {self.get_stage_display().lower()}"

    @property
    def middle(self) -> Decimal:
        """The middle of the range."""
        return (self.low + self.high) / 2

    def get_absolute_url(self) -> str:
        """Return the address of this elasticity's page."""
        return reverse("rebalance:elasticity-detail", args=[self.pk])
