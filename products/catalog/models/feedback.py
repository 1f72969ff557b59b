"""Feedback: the public form of a product, and what came in by it."""

from functools import reduce
from operator import or_
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Count, Q, Value, When
from django.urls import reverse
from django.utils import timezone

from portfolio.common import access
from portfolio.common.access import Scoped
from portfolio.common.described import Described, DescribedQuerySet
from products.catalog.models.products import Product


class FeedbackFormQuerySet(DescribedQuerySet):
    """Reads of the forms."""

    def for_table(self) -> Self:
        """Return the rows with `received_count`, without spam, and `new_count`, that nobody has answered yet."""
        received = Count("received", filter=~Q(received__state=FeedbackState.SPAM))
        new = Count("received", filter=Q(received__state=FeedbackState.NEW))
        counted = self.select_related("product").annotate(received_count=received, new_count=new)
        return counted.order_by("product__name", "pk")


class FeedbackForm(Described):
    """The public form of a product: whoever has its address can say how it went, without an account."""

    product = models.OneToOneField(Product, models.PROTECT, related_name="feedback_form")
    is_open = models.BooleanField("open", default=True, help_text="Whether it takes feedback.")
    intro = models.TextField(blank=True, help_text="What a customer reads first.")
    thanks = models.TextField(blank=True, help_text="What a customer reads once it is sent.")

    scope_products = ("product",)
    objects = FeedbackFormQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address at which its owners see what came in."""
        return reverse("catalog:feedback-form-detail", args=[self.code])


class FeedbackState(models.TextChoices):
    """What became of a piece of feedback."""

    NEW = "new", "New"
    KEPT = "kept", "Kept as an insight"
    ASIDE = "aside", "Set aside"
    SPAM = "spam", "Spam"


def _out_of_five(**options) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        null=True, blank=True, choices=[(n, str(n)) for n in range(1, 6)], **options
    )


class FeedbackQuerySet(models.QuerySet):
    """Reads of feedback: everybody who is signed in sees that it came and how it was answered, few what was written."""

    def visible_to(self, user: Any) -> Self:
        """Return what `user` may see; for the words see `for_reader`."""
        return self if user.is_authenticated else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("form__product").order_by("-received_at", "-pk")

    def for_reader(self, user: Any) -> Self:
        """Annotate `may_read`: whether what was written may be shown to `user`, who may write it, then."""
        covered = access.reach(user, access.writers_of(self.model))
        conditions = [] if covered.is_everything else self.model.conditions(covered)
        if covered.is_everything or not conditions:
            return self.annotate(may_read=Value(covered.is_everything, output_field=models.BooleanField()))
        return self.annotate(
            may_read=Case(
                When(reduce(or_, conditions), then=Value(True)),
                default=Value(False),
                output_field=models.BooleanField(),
            )
        )


class Feedback(Scoped, models.Model):
    """What a customer said through a form: never changed, but for what became of it."""

    form = models.ForeignKey(FeedbackForm, models.PROTECT, related_name="received")
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    satisfaction = _out_of_five(help_text="From 1, very dissatisfied, to 5, very satisfied.")
    ease = _out_of_five(help_text="From 1, very hard, to 5, very easy.")
    is_done = models.BooleanField("done", null=True, blank=True, help_text="Whether they did what they came for.")
    text = models.TextField(blank=True, max_length=4000)
    may_quote = models.BooleanField(default=False, help_text="Whether they agreed that their words may be quoted.")
    consent = models.CharField(max_length=300, blank=True, editable=False, help_text="What they agreed to, as shown.")
    sender = models.CharField(max_length=64, blank=True, editable=False, help_text="A keyed hash, kept for a day.")
    state = models.CharField(max_length=5, choices=FeedbackState, default=FeedbackState.NEW, editable=False)
    is_from_api = models.BooleanField(default=False, editable=False)
    key = models.CharField(max_length=120, null=True, blank=True, help_text="Sent again with it, it counts once.")  # noqa: DJ001 - unique where given
    is_illustrative = models.BooleanField("illustrative", default=False)

    scope_products = ("form__product",)
    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "feedback"
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["form", "key"], name="feedback_counts_once", violation_error_message="This key was used before."
            ),
        ]
        indexes = [
            models.Index(fields=["form", "received_at"], name="feedback_by_form"),
            models.Index(fields=["sender", "received_at"], condition=~Q(sender=""), name="feedback_by_sender"),
        ]

    def __str__(self) -> str:
        return f"Feedback on {self.form}, {self.received_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Return the address of this piece of feedback."""
        return reverse("catalog:feedback-detail", args=[self.pk])

    def clean(self) -> None:
        """Refuse what says nothing at all."""
        super().clean()
        if self.satisfaction is None and self.ease is None and self.is_done is None and not self.text.strip():
            raise ValidationError("Nothing is answered. Answer at least one question, or write something.")
