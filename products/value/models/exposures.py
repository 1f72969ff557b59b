"""Feature flags: which share of a product's customers had what from which day on."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from portfolio.common.money import share_field
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint, refuse_overlap
from products.catalog.models import Product
from products.value.models.metrics import Metric


class ExposureQuerySet(RecordedQuerySet):
    """Reads of exposures."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("product", "metric", "recorded_by").order_by("-starts", "product__name", "pk")


class Exposure(Recorded):
    """A feature that a share of a product's customers had over [starts, ends): a date on the charts of its metrics."""

    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="exposures")
    flag = models.CharField(max_length=120, help_text="What the feature flag is called.")
    metric = models.ForeignKey(
        Metric,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exposures",
        help_text="Empty: all of the product's.",
    )
    share = share_field(help_text="Part of the customers who had it, such as 0.25.")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    scope_products = ("product",)
    objects = ExposureQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("exposure"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1),
                name="exposure_share_is_a_part",
                violation_error_message="A share is above 0 and at most 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag} on {self.product}"

    def get_absolute_url(self) -> str:
        """Return the address of this exposure."""
        return reverse("value:exposure-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the product, so that two rows do not both say how many had the feature."""
        Product.objects.select_for_update(no_key=True).get(pk=self.product_id)

    def guard(self) -> None:
        """Refuse two shares of one flag on the same days, and a metric of another product."""
        refuse_overlap(
            Exposure.objects.filter(product=self.product, flag=self.flag, metric=self.metric),
            self,
            what=f"{self.flag} is recorded for {self.product}",
        )
        if self.metric and self.metric.product_id != self.product_id:
            raise ValidationError(
                {"metric": f"{self.metric} is of {self.metric.product}; choose one of {self.product}, or none."}
            )
