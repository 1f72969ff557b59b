"""Guardrails and waivers in the API."""

from decimal import Decimal

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from funding import exports
from funding.guardrail_filters import GuardrailFilter, WaiverFilter
from funding.guardrails import Outcome, Part, check, frame
from funding.models import Guardrail, Waiver
from portfolio.common.api import RecordedSerializer, RecordedViewSet
from portfolio.common.filters import MomentField
from portfolio.common.money import to_cent
from portfolio.common.months import FIRST_DAY, LAST_DAY, today
from products.catalog.models import Product


class GuardrailSerializer(RecordedSerializer):
    """A rule that a split of money must keep over the days [starts, ends); `words` is the rule as a sentence."""

    words = serializers.CharField(source="in_words", read_only=True, help_text="The rule as a sentence.")

    class Meta:
        model = Guardrail
        fields = [
            "name",
            "owner",
            "kind",
            "bound",
            "amount",
            "share",
            "category",
            "value_stream",
            "stage",
            "stream",
            "product",
            "team",
            "starts",
            "ends",
            "why",
            "words",
            "is_illustrative",
        ]


class WaiverSerializer(RecordedSerializer):
    """Leave not to keep a guardrail, named by `guardrail`, over the days [starts, ends)."""

    class Meta:
        model = Waiver
        fields = ["guardrail", "person", "product", "value_stream", "starts", "ends", "why", "is_illustrative"]


def _money(**options) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=2, **options)


class PartSerializer(serializers.Serializer):
    """What breaks a guardrail: a product, or where the rule holds a sum, the sum."""

    product = serializers.CharField(allow_null=True, help_text="Code of a product; null is a sum.")
    measured = _money(help_text="A month, in the base currency.")
    limit = _money()
    broken_by = _money(help_text="The amount by which the rule is broken.")
    waiver = serializers.IntegerField(allow_null=True, help_text="Key of the waiver that lets it go.")
    words = serializers.CharField()


class DistanceSerializer(serializers.Serializer):
    """How the split of a day stands to a guardrail, in the base currency a month; null where nothing is measured."""

    guardrail = serializers.IntegerField(help_text="Key of the guardrail.")
    name = serializers.CharField()
    rule = serializers.CharField(help_text="The rule as a sentence.")
    measured = _money(allow_null=True, help_text="Of the product that is closest to the limit, or of the sum.")
    limit = _money(allow_null=True)
    distance = _money(allow_null=True, help_text="How much room is left; below zero where the rule is broken.")
    broken_by = _money()
    is_kept = serializers.BooleanField()
    is_allowed = serializers.BooleanField(help_text="Whether it is kept, or whatever breaks it is waived.")
    words = serializers.CharField()
    broken = PartSerializer(many=True, help_text="All that breaks it, worst first.")


class DayForm(forms.Form):
    """Which day, and as known when."""

    on = forms.DateField(required=False, validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)])
    known = MomentField()


PARAMETERS = [
    OpenApiParameter("on", {"type": "string", "format": "date"}, description="The day of the split; else today."),
    OpenApiParameter("known", str, description="As it was known at this moment, such as 2016-09-30T17:00Z."),
]


class GuardrailViewSet(RecordedViewSet):
    """Guardrails: rules that every split of money is held against."""

    queryset = Guardrail.objects.all()
    serializer_class = GuardrailSerializer
    filterset_class = GuardrailFilter
    export = exports.GUARDRAILS

    @extend_schema(parameters=PARAMETERS, responses=DistanceSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None, serializer_class=DistanceSerializer)
    def distances(self, request: Request) -> Response:
        """Tell how the money of a day stands to each guardrail in force on it: how much room is left, or is missing."""
        asked = DayForm(request.query_params)
        if not asked.is_valid():
            raise serializers.ValidationError({name: [str(one) for one in told] for name, told in asked.errors.items()})
        on, known = asked.cleaned_data["on"] or today(), asked.cleaned_data["known"]
        outcomes = check(frame(on, known))
        codes = _codes(outcomes)
        return Response(self.get_serializer([_told(outcome, codes) for outcome in outcomes], many=True).data)


def _codes(outcomes: list[Outcome]) -> dict[int, str]:
    """Return the codes of the products that break a rule: one query."""
    broken = {part.product_id for outcome in outcomes for part in outcome.parts if part.product_id}
    return dict(Product.objects.filter(pk__in=broken).values_list("pk", "code")) if broken else {}


def _told(outcome: Outcome, codes: dict[int, str]) -> dict:
    return {
        "guardrail": outcome.rule.pk,
        "name": outcome.rule.name,
        "rule": outcome.rule.in_words,
        "measured": _cents(outcome.measured),
        "limit": _cents(outcome.limit),
        "distance": _cents(outcome.distance),
        "broken_by": _cents(outcome.broken_by),
        "is_kept": outcome.is_kept,
        "is_allowed": outcome.is_allowed,
        "words": outcome.words,
        "broken": [_told_part(outcome, part, codes) for part in outcome.parts],
    }


def _told_part(outcome: Outcome, part: Part, codes: dict[int, str]) -> dict:
    return {
        "product": codes.get(part.product_id or 0),
        "measured": _cents(part.measured),
        "limit": _cents(part.limit),
        "broken_by": _cents(part.broken_by),
        "waiver": part.waiver.pk if part.waiver else None,
        "words": outcome.tell(part),
    }


def _cents(amount: float | None) -> Decimal | None:
    return None if amount is None else to_cent(Decimal(repr(amount)))


class WaiverViewSet(RecordedViewSet):
    """Waivers: leave not to keep a guardrail for a while."""

    queryset = Waiver.objects.all()
    serializer_class = WaiverSerializer
    filterset_class = WaiverFilter
    export = exports.WAIVERS
