"""Whose interests are vested in what is retired, and where each of them goes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.roadmaps.models.items import Item
from products.roadmaps.models.roadmaps import OfRoadmap


class Interest(OfRoadmap, models.Model):
    """One interest in what an item retires, settled: where it goes. Those that are open have no row yet.

    `key` tells it among the interests that `contributions.interests_in` finds, such as link:12.
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="interests")
    key = models.CharField(max_length=80)
    name = models.CharField(max_length=300, help_text="Whose it is, as it was called when it was settled.")
    goes_to = models.CharField(max_length=500, help_text="Where it goes: another product, another team, nowhere; why.")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField()

    scope_roadmap = "item__roadmap"

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "key"],
                name="interest_is_settled_once",
                violation_error_message="This interest is settled already. Change where it goes instead.",
            ),
            models.CheckConstraint(
                condition=~Q(goes_to=""),
                name="interest_goes_somewhere",
                violation_error_message="Say where it goes.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.goes_to}"
