"""What the API tells of recognition: outcomes that teams share, and targets that were passed."""

from rest_framework import mixins, serializers, viewsets

from portfolio.common.api import ActionSerializer, CodeField, RecordedSerializer, RecordedViewSet, VisibleRows
from products.value import recognition_exports as exports
from products.value.models import Celebration, SharedOutcome
from products.value.recognition_reading import CelebrationFilter, SharedOutcomeFilter


class SharedOutcomeSerializer(RecordedSerializer):
    """A metric for which the business and technology people of a team are recognised together."""

    class Meta:
        model = SharedOutcome
        fields = ["team", "metric", "starts", "ends", "is_illustrative"]


class SharedOutcomeViewSet(RecordedViewSet):
    """Shared outcomes."""

    queryset = SharedOutcome.objects.all()
    serializer_class = SharedOutcomeSerializer
    filterset_class = SharedOutcomeFilter
    export = exports.SHARED_OUTCOMES


class CelebrationSerializer(ActionSerializer):
    """A metric that passed its target, with who was on it that day."""

    product = CodeField(source="metric.product", read_only=True)
    unit = serializers.CharField(source="metric.unit", read_only=True)

    class Meta:
        model = Celebration
        fields = [
            "id",
            "metric",
            "product",
            "target",
            "value",
            "unit",
            "observed_on",
            "celebrated_at",
            "teams",
            "people",
        ]
        read_only_fields = fields


class CelebrationViewSet(VisibleRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Targets that metrics passed. The system finds them; nobody adds one."""

    queryset = Celebration.objects.all()
    serializer_class = CelebrationSerializer
    filterset_class = CelebrationFilter
    export = exports.CELEBRATIONS
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "head", "options"]

    def retrieve(self, request, *args, **kwargs):
        """Show one celebration."""
        return super().retrieve(request, *args, **kwargs)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("shared-outcomes", SharedOutcomeViewSet), ("celebrations", CelebrationViewSet)]
