"""Runs in the admin: to read, never to write, since all of it can be made again."""

from django.contrib import admin

from portfolio.common.admin import ReadOnly
from portfolio.rollup.models import BlockedMonth, InvariantReport, Run


@admin.register(Run)
class RunAdmin(ReadOnly, admin.ModelAdmin):
    """Runs by time and outcome."""

    list_display = ["id", "cause", "started_at", "months", "product_months", "seconds", "has_held"]
    list_filter = ["has_held", "is_full"]


@admin.register(BlockedMonth)
class BlockedMonthAdmin(ReadOnly, admin.ModelAdmin):
    """Months that wait for a cause to be mended."""

    list_display = ["month", "message", "blocked_at"]


@admin.register(InvariantReport)
class InvariantReportAdmin(ReadOnly, admin.ModelAdmin):
    """Looks at the invariants, by time and outcome."""

    list_display = ["id", "at", "cause", "seconds", "violations", "has_held"]
    list_filter = ["has_held"]
