"""This room's part of the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from funding import commitments_api, exports, histories_api, outlook_api, shelf_life_api
from funding.actions import change_allocation
from funding.filters import AllocationFilter, ExchangeRateFilter, FundingStreamFilter, LedgerEntryFilter
from funding.guardrail_api import GuardrailViewSet, WaiverViewSet
from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from portfolio.common import access
from portfolio.common.api import ActionSerializer, DescribedViewSet, RecordedSerializer, RecordedViewSet


class FundingStreamSerializer(ActionSerializer):
    """A stable source of money with a sponsor, who reviews it every `review_months`."""

    review_due = serializers.DateField(
        read_only=True, allow_null=True, help_text="The day its next review is due; null where it was never reviewed."
    )

    class Meta:
        model = FundingStream
        fields = [
            "code",
            "name",
            "purpose",
            "sponsor",
            "currency",
            "category",
            "review_months",
            "reviewed_on",
            "review_due",
            "is_illustrative",
        ]


class AllocationSerializer(RecordedSerializer):
    """Money a month from a stream to a product, in the stream's currency."""

    currency = serializers.CharField(source="stream.currency", read_only=True)

    class Meta:
        model = Allocation
        fields = ["stream", "product", "monthly_amount", "currency", "starts", "ends", "why", "is_illustrative"]


class AllocationChangeSerializer(serializers.ModelSerializer):
    """Another amount from a day on, and why."""

    class Meta:
        model = Allocation
        fields = ["monthly_amount", "starts", "why"]
        extra_kwargs = {"why": {"required": True, "allow_blank": False}}


class LedgerEntrySerializer(RecordedSerializer):
    """An actual cost over the days [starts, ends); `base_amount` is at the exchange rate of the first day."""

    class Meta:
        model = LedgerEntry
        fields = [
            "reference",
            "product",
            "stream",
            "starts",
            "ends",
            "amount",
            "currency",
            "base_amount",
            "account",
            "includes_labour",
            "is_capital",
            "memo",
            "is_illustrative",
        ]


class ExchangeRateSerializer(RecordedSerializer):
    """What one unit of a currency is in the base currency over the days [starts, ends)."""

    class Meta:
        model = ExchangeRate
        fields = ["currency", "base", "rate", "starts", "ends", "is_illustrative"]


class FundingStreamViewSet(DescribedViewSet):
    """Funding streams."""

    queryset = FundingStream.objects.all()
    serializer_class = FundingStreamSerializer
    filterset_class = FundingStreamFilter
    export = exports.STREAMS


class AllocationViewSet(RecordedViewSet):
    """Allocations."""

    queryset = Allocation.objects.all()
    serializer_class = AllocationSerializer
    filterset_class = AllocationFilter
    export = exports.ALLOCATIONS

    @extend_schema(
        request=AllocationChangeSerializer,
        responses={200: AllocationSerializer(many=True), 201: AllocationSerializer(many=True)},
        description="Pay a different amount from a day on, 0 to stop: what stands on that day is corrected to end "
        "there, and the new amount is recorded without an end. Returns the rows that were recorded; none, with a 200, "
        "where that is what is paid already.",
    )
    @action(detail=True, methods=["post"], pagination_class=None, filterset_class=None)
    def change(self, request, pk=None):
        """Change what a stream pays a product from a day on."""
        row = self.get_object()
        access.require(request.user, row)
        given = AllocationChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        recorded = change_allocation(row, **given.validated_data, by=request.user)
        return Response(self.get_serializer(recorded, many=True).data, status=201 if recorded else 200)


class LedgerEntryViewSet(RecordedViewSet):
    """Ledger entries."""

    queryset = LedgerEntry.objects.all()
    serializer_class = LedgerEntrySerializer
    filterset_class = LedgerEntryFilter
    export = exports.LEDGER_ENTRIES


class ExchangeRateViewSet(RecordedViewSet):
    """Exchange rates into the base currency. Correcting one records the ledger entries converted at it again."""

    queryset = ExchangeRate.objects.all()
    serializer_class = ExchangeRateSerializer
    filterset_class = ExchangeRateFilter
    export = exports.EXCHANGE_RATES


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("streams", FundingStreamViewSet),
    ("allocations", AllocationViewSet),
    ("ledger-entries", LedgerEntryViewSet),
    ("fx-rates", ExchangeRateViewSet),
    *histories_api.routes,
    ("guardrails", GuardrailViewSet),
    ("waivers", WaiverViewSet),
    *commitments_api.routes,
    *outlook_api.routes,
    *shelf_life_api.routes,
]
