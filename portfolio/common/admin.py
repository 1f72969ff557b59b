"""What the admin of all rooms shares: it shows rows and their past, and leaves changes to the pages.

A change in the admin would pass by the actions, and with them the roles, the guards and the stale marks.
"""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin


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
