"""Journeys and incidents in the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import ActionSerializer, DescribedViewSet, RecordedSerializer, RecordedViewSet
from products.health import journey_exports as exports
from products.health.incident_filters import DrillFilter, FailureModeFilter, ImpactFilter, IncidentFilter
from products.health.journey_actions import By, divide_budget
from products.health.journey_filters import JourneyFilter, PassageFilter, StepFilter
from products.health.models import Drill, FailureMode, Impact, Incident, Journey, Passage, Step


class JourneySerializer(ActionSerializer):
    """What a customer does from beginning to end; its budgets are divided over its steps."""

    class Meta:
        model = Journey
        fields = [
            "code", "name", "product", "process", "purpose", "availability", "response_ms", "metric", "is_illustrative",
        ]  # fmt: skip


class StepSerializer(RecordedSerializer):
    """A step of a journey over the days [starts, ends), done by one service."""

    class Meta:
        model = Step
        fields = [
            "journey", "position", "name", "service", "availability", "response_ms", "is_fixed", "starts", "ends",
            "is_illustrative",
        ]  # fmt: skip


class PassageSerializer(RecordedSerializer):
    """How many entered a step in a month, and how many completed it."""

    class Meta:
        model = Passage
        fields = ["journey", "position", "month", "entered", "completed", "is_illustrative"]


class FailureModeSerializer(ActionSerializer):
    """A way in which a service can fail that is known in advance."""

    class Meta:
        model = FailureMode
        fields = ["code", "name", "service", "effect", "detection", "response", "is_illustrative"]


class DrillSerializer(RecordedSerializer):
    """That a failure mode was tried on purpose, and whether the response worked."""

    class Meta:
        model = Drill
        fields = ["failure_mode", "held_on", "has_passed", "minutes", "notes", "is_illustrative"]


class IncidentSerializer(ActionSerializer):
    """A time in which a service did not do what customers count on."""

    class Meta:
        model = Incident
        fields = [
            "code", "name", "service", "severity", "started_at", "detected_at", "restored_at", "cause", "failure_mode",
            "is_harmless", "is_illustrative",
        ]  # fmt: skip


class ImpactSerializer(RecordedSerializer):
    """What an incident cost customers over the days [starts, ends); `counted` is taken off the metric's months."""

    class Meta:
        model = Impact
        fields = [
            "incident", "metric", "journey", "starts", "ends", "lost", "late", "late_share", "is_in_figures", "note",
            "counted", "is_illustrative",
        ]  # fmt: skip
        read_only_fields = ["counted"]


class DivideSerializer(serializers.Serializer):
    """How a budget is divided."""

    how = serializers.ChoiceField(
        choices=[by.value for by in By],
        default=By.MEASURED.value,
        help_text="In proportion to what is measured, or equally.",
    )


class JourneyViewSet(DescribedViewSet):
    """Journeys over the services of several products."""

    queryset = Journey.objects.all()
    serializer_class = JourneySerializer
    filterset_class = JourneyFilter
    export = exports.JOURNEYS

    @extend_schema(
        request=DivideSerializer,
        responses={200: StepSerializer(many=True)},
        description="Divide the journey's budgets over its steps; those set by hand are kept. Returns the steps that "
        "changed, none where it was divided like that already.",
        filters=False,
    )
    @action(detail=True, methods=["post"], pagination_class=None)
    def divide(self, request, code=None):
        """Divide a journey's budgets over its steps."""
        journey = self.get_object()
        access.require(request.user, journey)
        given = DivideSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        steps = divide_budget(journey, by=request.user, how=given.validated_data["how"])
        return Response(StepSerializer(steps, many=True, context=self.get_serializer_context()).data)


class StepViewSet(RecordedViewSet):
    """Steps of journeys."""

    queryset = Step.objects.all()
    serializer_class = StepSerializer
    filterset_class = StepFilter
    export = exports.STEPS


class PassageViewSet(RecordedViewSet):
    """Who passed the steps of journeys, by month."""

    queryset = Passage.objects.all()
    serializer_class = PassageSerializer
    filterset_class = PassageFilter
    export = exports.PASSAGES


class FailureModeViewSet(DescribedViewSet):
    """Failure modes known in advance. `is_due` gives those that have to be drilled."""

    queryset = FailureMode.objects.all()
    serializer_class = FailureModeSerializer
    filterset_class = FailureModeFilter
    export = exports.FAILURE_MODES


class DrillViewSet(RecordedViewSet):
    """Drills of failure modes."""

    queryset = Drill.objects.all()
    serializer_class = DrillSerializer
    filterset_class = DrillFilter
    export = exports.DRILLS


class IncidentViewSet(DescribedViewSet):
    """Incidents."""

    queryset = Incident.objects.all()
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    export = exports.INCIDENTS


class ImpactViewSet(RecordedViewSet):
    """What incidents cost customers."""

    queryset = Impact.objects.all()
    serializer_class = ImpactSerializer
    filterset_class = ImpactFilter
    export = exports.IMPACTS


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("journeys", JourneyViewSet),
    ("journey-steps", StepViewSet),
    ("passages", PassageViewSet),
    ("failure-modes", FailureModeViewSet),
    ("drills", DrillViewSet),
    ("incidents", IncidentViewSet),
    ("impacts", ImpactViewSet),
]
