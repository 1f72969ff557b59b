"""How changes reach customers: what a pipeline posts when it deploys, fails and restores."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from portfolio.common.recorded import Recorded, RecordedQuerySet
from products.health.models.estate import OfService, Service


class EventKind(models.TextChoices):
    """What happened to a service."""

    DEPLOYMENT = "deployment", "Deployment"
    FAILURE = "failure", "Failure"
    RESTORE = "restore", "Restore"


class DeliveryEventQuerySet(RecordedQuerySet):
    """Reads of delivery events."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("service__product", "recorded_by").order_by("-happened_at", "-pk")


class DeliveryEvent(OfService, Recorded):
    """A deployment, a failure that it caused, or the end of one, as a pipeline or a person posted it."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="delivery_events")
    kind = models.CharField(max_length=10, choices=EventKind)
    happened_at = models.DateTimeField()
    begun_at = models.DateTimeField(
        null=True, blank=True, help_text="Of a deployment: when its first change was made, for the lead time."
    )
    reference = models.CharField(max_length=120, blank=True, help_text="What was deployed, such as a commit or tag.")
    caused_by = models.CharField(
        max_length=120, blank=True, help_text="Of a failure or a restore: the reference of the deployment behind it."
    )
    key = models.CharField(  # noqa: DJ001 - unique where it is given
        max_length=120, null=True, blank=True, help_text="Sent again with it, an event counts once."
    )

    objects = DeliveryEventQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            models.UniqueConstraint(
                fields=["service", "key"],
                condition=Q(retracted_at=None),
                name="deliveryevent_counts_once",
                violation_error_message="An event with this key was posted before.",
            ),
            models.CheckConstraint(
                condition=Q(begun_at=None) | Q(begun_at__lte=F("happened_at")),
                name="deliveryevent_begins_before",
                violation_error_message="A change is made before it is deployed.",
            ),
        ]
        indexes = [
            models.Index(fields=["service", "happened_at"], condition=Q(retracted_at=None), name="deliveryevent_when"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.service}, {self.happened_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """Return the address of this event."""
        return reverse("health:delivery-event-detail", args=[self.pk])
