"""This room's part of the API."""

from datetime import date

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portfolio.common.api import RecordedSerializer, RecordedViewSet
from portfolio.common.months import parse_month
from portfolio.network import exports
from portfolio.network.filters import LinkFilter, UsageFilter
from portfolio.network.models import Link, Usage


@extend_schema_field({"type": "string", "pattern": r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$", "example": "2016-04"})
class MonthField(serializers.CharField):
    """A month written 2016-04; in the database it is its first day."""

    def to_internal_value(self, data) -> date:
        """Return the first day of the month."""
        try:
            return parse_month(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: date) -> str:
        """Return the month as it is written."""
        return f"{value:%Y-%m}"


class LinkSerializer(RecordedSerializer):
    """An agreement by which `consumer` pulls a service from `supplier` over the days [starts, ends)."""

    class Meta:
        model = Link
        fields = ["supplier", "consumer", "service", "share", "starts", "ends", "is_illustrative"]


class UsageSerializer(RecordedSerializer):
    """What `consumer`, or with none the customers outside, used of `supplier` in a month."""

    month = MonthField(help_text="Such as 2016-04.")

    class Meta:
        model = Usage
        fields = ["supplier", "consumer", "month", "quantity", "is_illustrative"]


class LinkViewSet(RecordedViewSet):
    """Links between products."""

    queryset = Link.objects.all()
    serializer_class = LinkSerializer
    filterset_class = LinkFilter
    export = exports.LINKS


class UsageViewSet(RecordedViewSet):
    """Usage metered on links, and by customers outside."""

    queryset = Usage.objects.all()
    serializer_class = UsageSerializer
    filterset_class = UsageFilter
    export = exports.USAGE


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("links", LinkViewSet), ("usage", UsageViewSet)]
