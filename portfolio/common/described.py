"""The base of things that are described: a code, a name, and an audit history of every edit."""

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from portfolio.common.access import Scoped

validate_code = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*$",
    "A code is lower-case letters, digits and single hyphens between them, such as vehicle-tax.",
)


class DescribedQuerySet(models.QuerySet):
    """Reads that every described row answers."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()


class Described(Scoped, models.Model):
    """Something with a short readable code that is edited in place; its history keeps who changed what."""

    code = models.CharField(
        max_length=60,
        unique=True,
        validators=[validate_code],
        help_text="Short and readable, for addresses and imports, such as vehicle-tax.",
    )
    name = models.CharField(max_length=200)
    is_illustrative = models.BooleanField(
        "illustrative", default=False, help_text="Made up to show how things work; marked wherever it shows."
    )

    #: Words that stand where a code does in an address of this room, such as /teams/people/.
    reserved_codes: ClassVar[frozenset[str]] = frozenset()

    history = HistoricalRecords(inherit=True)
    objects = DescribedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a code that an address needs for something else, and one that changes."""
        super().clean()
        if not self._state.adding and type(self).objects.filter(pk=self.pk).exclude(code=self.code).exists():
            raise ValidationError(
                {"code": "A code does not change: addresses and imports go by it. Change the name instead."}
            )
        if self._state.adding and self.code in {"add", *self.reserved_codes}:
            raise ValidationError({"code": f"{self.code!r} is part of an address here; choose another code."})

    def touched(self) -> list:
        """Return the figures an edit changes, as `staleness.Touch`; most edits change none."""
        return []

    def guard(self) -> None:
        """Raise ValidationError where an edit would bend what was already recorded."""
