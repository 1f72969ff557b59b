"""The admin of this room."""

from django.contrib import admin

from portfolio.common.admin import DescribedAdmin, RecordedAdmin
from teams.models import Discipline, Membership, Person, Rate, Team


@admin.register(Discipline)
class DisciplineAdmin(DescribedAdmin):
    """Disciplines."""


@admin.register(Person)
class PersonAdmin(DescribedAdmin):
    """People."""

    list_display = ["code", "name", "user", "is_illustrative"]
    list_select_related = ["user"]


@admin.register(Team)
class TeamAdmin(DescribedAdmin):
    """Teams."""


@admin.register(Membership)
class MembershipAdmin(RecordedAdmin):
    """Memberships."""

    list_display = ["person", "team", "discipline", "fte", "starts", "ends"]
    list_select_related = ["person", "team", "discipline", "recorded_by"]
    search_fields = ["person__code", "team__code"]


@admin.register(Rate)
class RateAdmin(RecordedAdmin):
    """Rates: in the admin, too, for those who may read them."""

    list_display = ["discipline", "monthly_amount", "currency", "starts", "ends"]
    list_select_related = ["discipline", "recorded_by"]

    def get_queryset(self, request):
        """Return the rates that this user may read."""
        return super().get_queryset(request).visible_to(request.user)
