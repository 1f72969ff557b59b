"""What is promised, by the API: objectives, measurements, requirements and evidence."""

from django.db import transaction
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from portfolio.common.api import ActionSerializer, DescribedViewSet, RecordedSerializer, RecordedViewSet
from portfolio.common.months import today
from products.health import promise_exports
from products.health.budget_reading import budgets_of
from products.health.models import Evidence, Measurement, Objective, Requirement
from products.health.promise_filters import (
    EvidenceFilter,
    MeasurementFilter,
    ObjectiveFilter,
    RequirementFilter,
)
from products.health.promise_reading import looks_of, required
from products.health.readiness import State

MOST_MEASUREMENTS = 1_000


class ObjectiveSerializer(ActionSerializer):
    """How often a service is to do well, over a rolling window."""

    class Meta:
        model = Objective
        fields = [
            "code",
            "name",
            "service",
            "kind",
            "target",
            "window_days",
            "threshold",
            "source",
            "is_illustrative",
        ]


class BudgetSerializer(serializers.Serializer):
    """What is left of an error budget, over the days before `until`."""

    objective = serializers.CharField(help_text="Its code.")
    until = serializers.DateField(help_text="The first day that is not counted: today.")
    window_days = serializers.IntegerField()
    measured_days = serializers.IntegerField(
        help_text="Days of the window that were measured; the others count as none."
    )
    good = serializers.IntegerField()
    total = serializers.IntegerField()
    allowed = serializers.DecimalField(28, 6, help_text="(1 - target) x total: what may go wrong.")
    spent = serializers.IntegerField(help_text="What went wrong.")
    left = serializers.DecimalField(28, 6, help_text="allowed - spent; below 0 it is overspent.")
    left_share = serializers.FloatField(allow_null=True, help_text="The part that is left; null where none was served.")
    week_burn = serializers.FloatField(
        allow_null=True, help_text="How fast the last 7 days spent it; 1 is just enough."
    )
    day_burn = serializers.FloatField(allow_null=True, help_text="How fast the last day spent it.")
    runs_out = serializers.DateField(
        allow_null=True, help_text="The day it is gone, should days go on like the last 7."
    )


class MeasurementSerializer(RecordedSerializer):
    """How much of what was served over the days [starts, ends) was good."""

    class Meta:
        model = Measurement
        fields = ["objective", "starts", "ends", "good", "total", "is_illustrative"]


class RequirementSerializer(ActionSerializer):
    """What a service must withstand, agreed on a day and verified with evidence."""

    state = serializers.SerializerMethodField(help_text="How it stands today.")

    class Meta:
        model = Requirement
        fields = ["code", "name", "service", "kind", "statement", "baselined_on", "state", "is_illustrative"]

    @extend_schema_field({"type": "string", "enum": [state.value for state in State]})
    def get_state(self, row: Requirement) -> str:
        """Return how it stands today; a row that was just saved was not read with its evidence."""
        evidence = getattr(row, "known_evidence", None)
        return str(required(row, looks_of(row.evidence.known() if evidence is None else evidence)).state(today()))


class RequirementEvidenceSerializer(RecordedSerializer):
    """That a requirement was looked at on a day, whether it held, and until when that counts."""

    class Meta:
        model = Evidence
        fields = ["requirement", "verified_on", "expires_on", "has_passed", "source", "is_illustrative"]


class ObjectiveViewSet(DescribedViewSet):
    """Objectives of services; `budget` below one tells what is left of its error budget."""

    queryset = Objective.objects.all()
    serializer_class = ObjectiveSerializer
    filterset_class = ObjectiveFilter
    export = promise_exports.OBJECTIVES

    @extend_schema(
        responses=BudgetSerializer, description="What is left of its error budget today, and how fast it goes."
    )
    @action(detail=True, methods=["get"])
    def budget(self, request, code=None):
        """Tell what is left of the error budget."""
        objective = self.get_object()
        (row,) = budgets_of([objective], today())
        told = {str(name): getattr(row.budget, str(name)) for name in BudgetSerializer().fields if name != "objective"}
        return Response(BudgetSerializer(told | {"objective": objective.code}).data)


#: One row, or a list of them: what is sent, and what comes back.
ONE_OR_MANY = PolymorphicProxySerializer(
    "MeasurementOrMany",
    [MeasurementSerializer, MeasurementSerializer(many=True)],
    resource_type_field_name=None,
    many=False,
)


class MeasurementViewSet(RecordedViewSet):
    """Measurements of objectives. Days that are measured already are refused."""

    queryset = Measurement.objects.all()
    serializer_class = MeasurementSerializer
    filterset_class = MeasurementFilter
    export = promise_exports.MEASUREMENTS

    @extend_schema(
        summary="Record a measurement, or a list of them",
        description=f"Records one measurement, or a list of up to {MOST_MEASUREMENTS:,}, all of them or none.",
        request=ONE_OR_MANY,
        responses={201: ONE_OR_MANY},
    )
    def create(self, request, *args, **kwargs):
        """Record a measurement, or several."""
        if not isinstance(request.data, list):
            return super().create(request, *args, **kwargs)
        self.may_add()
        if len(request.data) > MOST_MEASUREMENTS:
            raise ParseError(f"The list has {len(request.data):,} rows; send at most {MOST_MEASUREMENTS:,} at once.")
        given = self.get_serializer(data=request.data, many=True)
        given.is_valid(raise_exception=True)
        with transaction.atomic():
            rows = given.save()
        return Response(self.get_serializer(rows, many=True).data, status=201)


class RequirementViewSet(DescribedViewSet):
    """Requirements of services, each with how it stands today."""

    queryset = Requirement.objects.all()
    serializer_class = RequirementSerializer
    filterset_class = RequirementFilter
    export = promise_exports.REQUIREMENTS

    def get_queryset(self):
        """Return the rows with the evidence that is known now."""
        return super().get_queryset().with_known_evidence()


class EvidenceViewSet(RecordedViewSet):
    """Evidence for requirements."""

    queryset = Evidence.objects.all()
    serializer_class = RequirementEvidenceSerializer
    filterset_class = EvidenceFilter
    export = promise_exports.EVIDENCE


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("objectives", ObjectiveViewSet),
    ("measurements", MeasurementViewSet),
    ("requirements", RequirementViewSet),
    ("evidence", EvidenceViewSet),
]
