"""Files between their preview and their loading, and the calls that were answered."""

import hashlib
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from portfolio.common.models import User
from portfolio.intake.kinds import KINDS, Kind

KEPT_FOR = timedelta(days=1)
ANSWERS_KEPT_FOR = timedelta(days=7)
CATALOGUE = "catalogue-"  #: what the kind of a catalogue's upload begins with


class UploadQuerySet(models.QuerySet):
    """Reads of uploads."""

    def visible_to(self, user) -> Self:
        """Return the user's own: a file may hold what nobody else may read, such as rates of pay."""
        return self.filter(user=user, kind__in=KINDS, uploaded_at__gt=timezone.now() - KEPT_FOR)

    def catalogues_of(self, user) -> Self:
        """Return the catalogues that the user has uploaded, each several files together."""
        return self.filter(user=user, kind__startswith=CATALOGUE, uploaded_at__gt=timezone.now() - KEPT_FOR)

    def keep(self, *, user: User, kind: str, name: str, content: bytes) -> "Upload":
        """Keep a file for its preview, for a day at most, and forget those that are older."""
        self.filter(uploaded_at__lte=timezone.now() - KEPT_FOR).delete()
        digest = hashlib.sha256(content).hexdigest()
        return self.create(user=user, kind=kind, name=name[-200:], content=content, digest=digest)


class Upload(models.Model):
    """A file that someone has uploaded and not loaded yet. It is never changed, so what was shown is what is loaded."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    uploaded_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    def get_absolute_url(self) -> str:
        """Return the address of its preview."""
        return reverse("intake:preview", args=[self.pk])

    @property
    def of_kind(self) -> Kind:
        """What its rows are."""
        return KINDS[self.kind]

    @property
    def data(self) -> bytes:
        """The content; PostgreSQL gives a view of it."""
        return bytes(self.content)


class AnsweredQuerySet(models.QuerySet):
    """Reads of answers."""

    def forget_old(self) -> None:
        """Delete the answers that nobody will ask for again."""
        self.filter(at__lte=timezone.now() - ANSWERS_KEPT_FOR).delete()


class Answered(models.Model):
    """A call with an Idempotency-Key that was carried out: the same call again gets the same answer, and does nothing.

    It is written in the transaction of what the call did, so there is one if and only if it did it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64, help_text="SHA-256 of the address, the headers that matter and the body.")
    answer = models.JSONField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = AnsweredQuerySet.as_manager()

    class Meta:
        verbose_name = "answered call"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="answered_once")]

    def __str__(self) -> str:
        return f"{self.key} of {self.user}"
