"""The base of facts and agreements: two times, when it holds and when we knew it; never overwritten."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portfolio.common.access import Scoped
from portfolio.common.locks import keep
from portfolio.common.months import FIRST_DAY, LAST_DAY, during
from portfolio.common.rules import RulesByField


class RecordedQuerySet(models.QuerySet):
    """Reads that every recorded row answers."""

    def known(self, at: datetime | None = None) -> Self:
        """Return the rows that stood at a moment; without one, those that stand now."""
        if at is None:
            return self.filter(retracted_at=None)
        return self.filter(Q(retracted_at=None) | Q(retracted_at__gt=at), recorded_at__lte=at)

    def uncorrected(self, since: datetime) -> Self:
        """Return the rows as they would stand had nothing been corrected or retracted after `since`.

        Facts that merely arrived later are kept; it is how the effect of corrections is told apart
        from the effect of news.
        """
        return self.filter(
            Q(retracted_at=None) | Q(retracted_at__gt=since), Q(corrects=None) | Q(recorded_at__lte=since)
        )

    def during(self, first, after) -> Self:
        """Return the rows that hold on some day of `[first, after)`."""
        return self.filter(during(first, after))

    def current(self, on) -> Self:
        """Return the rows that hold on the day `on`."""
        return self.filter(Q(ends__gt=on) | Q(ends=None), starts__lte=on)

    def visible_to(self, user) -> Self:
        """Return what `user` may read: everything, for whoever is signed in."""
        return self if user.is_authenticated else self.none()


class Recorded(Scoped, RulesByField):
    """A fact or agreement. A correction retracts one row and records another that points back to it."""

    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    retracted_at = models.DateTimeField(null=True, blank=True, editable=False)
    retracted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    reason = models.CharField(
        max_length=500, blank=True, editable=False, help_text="Why it was corrected or retracted."
    )
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="corrected_by"
    )
    is_illustrative = models.BooleanField(
        "illustrative", default=False, help_text="Made up to show how things work; marked wherever it shows."
    )

    #: Whether it is a part of a total, which the first open month takes where it is recorded for a closed one. Shares
    #: are not: those of a closed month stay as they were.
    is_of_total = True

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(retracted_at=None) | Q(retracted_at__gte=F("recorded_at")),
                name="%(class)s_retracted_after_recorded",
                violation_error_message="A row cannot be retracted before it was recorded.",
            ),
        ]

    def lock(self) -> None:
        """Lock what `guard` compares with, so that two writers cannot both pass it."""

    def guard(self) -> None:
        """Raise ValidationError where this row cannot stand beside those already known."""

    def guard_without(self) -> None:
        """Raise ValidationError where known rows still need this one, now that it is retracted, or replaced."""

    def clean(self) -> None:
        """Refuse days that are centuries off: a year typed wrongly."""
        super().clean()
        wrong = {
            field.name: f"{day} is out of reach; a date lies between {FIRST_DAY} and {LAST_DAY}."
            for field in self._meta.concrete_fields
            if type(field) is models.DateField
            and (day := getattr(self, field.attname)) is not None
            and not FIRST_DAY <= day <= LAST_DAY
        }
        if wrong:
            raise ValidationError(wrong)

    def complete(self) -> None:
        """Fill in what follows from the given fields, such as the amount in the base currency."""

    def derived(self) -> Iterable["Recorded"]:
        """Return the known rows that were worked out from this one, and are recorded again when it changes."""
        return ()

    def touched(self) -> list:
        """Return the figures that this row changes, as a list of `staleness.Touch`."""
        return []


class Corrects(models.OneToOneField):
    """The row that a fact replaces. Hardly any fact replaces one, so it is unique among those that do.

    A unique column would keep every row in its index, though all of them but a few are empty.
    """

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._unique = False


def refers_to(to: str | type[models.Model], **options) -> models.ForeignKey:
    """A column of a fact that refers to another row; see `Fact` for what keeps that row there."""
    return models.ForeignKey(to, models.PROTECT, db_constraint=False, db_index=False, **options)


class Fact(Recorded):
    """What was measured or paid: recorded rows that come by the million.

    The database does not check their references row by row: a foreign key asks once a row and a reference, which took
    13 of the 17 seconds in which a million observations are copied in. Instead every writer holds the rows it refers
    to until it commits: `lock` for a single row, one join and one lock for a whole batch. Whoever deletes a row asks
    for facts about it: `PROTECT` does, and on PostgreSQL a trigger that nothing gets around (`references.Guard`).

    Indexes are those that some query reads by. Only what stands is in them, and beside it the few rows that were
    retracted, so that a load pays for no more.
    """

    recorded_by = refers_to(settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, related_name="+")
    retracted_by = refers_to(settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, related_name="+")
    corrects = Corrects(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="corrected_by",
        db_constraint=False,
        db_index=False,
    )

    class Meta(Recorded.Meta):
        abstract = True
        constraints = [
            *Recorded.Meta.constraints,
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(corrects__isnull=False),
                name="%(class)s_is_corrected_once",
                violation_error_message="This row is corrected already. Reload it and look again.",
            ),
        ]

    def lock(self) -> None:
        """Hold the rows that this one refers to, so that none is deleted before this one is there."""
        keep(
            *(
                (cast(type[models.Model], field.related_model), getattr(self, field.attname))
                for field in self._meta.concrete_fields
                if field.is_relation and field.name not in {"corrects", "retracted_by"}
            )
        )


def refuse_overlap(rows: RecordedQuerySet, row: "Recorded", *, what: str) -> None:
    """Refuse a row with `starts` and `ends` where one of `rows` that is known holds on one of its days.

    `what` says in words what would then stand twice, such as “Ada Obi is away”.
    """
    clash = rows.known().during(row.starts, row.ends).order_by("starts").first()
    if clash:
        raise ValidationError(
            {
                "starts": f"{what} already from {clash.starts} to {clash.ends or 'now on'}. Correct that row, or "
                "choose days outside it."
            }
        )


def interval_constraint(model: str, *, is_open: bool = True) -> models.CheckConstraint:
    """Return the rule that an interval has at least one day; an open end is null."""
    condition = Q(starts__lt=F("ends"))
    return models.CheckConstraint(
        condition=condition | Q(ends=None) if is_open else condition,
        name=f"{model}_starts_before_ends",
        violation_error_message="The end must come after the start; it is the first day that no longer counts.",
    )
