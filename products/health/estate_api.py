"""The estate's part of the API."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portfolio.common.api import ActionSerializer, CodeField, DescribedViewSet, RecordedSerializer, RecordedViewSet
from portfolio.common.months import today
from products.health import estate
from products.health import estate_exports as exports
from products.health.estate_filters import (
    ComponentFilter,
    DependencyFilter,
    OnCallFilter,
    PartFilter,
    ProcessFilter,
    ServiceFilter,
    SupportDateFilter,
)
from products.health.models import Component, Dependency, OnCall, Part, Process, Service, SupportDate
from products.roadmaps.models import Item

SIGNS = {
    "type": "array",
    "items": {"type": "string"},
    "description": "What stands out of it; empty where nothing does.",
}


class ProcessSerializer(ActionSerializer):
    """A business process, end to end."""

    class Meta:
        model = Process
        fields = ["code", "name", "value_stream", "purpose", "is_illustrative"]


class ServiceSerializer(ActionSerializer):
    """Something that a product offers; `stands_out` says what is missing: an owner, a consumer, support."""

    stands_out = serializers.SerializerMethodField()

    class Meta:
        model = Service
        fields = [
            "code", "name", "product", "owner", "process", "purpose", "usual_hourly", "peak_hourly", "is_retired",
            "stands_out", "is_illustrative",
        ]  # fmt: skip

    @extend_schema_field(SIGNS)
    def get_stands_out(self, row: Service) -> list[str]:
        """Return what stands out of a service."""
        return [sign.key for sign in estate.service_signs(_read(row, Service))]


class ComponentSerializer(ActionSerializer):
    """What services are built of; `support_ends` is its own statement or what is published for its release cycle."""

    item = CodeField(
        queryset=Item.objects.all(), required=False, allow_null=True, help_text="Code of the item that renews it."
    )
    support_ends = serializers.SerializerMethodField()
    stands_out = serializers.SerializerMethodField()

    class Meta:
        model = Component
        fields = [
            "code", "name", "kind", "owner", "version", "eol_product", "eol_cycle", "end_of_support", "support_ends",
            "renewal_low", "renewal_high", "currency", "item", "stands_out", "is_illustrative",
        ]  # fmt: skip

    @extend_schema_field({"type": "string", "format": "date", "nullable": True, "description": "First day without."})
    def get_support_ends(self, row: Component) -> str | None:
        """Return the first day without support."""
        ends = _read(row, Component).support_ends
        return ends.isoformat() if ends else None

    @extend_schema_field(SIGNS)
    def get_stands_out(self, row: Component) -> list[str]:
        """Return what stands out of a component."""
        return [sign.key for sign in estate.component_signs(_read(row, Component), today())]


def _read(row, model):
    """Return a row with its signs: it has them where it was listed, and is read again where it was just written."""
    if "is_consumed" in row.__dict__ or "is_used" in row.__dict__:
        return row
    if model is Service:
        return estate.with_signs_of_services(Service.objects.all(), today()).select_related("product").get(pk=row.pk)
    return estate.with_signs_of_components(Component.objects.all(), today()).select_related("item").get(pk=row.pk)


class PartSerializer(RecordedSerializer):
    """A component that a service is built of over the days [starts, ends)."""

    class Meta:
        model = Part
        fields = ["service", "component", "starts", "ends", "is_illustrative"]


class DependencySerializer(RecordedSerializer):
    """A service that does not work without another one over the days [starts, ends)."""

    class Meta:
        model = Dependency
        fields = ["service", "needs", "starts", "ends", "is_illustrative"]


class OnCallSerializer(RecordedSerializer):
    """A team that is on call for a service over the days [starts, ends)."""

    class Meta:
        model = OnCall
        fields = ["service", "team", "hours_a_week", "starts", "ends", "is_illustrative"]


class SupportDateSerializer(RecordedSerializer):
    """When support for a release cycle of a product ends, as published."""

    class Meta:
        model = SupportDate
        fields = ["product", "cycle", "ends", "is_ended", "source", "is_illustrative"]


class ProcessViewSet(DescribedViewSet):
    """Business processes."""

    queryset = Process.objects.all()
    serializer_class = ProcessSerializer
    filterset_class = ProcessFilter
    export = exports.PROCESSES


class ServiceViewSet(DescribedViewSet):
    """Services that products offer. Retired ones are listed with `use=retired` or `use=all`."""

    queryset = Service.objects.all()
    serializer_class = ServiceSerializer
    filterset_class = ServiceFilter
    export = exports.SERVICES

    def get_queryset(self):
        """Return the services with what stands out of them."""
        return estate.with_signs_of_services(super().get_queryset(), today())

    def filter_queryset(self, queryset):
        """Filter lists only: a single service is shown, retired or not."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset


class ComponentViewSet(DescribedViewSet):
    """Components."""

    queryset = Component.objects.all()
    serializer_class = ComponentSerializer
    filterset_class = ComponentFilter
    export = exports.COMPONENTS

    def get_queryset(self):
        """Return the components with their support and what stands out of them."""
        return estate.with_signs_of_components(super().get_queryset(), today())


class PartViewSet(RecordedViewSet):
    """What services are built of."""

    queryset = Part.objects.all()
    serializer_class = PartSerializer
    filterset_class = PartFilter
    export = exports.PARTS


class DependencyViewSet(RecordedViewSet):
    """Which service needs which."""

    queryset = Dependency.objects.all()
    serializer_class = DependencySerializer
    filterset_class = DependencyFilter
    export = exports.DEPENDENCIES


class OnCallViewSet(RecordedViewSet):
    """Which team is on call for which service."""

    queryset = OnCall.objects.all()
    serializer_class = OnCallSerializer
    filterset_class = OnCallFilter
    export = exports.ON_CALL


class SupportDateViewSet(RecordedViewSet):
    """Published ends of support."""

    queryset = SupportDate.objects.all()
    serializer_class = SupportDateSerializer
    filterset_class = SupportDateFilter
    export = exports.SUPPORT_DATES


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("services", ServiceViewSet),
    ("components", ComponentViewSet),
    ("processes", ProcessViewSet),
    ("parts", PartViewSet),
    ("on-call", OnCallViewSet),
    ("service-dependencies", DependencyViewSet),
    ("support-dates", SupportDateViewSet),
]
