"""The history of funding, over the API."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response

from funding.histories import product_history
from portfolio.common.filters import MomentField
from portfolio.common.money import base_currency
from products.catalog.models import Product


class MoneyField(serializers.DecimalField):
    """An amount, with two decimals."""

    def __init__(self, **options: Any):
        super().__init__(max_digits=18, decimal_places=2, **options)


class EventSerializer(serializers.Serializer):
    """A day on which what a stream pays becomes another amount."""

    on = serializers.DateField(help_text="The first day of the new amount.")
    stream = serializers.CharField(source="stream.code", help_text="Code of a funding stream.")
    currency = serializers.CharField(source="stream.currency", help_text="The stream's, of `before` and `after`.")
    before = MoneyField(help_text="A month, until then; 0 where it begins.")
    after = MoneyField(help_text="A month, from then on; 0 where it stops.")
    total = MoneyField(
        allow_null=True, help_text="A month from then on, of all streams in the base currency; null: no rate."
    )
    why = serializers.CharField()
    recorded_by = serializers.CharField(allow_null=True, help_text="Account that recorded it; null is the operator.")
    recorded_at = serializers.DateTimeField()
    is_corrected = serializers.BooleanField(help_text="Whether it had been recorded otherwise before.")
    allocation = serializers.IntegerField(help_text="Key of the allocation that says so.")


class StabilitySerializer(serializers.Serializer):
    """How stable the funding is, as of today."""

    funded_since = serializers.DateField(allow_null=True)
    last_changed = serializers.DateField(allow_null=True)
    last_cut = serializers.DateField(allow_null=True)
    months_funded = serializers.IntegerField(allow_null=True)
    months_since_cut = serializers.IntegerField(allow_null=True, help_text="Null where it was never cut.")
    changes_a_year = serializers.DecimalField(
        max_digits=6, decimal_places=1, help_text="Over the last three years, or since it was first funded."
    )


class FundingHistorySerializer(serializers.Serializer):
    """The funding of a product: every change of it, latest first, and how stable it is."""

    product = serializers.CharField(help_text="Code of a product.")
    currency = serializers.CharField(help_text="The base currency, of the totals.")
    stability = StabilitySerializer()
    events = EventSerializer(many=True)


class FundingHistoryViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """How products are funded, by their codes."""

    queryset = Product.objects.all()
    serializer_class = FundingHistorySerializer
    filter_backends = ()
    lookup_field = "code"
    lookup_value_regex = "[a-z0-9-]+"

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "known", str, description="As it was known at this moment, such as 2016-09-30T17:00Z; a day is its end."
            )
        ]
    )
    def retrieve(self, request, code=None):
        """Show since when a product is funded, from what to what it changed, by whom and why."""
        self.queryset = self.queryset.visible_to(request.user)
        history = product_history(self.get_object(), _known(request.query_params.get("known", "")))
        told = {
            "product": history.product.code,
            "currency": base_currency(),
            "stability": history.stability,
            "events": [
                {
                    name: getattr(event, name)
                    for name in ("on", "stream", "before", "after", "why", "recorded_at", "is_corrected")
                }
                | {
                    "total": day.total,
                    "recorded_by": event.by and event.by.username,
                    "allocation": event.row.pk,
                }
                for event, day in history.told
            ],
        }
        return Response(self.get_serializer(told).data)


def _known(given: str) -> datetime | None:
    try:
        return MomentField().clean(given)
    except ValidationError as error:
        raise serializers.ValidationError({"known": error.messages}) from error


routes: list = [("funding-histories", FundingHistoryViewSet)]
