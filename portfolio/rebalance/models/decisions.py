"""Decisions: proposals with frozen predictions, who approved and applied them, and what came of it."""

from datetime import datetime
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from portfolio.common.access import Reach, Role, Scoped
from portfolio.common.money import amount_field
from portfolio.rebalance.models.scenarios import Scenario


class Status(models.TextChoices):
    """How far a decision is."""

    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Approved"
    APPLIED = "applied", "Applied"
    REVERTED = "reverted", "Reverted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class DecisionQuerySet(models.QuerySet):
    """Reads of decisions."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, but for what they froze, which is long."""
        lines = DecisionLine.objects.filter(decision=OuterRef("pk")).order_by().values("decision")
        return (
            self.select_related("scenario", "value_stream", "proposed_by", "applied_by", "ended_by")
            .defer("frozen")
            .annotate(line_count=Coalesce(Subquery(lines.annotate(count=Count("pk")).values("count")), 0))
            .order_by("-pk")
        )

    def as_at(self, at: datetime | None = None) -> Self:
        """Return what was proposed by a moment, now without one, with the status of then as `state`.

        With it goes how many predictions had been looked at, `checked_count`, and how many of them had held.
        """
        checked = Prediction.objects.filter(decision=OuterRef("pk"), outcome__isnull=False).order_by()
        if at is not None:
            checked = checked.filter(checked_at__lte=at)
        held = checked.filter(low__lte=F("outcome"), high__gte=F("outcome"))
        counted = {
            name: Coalesce(Subquery(rows.values("decision").annotate(count=Count("pk")).values("count")), 0)
            for name, rows in (("checked_count", checked), ("inside_count", held))
        }
        if at is None:
            return self.annotate(state=F("status"), **counted)
        given = Approval.objects.filter(decision=OuterRef("pk"), is_approval=True, at__lte=at)
        undone = Decision.objects.filter(reverts=OuterRef("pk"), applied_at__lte=at)
        return self.filter(proposed_at__lte=at).annotate(
            state=Case(
                When(Exists(undone), then=Value(Status.REVERTED)),
                When(applied_at__lte=at, then=Value(Status.APPLIED)),
                When(ended_at__lte=at, then=F("status")),
                When(
                    Exists(given.filter(role=Role.LEADER)) & Exists(given.filter(role=Role.FINANCE_PARTNER)),
                    then=Value(Status.APPROVED),
                ),
                default=Value(Status.PROPOSED),
                output_field=models.CharField(),
            ),
            **counted,
        )

    def touching(self, **lines) -> Self:
        """Return the decisions with a line that answers to these conditions, each once."""
        return self.filter(pk__in=DecisionLine.objects.filter(**lines).values("decision"))

    def about(self, product: int, at: datetime | None = None) -> Self:
        """Return the decisions that change the money of a product, as they stood at a moment, latest first."""
        return self.as_at(at).touching(product=product).defer("frozen").order_by("-pk")

    def of_person(self, user) -> Self:
        """Return what somebody proposed, approved, declined, applied or withdrew."""
        said = Approval.objects.filter(by=user).values("decision")
        return self.filter(Q(proposed_by=user) | Q(applied_by=user) | Q(ended_by=user) | Q(pk__in=said))


class Decision(Scoped, models.Model):
    """A scenario that was proposed: frozen, with what was known, predicted and considered, then approved and applied.

    What it froze never changes; only its status, its approvals and what came of it are added.
    """

    title = models.CharField(max_length=120)
    why = models.TextField(help_text="Why the money should move, for those who approve it and those who look back.")
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED, editable=False)
    scenario = models.ForeignKey(Scenario, models.PROTECT, null=True, editable=False, related_name="decisions")
    scenario_version = models.PositiveIntegerField(default=0, editable=False)
    value_stream = models.ForeignKey(
        "catalog.ValueStream", models.PROTECT, null=True, editable=False, related_name="+",
        help_text="All its changes are to products below it; empty is the whole portfolio.",
    )  # fmt: skip
    starts = models.DateField(editable=False, help_text="The day from which the money is split like this.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now, editable=False)
    known_at = models.DateTimeField(editable=False, help_text="The moment as of which figures and amounts were known.")
    run = models.ForeignKey("rollup.Run", models.PROTECT, null=True, editable=False, related_name="+")
    seed = models.PositiveBigIntegerField(default=0, editable=False, help_text="What its draws were made from.")
    frozen = models.JSONField(
        default=dict,
        editable=False,
        help_text="What was predicted for the whole and its parts, guardrails, alternatives considered, assumptions.",
    )
    digest = models.CharField(max_length=64, editable=False, help_text="Of what it froze, lines included.")
    reverts = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="reverted_by", help_text="What it takes back."
    )
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    ended_at = models.DateTimeField(null=True, editable=False, help_text="When it was declined or withdrawn.")
    ended_why = models.CharField(max_length=500, blank=True, editable=False)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at=None, status__in=["proposed", "approved", "declined", "withdrawn"])
                | Q(applied_at__isnull=False, applied_by__isnull=False, status__in=["applied", "reverted"]),
                name="decision_is_applied_by_somebody",
                violation_error_message="A decision is applied by somebody, at some moment.",
            ),
            models.UniqueConstraint(
                fields=["reverts"],
                condition=Q(reverts__isnull=False) & ~Q(status__in=["declined", "withdrawn"]),
                name="decision_is_reverted_once",
                violation_error_message="A decision that reverts this one is there already.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("rebalance:decision-detail", args=[self.pk])

    @property
    def state_name(self) -> str:
        """The status that `as_at` found, in words."""
        return Status(self.state).label

    @classmethod
    def conditions(cls, covered: Reach) -> list[Q]:
        """Return the condition that puts a stored decision within reach: all that it changes is."""
        inside = Q(product__in=covered.products) | Q(product__value_stream__in=covered.streams)
        return [~Q(Exists(DecisionLine.objects.filter(decision=OuterRef("pk")).exclude(inside)))]

    def is_within(self, covered: Reach) -> bool:
        """Return whether every product that it changes is within reach."""
        products = self.lines.values_list("product_id", "product__value_stream_id").distinct()
        return all(product in covered.products or stream in covered.streams for product, stream in products)


class DecisionLine(models.Model):
    """One amount that a decision changes, in the stream's currency, and the allocations that came of it."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="lines")
    stream = models.ForeignKey("funding.FundingStream", models.PROTECT, related_name="+")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="decision_lines")
    before = amount_field(help_text="A month, when it was proposed.")
    after = amount_field(help_text="A month, from the day on.")
    allocation = models.ForeignKey(
        "funding.Allocation", models.PROTECT, null=True, related_name="+", help_text="What it recorded when applied."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "stream", "product"],
                name="decisionline_is_there_once",
                violation_error_message="This stream pays this product in the decision already.",
            ),
            models.CheckConstraint(
                condition=Q(before__gte=0, after__gte=0),
                name="decisionline_is_not_negative",
                violation_error_message="An amount cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream_id} to {self.product_id}: {self.before} to {self.after}"

    @property
    def change(self) -> Decimal:
        """By how much it changes what is paid a month."""
        return self.after - self.before


class Approval(models.Model):
    """What somebody said of a proposal, in the role that covers it."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    is_approval = models.BooleanField(help_text="Whether it is a yes.")
    comment = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "by"],
                name="approval_is_given_once",
                violation_error_message="You have said what you think of this proposal already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} on {self.decision_id}: {'yes' if self.is_approval else 'no'}"


class Measure(models.TextChoices):
    """What is predicted."""

    VALUE = "value", "Credited value"
    RATIO = "ratio", "Credited value per unit of money"
    QUANTITY = "quantity", "Quantity of a metric"


class Estimator(models.TextChoices):
    """What the elasticity behind a prediction rests on."""

    STATED = "stated", "Stated for the product"
    ESTIMATED = "estimated", "Estimated from its history"
    STAGE = "stage", "Default of its stage"
    MIXED = "mixed", "Of several kinds"
    NONE = "none", "No basis: money unchanged"


class PredictionQuerySet(models.QuerySet):
    """Reads of predictions."""

    def scored(self) -> Self:
        """Return those whose outcome is known."""
        return self.filter(outcome__isnull=False)

    def due(self, month) -> Self:
        """Return those whose last month is over by `month` and that nobody has looked at yet."""
        return self.filter(checked_at=None, last_month__lte=month, decision__status__in=["applied", "reverted"])


class Prediction(models.Model):
    """What a decision was to bring over some quarters from its day on, and, later, what it did bring.

    Of the whole of its scope (no product), of a product, or of a metric of a product. The range is a 90 % range,
    widened by `factor` for the record of its estimator so far.
    """

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="predictions")
    quarters = models.PositiveSmallIntegerField(help_text="1, 2 or 4.")
    first_month = models.DateField()
    last_month = models.DateField()
    product = models.ForeignKey("catalog.Product", models.PROTECT, null=True, related_name="+")
    metric = models.ForeignKey("value.Metric", models.PROTECT, null=True, related_name="+")
    measure = models.CharField(max_length=8, choices=Measure)
    estimator = models.CharField(max_length=9, choices=Estimator)
    unchanged = models.FloatField(help_text="What it was to be had the money stayed as it was.")
    middle = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    factor = models.FloatField(default=1, help_text="By how much its range was widened for its estimator's record.")
    due_on = models.DateField(help_text="The day on which its months are over.")
    outcome = models.FloatField(null=True)
    by_correction = models.FloatField(null=True, help_text="What corrections of what was known then changed.")
    by_network = models.FloatField(null=True, help_text="What a changed network changed.")
    score = models.FloatField(null=True, help_text="Interval score: the width, and a penalty for a miss.")
    checked_at = models.DateTimeField(null=True)

    objects = PredictionQuerySet.as_manager()

    class Meta:
        ordering = ["decision", "quarters", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(low__lte=F("middle"), middle__lte=F("high")),
                name="prediction_middle_lies_in_its_range",
                violation_error_message="The middle of a prediction lies in its range.",
            ),
        ]
        indexes = [
            models.Index(fields=["last_month"], condition=Q(checked_at=None), name="prediction_due"),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id}, {self.quarters} quarters: {self.get_measure_display()}"

    @property
    def is_inside(self) -> bool | None:
        """Whether the truth fell inside the range; None while it is not known."""
        return None if self.outcome is None else self.low <= self.outcome <= self.high
