"""The admin of this room."""

from django.contrib import admin

from portfolio.common.admin import RecordedAdmin
from portfolio.network.models import Link, Usage


@admin.register(Link)
class LinkAdmin(RecordedAdmin):
    """Links."""

    list_display = ["supplier", "consumer", "service", "share", "starts", "ends"]
    list_select_related = ["supplier", "consumer", "recorded_by"]
    search_fields = ["supplier__code", "consumer__code", "service"]


@admin.register(Usage)
class UsageAdmin(RecordedAdmin):
    """Usage."""

    list_display = ["supplier", "consumer", "month", "quantity"]
    list_select_related = ["supplier", "consumer", "recorded_by"]
    search_fields = ["supplier__code", "consumer__code"]
