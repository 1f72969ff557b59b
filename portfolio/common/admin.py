"""What the admin of all rooms shares: it shows rows and their past, and leaves changes to the pages.

A change in the admin would pass by the actions, and with them the roles, the guards and the stale marks.
"""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from simple_history.admin import SimpleHistoryAdmin

from portfolio.common.models import ApiToken, Grant, User


class ReadOnly:
    """Shows, and changes nothing."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request, obj=None) -> bool:
        """Rows are added on the pages."""
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        """Rows are changed on the pages."""
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        """Nothing is deleted."""
        return False


class DescribedAdmin(ReadOnly, SimpleHistoryAdmin):
    """A described row with the history of its edits."""

    list_display = ["code", "name", "is_illustrative"]
    search_fields = ["code", "name"]


class RecordedAdmin(ReadOnly, admin.ModelAdmin):
    """A recorded row with when it was known, from whom, and why it was corrected."""

    date_hierarchy = None
    list_filter = ["is_illustrative"]
    recording = ("recorded_at", "recorded_by", "retracted_at", "retracted_by", "reason", "corrects")

    def get_list_display(self, request) -> list[str]:
        """Return the room's own columns, and those of the recording that matter in a list."""
        return [*super().get_list_display(request), "recorded_at", "recorded_by", "retracted_at"]

    def get_fields(self, request, obj=None) -> list[str]:
        """Return all columns, the recording last."""
        names = [field.name for field in self.model._meta.concrete_fields if not field.primary_key]
        return [*(name for name in names if name not in self.recording), *self.recording]

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        """Return all of them."""
        return self.get_fields(request, obj)


# -- People who sign in: the one thing that is changed here ------------------------------------------------------


class GrantInline(admin.TabularInline):
    """The roles of a user, each over one thing or over the whole portfolio."""

    model = Grant
    extra = 0
    autocomplete_fields = ["value_stream", "product", "team"]


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts are made here, and given their roles; nobody signs up."""

    inlines = [GrantInline]
    list_display = ["username", "first_name", "last_name", "email", "is_active", "is_staff"]
    list_filter = ["grants__role", "is_active", "is_staff"]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        # No groups or permissions: what a user may change is said by grants alone.
        ("Account", {"fields": ("is_active", "is_staff", "is_superuser", "last_login", "date_joined")}),
    )
    filter_horizontal = ()


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin):
    """All roles that are held, to see who may change what."""

    list_display = ["user", "role", "value_stream", "product", "team"]
    list_filter = ["role"]
    list_select_related = ["user", "value_stream", "product", "team"]
    search_fields = ["user__username", "user__last_name", "product__code", "value_stream__code", "team__code"]
    autocomplete_fields = ["user", "value_stream", "product", "team"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin):
    """Tokens of all users; deleting one revokes it."""

    list_display = ["name", "user", "created", "expiry"]
    search_fields = ["name", "user__username"]
    fields = ["name", "user", "created", "expiry"]

    def has_delete_permission(self, request, obj=None) -> bool:
        """Revoke a token that its user cannot, or will not."""
        return request.user.is_active and request.user.is_superuser


admin.site.unregister(Group)  # groups carry permissions, and permissions say nothing here
