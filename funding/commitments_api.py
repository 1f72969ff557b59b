"""The API of commitments, transfers and what is carried forward."""

from rest_framework import serializers

from funding import exports
from funding.commitment_filters import CarryForwardFilter, CommitmentFilter, TransferFilter
from funding.models import CarryForward, Commitment, Transfer
from portfolio.common.api import RecordedSerializer, RecordedViewSet


class CommitmentSerializer(RecordedSerializer):
    """A cost agreed and not in the books yet, over the days [starts, ends); `settled_on`, since when they have it."""

    class Meta:
        model = Commitment
        fields = [
            "reference",
            "product",
            "stream",
            "supplier",
            "starts",
            "ends",
            "amount",
            "currency",
            "base_amount",
            "account",
            "is_capital",
            "settled_on",
            "memo",
            "is_illustrative",
        ]


class TransferSerializer(RecordedSerializer):
    """Money moved from one stream to another on a day; `amount` is in the giver's currency."""

    currency = serializers.CharField(source="from_stream.currency", read_only=True)

    class Meta:
        model = Transfer
        fields = [
            "from_stream",
            "to_stream",
            "moved_on",
            "amount",
            "currency",
            "received_amount",
            "base_amount",
            "why",
            "is_illustrative",
        ]


class CarryForwardSerializer(RecordedSerializer):
    """Money taken into the fiscal year that starts on `year`, in the stream's currency; below zero, an overspend."""

    currency = serializers.CharField(source="stream.currency", read_only=True)

    class Meta:
        model = CarryForward
        fields = ["stream", "year", "amount", "currency", "why", "is_illustrative"]


class CommitmentViewSet(RecordedViewSet):
    """Commitments."""

    queryset = Commitment.objects.all()
    serializer_class = CommitmentSerializer
    filterset_class = CommitmentFilter
    export = exports.COMMITMENTS


class TransferViewSet(RecordedViewSet):
    """Transfers between streams."""

    queryset = Transfer.objects.all()
    serializer_class = TransferSerializer
    filterset_class = TransferFilter
    export = exports.TRANSFERS


class CarryForwardViewSet(RecordedViewSet):
    """What streams carried into the next fiscal year."""

    queryset = CarryForward.objects.all()
    serializer_class = CarryForwardSerializer
    filterset_class = CarryForwardFilter
    export = exports.CARRY_FORWARDS


routes: list = [
    ("commitments", CommitmentViewSet),
    ("transfers", TransferViewSet),
    ("carry-forwards", CarryForwardViewSet),
]
