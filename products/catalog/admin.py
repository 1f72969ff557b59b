"""The admin of this room."""

from django.contrib import admin

from portfolio.common.admin import DescribedAdmin, RecordedAdmin
from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream


@admin.register(ValueStream)
class ValueStreamAdmin(DescribedAdmin):
    """Value streams."""

    list_display = ["code", "name", "parent", "is_illustrative"]
    list_select_related = ["parent"]


@admin.register(Product)
class ProductAdmin(DescribedAdmin):
    """Products."""

    list_display = ["code", "name", "value_stream", "stage", "kind", "is_illustrative"]
    list_select_related = ["value_stream"]
    list_filter = ["stage", "kind"]


@admin.register(Segment)
class SegmentAdmin(DescribedAdmin):
    """Customer segments."""

    list_display = ["code", "name", "product", "size", "is_illustrative"]
    list_select_related = ["product"]


@admin.register(Insight)
class InsightAdmin(RecordedAdmin):
    """Insights."""

    list_display = ["product", "segment", "said_on", "kind", "source"]
    list_select_related = ["product", "segment", "recorded_by"]
    search_fields = ["product__code", "text", "source"]


@admin.register(Assignment)
class AssignmentAdmin(RecordedAdmin):
    """Assignments."""

    list_display = ["team", "product", "share", "starts", "ends"]
    list_select_related = ["team", "product", "recorded_by"]
    search_fields = ["team__code", "product__code"]
