"""This room's part of the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portfolio.common.api import ActionSerializer, DescribedViewSet, RecordedSerializer, RecordedViewSet
from products.value import exports, recognition_api, score_actions
from products.value.exposure_filters import ExposureFilter
from products.value.filters import ConfirmationFilter, MetricFilter, ObservationFilter, ValuationFilter
from products.value.models import Confirmation, Exposure, Metric, Observation, Score, Valuation
from products.value.score_filters import ScoreFilter


class MetricSerializer(ActionSerializer):
    """Something a customer, or the business, feels."""

    class Meta:
        model = Metric
        fields = [
            "code",
            "name",
            "product",
            "behaviour",
            "unit",
            "cadence_days",
            "is_higher_better",
            "target",
            "felt_by",
            "asks",
            "unvalued_reason",
            "is_illustrative",
        ]


class ObservationSerializer(RecordedSerializer):
    """A metric's value over the days [starts, ends); of a level, on the day `starts`."""

    class Meta:
        model = Observation
        fields = ["metric", "starts", "ends", "value", "source", "is_illustrative"]


class GivenConfirmationSerializer(RecordedSerializer):
    """A confirmation as it is listed with its valuation."""

    RECORDING = ("id", "recorded_at", "recorded_by")

    class Meta:
        model = Confirmation
        fields = ["comment"]


class ValuationSerializer(RecordedSerializer):
    """What one unit is worth, as a 90% range, with its evidence and the confirmations that stand."""

    confirmations = serializers.SerializerMethodField()

    class Meta:
        model = Valuation
        fields = [
            "metric",
            "low",
            "high",
            "currency",
            "baseline",
            "evidence",
            "asserted_by",
            "source",
            "starts",
            "ends",
            "confirmations",
            "is_illustrative",
        ]

    @extend_schema_field(GivenConfirmationSerializer(many=True))
    def get_confirmations(self, valuation: Valuation) -> list[dict]:
        """Return who else says so; a row that was just recorded was not read with them."""
        given = getattr(valuation, "confirmed_by", None)
        if given is None:
            given = valuation.confirmations.known().for_table()
        return GivenConfirmationSerializer(given, many=True).data


class ConfirmationSerializer(RecordedSerializer):
    """Someone else's word that a valuation, by its id, is sound."""

    class Meta:
        model = Confirmation
        fields = ["valuation", "comment", "is_illustrative"]


class ScoreSerializer(RecordedSerializer):
    """What customers answered over the days [starts, ends), with its 90% interval.

    Give `mean` and `deviation` of satisfaction and effort, `completed` of completion. The observation is recorded and
    corrected with it.
    """

    value = serializers.DecimalField(
        max_digits=7, decimal_places=4, read_only=True, help_text="The mean; of completion, how many of a hundred."
    )
    low = serializers.SerializerMethodField(help_text="Where the 90% interval begins; null of a single answer.")
    high = serializers.SerializerMethodField(help_text="Where the 90% interval ends; null of a single answer.")
    observation = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="Key of the observation that stands for it in the figures."
    )

    class Meta:
        model = Score
        fields = [
            "metric", "starts", "ends", "answers", "mean", "deviation", "completed", "value", "low", "high", "source",
            "observation", "is_illustrative",
        ]  # fmt: skip

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True})
    def get_low(self, score: Score) -> str | None:
        """Return where the interval begins."""
        ends = score.interval()
        return None if ends is None else str(ends[0])

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True})
    def get_high(self, score: Score) -> str | None:
        """Return where the interval ends."""
        ends = score.interval()
        return None if ends is None else str(ends[1])

    def create(self, validated_data: dict[str, Any]) -> Score:
        """Record it, and its observation."""
        return score_actions.record_score(Score(**validated_data), by=self.context["request"].user)


class ExposureSerializer(RecordedSerializer):
    """A feature that a share of a product's customers had over the days [starts, ends)."""

    class Meta:
        model = Exposure
        fields = ["product", "flag", "share", "starts", "ends", "metric", "is_illustrative"]


class MetricViewSet(DescribedViewSet):
    """Metrics. What a metric means cannot change once it was observed or valued."""

    queryset = Metric.objects.all()
    serializer_class = MetricSerializer
    filterset_class = MetricFilter
    export = exports.METRICS


class ObservationViewSet(RecordedViewSet):
    """Observations."""

    queryset = Observation.objects.all()
    serializer_class = ObservationSerializer
    filterset_class = ObservationFilter
    export = exports.OBSERVATIONS


class ValuationViewSet(RecordedViewSet):
    """Valuations, each with its confirmations. A corrected one has to be confirmed again."""

    queryset = Valuation.objects.all()
    serializer_class = ValuationSerializer
    filterset_class = ValuationFilter
    export = exports.VALUATIONS


class ScoreViewSet(RecordedViewSet):
    """Scores of satisfaction, effort and completion. Their observations are recorded and corrected with them."""

    queryset = Score.objects.all()
    serializer_class = ScoreSerializer
    filterset_class = ScoreFilter
    export = exports.SCORES

    def correct_row(self, row: Score, *, changes: dict[str, Any], reason: str) -> Score:
        """Correct the score and its observation."""
        return score_actions.correct_score(row, changes=changes, reason=reason, by=self.request.user)

    def retract_row(self, row: Score, *, reason: str) -> Score:
        """Retract the score and its observation."""
        return score_actions.retract_score(row, reason=reason, by=self.request.user)


class ConfirmationViewSet(RecordedViewSet):
    """Confirmations of valuations, by others than those who recorded them."""

    queryset = Confirmation.objects.all()
    serializer_class = ConfirmationSerializer
    filterset_class = ConfirmationFilter
    export = exports.CONFIRMATIONS


class ExposureViewSet(RecordedViewSet):
    """Exposures by feature flags: dates on the charts of metrics."""

    queryset = Exposure.objects.all()
    serializer_class = ExposureSerializer
    filterset_class = ExposureFilter
    export = exports.EXPOSURES


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("metrics", MetricViewSet),
    ("observations", ObservationViewSet),
    ("valuations", ValuationViewSet),
    ("scores", ScoreViewSet),
    ("confirmations", ConfirmationViewSet),
    *recognition_api.routes,
    ("exposures", ExposureViewSet),
]
