"""Private addresses by which a calendar program reads roadmaps without signing in."""

import secrets
from hashlib import sha256
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from portfolio.common.models import User
from products.roadmaps.models.roadmaps import Roadmap

TOKEN_BYTES = 32


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


class CalendarLinkQuerySet(models.QuerySet):
    """Reads of calendar links."""

    def live(self) -> Self:
        """Return the links that still give something: not revoked, and of people who may still sign in."""
        return self.filter(revoked_at=None, user__is_active=True)

    def opened_by(self, token: str) -> Self:
        """Return the live link that a token opens, if any."""
        return self.live().filter(token_hash=hash_of(token))


class CalendarLink(models.Model):
    """One address of a calendar: of one roadmap, or of all that its owner is a member of at the time it is read.

    Who has the token reads what its owner may read, so only its hash is kept, and the owner can revoke it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_links", editable=False)
    roadmap = models.ForeignKey(
        Roadmap, models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty is all that are yours."
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the token.")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_on = models.DateField(null=True, editable=False, help_text="A day, not a moment: it tells if it is used.")
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = CalendarLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return str(self.roadmap) if self.roadmap else "All my roadmaps"

    @classmethod
    def begin(cls, user: User, roadmap: Roadmap | None) -> tuple[Self, str]:
        """Make a link; return it with its token, which is nowhere else. Each call makes another."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        return cls.objects.create(user=user, roadmap=roadmap, token_hash=hash_of(token)), token
