"""Value streams, products, customer segments, insights, and assignments of teams."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import share_field
from portfolio.common.months import last_day, month_of, today
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.staleness import Touch


class ValueStreamQuerySet(DescribedQuerySet):
    """Reads of the tree of value streams."""

    def subtree(self, roots: Iterable[int]) -> set[int]:
        """Return the ids of `roots` and of all streams below them; one query, the tree walked in memory."""
        children: dict[int | None, list[int]] = {}
        for stream, parent in self.model.objects.values_list("id", "parent_id"):
            children.setdefault(parent, []).append(stream)
        found, waiting = set(), list(roots)
        while waiting:
            stream = waiting.pop()
            if stream not in found:
                found.add(stream)
                waiting.extend(children.get(stream, ()))
        return found

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("parent").order_by("name", "pk")

    def as_tree(self) -> list["ValueStream"]:
        """Return the rows in the order of the tree, each with its `depth` from the top and the `above` it lies below.

        Each also has `product_count`, of its own products, and `total_count`, with those of all streams below it.
        Two queries, whatever the size; a row whose parents are left out keeps its place in the whole tree.
        """
        wanted = set(self.values_list("pk", flat=True))
        children: dict[int | None, list[ValueStream]] = {}
        for stream in self.model.objects.annotate(product_count=Count("products")).order_by("name", "pk"):
            children.setdefault(stream.parent_id, []).append(stream)
        found: list[ValueStream] = []

        def walk(parent: ValueStream | None) -> int:
            total = 0
            for stream in children.get(parent.pk if parent else None, ()):
                stream.parent = parent
                stream.depth = parent.depth + 1 if parent else 0
                stream.above = [*parent.above, parent] if parent else []
                if stream.pk in wanted:
                    found.append(stream)
                stream.total_count = stream.product_count + walk(stream)
                total += stream.total_count
            return total

        walk(None)
        return found


class ValueStream(Described):
    """A named grouping of products, in a tree."""

    purpose = models.TextField(blank=True, help_text="What customers get from this stream, in a sentence.")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")

    scope_streams = ("", "parent")
    scope_moves = ("parent",)
    objects = ValueStreamQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")) | Q(parent=None),
                name="valuestream_is_not_its_own_parent",
                violation_error_message="A value stream cannot be its own parent.",
            ),
        ]

    def get_absolute_url(self) -> str:
        """Return the address of this stream's page."""
        return reverse("catalog:value-stream-detail", args=[self.code])

    def guard(self) -> None:
        """Refuse a parent that lies below this stream: a tree has no loops."""
        self.has_moved = bool(self.pk) and not ValueStream.objects.filter(pk=self.pk, parent=self.parent_id).exists()
        if not self.has_moved:
            return
        # The whole tree is the lock: of two moves that are each sound, both together could make a loop.
        list(ValueStream.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
        if self.parent_id in ValueStream.objects.subtree([self.pk]):
            raise ValidationError(
                {"parent": f"{self.parent} lies below {self}. Choose a stream outside it, or none for the top."}
            )

    def touched(self) -> list[Touch]:
        """A move changes the totals of the streams it leaves and joins: any product below asks for them anew."""
        below = ValueStream.objects.subtree([self.pk]) if self.has_moved else ()
        product = Product.objects.filter(value_stream__in=below).order_by("pk").first()
        return [Touch(product.pk, month_of(today()))] if product else []

    def line(self) -> list["ValueStream"]:
        """Return the streams above this one, from the top down: one query a level."""
        found: list[ValueStream] = []
        stream = self.parent
        while stream:
            found.insert(0, stream)
            stream = stream.parent
        return found


class Stage(models.TextChoices):
    """How far a product is in its life."""

    EXPLORE = "explore", "Explore"
    GROW = "grow", "Grow"
    SUSTAIN = "sustain", "Sustain"
    RETIRE = "retire", "Retire"


class Kind(models.TextChoices):
    """Whom a product serves."""

    CUSTOMER = "customer", "Customer"
    INTERNAL = "internal", "Internal"
    PLATFORM = "platform", "Platform"
    EXTERNAL = "external", "External partner"


class ProductQuerySet(DescribedQuerySet):
    """Reads of products."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("value_stream", "owner").order_by("name", "pk")

    def below(self, streams: Iterable[str]) -> Self:
        """Return the products of the value streams with these codes and of all streams below them."""
        roots = ValueStream.objects.filter(code__in=streams).values_list("pk", flat=True)
        return self.filter(value_stream__in=ValueStream.objects.subtree(roots))


class Product(Described):
    """A durable capability with a customer base: a small business that owns what it costs and the value it makes."""

    value_stream = models.ForeignKey(ValueStream, models.PROTECT, related_name="products")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.EXPLORE)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CUSTOMER)
    purpose = models.TextField(blank=True, help_text="Who it is for and what they can do with it, in a sentence.")
    usage_unit = models.CharField(
        max_length=60,
        blank=True,
        help_text="What its use by other products is metered in, such as checks or messages.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="owned_products"
    )

    scope_products = ("",)
    scope_streams = ("value_stream",)
    scope_moves = ("value_stream",)
    reserved_codes = frozenset({"streams", "segments", "insights", "assignments"})
    objects = ProductQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address of this product's page."""
        return reverse("board:product", args=[self.code])

    def guard(self) -> None:
        """Notice whether the product moves to another value stream."""
        stood = Product.objects.filter(pk=self.pk, value_stream=self.value_stream_id)
        self.has_moved = bool(self.pk) and not stood.exists()

    def touched(self) -> list[Touch]:
        """A move changes the totals of the value streams it leaves and joins."""
        return [Touch(self.pk, month_of(today()))] if self.has_moved else []


class SegmentQuerySet(DescribedQuerySet):
    """Reads of customer segments."""

    def for_table(self) -> Self:
        """Return the rows with `insight_count` and what else a table of them shows."""
        insights = Insight.objects.known().filter(segment=OuterRef("pk")).order_by().values("segment")
        return (
            self.select_related("product")
            .annotate(insight_count=Coalesce(Subquery(insights.annotate(count=Count("pk")).values("count")), 0))
            .order_by("product__name", "name", "pk")
        )


class Segment(Described):
    """Customers of one product who have something in common, and how many they are."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="segments")
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="How many customers; empty if not known.")
    size_basis = models.CharField(max_length=200, blank=True, help_text="How the size is known: source and date.")

    scope_products = ("product",)
    objects = SegmentQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address of this segment's page."""
        return reverse("catalog:segment-detail", args=[self.code])

    def guard(self) -> None:
        """Refuse to give a segment to another product once customers of it have said something."""
        if self.pk and self.insights.exclude(product=self.product_id).exists():
            raise ValidationError(
                {"product": f"{self} has insights about another product. Add a new segment for {self.product} instead."}
            )


class InsightKind(models.TextChoices):
    """How an insight was come by."""

    INTERVIEW = "interview", "Interview"
    SURVEY = "survey", "Survey"
    SUPPORT = "support", "Support"
    ANALYTICS = "analytics", "Analytics"
    COMPLAINT = "complaint", "Complaint"


class InsightQuerySet(RecordedQuerySet):
    """Reads of insights."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("product", "segment", "recorded_by").order_by("-said_on", "-id")

    def latest_few(self) -> Self:
        """Return the ten insights that were said last."""
        return self.order_by("-said_on", "-id")[:10]


class Insight(Recorded):
    """Something a customer said or did, dated and sourced."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="insights")
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True, related_name="insights")
    said_on = models.DateField(help_text="The day the customer said or did it.")
    kind = models.CharField(max_length=10, choices=InsightKind)
    text = models.TextField(help_text="What was said or done, in the customer's own words where you can.")
    source = models.CharField(max_length=300, help_text="Where it can be looked up: a study, a ticket, a report.")

    scope_products = ("product",)
    objects = InsightQuerySet.as_manager()

    class Meta(Recorded.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.said_on}: {self.text[:60]}"

    def get_absolute_url(self) -> str:
        """Return the address of this insight's page."""
        return reverse("catalog:insight-detail", args=[self.pk])

    def guard(self) -> None:
        """Refuse a day that has not come, and a segment of another product."""
        if self.said_on > today():
            raise ValidationError(
                {"said_on": f"{self.said_on} has not come yet. Give the day on which the customer said or did it."}
            )
        if self.segment and self.segment.product_id != self.product_id:
            raise ValidationError(
                {"segment": f"{self.segment} is a segment of {self.segment.product}; choose one of {self.product}."}
            )


class AssignmentQuerySet(RecordedQuerySet):
    """Reads of assignments."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("team", "product", "recorded_by").order_by(
            "team__name", "product__name", "starts", "pk"
        )


class Assignment(Recorded):
    """The share of a team's capacity that a product has over the days [starts, ends)."""

    team = models.ForeignKey("teams.Team", models.PROTECT, related_name="assignments")
    product = models.ForeignKey(Product, models.PROTECT, related_name="assignments")
    share = share_field(help_text="Part of the team's capacity, such as 0.5.")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    scope_products = ("product",)
    scope_teams = ("team",)
    objects = AssignmentQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("assignment"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1),
                name="assignment_share_is_a_part",
                violation_error_message="A share is above 0 and at most 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} on {self.product}"

    def get_absolute_url(self) -> str:
        """Return the address of this assignment's page."""
        return reverse("catalog:assignment-detail", args=[self.pk])

    def holds_on(self, day: date) -> bool:
        """Return whether the assignment holds on a day."""
        return self.starts <= day and (self.ends is None or day < self.ends)

    def lock(self) -> None:
        """Hold the team, so that two assignments cannot both take its last share."""
        type(self.team).objects.select_for_update().get(pk=self.team_id)

    def guard(self) -> None:
        """Refuse a second assignment of the same pair, and a share beyond what the team has left on any day."""
        others = Assignment.objects.known().during(self.starts, self.ends).filter(team=self.team)
        clash = others.filter(product=self.product).first()
        if clash:
            raise ValidationError(
                {
                    "product": f"{self.team} already works on {self.product} from {clash.starts} to "
                    f"{clash.ends or 'now on'}. Correct that assignment, or start after it."
                }
            )
        taken, day = most_taken(others, self.starts)
        if taken + self.share > 1:
            raise ValidationError(
                {
                    "share": f"{self.team} already gives {taken:.2%} to products on {day}; "
                    f"{self.share:.2%} more would exceed its capacity. At most {1 - taken:.2%} is left."
                }
            )

    def touched(self) -> list[Touch]:
        """An assignment changes its product's labour."""
        return [Touch(self.product_id, self.starts, last_day(self.ends) if self.ends else None)]


def most_taken(shares: Iterable, first: date) -> tuple[Decimal, date]:
    """Return the most that rows with `share`, `starts` and `ends` add up to on one day from `first` on, and that day.

    Only the days on which a row starts can be the highest, so only those are looked at.
    """
    rows = list(shares)
    days = {first} | {row.starts for row in rows if row.starts > first}
    return max(
        (
            (
                sum(
                    (row.share for row in rows if row.starts <= day and (not row.ends or day < row.ends)),
                    Decimal(0),
                ),
                day,
            )
            for day in days
        ),
        key=lambda taken: (taken[0], -taken[1].toordinal()),
    )
