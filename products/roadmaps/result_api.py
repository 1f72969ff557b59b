"""The API of results: what experiments on items found, raw and shrunk."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portfolio.common.api import CodeField, RecordedSerializer, RecordedViewSet
from products.roadmaps import experiments, result_exports
from products.roadmaps.models import Experiment, Item
from products.roadmaps.result_filters import ResultFilter


class FoundSerializer(serializers.Serializer):
    """What an experiment found, in the unit of its metric."""

    effect = serializers.FloatField(help_text="Treatment less control, as it was seen.")
    standard_error = serializers.FloatField(
        help_text="Of that; from the groups by Welch's formula where they are given."
    )
    low = serializers.FloatField(help_text="One time in twenty it is below this, going by this experiment alone.")
    high = serializers.FloatField(help_text="One time in twenty it is above this, going by this experiment alone.")
    shrunk_effect = serializers.FloatField(
        allow_null=True, help_text="Drawn towards what effects are like; null where the item says no start."
    )
    shrunk_low = serializers.FloatField(allow_null=True, help_text="One time in twenty it is below this.")
    shrunk_high = serializers.FloatField(allow_null=True, help_text="One time in twenty it is above this.")
    weight = serializers.FloatField(allow_null=True, help_text="How much of it is the experiment's own, from 0 to 1.")
    earlier_experiments = serializers.IntegerField(
        help_text="How many say what effects are like; 0 where that is stated: none, give or take 10 %."
    )


class ResultSerializer(RecordedSerializer):
    """What an experiment on an item found: two groups, or an effect and its standard error."""

    item = CodeField(queryset=Item.objects.all(), help_text="Code of an item that names a metric.")
    found = serializers.SerializerMethodField(help_text="The effect that follows, raw and shrunk.")

    class Meta:
        model = Experiment
        fields = [
            "item",
            "concluded_on",
            "control_mean",
            "control_deviation",
            "control_size",
            "treatment_mean",
            "treatment_deviation",
            "treatment_size",
            "effect",
            "standard_error",
            "source",
            "found",
            "is_illustrative",
        ]

    @extend_schema_field(FoundSerializer)
    def get_found(self, row: Experiment) -> dict[str, Any]:
        """Return what follows from a row; what others found is read once for all rows."""
        if "past" not in self.context:
            self.context["past"] = experiments.past()
        found = experiments.effect_of(row, self.context["past"])
        shrunk = found.shrunk
        return {
            "effect": found.effect,
            "standard_error": found.error,
            "low": found.low,
            "high": found.high,
            "shrunk_effect": shrunk and shrunk.effect,
            "shrunk_low": shrunk and shrunk.low,
            "shrunk_high": shrunk and shrunk.high,
            "weight": shrunk and shrunk.weight,
            "earlier_experiments": found.prior.count,
        }


class ResultViewSet(RecordedViewSet):
    """What experiments on items found. Effects are shrunk before they count, because large ones are mostly luck."""

    queryset = Experiment.objects.select_related("item__metric", "item__roadmap", "recorded_by", "retracted_by")
    serializer_class = ResultSerializer
    filterset_class = ResultFilter
    export = result_exports.RESULTS


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("results", ResultViewSet)]
