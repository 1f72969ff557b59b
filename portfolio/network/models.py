"""Links between products and the usage that is metered on them."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Self

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from portfolio.common.money import quantity_field, share_field
from portfolio.common.months import add_months, during, last_day, month_of, today
from portfolio.common.recorded import Fact, Recorded, RecordedQuerySet, interval_constraint, refers_to
from portfolio.common.staleness import Touch
from products.catalog.models import Product, ValueStream, most_taken


def _between(products: Q) -> Q:
    """Return the condition that supplier or consumer meets one on products."""
    found = Product.objects.filter(products).order_by()
    return Q(supplier__in=found) | Q(consumer__in=found)


class BetweenProducts(RecordedQuerySet):
    """Reads of what has a supplier and a consumer."""

    def of_products(self, codes: Collection[str]) -> Self:
        """Return the rows in which a product with one of the codes supplies or consumes."""
        return self.filter(_between(Q(code__in=codes)))

    def of_value_streams(self, codes: Collection[str]) -> Self:
        """Return the rows in which a product of one of the value streams, or of those below, supplies or consumes."""
        streams = ValueStream.objects.filter(code__in=codes).values_list("id", flat=True)
        return self.filter(_between(Q(value_stream__in=ValueStream.objects.subtree(streams))))

    def matching(self, words: str, *others: Q) -> Self:
        """Return the rows with the words in the name or code of either side, or that meet another condition."""
        return self.filter(reduce(or_, others, _between(Q(name__icontains=words) | Q(code__icontains=words))))


class LinkQuerySet(BetweenProducts):
    """Reads of links."""

    def with_use(self, at: datetime | None = None) -> Self:
        """Annotate the latest metered month of the supplier, what this consumer used in it, and what all did.

        `metered_month`, `metered_quantity` and `metered_total` are as known at a moment.
        """
        usage = Usage.objects.known(at).order_by().filter(supplier=OuterRef("supplier"))
        last = usage.filter(month__lte=month_of(today())).order_by("-month").values("month")[:1]
        of_month = usage.filter(month=OuterRef("metered_month"))
        return self.annotate(metered_month=Subquery(last)).annotate(
            metered_quantity=Subquery(of_month.filter(consumer=OuterRef("consumer")).values("quantity")[:1]),
            metered_total=Subquery(of_month.values("supplier").annotate(sum=Sum("quantity")).values("sum")),
        )

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("supplier", "consumer", "recorded_by").order_by(
            "supplier__name", "consumer__name", "starts"
        )


class Link(Recorded):
    """An agreement by which `consumer` pulls a service from `supplier` over the days [starts, ends).

    `share` is the agreed part of the supplier's output; it counts in months for which no usage was ever metered.
    """

    is_of_total = False

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

    def get_absolute_url(self) -> str:
        """Return the address of this link's page."""
        return reverse("network:link-detail", args=[self.pk])

    @property
    def metered_share(self) -> Decimal | None:
        """The part of the supplier's output that was used in its latest metered month; see `with_use`."""
        return part_of(self.metered_quantity, self.metered_total)

    def clean(self) -> None:
        """Refuse a link of a product with itself."""
        super().clean()
        if self.supplier_id and self.supplier_id == self.consumer_id:
            raise ValidationError(
                {"consumer": "A product cannot pull from itself: choose another supplier or consumer."}
            )

    def lock(self) -> None:
        """Hold the supplier, so that two links cannot both take its last share."""
        Product.objects.select_for_update(no_key=True).get(pk=self.supplier_id)

    def guard(self) -> None:
        """Refuse dates within a month, a second link of the same pair, and shares beyond the whole output."""
        for name in ("starts", "ends"):
            day = getattr(self, name)
            if day and day.day != 1:
                raise ValidationError(
                    {name: f"A link holds for whole months: {day} is not the first of one, {month_of(day)} is."}
                )
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

    def guard_without(self) -> None:
        """Refuse to leave usage without a link."""
        used = Usage.objects.known().filter(
            supplier=self.supplier_id, consumer=self.consumer_id, month__gte=self.starts
        )
        if self.ends:
            used = used.filter(month__lt=self.ends)
        covering = Link.objects.known().filter(
            Q(ends__gt=OuterRef("month")) | Q(ends=None),
            supplier=OuterRef("supplier"),
            consumer=OuterRef("consumer"),
            starts__lte=OuterRef("month"),
        )
        months = list(used.exclude(Exists(covering)).order_by("month").values_list("month", flat=True))
        if months:
            raise ValidationError(
                f"Usage by {self.consumer} in {months[0]:%Y-%m} would have no link ({len(months)} "
                f"month{'' if len(months) == 1 else 's'} in all). Retract that usage first, or keep the link over it."
            )

    def touched(self) -> list[Touch]:
        """A link changes how its supplier's output is shared."""
        return [Touch(self.supplier_id, self.starts, last_day(self.ends) if self.ends else None)]


def part_of(quantity: Decimal | None, total: Decimal | None) -> Decimal | None:
    """Return a quantity as a part of a total; no figure where either is missing or nothing was used at all."""
    return None if quantity is None or not total else quantity / total


class UsageQuerySet(BetweenProducts):
    """Reads of usage."""

    def suppliers(self) -> list[int]:
        """Return whose output was ever metered: one look into the index a supplier, however much usage there is."""
        usage = self.model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE metered(id) AS (SELECT MIN(supplier_id) FROM {usage} UNION ALL "  # noqa: S608
                f"SELECT (SELECT MIN(supplier_id) FROM {usage} WHERE supplier_id > metered.id) FROM metered "
                "WHERE metered.id IS NOT NULL) SELECT id FROM metered WHERE id IS NOT NULL"
            )
            return [supplier for (supplier,) in cursor.fetchall()]

    def with_total(self, at: datetime | None = None) -> Self:
        """Annotate `month_total`: what all used of the supplier in the month, as known at a moment."""
        same = Usage.objects.known(at).order_by().filter(supplier=OuterRef("supplier"), month=OuterRef("month"))
        return self.annotate(month_total=Subquery(same.values("supplier").annotate(sum=Sum("quantity")).values("sum")))

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("supplier", "consumer", "recorded_by").order_by("-month", "supplier__name", "id")


class Usage(Fact):
    """How much of a supplier's output a consumer, or customers outside (no consumer), used in a month."""

    is_of_total = False

    supplier = refers_to(Product, related_name="metered_supply")
    consumer = refers_to(
        Product,
        null=True,
        blank=True,
        related_name="metered_use",
        help_text="Empty for the supplier's own customers outside.",
    )
    month = models.DateField(help_text="The first day of the month.")
    quantity = quantity_field(help_text="In the supplier's usage unit.")

    scope_products = ("supplier", "consumer")
    objects = UsageQuerySet.as_manager()

    class Meta(Fact.Meta):
        verbose_name_plural = "usage"
        constraints = [
            *Fact.Meta.constraints,
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
                "supplier",
                Coalesce("consumer", 0),  # customers outside count as one, on both databases
                "month",
                condition=Q(retracted_at=None),
                name="usage_is_known_once",
                violation_error_message="This usage is already recorded for the month. Correct that row.",
            ),
        ]
        indexes = [
            models.Index(fields=["month", "supplier"], condition=Q(retracted_at=None), name="usage_month"),
            # The last month in which a supplier was metered.
            models.Index(fields=["supplier", "month"], name="usage_supplier"),
            models.Index(fields=["consumer", "month"], condition=Q(consumer__isnull=False), name="usage_consumer"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer or 'customers outside'} used {self.quantity} of {self.supplier} in {self.month:%Y-%m}"

    def get_absolute_url(self) -> str:
        """Return the address of this usage's page."""
        return reverse("network:usage-detail", args=[self.pk])

    @property
    def part(self) -> Decimal | None:
        """The part of the supplier's output of the month; see `with_total`."""
        return part_of(self.quantity, self.month_total)

    def clean(self) -> None:
        """Refuse a product's use of itself."""
        super().clean()
        if self.supplier_id and self.supplier_id == self.consumer_id:
            raise ValidationError(
                {"consumer": "A product cannot use itself: choose another consumer, or none for customers outside."}
            )

    def lock(self) -> None:
        """Hold the supplier, so that the link does not go meanwhile."""
        super().lock()
        Product.objects.select_for_update(no_key=True).get(pk=self.supplier_id)

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
