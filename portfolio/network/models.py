"""Links between products and the usage that is metered on them."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from portfolio.common.money import quantity_field, share_field
from portfolio.common.months import add_months, during, last_day
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.staleness import Touch
from products.catalog.models import Product, most_taken


class LinkQuerySet(RecordedQuerySet):
    """Reads of links."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("supplier", "consumer", "recorded_by").order_by(
            "supplier__name", "consumer__name", "starts"
        )


class Link(Recorded):
    """An agreement by which `consumer` pulls a service from `supplier` over the days [starts, ends).

    `share` is the agreed part of the supplier's output; it counts in months for which no usage was ever metered.
    """

    supplier = models.ForeignKey(Product, models.PROTECT, related_name="supplies")
    consumer = models.ForeignKey(Product, models.PROTECT, related_name="pulls")
    service = models.CharField(max_length=120, blank=True, help_text="What is pulled, such as identity checks.")
    share = share_field(
        default=0,
        help_text="Agreed part of the supplier's output, such as 0.25; it counts where use is not metered.",
    )
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    scope_products = ("supplier", "consumer")
    objects = LinkQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("link"),
            models.CheckConstraint(
                condition=Q(share__gte=0, share__lte=1),
                name="link_share_is_a_part",
                violation_error_message="A share is at least 0 and at most 1.",
            ),
            models.CheckConstraint(
                condition=~Q(supplier=F("consumer")),
                name="link_is_between_two_products",
                violation_error_message="A product cannot pull from itself: choose another supplier or consumer.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} pulls from {self.supplier}"

    def lock(self) -> None:
        """Hold the supplier, so that two links cannot both take its last share."""
        Product.objects.select_for_update().get(pk=self.supplier_id)

    def guard(self) -> None:
        """Refuse dates within a month, a second link of the same pair, and shares beyond the whole output."""
        if self.starts.day != 1 or (self.ends and self.ends.day != 1):
            raise ValidationError({"starts": "A link holds for whole months: start, and end, on the first of a month."})
        known = Link.objects.known().filter(during(self.starts, self.ends), supplier=self.supplier)
        clash = known.filter(consumer=self.consumer).first()
        if clash:
            raise ValidationError(
                {
                    "consumer": f"{self.consumer} already pulls from {self.supplier} from {clash.starts} to "
                    f"{clash.ends or 'now on'}. Correct that link, or start after it."
                }
            )
        taken, day = most_taken(known, self.starts)
        if taken + self.share > 1:
            raise ValidationError(
                {
                    "share": f"{self.supplier} already passes on {taken:.2%} of its output on {day}; {self.share:.2%} "
                    f"more would exceed the whole. At most {1 - taken:.2%} is left."
                }
            )

    def touched(self) -> list[Touch]:
        """A link changes how its supplier's output is shared."""
        return [Touch(self.supplier_id, self.starts, last_day(self.ends) if self.ends else None)]


class UsageQuerySet(RecordedQuerySet):
    """Reads of usage."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("supplier", "consumer", "recorded_by").order_by("-month", "supplier__name", "id")


class Usage(Recorded):
    """How much of a supplier's output a consumer, or customers outside (no consumer), used in a month."""

    supplier = models.ForeignKey(Product, models.PROTECT, related_name="metered_supply")
    consumer = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="metered_use",
        help_text="Empty for the supplier's own customers outside.",
    )
    month = models.DateField(help_text="The first day of the month.")
    quantity = quantity_field(help_text="In the supplier's usage unit.")

    scope_products = ("supplier", "consumer")
    objects = UsageQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name_plural = "usage"
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="usage_month_is_a_first",
                violation_error_message="Usage is for a whole month: give its first day.",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0),
                name="usage_is_not_negative",
                violation_error_message="Usage cannot be negative.",
            ),
            models.CheckConstraint(
                condition=~Q(supplier=F("consumer")) | Q(consumer=None),
                name="usage_is_between_two_products",
                violation_error_message="A product cannot use itself: choose another consumer, or none for customers "
                "outside.",
            ),
            models.UniqueConstraint(
                fields=["supplier", "consumer", "month"],
                condition=Q(retracted_at=None),
                nulls_distinct=False,
                name="usage_is_known_once",
                violation_error_message="This usage is already recorded for the month. Correct that row.",
            ),
        ]
        indexes = [
            models.Index(fields=["month", "supplier"], condition=Q(retracted_at=None), name="usage_month"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer or 'customers outside'} used {self.quantity} of {self.supplier} in {self.month:%Y-%m}"

    def guard(self) -> None:
        """Refuse usage without an agreement behind it."""
        if not self.consumer_id:
            return
        linked = Link.objects.known().current(self.month).filter(supplier=self.supplier, consumer=self.consumer)
        if not linked.exists():
            raise ValidationError(
                {
                    "consumer": f"There is no link by which {self.consumer} pulls from {self.supplier} in "
                    f"{self.month:%Y-%m}. Record the link first."
                }
            )

    def touched(self) -> list[Touch]:
        """Usage changes the shares of its month, and of those after it until the supplier is metered again."""
        following = (
            Usage.objects.known()
            .filter(supplier=self.supplier_id, month__gt=self.month)
            .order_by("month")
            .values_list("month", flat=True)
            .first()
        )
        return [Touch(self.supplier_id, self.month, add_months(following, -1) if following else None)]
