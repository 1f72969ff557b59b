"""The admin of this room."""

from django.contrib import admin

from portfolio.common.admin import DescribedAdmin, RecordedAdmin
from products.value.models import Confirmation, Metric, Observation, Valuation


@admin.register(Metric)
class MetricAdmin(DescribedAdmin):
    """Metrics."""

    list_display = ["code", "name", "product", "behaviour", "unit", "is_illustrative"]
    list_select_related = ["product"]


@admin.register(Observation)
class ObservationAdmin(RecordedAdmin):
    """Observations."""

    list_display = ["metric", "starts", "ends", "value"]
    list_select_related = ["metric", "recorded_by"]
    search_fields = ["metric__code", "metric__product__code"]


@admin.register(Valuation)
class ValuationAdmin(RecordedAdmin):
    """Valuations."""

    list_display = ["metric", "low", "high", "currency", "evidence", "starts", "ends"]
    list_select_related = ["metric", "recorded_by"]
    search_fields = ["metric__code", "metric__product__code"]


@admin.register(Confirmation)
class ConfirmationAdmin(RecordedAdmin):
    """Confirmations."""

    list_display = ["valuation", "comment"]
    list_select_related = ["valuation__metric", "recorded_by"]
    search_fields = ["valuation__metric__code"]
