"""Commitments: costs that are agreed and not in the books yet."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from funding.models.ledger import ExchangeRate, hold_conversion
from funding.models.streams import FundingStream
from portfolio.common.money import amount_field, base_currency, currency_field, to_cent
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.spreading import parts_by_month, to_cents


class CommitmentQuerySet(RecordedQuerySet):
    """Reads of commitments."""

    def outstanding(self) -> Self:
        """Return those that the books do not have yet."""
        return self.filter(settled_on=None)

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product", "stream", "recorded_by").order_by("-starts", "-id")


class Commitment(Recorded):
    """A cost that is agreed and not in the books yet, over the days [starts, ends), over which it is spread evenly.

    Once the books have it, it is corrected to say since when it is settled: from then on its ledger entries count in
    its place. One that was agreed no longer is retracted.
    """

    reference = models.CharField(max_length=80, help_text="The number of the order or contract; used once.")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="commitments")
    stream = models.ForeignKey(
        FundingStream,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="commitments",
        verbose_name="funding stream",
    )
    supplier = models.CharField(max_length=200, blank=True, help_text="To whom it was promised.")
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts: for a single day, the day after.")
    amount = amount_field()
    currency = currency_field()
    base_amount = amount_field(editable=False, help_text="In the base currency, at the rate of the first day.")
    account = models.CharField(max_length=60, blank=True, help_text="Where the books will put it.")
    is_capital = models.BooleanField(
        "capital", default=False, help_text="Capital expense: it makes something that lasts."
    )
    settled_on = models.DateField(
        "settled",
        null=True,
        blank=True,
        help_text="The day from which the books have it; empty while they do not. It then counts no longer.",
    )
    memo = models.CharField(max_length=300, blank=True)

    scope_products = ("product",)
    objects = CommitmentQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("commitment", is_open=False),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(retracted_at=None),
                name="commitment_reference_is_known_once",
                violation_error_message="A commitment with this reference is already recorded. Correct that one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount} {self.currency}"

    def get_absolute_url(self) -> str:
        """Return the address of this commitment's page."""
        return reverse("funding:commitment-detail", args=[self.pk])

    @property
    def is_converted(self) -> bool:
        """Whether its amount is in another currency than the figures."""
        return self.currency != base_currency()

    def cents_by_month(self) -> dict[date, int]:
        """Return what falls in each month, in cents of the base currency."""
        return parts_by_month(to_cents(self.base_amount), self.starts, self.ends)

    def lock(self) -> None:
        """Wait for a change of the rate it is converted at."""
        if self.is_converted:
            hold_conversion(self.currency, shared=True)

    def complete(self) -> None:
        """Convert to the base currency at the rate of the first day."""
        self.base_amount = converted(self.amount, self.currency, self.starts)


def converted(amount: Decimal, currency: str, on: date) -> Decimal:
    """Return an amount in the base currency at the rate of a day; ValidationError says which rate is missing."""
    try:
        return to_cent(amount * ExchangeRate.objects.known().rate_on(currency, on))
    except ValidationError as error:
        raise ValidationError(error.messages) from error
