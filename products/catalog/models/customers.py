"""Customers: who they are, what they say, and what many of them say."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.months import today
from portfolio.common.recorded import Recorded, RecordedQuerySet
from products.catalog.models.products import Product


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


class ThemeQuerySet(DescribedQuerySet):
    """Reads of themes."""

    def for_table(self) -> Self:
        """Return the rows with `insight_count`, `people` and `last_said_on`, what was said by most people first."""
        said = Insight.objects.known().filter(theme=OuterRef("pk")).order_by().values("theme")
        return (
            self.select_related("product")
            .annotate(
                insight_count=Coalesce(Subquery(said.annotate(count=Count("pk")).values("count")), 0),
                people=Coalesce(Subquery(said.annotate(sum=models.Sum("said_by")).values("sum")), 0),
                last_said_on=Subquery(said.annotate(last=models.Max("said_on")).values("last")),
            )
            .order_by("-people", "product__name", "name", "pk")
        )


class Theme(Described):
    """What customers of a product say again and again: it gathers insights, and counts how often by how many."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="themes")
    summary = models.TextField(blank=True, help_text="What is said, in a sentence.")

    scope_products = ("product",)
    objects = ThemeQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address of this theme's page."""
        return reverse("catalog:theme-detail", args=[self.code])

    def guard(self) -> None:
        """Refuse to give a theme to another product once it gathers insights."""
        if self.pk and self.insights.exclude(product=self.product_id).exists():
            raise ValidationError(
                {"product": f"{self} gathers insights about another product. Add a new theme for {self.product}."}
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
        return self.select_related("product", "segment", "theme", "team", "recorded_by").order_by("-said_on", "-id")

    def heard(self) -> Self:
        """Return what a customer said to somebody of a team; in analytics nobody speaks."""
        return self.exclude(team=None).exclude(kind=InsightKind.ANALYTICS)

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
    theme = models.ForeignKey(Theme, models.PROTECT, null=True, blank=True, related_name="insights")
    said_by = models.PositiveIntegerField("said by", default=1, help_text="How many customers said so.")
    team = models.ForeignKey(
        "teams.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="insights",
        help_text="The team that heard it.",
    )
    metric = models.ForeignKey("value.Metric", models.PROTECT, null=True, blank=True, related_name="insights")
    journey = models.ForeignKey("health.Journey", models.PROTECT, null=True, blank=True, related_name="insights")
    item = models.ForeignKey(
        "roadmaps.Item", models.PROTECT, null=True, blank=True, related_name="insights", verbose_name="roadmap item"
    )
    feedback = models.ForeignKey(
        "catalog.Feedback", models.PROTECT, null=True, blank=True, editable=False, related_name="insights"
    )

    scope_products = ("product",)
    objects = InsightQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=Q(said_by__gte=1),
                name="insight_is_said_by_somebody",
                violation_error_message="At least one customer said it.",
            ),
            models.UniqueConstraint(
                fields=["feedback"],
                condition=Q(retracted_at=None),
                name="insight_is_kept_once",
                violation_error_message="This feedback is kept as an insight already. Correct that one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.said_on}: {self.text[:60]}"

    def get_absolute_url(self) -> str:
        """Return the address of this insight's page."""
        return reverse("catalog:insight-detail", args=[self.pk])

    def guard(self) -> None:
        """Refuse a day that has not come, and links to what belongs to another product."""
        if self.said_on > today():
            raise ValidationError(
                {"said_on": f"{self.said_on} has not come yet. Give the day on which the customer said or did it."}
            )
        if self.segment and self.segment.product_id != self.product_id:
            raise ValidationError(
                {"segment": f"{self.segment} is a segment of {self.segment.product}; choose one of {self.product}."}
            )
        wrong = {}
        for name, what in (("theme", "a theme"), ("metric", "a metric"), ("journey", "a journey")):
            row = getattr(self, name)
            if row and row.product_id != self.product_id:
                wrong[name] = f"{row} is {what} of {row.product}; choose one of {self.product}."
        if self.item and not self._is_on_a_roadmap_of_the_product():
            wrong["item"] = f"{self.item} is on no roadmap of {self.product}. Choose an item of one of its roadmaps."
        if wrong:
            raise ValidationError(wrong)

    def _is_on_a_roadmap_of_the_product(self) -> bool:
        item = self.item
        return item.product_id == self.product_id or item.roadmap.products.filter(pk=self.product_id).exists()
