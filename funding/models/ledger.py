"""The ledger: actual costs, and the exchange rates that they are counted at."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.urls import reverse

from funding.models.streams import FundingStream
from portfolio.common.locks import hold
from portfolio.common.money import amount_field, base_currency, currency_field, to_cent, validate_currency
from portfolio.common.months import add_months, during, last_day, last_month_column, month_column, overlap_days
from portfolio.common.parts import Units, UnitsDuring
from portfolio.common.recorded import Fact, Recorded, RecordedQuerySet, interval_constraint, refers_to
from portfolio.common.spreading import from_cents, parts_by_month, to_cents
from portfolio.common.staleness import Touch
from products.value.models import Metric
from teams.models import Rate, labour_touches


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
    rate = models.DecimalField(max_digits=15, decimal_places=8, help_text="Base currency for one unit.")
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
        return f"{self.currency} to {self.base} from {self.starts}: {self.rate_text}"

    @property
    def rate_text(self) -> str:
        """The rate without the zeros at its end."""
        return f"{self.rate.normalize():f}"

    def get_absolute_url(self) -> str:
        """Return the address of this rate's page."""
        return reverse("funding:exchange-rate-detail", args=[self.pk])

    def lock(self) -> None:
        """Hold the currency: no entry is converted at a rate that is being replaced, and no two rates overlap."""
        hold_conversion(self.currency)

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

    def guard_without(self) -> None:
        """Refuse to leave a ledger entry, a commitment or a transfer without a rate."""
        for rows, day in self.converted():
            covering = ExchangeRate.objects.known().filter(
                Q(ends__gt=OuterRef(day)) | Q(ends=None),
                currency=self.currency,
                base=self.base,
                starts__lte=OuterRef(day),
            )
            bare = rows.exclude(Exists(covering)).order_by(day, "id")
            if row := bare.first():
                raise ValidationError(
                    f"There would be no exchange rate from {self.currency} to {self.base} on {getattr(row, day)}, "
                    f"which {row._meta.verbose_name} {getattr(row, 'reference', row)} is converted at ({bare.count()} "
                    "in all). Correct this rate so that it still covers that day: what is converted at it is worked "
                    "out again at the new one."
                )

    def converted(self) -> list[tuple[RecordedQuerySet, str]]:
        """Return the known rows of each kind that were converted at this rate, and which of their days it was for."""
        from funding.models.commitments import Commitment  # which are converted at rates themselves
        from funding.models.transfers import Transfer

        between = Q(from_stream__currency=self.currency) | Q(to_stream__currency=self.currency)
        kinds: list[tuple[RecordedQuerySet, str]] = [
            (LedgerEntry.objects.known().filter(currency=self.currency), "starts"),
            (Commitment.objects.known().filter(currency=self.currency), "starts"),
            (Transfer.objects.known().filter(between), "moved_on"),
        ]
        found = [(rows.filter(**{f"{day}__gte": self.starts}), day) for rows, day in kinds]
        return [(rows.filter(**{f"{day}__lt": self.ends}), day) for rows, day in found] if self.ends else found

    def derived(self) -> list[Recorded]:
        """Return the rows that were converted at this rate: they are recorded again when it changes."""
        return [row for rows, _ in self.converted() for row in rows]

    def touched(self) -> list[Touch]:
        """A rate changes the worths that are given in its currency, and the labour, from its first day on."""
        last = last_day(self.ends) if self.ends else None
        valued = Metric.objects.filter(valuations__currency=self.currency, valuations__retracted_at=None)
        touches = [Touch(product, self.starts, last) for product in valued.values_list("product_id", flat=True)]
        if Rate.objects.known().filter(currency=self.currency).exists():
            touches += labour_touches(self.starts, self.ends)
        return touches


def hold_conversion(currency: str, *, shared: bool = False) -> None:
    """Hold a currency: shared while amounts are converted at its rates, alone while these change."""
    hold(f"exchange rate of {currency}", shared=shared)


@dataclass(frozen=True)
class MonthPart:
    """What falls in one month of a ledger entry: days, and amounts in its own and in the base currency."""

    month: date
    days: int
    amount: Decimal
    base_amount: Decimal


class LedgerEntryQuerySet(RecordedQuerySet):
    """Reads of ledger entries."""

    def touching(self, first: date | None, after: date | None) -> Self:
        """Return the entries with a day in `[first, after)`; either may be open."""
        rows = self.filter(ends__gt=first) if first else self
        return rows.filter(starts__lt=after) if after else rows

    def with_part(self, first: date, after: date) -> Self:
        """Annotate `part_cents`: what falls in `[first, after)`, in cents of the base currency.

        Only for entries that touch those days.
        """
        return self.annotate(part_cents=UnitsDuring("base_amount", scale=100, first=first, after=after))

    def total(self) -> Decimal:
        """Return the sum of the entries in the base currency, exact to the cent."""
        cents = self.order_by().aggregate(cents=Sum(Units("base_amount", scale=100)))["cents"]
        return from_cents(int(cents or 0))

    def total_part(self) -> Decimal:
        """Return the sum of `with_part`, exact to the cent."""
        return from_cents(int(self.order_by().aggregate(cents=Sum("part_cents"))["cents"] or 0))

    def cents_by_product_month(self) -> dict[tuple[int, date], int]:
        """Return what falls in each month, by product id and month, in cents of the base currency."""
        whole = self.order_by().filter(last_month=F("month")).values_list("product_id", "month")
        sums = {
            (product, month): int(cents)
            for product, month, cents in whole.annotate(cents=Sum(Units("base_amount", scale=100)))
        }
        spanning = self.order_by().filter(last_month__gt=F("month"))
        for product, amount, starts, ends in spanning.values_list("product_id", "base_amount", "starts", "ends"):
            for month, cents in parts_by_month(to_cents(amount), starts, ends).items():
                sums[product, month] = sums.get((product, month), 0) + cents
        return sums

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product", "stream", "recorded_by").order_by("-starts", "-id")


class LedgerEntry(Fact):
    """An actual cost, once, on a day or over the days [starts, ends), over which it is spread evenly."""

    reference = models.CharField(max_length=80, help_text="The line's number in the books it comes from; used once.")
    product = refers_to("catalog.Product", related_name="ledger_entries")
    stream = refers_to(
        FundingStream,
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
    is_capital = models.BooleanField(
        "capital",
        default=False,
        db_default=False,
        help_text="Capital expense: it makes something that lasts. Otherwise it is an operating expense.",
    )
    memo = models.CharField(max_length=300, blank=True)
    month = month_column()
    last_month = last_month_column()

    scope_products = ("product",)
    objects = LedgerEntryQuerySet.as_manager()

    class Meta(Fact.Meta):
        verbose_name_plural = "ledger entries"
        constraints = [
            *Fact.Meta.constraints,
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
            models.Index(fields=["product", "starts"], name="ledgerentry_product"),
            models.Index(fields=["stream"], condition=Q(stream__isnull=False), name="ledgerentry_stream"),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount} {self.currency}"

    def get_absolute_url(self) -> str:
        """Return the address of this entry's page."""
        return reverse("funding:ledger-entry-detail", args=[self.pk])

    @property
    def days(self) -> int:
        """How many days it is spread over."""
        return (self.ends - self.starts).days

    @property
    def part(self) -> Decimal:
        """What falls in the days asked for, in the base currency; see `with_part`."""
        return from_cents(self.part_cents)

    @property
    def is_converted(self) -> bool:
        """Whether its amount is in another currency than the figures."""
        return self.currency != base_currency()

    def parts(self) -> list[MonthPart]:
        """Return what falls in each month; the parts add back to both amounts to the cent."""
        own = parts_by_month(to_cents(self.amount), self.starts, self.ends)
        base = parts_by_month(to_cents(self.base_amount), self.starts, self.ends)
        return [
            MonthPart(
                month,
                overlap_days(self.starts, self.ends, month, add_months(month, 1)),
                from_cents(cents),
                from_cents(base[month]),
            )
            for month, cents in own.items()
        ]

    def lock(self) -> None:
        """Hold what it refers to, and wait for a change of the rate it is converted at."""
        super().lock()
        if self.is_converted:
            hold_conversion(self.currency, shared=True)

    def complete(self) -> None:
        """Convert to the base currency at the rate of the first day."""
        try:
            self.base_amount = to_cent(self.amount * ExchangeRate.objects.known().rate_on(self.currency, self.starts))
        except ValidationError as error:
            raise ValidationError({"currency": error.messages}) from error

    def touched(self) -> list[Touch]:
        """An entry changes the months it is spread over."""
        return [Touch(self.product_id, self.starts, last_day(self.ends))]
