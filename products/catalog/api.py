"""This room's part of the API."""

from django.apps import apps
from rest_framework import serializers

from portfolio.common.api import ActionSerializer, CodeField, DescribedViewSet, RecordedSerializer, RecordedViewSet
from products.catalog import customer_api, exports
from products.catalog.filters import AssignmentFilter, InsightFilter, ProductFilter, SegmentFilter, ValueStreamFilter
from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream


class ValueStreamSerializer(ActionSerializer):
    """A named grouping of products, in a tree."""

    class Meta:
        model = ValueStream
        fields = ["code", "name", "parent", "purpose", "is_illustrative"]


class ProductSerializer(ActionSerializer):
    """A durable capability with a customer base; `owner` is the name of an account."""

    class Meta:
        model = Product
        fields = [
            "code",
            "name",
            "value_stream",
            "stage",
            "kind",
            "purpose",
            "usage_unit",
            "owner",
            "is_illustrative",
        ]


class SegmentSerializer(ActionSerializer):
    """Customers of one product who have something in common."""

    class Meta:
        model = Segment
        fields = ["code", "product", "name", "size", "size_basis", "is_illustrative"]


class InsightSerializer(RecordedSerializer):
    """Something a customer said or did; what it is about belongs to its product."""

    item = CodeField(
        queryset=apps.get_model("roadmaps.Item").objects.all(),
        required=False,
        allow_null=True,
        help_text="Code of an item of one of the product's roadmaps.",
    )
    feedback = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="Key of the feedback that was kept as this."
    )

    class Meta:
        model = Insight
        fields = [
            "product", "segment", "said_on", "kind", "text", "source", "theme", "said_by", "team", "metric", "journey",
            "item", "feedback", "is_illustrative",
        ]  # fmt: skip


class AssignmentSerializer(RecordedSerializer):
    """The share of a team's capacity that a product has over the days [starts, ends)."""

    class Meta:
        model = Assignment
        fields = ["team", "product", "share", "starts", "ends", "is_illustrative"]


class ValueStreamViewSet(DescribedViewSet):
    """Value streams."""

    queryset = ValueStream.objects.all()
    serializer_class = ValueStreamSerializer
    filterset_class = ValueStreamFilter
    export = exports.VALUE_STREAMS


class ProductViewSet(DescribedViewSet):
    """Products. `value_stream` filters by a stream and all below it."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    export = exports.PRODUCTS


class SegmentViewSet(DescribedViewSet):
    """Customer segments."""

    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    filterset_class = SegmentFilter
    export = exports.SEGMENTS


class InsightViewSet(RecordedViewSet):
    """Insights."""

    queryset = Insight.objects.all()
    serializer_class = InsightSerializer
    filterset_class = InsightFilter
    export = exports.INSIGHTS


class AssignmentViewSet(RecordedViewSet):
    """Assignments of teams to products."""

    queryset = Assignment.objects.all()
    serializer_class = AssignmentSerializer
    filterset_class = AssignmentFilter
    export = exports.ASSIGNMENTS


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("value-streams", ValueStreamViewSet),
    ("products", ProductViewSet),
    ("segments", SegmentViewSet),
    ("insights", InsightViewSet),
    ("assignments", AssignmentViewSet),
    *customer_api.routes,
]
