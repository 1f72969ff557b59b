"""Funding streams, allocations, ledger entries and exchange rates."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import amount_field, base_currency, currency_field, to_cent, validate_currency
from portfolio.common.months import during, last_day, last_month_column, month_column
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.staleness import Touch
from products.value.models import Metric
from teams.models import Rate, labour_touches


class FundingStreamQuerySet(DescribedQuerySet):
    """Reads of funding streams."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("sponsor")


class FundingStream(Described):
    """A stable source of money with a sponsor."""

    currency = currency_field(help_text="ISO code of the money it pays in, such as GBP.")
    sponsor = models.ForeignKey("teams.Person", models.PROTECT, null=True, blank=True, related_name="sponsored_streams")
    purpose = models.TextField(blank=True, help_text="What this money is for, in a sentence.")

    objects = FundingStreamQuerySet.as_manager()

    def guard(self) -> None:
        """Refuse a new currency once money was allotted in the old one."""
        if self.pk and self.allocations.exists():
            old = FundingStream.objects.get(pk=self.pk)
            if old.currency != self.currency:
                raise ValidationError(
                    {"currency": f"Allocations were made in {old.currency}; add a new stream for {self.currency}."}
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
        return f"{self.stream} to {self.product}: {self.monthly_amount} a month"

    def lock(self) -> None:
        """Hold the stream, so that two allocations to one product cannot both take the same days."""
        FundingStream.objects.select_for_update().get(pk=self.stream_id)

    def guard(self) -> None:
        """Refuse a second allocation from the same stream to the same product on the same days."""
        clash = self.stream.allocations.known().filter(during(self.starts, self.ends), product=self.product).first()
        if clash:
            raise ValidationError(
                {
                    "starts": f"{self.stream} already pays {self.product} {clash.monthly_amount} {self.stream.currency} "
                    f"a month from {clash.starts} to {clash.ends or 'now on'}. Correct that allocation, or start "
                    "after it."
                }
            )


class ExchangeRateQuerySet(RecordedQuerySet):
    """Reads of exchange rates."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("recorded_by").order_by("currency", "-starts")

    def rate_on(self, currency: str, on: date) -> Decimal:
        """Return what one unit of `currency` is in the base currency on a day; 1 for the base currency.

        Raises ValidationError, naming the pair and the date, where no rate is known.
        """
        if currency == base_currency():
            return Decimal(1)
        rate = self.current(on).filter(currency=currency, base=base_currency()).values_list("rate", flat=True).first()
        if rate is None:
            raise ValidationError(
                f"There is no exchange rate from {currency} to {base_currency()} on {on}. Record one that covers "
                "that day, then try again.",
                code="missing_rate",
            )
        return rate


class ExchangeRate(Recorded):
    """What one unit of a currency is in the base currency over the days [starts, ends)."""

    currency = models.CharField(max_length=3, validators=[validate_currency])
    base = currency_field(editable=False)
    rate = models.DecimalField(max_digits=18, decimal_places=8, help_text="Base currency for one unit.")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    objects = ExchangeRateQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("exchangerate"),
            models.CheckConstraint(
                condition=Q(rate__gt=0),
                name="exchangerate_is_positive",
                violation_error_message="An exchange rate is above zero.",
            ),
            models.CheckConstraint(
                condition=~Q(currency=F("base")),
                name="exchangerate_is_between_two_currencies",
                violation_error_message="The base currency needs no exchange rate.",
            ),
            models.UniqueConstraint(
                fields=["currency", "base", "starts"],
                condition=Q(retracted_at=None),
                name="exchangerate_is_known_once",
                violation_error_message="There is already a rate for this currency from this day. Correct that one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} to {self.base} from {self.starts}: {self.rate.normalize():f}"

    def guard(self) -> None:
        """Refuse two rates of one currency on the same days."""
        clash = (
            ExchangeRate.objects.known()
            .filter(during(self.starts, self.ends), currency=self.currency, base=self.base)
            .first()
        )
        if clash:
            raise ValidationError(
                {
                    "starts": f"{self.currency} already has a rate from {clash.starts} to {clash.ends or 'now on'}. "
                    "Correct that one so that it ends before this one starts."
                }
            )

    def derived(self) -> Iterable["LedgerEntry"]:
        """Return the ledger entries that were converted at this rate."""
        entries = LedgerEntry.objects.known().filter(currency=self.currency, starts__gte=self.starts)
        return entries.filter(starts__lt=self.ends) if self.ends else entries

    def touched(self) -> list[Touch]:
        """A rate changes the worths that are given in its currency, and the labour, from its first day on."""
        last = last_day(self.ends) if self.ends else None
        valued = Metric.objects.filter(valuations__currency=self.currency, valuations__retracted_at=None)
        touches = [Touch(product, self.starts, last) for product in valued.values_list("product_id", flat=True)]
        if Rate.objects.known().filter(currency=self.currency).exists():
            touches += labour_touches(self.starts, self.ends)
        return touches


class LedgerEntryQuerySet(RecordedQuerySet):
    """Reads of ledger entries."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product", "stream", "recorded_by").order_by("-starts", "-id")


class LedgerEntry(Recorded):
    """An actual cost, once, on a day or over the days [starts, ends), over which it is spread evenly."""

    reference = models.CharField(max_length=80, help_text="The line's number in the books it comes from; used once.")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="ledger_entries")
    stream = models.ForeignKey(
        FundingStream,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger_entries",
        verbose_name="funding stream",
    )
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts: for a single day, the day after.")
    amount = amount_field(help_text="Negative for a credit.")
    currency = currency_field()
    base_amount = amount_field(editable=False, help_text="In the base currency, at the rate of the first day.")
    account = models.CharField(max_length=60, blank=True, help_text="Where the books put it.")
    includes_labour = models.BooleanField(
        default=False, help_text="It pays for the product's own people, so that their run-rate is not added."
    )
    memo = models.CharField(max_length=300, blank=True)
    month = month_column()
    last_month = last_month_column()

    scope_products = ("product",)
    objects = LedgerEntryQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name_plural = "ledger entries"
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("ledgerentry", is_open=False),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(retracted_at=None),
                name="ledgerentry_reference_is_known_once",
                violation_error_message="A ledger entry with this reference is already recorded. Correct that one.",
            ),
        ]
        indexes = [
            # The roll-up of a month reads the month's own facts, and the few that span months.
            models.Index(fields=["month", "product"], condition=Q(retracted_at=None), name="ledgerentry_month"),
            models.Index(
                fields=["last_month", "month"],
                condition=Q(retracted_at=None, last_month__gt=F("month")),
                name="ledgerentry_spanning",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount} {self.currency}"

    def complete(self) -> None:
        """Convert to the base currency at the rate of the first day."""
        try:
            self.base_amount = to_cent(self.amount * ExchangeRate.objects.known().rate_on(self.currency, self.starts))
        except ValidationError as error:
            raise ValidationError({"currency": error.messages}) from error

    def touched(self) -> list[Touch]:
        """An entry changes the months it is spread over."""
        return [Touch(self.product_id, self.starts, last_day(self.ends))]
