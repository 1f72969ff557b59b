"""Money that moves between streams, and from one fiscal year to the next."""

from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from funding.models.commitments import converted
from funding.models.ledger import ExchangeRate, hold_conversion
from funding.models.streams import FundingStream
from portfolio.common.money import amount_field, base_currency, to_cent
from portfolio.common.months import add_months, fiscal_year, fiscal_year_name
from portfolio.common.recorded import Recorded, RecordedQuerySet

WHY = "Stays readable beside the amount."


class TransferQuerySet(RecordedQuerySet):
    """Reads of transfers."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("from_stream", "to_stream", "recorded_by").order_by("-moved_on", "-id")


class Transfer(Recorded):
    """Money that moved from one stream to another, once, on a day."""

    from_stream = models.ForeignKey(
        FundingStream, models.PROTECT, related_name="transfers_out", verbose_name="from stream"
    )
    to_stream = models.ForeignKey(FundingStream, models.PROTECT, related_name="transfers_in", verbose_name="to stream")
    moved_on = models.DateField("day", help_text="The day it moved.")
    amount = amount_field(
        validators=[MinValueValidator(Decimal("0.01"))], help_text="In the currency of the stream that gives."
    )
    received_amount = amount_field(
        editable=False, help_text="In the currency of the stream that takes, at the rates of that day."
    )
    base_amount = amount_field(editable=False, help_text="In the base currency, at the rate of that day.")
    why = models.CharField(max_length=300, help_text=WHY)

    objects = TransferQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="transfer_is_positive",
                violation_error_message="A transfer is above zero; to give money back, move it the other way.",
            ),
            models.CheckConstraint(
                condition=~Q(from_stream=F("to_stream")),
                name="transfer_is_between_two_streams",
                violation_error_message="A transfer goes from one stream to another, and both are the same one.",
            ),
            models.UniqueConstraint(
                fields=["from_stream", "to_stream", "moved_on"],
                condition=Q(retracted_at=None),
                name="transfer_is_known_once",
                violation_error_message="There is already a transfer between these streams on this day. Correct that "
                "one to the sum of both.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_stream} to {self.to_stream}: {self.amount} {self.from_stream.currency}"

    def get_absolute_url(self) -> str:
        """Return the address of this transfer's page."""
        return reverse("funding:transfer-detail", args=[self.pk])

    def lock(self) -> None:
        """Wait for a change of the rates it is converted at."""
        for currency in sorted({self.from_stream.currency, self.to_stream.currency} - {base_currency()}):
            hold_conversion(currency, shared=True)

    def complete(self) -> None:
        """Convert at the rates of the day: to the base currency, and to that of the stream that takes it."""
        given, taken = self.from_stream.currency, self.to_stream.currency
        self.base_amount = converted(self.amount, given, self.moved_on)
        if given == taken:
            self.received_amount = self.amount
        else:
            rates = ExchangeRate.objects.known()
            self.received_amount = to_cent(
                self.amount * rates.rate_on(given, self.moved_on) / rates.rate_on(taken, self.moved_on)
            )


class CarryForwardQuerySet(RecordedQuerySet):
    """Reads of what was carried forward."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("stream", "recorded_by").order_by("-year", "stream__name", "pk")


class CarryForward(Recorded):
    """Money of a stream that was not spent in one fiscal year, or spent too much, taken into the next."""

    stream = models.ForeignKey(FundingStream, models.PROTECT, related_name="carry_forwards")
    year = models.DateField("into the year from", help_text="The first day of the fiscal year that it is taken into.")
    amount = amount_field(help_text="In the stream's currency; below zero where too much was spent.")
    why = models.CharField(max_length=300, help_text=WHY)

    objects = CarryForwardQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(amount=0),
                name="carryforward_is_something",
                violation_error_message="Nothing to carry forward is no event: give an amount above or below zero.",
            ),
            models.UniqueConstraint(
                fields=["stream", "year"],
                condition=Q(retracted_at=None),
                name="carryforward_is_known_once",
                violation_error_message="This stream already carries money into that year. Correct that row.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} into {self.year_name}: {self.amount} {self.stream.currency}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("funding:carry-forward-detail", args=[self.pk])

    @property
    def year_name(self) -> str:
        """The fiscal year that takes it, such as 2017/18."""
        return fiscal_year_name(self.year)

    @property
    def year_before_name(self) -> str:
        """The fiscal year that leaves it."""
        return fiscal_year_name(add_months(self.year, -12))

    def guard(self) -> None:
        """Refuse a day that no fiscal year starts on."""
        first = fiscal_year(self.year)
        if first != self.year:
            raise ValidationError(
                {
                    "year": f"{self.year} is inside the fiscal year {fiscal_year_name(first)}, which starts on "
                    f"{first}. Give the first day of the year that takes the money."
                }
            )
