"""Period closes: months whose figures no longer move, and what the ledger came to in them when they were closed."""

from datetime import date, datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse

from funding.models.streams import FundingStream
from portfolio.common import formats
from portfolio.common.locks import hold
from portfolio.common.money import total_field
from portfolio.common.months import add_months
from portfolio.common.recorded import Recorded, RecordedQuerySet

CLOSING = "period close"  # the lock of who closes or re-opens a month


class PeriodCloseQuerySet(RecordedQuerySet):
    """Reads of period closes."""

    def for_table(self) -> Self:
        """Return the closes with what a table of them shows, latest month first."""
        return self.select_related("recorded_by", "retracted_by").order_by("-month", "-pk")

    def through(self, at: datetime | None = None) -> date | None:
        """Return the last month that was closed at a moment, now without one; it and all before it are closed."""
        return self.known(at).aggregate(last=Max("month"))["last"]

    def counted_in(self, recorded_at: datetime) -> tuple[date, date] | None:
        """Return the last month that was closed when something was recorded, and the one it counts in for these.

        None where no month was, that is closed still. One query.
        """
        closed = self.known().filter(recorded_at__lt=recorded_at).aggregate(last=Max("month"))["last"]
        return None if closed is None else (closed, add_months(closed, 1))


class PeriodClose(Recorded):
    """A month that is closed: its figures no longer move. To re-open it is to retract its close.

    Months are closed in order, so all months up to the last closed one are. What is recorded for one of them later
    counts in the first open month.
    """

    month = models.DateField(help_text="The first day of the month.")
    note = models.CharField(max_length=300, blank=True, help_text="What is worth remembering about this close.")
    ledger_cost = total_field(editable=False, help_text="What the ledger came to, in the base currency.")
    cost = total_field(editable=False, help_text="What all products cost, their teams included.")
    value = total_field(editable=False, help_text="What customers had of all products.")
    late_cost = total_field(editable=False, default=0, help_text="Of the cost, what came late for months before it.")
    late_value = total_field(editable=False, default=0, help_text="Of the value, what came late for months before it.")
    digest = models.CharField(max_length=32, editable=False, blank=True, help_text="Of the figures that were frozen.")

    objects = PeriodCloseQuerySet.as_manager()

    class Meta(Recorded.Meta):
        ordering = ["-month", "-id"]
        constraints = [
            *Recorded.Meta.constraints,
            models.UniqueConstraint(
                fields=["month"],
                condition=Q(retracted_at=None),
                name="periodclose_is_known_once",
                violation_error_message="This month is closed already.",
            ),
        ]

    def __str__(self) -> str:
        return f"The close of {formats.month_name(self.month)}"

    def get_absolute_url(self) -> str:
        """Return the address of this close's page."""
        return reverse("closing:close-detail", args=[self.pk])

    @property
    def next_month(self) -> date:
        """The month after it."""
        return add_months(self.month, 1)

    def lock(self) -> None:
        """Hold all closing: months are closed and re-opened one after the other."""
        hold(CLOSING)

    def guard(self) -> None:
        """Refuse to close a month twice."""
        if PeriodClose.objects.known().filter(month=self.month).exists():
            raise ValidationError({"month": f"{formats.month_name(self.month)} is closed already."})

    def guard_without(self) -> None:
        """Refuse to re-open a month while a later one is closed."""
        later = PeriodClose.objects.known().filter(month__gt=self.month)
        if (last := later.through()) is not None:
            raise ValidationError(
                f"{formats.month_name(self.month)} cannot be re-opened while later months are closed, for they stand "
                f"on it. Re-open {formats.month_name(last)} first"
                + (", then the months between, latest first." if last > self.next_month else ".")
            )


class ClosedBalance(models.Model):
    """What the ledger came to in a closed month, in one cell of `funding.booked`: written once, never changed."""

    close = models.ForeignKey(PeriodClose, models.CASCADE, related_name="balances", db_index=False)
    month = models.DateField()
    # Written by the thousand from entries whose references are held; see `recorded.Fact`.
    product = models.ForeignKey(
        "catalog.Product", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    stream = models.ForeignKey(
        FundingStream, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    is_capital = models.BooleanField(default=False)
    account = models.CharField(max_length=60, blank=True)
    amount = total_field(help_text="In the base currency.")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["close", "product"], name="closedbalance_close"),
            models.Index(fields=["month", "product"], name="closedbalance_month"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.month:%Y-%m}: {self.amount}"
