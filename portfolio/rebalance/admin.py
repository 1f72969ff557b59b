"""The admin of this room."""

from django.contrib import admin

from portfolio.common.admin import ReadOnly, RecordedAdmin
from portfolio.rebalance.models import Decision, Elasticity, Scenario, ScenarioStep


@admin.register(Elasticity)
class ElasticityAdmin(RecordedAdmin):
    """Elasticities."""

    list_display = ["product", "stage", "low", "high", "evidence"]
    list_select_related = ["product", "recorded_by"]
    search_fields = ["product__code", "stage", "why"]


@admin.register(Scenario)
class ScenarioAdmin(ReadOnly, admin.ModelAdmin):
    """Scenarios."""

    list_display = ["name", "value_stream", "starts", "version", "made_by", "edited_at", "archived_at"]
    list_select_related = ["value_stream", "made_by"]
    search_fields = ["name", "note"]


@admin.register(ScenarioStep)
class ScenarioStepAdmin(ReadOnly, admin.ModelAdmin):
    """The steps of all scenarios."""

    list_display = ["scenario", "number", "kind", "by", "at"]
    list_select_related = ["scenario", "by"]


@admin.register(Decision)
class DecisionAdmin(ReadOnly, admin.ModelAdmin):
    """Decisions: what they froze never changes, not here either."""

    list_display = ["title", "status", "value_stream", "starts", "proposed_by", "proposed_at", "applied_by"]
    list_select_related = ["value_stream", "proposed_by", "applied_by"]
    search_fields = ["title", "why", "digest"]
