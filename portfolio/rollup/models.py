"""What a roll-up writes: months and product-months, standings, and the record of each run.

All of it can be made again from the facts and agreements; nothing here is entered by hand.
"""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from portfolio.common.access import Scoped
from portfolio.common.money import total_field


class Run(Scoped, models.Model):
    """One roll-up: why, over what, how long, and whether its sums held."""

    cause = models.CharField(max_length=200)
    is_full = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    months = models.PositiveIntegerField(default=0)
    product_months = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0, help_text="Facts and agreements that were read.")
    seed = models.PositiveBigIntegerField(help_text="What the draws behind the ranges were made from.")
    invariants = models.JSONField(default=dict, help_text="Each law of conservation, and by how much it was missed.")
    has_held = models.BooleanField(default=True, help_text="Whether every invariant held.")
    error = models.TextField(blank=True)
    versions = models.JSONField(default=dict, help_text="The version of each month that the standings were made from.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Run {self.pk}: {self.cause}"


class ProductMonth(models.Model):
    """The figures of one product for one month, in the base currency."""

    # No constraint in the database: it would be checked row by row, for more time than all the figures take.
    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="months", db_constraint=False, db_index=False
    )
    month = models.DateField()
    ledger_cost = total_field(default=0)
    labour_cost = total_field(default=0, help_text="Run-rate of assigned teams, where the ledger has no labour.")
    direct_cost = total_field(default=0)
    own_value = total_field(default=0)
    loaded_cost = total_field(null=True)
    retained_cost = total_field(null=True)
    reached_value = total_field(null=True)
    credited_value = total_field(null=True)
    measured_value = total_field(null=True, help_text="The part of the credited value that is measured.")
    estimated_value = total_field(null=True, help_text="The part of the credited value that is estimated.")

    class Meta:
        ordering = ["month", "product"]
        constraints = [models.UniqueConstraint(fields=["month", "product"], name="productmonth_is_made_once")]
        indexes = [models.Index(fields=["product", "month"], name="productmonth_product")]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.month:%Y-%m}"


class Basis(models.TextChoices):
    """What a share rests on."""

    METERED = "metered", "Metered"
    AGREED = "agreed", "Agreed"
    CARRIED = "carried", "Carried on: metering has stopped"


class SolvedMonth(models.Model):
    """One month as it was last worked out: its facts and what the engine made of them, as arrays in bytes.

    The row is what a worker locks to have the month to itself. Each time the figures change, or the month is closed,
    `version` goes up by one; standings are behind where a month has another version than they were made from
    (`Run.versions`). While a month is closed its figures stand, and what comes beside them is kept as `late`.
    """

    month = models.DateField(unique=True)
    version = models.PositiveIntegerField(default=0)
    is_due = models.BooleanField(default=False, help_text="To be worked out whole, from all of its facts.")
    solved_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0, help_text="How long it took to read, solve and write.")
    rows = models.PositiveIntegerField(default=0, help_text="Facts and agreements that were read.")
    product_months = models.PositiveIntegerField(default=0, help_text="Product-months that were written.")
    cause = models.CharField(max_length=200, blank=True)
    gap = models.FloatField(default=0, help_text="How far the engine's sums were off before rounding, relative.")
    was_whole = models.BooleanField(default=False, help_text="Whether it was worked out from all of its facts.")
    has_products = models.BooleanField(default=False, help_text="Whether any product has figures in it.")
    has_costs = models.BooleanField(default=False)
    metrics_value = total_field(default=0, help_text="What its metrics are worth together.")
    digest = models.CharField(max_length=32, blank=True, help_text="Of the figures: the same ones have the same.")
    figures = models.BinaryField(default=b"", help_text="See portfolio.rollup.snapshots.")
    late = models.BinaryField(
        default=b"", help_text="Of a closed month: what its facts come to now less its figures. See rollup.late."
    )

    class Meta:
        ordering = ["month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}, version {self.version}"


class FrozenMonth(models.Model):
    """The figures of a month as they were when it was closed: a copy, kept when the month is opened again."""

    close = models.OneToOneField("funding.PeriodClose", models.CASCADE, related_name="frozen")
    digest = models.CharField(max_length=32, blank=True)
    figures = models.BinaryField(default=b"", help_text="See portfolio.rollup.snapshots; empty where there were none.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Frozen {self.digest}"


class BlockedMonth(models.Model):
    """A month that cannot be solved; its last good figures stay until the cause is mended."""

    month = models.DateField(unique=True)
    message = models.TextField()
    products = models.ManyToManyField("catalog.Product", related_name="+")
    blocked_at = models.DateTimeField(help_text="When it was last tried.")
    is_unread = models.BooleanField(
        default=False, help_text="Its facts could not even be read; its marks wait until something is marked anew."
    )
    waiting = models.PositiveIntegerField(
        null=True, help_text="How many marks waited when it was last tried; more of them are a reason to try again."
    )

    class Meta:
        ordering = ["month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.message}"


class Window(models.TextChoices):
    """The windows for which standings are kept."""

    T12M = "t12m", "12 months"
    QUARTER = "quarter", "Quarter"
    FISCAL_YEAR = "fy", "Fiscal year"


class StandingQuerySet(models.QuerySet):
    """Reads of standings."""

    def of_products(self) -> Self:
        """Return the standings of products, with what a table of them shows."""
        return self.exclude(product=None).select_related("product__value_stream")


class Standing(models.Model):
    """The figures of a product, a value stream with all below it, or the whole, over one window.

    Sums are in the base currency over the window; ranges are the 5th and 95th percentile of the draws.
    """

    # No constraints in the database: all standings are written anew time and again, and each would be checked thrice.
    run = models.ForeignKey(Run, models.PROTECT, related_name="standings", db_constraint=False, db_index=False)
    window = models.CharField(max_length=7, choices=Window)
    first_month = models.DateField()
    last_month = models.DateField()
    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, null=True, related_name="standings", db_constraint=False
    )
    value_stream = models.ForeignKey(
        "catalog.ValueStream", models.CASCADE, null=True, related_name="standings", db_constraint=False, db_index=False
    )

    direct_cost = total_field(default=0)
    loaded_cost = total_field(null=True, help_text="Products only: it overlaps between products.")
    own_value = total_field(default=0)
    own_value_low = total_field(null=True)
    own_value_high = total_field(null=True)
    reached_value = total_field(null=True, help_text="Products only: it overlaps between products.")
    reached_value_low = total_field(null=True)
    reached_value_high = total_field(null=True)
    credited_value = total_field(default=0)
    credited_value_low = total_field(null=True)
    credited_value_high = total_field(null=True)
    direct = models.FloatField(null=True, help_text="Own value per own dollar; empty where nothing was spent.")
    loaded = models.FloatField(null=True, help_text="Own value per dollar of loaded cost.")
    credited = models.FloatField(null=True, help_text="Credited value per own dollar.")
    credited_low = models.FloatField(null=True)
    credited_high = models.FloatField(null=True)

    rank = models.PositiveIntegerField(null=True, help_text="By credited value per dollar; tied ones share a rank.")
    is_tied = models.BooleanField(default=False)
    evidence = models.CharField(max_length=9, blank=True, help_text="What most of its credited value rests on.")
    is_valued = models.BooleanField(default=False, help_text="Whether any value reaches it at all.")
    overdue_days = models.PositiveIntegerField(default=0, help_text="Of its most overdue valued metric.")
    has_carried_shares = models.BooleanField(default=False)
    is_blocked = models.BooleanField(default=False)

    before = models.FloatField(null=True, help_text="Credited value per dollar over the window a month earlier.")
    year_before = models.FloatField(null=True, help_text="The same over the window a year earlier.")
    moved_by_correction = models.FloatField(default=0)
    moved_by_value = models.FloatField(default=0)
    moved_by_network = models.FloatField(default=0)
    moved_by_cost = models.FloatField(default=0)
    trend = models.JSONField(default=list, help_text="Credited value per dollar of each of the last 24 months.")

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ["-credited", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(product=None) | Q(value_stream=None),
                name="standing_is_of_one_thing",
                violation_error_message="A standing is of a product, a value stream or the whole.",
            ),
            models.UniqueConstraint(
                "window", Coalesce("product", 0), Coalesce("value_stream", 0), name="standing_is_kept_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product or self.value_stream or 'All products'}, {self.get_window_display()}"

    @property
    def moved(self) -> float | None:
        """How far the credited value per dollar moved since a month earlier."""
        return None if self.credited is None or self.before is None else self.credited - self.before

    @property
    def direct_low(self) -> float | None:
        """The 5th percentile of own value per own dollar."""
        return _per_dollar(self.own_value_low, self.direct_cost)

    @property
    def direct_high(self) -> float | None:
        """The 95th percentile of own value per own dollar."""
        return _per_dollar(self.own_value_high, self.direct_cost)

    @property
    def loaded_low(self) -> float | None:
        """The 5th percentile of own value per dollar of loaded cost."""
        return _per_dollar(self.own_value_low, self.loaded_cost)

    @property
    def loaded_high(self) -> float | None:
        """The 95th percentile of own value per dollar of loaded cost."""
        return _per_dollar(self.own_value_high, self.loaded_cost)


def _per_dollar(value: Decimal | None, cost: Decimal | None) -> float | None:
    return None if value is None or cost is None or cost <= 0 else float(value) / float(cost)


class InvariantReport(Scoped, models.Model):
    """What was found when everything that is stored was looked at: each invariant, and whether it held."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    cause = models.CharField(max_length=200, help_text="The nightly look, a command, or who asked for it.")
    seconds = models.FloatField(default=0)
    seed = models.BigIntegerField(default=0, help_text="What the samples were drawn from; the same draws the same.")
    outcomes = models.JSONField(default=list, help_text="See portfolio.rollup.checks: one outcome a check.")
    has_held = models.BooleanField(help_text="Whether no invariant was found violated.")
    violations = models.PositiveIntegerField(default=0, help_text="How many invariants were.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Report {self.pk} of {self.at:%Y-%m-%d %H:%M}: {self.in_words}"

    @property
    def violated(self) -> list[dict]:
        """The outcomes of what did not hold."""
        return [outcome for outcome in self.outcomes if outcome["held"] is False]

    @property
    def uncertain(self) -> list[dict]:
        """The outcomes of what differed while figures were being worked out."""
        return [outcome for outcome in self.outcomes if outcome["held"] is None]

    @property
    def in_words(self) -> str:
        """What was found, in a few words."""
        if self.has_held:
            return f"all {len(self.outcomes)} invariants hold"
        return f"{self.violations} of {len(self.outcomes)} invariants violated"
