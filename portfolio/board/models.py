"""Who is told by mail what waits for them, and how often."""

import secrets
from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse


class Every(models.TextChoices):
    """How often a digest is sent."""

    OFF = "off", "Never"
    DAILY = "daily", "Every day on which something waits"
    WEEKLY = "weekly", "Once a week, on Monday, if something waits"


def new_key() -> str:
    """Return a key that nobody can guess."""
    return secrets.token_urlsafe(32)


class DigestQuerySet(models.QuerySet):
    """Reads of digests."""

    def due(self, on: date) -> Self:
        """Return those to look at on a day: of people who can sign in and have an address, and not looked at yet."""
        monday = on - timedelta(days=on.weekday())
        days = Q(every=Every.DAILY, sent_for__lt=on) | Q(every=Every.WEEKLY, sent_for__lt=monday)
        never = Q(sent_for=None) & ~Q(every=Every.OFF)
        return self.filter(days | never, user__is_active=True).exclude(user__email="")


class Digest(models.Model):
    """Whether somebody gets what waits for them by mail. Without a row they do not."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest", editable=False)
    every = models.CharField("how often", max_length=6, choices=Every, default=Every.OFF)
    key = models.CharField(
        max_length=43, unique=True, default=new_key, editable=False, help_text="Who has it may stop the digest."
    )
    sent_for = models.DateField(
        null=True, editable=False, help_text="The last day that was looked at, whether or not anything waited."
    )
    last_sent_at = models.DateTimeField(null=True, editable=False)

    objects = DigestQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Digest of {self.user}: {self.get_every_display().lower()}"

    def get_stop_url(self) -> str:
        """Return the address at which it is stopped without signing in."""
        return reverse("board:digest-stop", args=[self.key])
