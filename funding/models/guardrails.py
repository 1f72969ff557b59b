"""Guardrails, the rules that a split of money must keep, and waivers, by which one is let go for a while."""

from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from funding.models.streams import validate_category
from portfolio.common import formats
from portfolio.common.described import validate_code
from portfolio.common.locks import hold
from portfolio.common.money import amount_field, base_currency
from portfolio.common.months import during
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from products.catalog.models import Stage


class GuardrailKind(models.TextChoices):
    """What a guardrail measures."""

    CATEGORY = "category", "Category of money"
    VALUE_STREAM = "value_stream", "Value stream, with all below it"
    STAGE = "stage", "Stage of products"
    STREAM = "stream", "Funding stream"
    PRODUCT = "product", "Spend on one product"
    CHANGE = "change", "Change of one product in a quarter"
    TEAM = "team", "Keep a team whole"


class Bound(models.TextChoices):
    """Which side of its limit a guardrail keeps to."""

    MOST = "most", "At most"
    LEAST = "least", "At least"


#: Kinds that hold each product by itself; the others hold a sum.
PER_PRODUCT = frozenset({GuardrailKind.PRODUCT, GuardrailKind.CHANGE, GuardrailKind.TEAM})


def _scope(**filled: bool) -> Q:
    """Return the condition that no column of a scope is filled but these: True is needed, False is allowed."""
    condition = Q()
    for name in ("category", "stage"):
        if name not in filled or filled[name]:
            condition &= ~Q(**{name: ""}) if filled.get(name) else Q(**{name: ""})
    for name in ("value_stream", "stream", "product", "team"):
        if name not in filled or filled[name]:
            condition &= Q(**{f"{name}__isnull": not filled.get(name)})
    return condition


class GuardrailQuerySet(RecordedQuerySet):
    """Reads of guardrails."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        related = ("owner", "value_stream", "stream", "product", "team", "recorded_by")
        return self.select_related(*related).order_by("name", "starts", "pk")


class Guardrail(Recorded):
    """A rule that a split of money must keep over the days [starts, ends), with an owner.

    It bounds what a category, a value stream, a stage, a funding stream or a product gets a month, how much a product
    changes within a quarter, or what products must get at least so that their teams stay whole.
    """

    name = models.CharField(
        max_length=60,
        validators=[validate_code],
        help_text="Short and readable, for addresses and imports, such as most-on-one-product.",
    )
    owner = models.ForeignKey(
        "teams.Person", models.PROTECT, related_name="guardrails", help_text="Who answers for this rule."
    )
    kind = models.CharField(max_length=12, choices=GuardrailKind)
    bound = models.CharField(max_length=5, choices=Bound)
    amount = amount_field(
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.00"))],
        help_text="In the base currency, a month; or give a share.",
    )
    share = models.DecimalField(
        max_digits=7,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="Part of all money that is allocated, such as 0.35; of a change, part of what the product had as the "
        "quarter began; of a team, part of what the team costs.",
    )
    category = models.CharField(max_length=40, blank=True, validators=[validate_category])
    value_stream = models.ForeignKey(
        "catalog.ValueStream", models.PROTECT, null=True, blank=True, related_name="guardrails"
    )
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    stream = models.ForeignKey(
        "funding.FundingStream", models.PROTECT, null=True, blank=True, related_name="guardrails"
    )
    product = models.ForeignKey("catalog.Product", models.PROTECT, null=True, blank=True, related_name="guardrails")
    team = models.ForeignKey("teams.Team", models.PROTECT, null=True, blank=True, related_name="guardrails")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")
    why = models.CharField(max_length=300, help_text="What it protects, in a sentence.")

    objects = GuardrailQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("guardrail"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True, share__isnull=False) | Q(amount__isnull=False, share__isnull=True),
                name="guardrail_has_one_limit",
                violation_error_message="A guardrail has one limit: an amount a month, or a share.",
            ),
            models.CheckConstraint(
                condition=(Q(amount=None) | Q(amount__gte=0)) & (Q(share=None) | Q(share__gte=0)),
                name="guardrail_limit_is_not_negative",
                violation_error_message="A limit is not below zero.",
            ),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__lte=1) | Q(kind__in=["change", "team"]),
                name="guardrail_share_is_a_part",
                violation_error_message="A share of all money is at most 1; write 0.35, not 35.",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["change", "team"]) | Q(share__isnull=False),
                name="guardrail_is_relative_to_its_product",
                violation_error_message="A change is limited as a share of what the product had as the quarter began, "
                "and a team is kept whole by a share of what it costs: give a share, not an amount.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["category", "value_stream", "stage"])
                | Q(kind__in=["stream", "product", "change"], bound="most")
                | Q(kind="team", bound="least"),
                name="guardrail_bound_fits_its_kind",
                violation_error_message="A funding stream, one product and a change are bounded by a most, a team by a "
                "least; a category, a value stream and a stage by either.",
            ),
            models.CheckConstraint(
                condition=Q(kind="category") & _scope(category=True)
                | Q(kind="value_stream") & _scope(value_stream=True)
                | Q(kind="stage") & _scope(stage=True)
                | Q(kind="stream") & _scope(stream=True)
                | Q(kind="product") & _scope(product=False)
                | Q(kind="change") & _scope(product=False, stage=False) & (Q(product=None) | Q(stage=""))
                | Q(kind="team") & _scope(team=False),
                name="guardrail_names_what_it_measures",
                violation_error_message="Say what is measured, and nothing else: a category, a value stream, a stage "
                "or a funding stream for a rule about one; for spend on one product the product, or none for any; for "
                "a change a product or a stage, or neither; for a team the team, or none for every team.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of this guardrail's page."""
        return reverse("funding:guardrail-detail", args=[self.pk])

    @property
    def is_per_product(self) -> bool:
        """Whether it holds each product by itself, rather than a sum."""
        return self.kind in PER_PRODUCT

    @property
    def subject(self) -> str:
        """What it measures, by name, as a sentence begins with it."""
        match self.kind:
            case GuardrailKind.CATEGORY:
                return self.category.replace("-", " ").capitalize()
            case GuardrailKind.STAGE:
                return f"{self.get_stage_display()} products"
            case GuardrailKind.VALUE_STREAM:
                return str(self.value_stream)
            case GuardrailKind.STREAM:
                return str(self.stream)
            case GuardrailKind.TEAM:
                return str(self.team) if self.team_id else "Every team"
        if self.product_id:
            return str(self.product)
        return f"Any {self.get_stage_display().lower()} product" if self.stage else "Any one product"

    @property
    def limit_text(self) -> str:
        """The limit in words: £1,200,000 a month, or 35% of all money."""
        if self.amount is not None:
            decimals = 0 if self.amount == int(self.amount) else None
            return f"{formats.money(self.amount, base_currency(), decimals)} a month"
        percent = (self.share or 0) * 100
        part = formats.share(self.share, 0 if percent == int(percent) else 1)
        match self.kind:
            case GuardrailKind.CHANGE:
                return f"{part} of what it had as the quarter began"
            case GuardrailKind.TEAM:
                return f"{part} of what the team costs"
        return f"{part} of all money"

    @property
    def in_words(self) -> str:
        """The rule as a sentence."""
        bound = self.get_bound_display().lower()
        match self.kind:
            case GuardrailKind.CHANGE:
                return f"{self.subject} changes within a quarter by {bound} {self.limit_text}."
            case GuardrailKind.TEAM:
                return f"{self.subject} is kept whole: each of its products gets {bound} {self.limit_text}."
            case GuardrailKind.STREAM:
                return f"{self.subject} pays {bound} {self.limit_text}."
        verb = "get" if self.kind == GuardrailKind.STAGE else "gets"
        return f"{self.subject} {verb} {bound} {self.limit_text}."

    def lock(self) -> None:
        """Hold the name: no two rules of it overlap, and no waiver is granted of one that is being withdrawn."""
        hold(f"guardrail {self.name}")

    def guard(self) -> None:
        """Refuse a second guardrail of this name on the same days."""
        clash = Guardrail.objects.known().filter(during(self.starts, self.ends), name=self.name).first()
        if clash:
            raise ValidationError(
                {
                    "name": f"{self.name} already holds from {clash.starts} to {clash.ends or 'now on'}: "
                    f"{clash.in_words} Correct that one so that it ends before this one starts, or choose another name."
                }
            )

    def guard_without(self) -> None:
        """Refuse to leave a waiver with nothing to waive."""
        holding = Guardrail.objects.known().filter(
            Q(ends=None) | Q(ends__gt=OuterRef("starts")), name=self.name, starts__lt=OuterRef("ends")
        )
        bare = Waiver.objects.known().filter(~Exists(holding), guardrail=self.name).order_by("starts", "pk").first()
        if bare:
            raise ValidationError(
                f"A waiver of {self.name} is in force from {bare.starts} to {bare.ends}, for {bare.person}, and would "
                "have nothing left to waive. Retract or correct it first."
            )


class WaiverQuerySet(RecordedQuerySet):
    """Reads of waivers."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        related = ("person", "product", "value_stream", "recorded_by")
        return self.select_related(*related).order_by("-ends", "guardrail", "pk")


class Waiver(Recorded):
    """Leave not to keep a guardrail over the days [starts, ends), for one who asked and answers for it.

    It names its guardrail rather than one row of it, so that it outlives a correction of that row. Of a rule that
    holds each product by itself it can let go of one product, or of those of a value stream and all below it.
    """

    guardrail = models.CharField(max_length=60, validators=[validate_code], help_text="Name of the guardrail.")
    person = models.ForeignKey(
        "teams.Person", models.PROTECT, related_name="waivers", help_text="Who asked for it and answers for it."
    )
    why = models.CharField(max_length=300, help_text="Why the rule is let go, in a sentence.")
    product = models.ForeignKey(
        "catalog.Product",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="waivers",
        help_text="For this product alone.",
    )
    value_stream = models.ForeignKey(
        "catalog.ValueStream",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="waivers",
        help_text="For the products of this value stream, and of all below it, alone.",
    )
    starts = models.DateField()
    ends = models.DateField(help_text="The first day on which the rule holds again.")

    objects = WaiverQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("waiver", is_open=False),
            models.CheckConstraint(
                condition=Q(product=None) | Q(value_stream=None),
                name="waiver_has_one_scope",
                violation_error_message="A waiver is for one product or for a value stream, not both; or for the "
                "whole rule.",
            ),
        ]
        indexes = [models.Index(F("guardrail"), name="waiver_by_guardrail", condition=Q(retracted_at=None))]

    def __str__(self) -> str:
        return f"Waiver of {self.guardrail} until {self.ends}"

    def get_absolute_url(self) -> str:
        """Return the address of this waiver's page."""
        return reverse("funding:waiver-detail", args=[self.pk])

    @property
    def scope(self) -> models.Model | None:
        """The product or value stream it is for; None is the whole rule."""
        return self.product or self.value_stream

    def lock(self) -> None:
        """Hold the guardrail's name; see `Guardrail.lock`."""
        hold(f"guardrail {self.guardrail}")

    def guard(self) -> None:
        """Refuse a waiver of nothing, one that its rule cannot take, a second one, and one granted to oneself."""
        rule = Guardrail.objects.known().filter(during(self.starts, self.ends), name=self.guardrail).first()
        if rule is None:
            raise ValidationError(
                {
                    "guardrail": f"No guardrail named {self.guardrail} holds between {self.starts} and {self.ends}. "
                    "Choose one that does, or other days."
                }
            )
        if self.scope and not rule.is_per_product:
            raise ValidationError(
                {
                    "product" if self.product_id else "value_stream": f"{rule.in_words} That holds a sum, of which no "
                    "part can be let go by itself. Leave this empty to waive the whole rule."
                }
            )
        same = Waiver.objects.known().filter(
            during(self.starts, self.ends),
            guardrail=self.guardrail,
            product=self.product,
            value_stream=self.value_stream,
        )
        if clash := same.first():
            raise ValidationError(
                {
                    "starts": f"{self.guardrail} is waived already from {clash.starts} to {clash.ends}, for "
                    f"{clash.person}. Correct that waiver, or start after it."
                }
            )
        if self.recorded_by_id and self.person.user_id == self.recorded_by_id:
            raise ValidationError(
                {
                    "person": "A waiver is granted by someone other than the one who asks. Let another leader or "
                    "finance partner record it."
                }
            )
