"""Value streams and the products in them."""

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse

from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.months import month_of, today
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
    reserved_codes = frozenset(
        {"streams", "segments", "insights", "themes", "assignments", "feedback", "feedback-forms"}
    )
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
