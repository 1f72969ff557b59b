"""Funding streams, and the allocations of their money to products."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import amount_field, currency_field
from portfolio.common.months import (
    add_months,
    days_in,
    during,
    last_day,
    month_range,
    months_after,
    overlap_days,
    today,
)
from portfolio.common.parts import Units
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.spreading import from_cents, share_of_days, to_cents


class FundingStreamQuerySet(DescribedQuerySet):
    """Reads of funding streams."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("sponsor").order_by("name", "pk")

    def with_money(self, on: date, year: date) -> Self:
        """Annotate what streams pay on a day and what is spent of them in the fiscal year that starts on `year`.

        `monthly_cents` is in the stream's currency, `spent_cents` in the base currency.
        """
        from funding.models.ledger import LedgerEntry  # which refers to streams itself

        after = add_months(year, 12)
        paid = Allocation.objects.known().current(on)
        spent = LedgerEntry.objects.known().touching(year, after).with_part(year, after)
        return self.annotate(
            monthly_cents=_sum_by_stream(paid, Units("monthly_amount", scale=100)),
            spent_cents=_sum_by_stream(spent, F("part_cents")),
        )

    def total_spent(self) -> Decimal:
        """Return the sum of `spent_cents`, in the base currency."""
        return from_cents(int(self.order_by().aggregate(cents=Sum("spent_cents"))["cents"] or 0))


def _sum_by_stream(rows: RecordedQuerySet, cents: Units | F) -> Coalesce:
    sums = rows.order_by().filter(stream=OuterRef("pk")).values("stream").annotate(cents=Sum(cents)).values("cents")
    return Coalesce(Subquery(sums), Value(0), output_field=models.BigIntegerField())


def validate_category(category: str) -> None:
    """Refuse a category that the organisation does not have."""
    if category not in settings.TWOFOLD_FUNDING_CATEGORIES:
        raise ValidationError(
            f"{category!r} is not a category here; it is one of {', '.join(settings.TWOFOLD_FUNDING_CATEGORIES)}. "
            "TWOFOLD_FUNDING_CATEGORIES says which there are."
        )


class Cadence(models.IntegerChoices):
    """How often a sponsor looks at a stream again, in months."""

    MONTHLY = 1, "Every month"
    QUARTERLY = 3, "Every quarter"
    HALF_YEARLY = 6, "Every half year"
    YEARLY = 12, "Every year"


class FundingStream(Described):
    """A stable source of money with a sponsor."""

    currency = currency_field(help_text="ISO code of the money it pays in, such as GBP.")
    sponsor = models.ForeignKey("teams.Person", models.PROTECT, null=True, blank=True, related_name="sponsored_streams")
    purpose = models.TextField(blank=True, help_text="What this money is for, in a sentence.")
    category = models.CharField(
        max_length=40,
        blank=True,
        validators=[validate_category],
        help_text="What kind of money it is: to run, to grow, to transform, or what the organisation calls it.",
    )
    review_months = models.PositiveSmallIntegerField(
        "review",
        choices=Cadence,
        default=Cadence.QUARTERLY,
        help_text="How often its sponsor looks at it again.",
    )
    reviewed_on = models.DateField(
        "last reviewed", null=True, blank=True, help_text="The day its sponsor last looked at it; empty is never."
    )

    objects = FundingStreamQuerySet.as_manager()

    #: Addresses of this room stand where a stream's code does.
    reserved_codes = frozenset(
        {
            "allocations",
            "budgets",
            "carry-forwards",
            "closes",
            "commitments",
            "guardrails",
            "ledger",
            "overview",
            "products",
            "rates",
            "shelf-life",
            "streams",
            "transfers",
            "value-streams",
            "waivers",
        }
    )

    @property
    def monthly(self) -> Decimal:
        """What it pays a month; see `with_money`."""
        return from_cents(self.monthly_cents)

    @property
    def spent(self) -> Decimal:
        """What is spent of it in a fiscal year; see `with_money`."""
        return from_cents(self.spent_cents)

    @property
    def review_due(self) -> date | None:
        """The day its next review is due; None where it was never reviewed."""
        return months_after(self.reviewed_on, self.review_months) if self.reviewed_on else None

    @property
    def is_review_overdue(self) -> bool:
        """Whether the day of its next review has passed; a stream that was never reviewed waits for its first."""
        return self.review_due is None or self.review_due < today()

    def get_absolute_url(self) -> str:
        """Return the address of this stream's page."""
        return reverse("funding:stream-detail", args=[self.code])

    def guard(self) -> None:
        """Refuse a new currency once money was allotted or moved in the old one, and a review that is yet to come."""
        if self.reviewed_on and self.reviewed_on > today():
            raise ValidationError(
                {
                    "reviewed_on": f"{self.reviewed_on} is yet to come; give the day of the last review, "
                    "or leave it empty."
                }
            )
        rows = ("allocations", "transfers_out", "transfers_in", "carry_forwards")
        if self.pk and any(getattr(self, name).exists() for name in rows):
            old = FundingStream.objects.get(pk=self.pk)
            if old.currency != self.currency:
                raise ValidationError(
                    {"currency": f"Money was allotted in {old.currency}; add a new stream for {self.currency}."}
                )


class AllocationQuerySet(RecordedQuerySet):
    """Reads of allocations."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("stream", "product", "recorded_by").order_by(
            "stream__name", "product__name", "starts"
        )


class Allocation(Recorded):
    """Money a month from one stream to one product over the days [starts, ends)."""

    stream = models.ForeignKey(FundingStream, models.PROTECT, related_name="allocations")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="allocations")
    monthly_amount = amount_field(
        validators=[MinValueValidator(Decimal("0.00"))], help_text="In the stream's currency, per month."
    )
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")
    why = models.CharField(max_length=300, blank=True, help_text="Why it was agreed, or why it differs from before.")

    scope_products = ("product",)
    objects = AllocationQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("allocation"),
            models.CheckConstraint(
                condition=Q(monthly_amount__gte=0),
                name="allocation_is_not_negative",
                violation_error_message="An allocation cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} to {self.product}: {self.monthly_amount} {self.stream.currency} a month"

    def get_absolute_url(self) -> str:
        """Return the address of this allocation's page."""
        return reverse("funding:allocation-detail", args=[self.pk])

    def holds_on(self, day: date) -> bool:
        """Return whether it pays on a day."""
        return self.starts <= day and (self.ends is None or day < self.ends)

    def cents_by_month(self, first: date, last: date) -> dict[date, int]:
        """Return what it pays in each month from that of `first` to that of `last`, in cents of its stream's currency.

        A month that it covers in part is paid by its days.
        """
        cents = to_cents(self.monthly_amount)
        paid = {}
        for month in month_range(max(first, self.starts), min(last, last_day(self.ends)) if self.ends else last):
            length = days_in(month)
            days = overlap_days(self.starts, self.ends, month, add_months(month, 1))
            if days:
                paid[month] = share_of_days(cents, days, length)
        return paid

    def lock(self) -> None:
        """Hold the stream, so that two allocations to one product cannot both take the same days."""
        FundingStream.objects.select_for_update().get(pk=self.stream_id)

    def guard(self) -> None:
        """Refuse a second allocation from the same stream to the same product on the same days."""
        clash = self.stream.allocations.known().filter(during(self.starts, self.ends), product=self.product).first()
        if clash:
            raise ValidationError(
                {
                    "starts": f"{self.stream} already pays {self.product} {clash.monthly_amount} "
                    f"{self.stream.currency} a month from {clash.starts} to {clash.ends or 'now on'}. Correct that "
                    "allocation, or start after it."
                }
            )
        self._keep_guardrails()

    def guard_without(self) -> None:
        """Have the guardrails checked without this one."""
        self._keep_guardrails(is_retracted=True)

    def _keep_guardrails(self, *, is_retracted: bool = False) -> None:
        from funding.guardrails import keep_guardrails  # which stands on the models

        keep_guardrails(self, is_retracted=is_retracted)
