"""Roadmaps, whose they are, and every change that was made to them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from portfolio.common.access import Reach, Scoped
from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.months import today
from products.value.models import DaysSince

OPEN = ("planned", "started", "blocked")  #: the states of items that are still to be done


class Side(models.TextChoices):
    """The two sides that own a joint roadmap."""

    BUSINESS = "business", "Business partner"
    TECHNOLOGY = "technology", "Technology owner"


class OfRoadmap(Scoped):
    """A row of a roadmap: a role over any of the roadmap's products covers it, because the roadmap is joint."""

    scope_roadmap = "roadmap"  #: the path to the roadmap; "" is the row itself

    @classmethod
    def conditions(cls, covered: Reach) -> list[Q]:
        """Return the condition that puts a stored row within reach."""
        inside = Q(product__in=covered.products) | Q(product__value_stream__in=covered.streams)
        roadmaps = Roadmap.products.through.objects.filter(inside).values("roadmap")
        return [Q(**{f"{cls.scope_roadmap}__in" if cls.scope_roadmap else "pk__in": roadmaps})]

    def is_within(self, covered: Reach) -> bool:
        """Return whether any product of the roadmap is within reach, also of one that is not saved yet."""
        roadmap: Any = self
        for name in self.scope_roadmap.split("__") if self.scope_roadmap else ():
            roadmap = getattr(roadmap, name, None) if roadmap is not None else None
        return roadmap is not None and any(
            product.pk in covered.products or product.value_stream_id in covered.streams
            for product in roadmap.its_products
        )

    @classmethod
    def may_begin(cls, covered: Reach) -> bool:
        """Return whether a new row could be within reach."""
        return bool(covered.products or covered.streams)


class RoadmapQuerySet(DescribedQuerySet):
    """Reads of roadmaps."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows: counts of items, the latest baseline, the last review.

        Three queries, however many there are.
        """
        is_open = Q(items__state__in=OPEN)
        baselines: Any = self.model._meta.get_field("baselines").related_model
        latest = baselines.objects.filter(roadmap=OuterRef("pk")).order_by("-number")
        return (
            self.with_review()
            .annotate(
                open_count=Count("items", filter=is_open),
                now_count=Count("items", filter=is_open & Q(items__horizon="now")),
                next_count=Count("items", filter=is_open & Q(items__horizon="next")),
                later_count=Count("items", filter=is_open & Q(items__horizon="later")),
                shipped_count=Count("items", filter=Q(items__state="shipped")),
                baseline_number=Subquery(latest.values("number")[:1]),
                baselined_at=Subquery(latest.values("at")[:1]),
                baseline_pk=Subquery(latest.values("pk")[:1]),
            )
            .prefetch_related("products", models.Prefetch("members", Member.objects.select_related("user")))
            .order_by("name", "pk")
        )

    def with_review(self) -> Self:
        """Annotate `reviewed_on`, the day of the last review that stands, and `due_in`, the days until the next one."""
        reviews: Any = self.model._meta.get_field("reviews").related_model
        held = reviews.objects.known().filter(roadmap=OuterRef("pk")).order_by().values("roadmap")
        return (
            self.annotate(reviewed_on=Subquery(held.annotate(last=Max("held_on")).values("last")))
            .annotate(looked_at_on=Coalesce("reviewed_on", "began_on"))
            .annotate(due_in=F("cadence_days") - DaysSince("looked_at_on", today()))
        )

    def overdue(self, on: date | None = None) -> Self:
        """Return the roadmaps whose review is overdue on a day, today, by `with_review`; those due first first."""
        looked_at = Coalesce("reviewed_on", "began_on")
        days = DaysSince("looked_at_on", on or today())
        return (
            self.with_review()
            .annotate(looked_at_on=looked_at, days_since=days)
            .filter(days_since__gt=F("cadence_days"))
            .order_by("looked_at_on", "name", "pk")
        )

    def of_products(self, products: Iterable[int]) -> Self:
        """Return the roadmaps that any of these products, by id, belongs to, each once."""
        return self.filter(pk__in=Roadmap.products.through.objects.filter(product__in=products).values("roadmap"))

    def of_member(self, user: Any) -> Self:
        """Return the roadmaps whose business partner or technology owner a user is."""
        return self.filter(pk__in=Member.objects.filter(user=user).values("roadmap"))


class Roadmap(OfRoadmap, Described):
    """What the owners of one or several products and their business partners mean to do, and in which order.

    `version` goes up with every change to it or to its items; whoever edits names the version that they saw.
    """

    purpose = models.TextField(blank=True, help_text="What it is to bring about, and for whom, in a sentence or two.")
    products = models.ManyToManyField("catalog.Product", related_name="roadmaps")
    cadence_days = models.PositiveSmallIntegerField(
        "review cadence in days", default=91, help_text="How many days may pass between two reviews."
    )
    now_weeks = models.PositiveSmallIntegerField(
        "weeks in now", default=13, help_text="How far ahead “now” reaches, to set its items against capacity."
    )
    next_weeks = models.PositiveSmallIntegerField(
        "weeks in next", default=26, help_text="How many weeks “next” takes after that."
    )
    began_on = models.DateField(default=today, help_text="The first review is due one cadence after this day.")
    version = models.PositiveIntegerField(default=0, editable=False)

    scope_roadmap = ""
    reserved_codes = frozenset(
        {"items", "baselines", "reviews", "ideas", "results", "comments", "calendar", "portfolio", "home", "import"}
    )
    objects = RoadmapQuerySet.as_manager()

    class Meta(Described.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(cadence_days__gt=0, now_weeks__gt=0, next_weeks__gt=0),
                name="roadmap_spans_are_positive",
                violation_error_message="The cadence is at least one day, and now and next at least one week each.",
            ),
        ]

    #: The products of a roadmap that is not saved yet, so that it can be asked who covers it.
    products_to_come: Sequence[Any] = ()

    def get_absolute_url(self) -> str:
        """Return the address of its board."""
        return reverse("roadmaps:roadmap-detail", args=[self.code])

    @property
    def its_products(self) -> Sequence[Any]:
        """The products it belongs to, saved or to come."""
        return list(self.products.all()) if self.pk else self.products_to_come

    def members_on(self, side: str) -> list["Member"]:
        """Return the members on a side; no query where they were read with the roadmap, else one."""
        is_read = "members" in getattr(self, "_prefetched_objects_cache", {})
        members = self.members.all() if is_read else self.members.select_related("user")
        return [member for member in members if member.side == side]

    @property
    def business(self) -> list["Member"]:
        """Its business partners."""
        return self.members_on(Side.BUSINESS)

    @property
    def technology(self) -> list["Member"]:
        """Its technology owners."""
        return self.members_on(Side.TECHNOLOGY)

    @property
    def review_due_on(self) -> date:
        """The day by which it is to be reviewed; no query of rows read by `with_review`."""
        if "reviewed_on" not in self.__dict__:
            last: Any = self.reviews
            self.reviewed_on = last.known().aggregate(last=Max("held_on"))["last"]
        return (self.reviewed_on or self.began_on) + timedelta(days=self.cadence_days)

    @property
    def is_review_overdue(self) -> bool:
        """Whether that day has passed."""
        return self.review_due_on < today()


class Member(OfRoadmap, models.Model):
    """Someone who owns a roadmap on one of its two sides, and signs for it."""

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="roadmap_memberships")
    side = models.CharField(max_length=10, choices=Side)

    class Meta:
        ordering = ["side", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "user"],
                name="member_is_on_one_side",
                violation_error_message="Somebody is either a business partner or a technology owner of a roadmap.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_side_display().lower()} of {self.roadmap}"


class ChangeKind(models.TextChoices):
    """What a change did."""

    ROADMAP = "roadmap", "Roadmap changed"
    ADD = "add", "Item added"
    EDIT = "edit", "Item changed"
    MOVE = "move", "Item moved"
    REORDER = "reorder", "Items put in order"
    STATE = "state", "State changed"
    IMPORT = "import", "Items imported"


class Change(models.Model):
    """One change to a roadmap: its number, who made it and why, what was and what came. Never edited or removed."""

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="changes")
    number = models.PositiveIntegerField(help_text="The version of the roadmap that it made.")
    kind = models.CharField(max_length=8, choices=ChangeKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    why = models.CharField(max_length=500, blank=True)
    changes = models.JSONField(
        default=list, help_text="Rows of what changed: item (its code; null is the roadmap), field, old and new."
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "number"],
                name="change_has_its_own_number",
                violation_error_message="Somebody else's change came first. Reload the roadmap and look again.",
            ),
        ]

    def __str__(self) -> str:
        return f"Change {self.number} of {self.roadmap_id}: {self.get_kind_display()}"
