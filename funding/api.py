"""This room's part of the API."""

from rest_framework import serializers

from funding import commitments_api, exports, outlook_api
from funding.filters import AllocationFilter, ExchangeRateFilter, FundingStreamFilter, LedgerEntryFilter
from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from portfolio.common.api import ActionSerializer, DescribedViewSet, RecordedSerializer, RecordedViewSet


class FundingStreamSerializer(ActionSerializer):
    """A stable source of money with a sponsor."""

    class Meta:
        model = FundingStream
        fields = ["code", "name", "purpose", "sponsor", "currency", "is_illustrative"]


class AllocationSerializer(RecordedSerializer):
    """Money a month from a stream to a product, in the stream's currency."""

    currency = serializers.CharField(source="stream.currency", read_only=True)

    class Meta:
        model = Allocation
        fields = ["stream", "product", "monthly_amount", "currency", "starts", "ends", "is_illustrative"]


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
    *commitments_api.routes,
    *outlook_api.routes,
]
