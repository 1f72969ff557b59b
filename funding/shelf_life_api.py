"""The API of renewals against money."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from funding.models import Allocation
from funding.outlook_api import MonthField, amount
from funding.shelf_life import shelf_life
from funding.shelf_life_exports import SHELF_LIFE
from funding.shelf_life_filters import ShelfLifeFilter
from portfolio.common.api import Exported
from portfolio.common.months import today
from products.catalog.models import Product


class RenewalsSerializer(serializers.Serializer):
    """What renewals come to, and what covers them."""

    due = amount(help_text="Expected; the mean of each range.")
    due_low = amount(help_text="The low ends of the ranges, added up.")
    due_high = amount(help_text="The high ends of the ranges, added up.")
    headroom = amount(help_text="What is allocated less what is spent, or will be.")
    covered = amount(help_text="The part of `due` that money is set aside for, in the order of time.")
    gap = amount(help_text="The other part: covered + gap = due.")
    gap_low = amount(help_text="The gap, if every renewal came to the low end of its range.")
    gap_high = amount(help_text="And to the high end.")


class QuarterSerializer(RenewalsSerializer):
    """One quarter."""

    quarter = serializers.CharField(source="name", help_text="Such as Q4 2016/17.")
    first = MonthField(help_text="Its first month.")
    money = amount(help_text="What is there: left by earlier quarters, and headroom; never below nothing.")
    left = amount(help_text="money - covered, for later quarters.")


class OfProductSerializer(serializers.Serializer):
    """The renewals of one product."""

    product = serializers.CharField(source="product.code")
    name = serializers.CharField(source="product.name")
    total = RenewalsSerializer()
    quarters = QuarterSerializer(many=True, source="lines")


@extend_schema_serializer(many=False)  # one answer, although it is had where lists are
class ShelfLifeSerializer(serializers.Serializer):
    """Renewals due in the next three years against money, in the base currency; products add up to the quarters."""

    actual_until = MonthField(allow_null=True, help_text="The last month that the books have whole.")
    total = RenewalsSerializer()
    quarters = QuarterSerializer(many=True)
    products = OfProductSerializer(many=True)
    unpriced: serializers.RelatedField = serializers.SlugRelatedField(
        many=True, read_only=True, slug_field="code", help_text="Components left out: no cost of renewal is said."
    )
    unused: serializers.RelatedField = serializers.SlugRelatedField(
        many=True, read_only=True, slug_field="code", help_text="Components left out: no service is built of them."
    )
    without_rate = serializers.ListField(
        child=serializers.CharField(), help_text="Currencies left out: no rate is known."
    )


PARAMETERS = [
    OpenApiParameter("product", OpenApiTypes.STR, description="Codes of products, with commas between them."),
    OpenApiParameter("value_stream", OpenApiTypes.STR, description="Codes of value streams; with all below them."),
]


class ShelfLifeViewSet(Exported, viewsets.GenericViewSet):
    """Renewals against money: what ends its support, quarter by quarter, and what is unfunded."""

    queryset = Allocation.objects.none()
    serializer_class = ShelfLifeSerializer
    pagination_class = None
    filter_backends = ()
    export = SHELF_LIFE

    @extend_schema(parameters=PARAMETERS, responses={200: ShelfLifeSerializer})
    def list(self, request: Request) -> Any:
        """Return renewals against money of some products, or of all; as a file, each quarter of each product."""
        filterset = ShelfLifeFilter(request.query_params, Product.objects.visible_to(request.user))
        if not filterset.is_valid():
            raise serializers.ValidationError(filterset.errors)
        found = shelf_life(today(), filterset.chosen)
        if self.asked_form:
            return self.exported(found.flat(), [parameter.name for parameter in PARAMETERS])
        return Response(self.get_serializer(found).data)


routes: list = [("shelf-life", ShelfLifeViewSet)]
