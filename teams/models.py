"""People, teams, who is in which team, and what an FTE of a discipline costs."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from portfolio.common import access
from portfolio.common.described import Described
from portfolio.common.money import amount_field, currency_field
from portfolio.common.months import during, last_day
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.staleness import Touch


class Discipline(Described):
    """A kind of work that a team needs people for, such as engineering or design."""


class Person(Described):
    """Someone who works in teams; linked to a user where they sign in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="person")

    scope_teams = ("memberships__team",)

    class Meta(Described.Meta):
        verbose_name_plural = "people"


class Team(Described):
    """Durable people with disciplines, who stay together while products' needs change."""

    purpose = models.TextField(blank=True, help_text="What this team is for, in a sentence or two.")

    scope_teams = ("",)


class MembershipQuerySet(RecordedQuerySet):
    """Reads of memberships."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("person", "team", "discipline", "recorded_by").order_by(
            "team__name", "person__name", "starts"
        )


class Membership(Recorded):
    """A person in a team over the days [starts, ends), at some part of full time."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    discipline = models.ForeignKey(Discipline, models.PROTECT, related_name="memberships")
    fte = models.DecimalField(
        "FTE",
        max_digits=4,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="Part of full time, such as 0.60.",
    )
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    scope_teams = ("team",)
    objects = MembershipQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("membership"),
            models.CheckConstraint(
                condition=Q(fte__gt=0, fte__lte=Decimal("1.5")),
                name="membership_fte_is_possible",
                violation_error_message="FTE must be above 0 and at most 1.50 of full time.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"

    def lock(self) -> None:
        """Hold the person, so that two memberships cannot both take the same days."""
        Person.objects.select_for_update().get(pk=self.person_id)

    def guard(self) -> None:
        """Refuse a second membership of the same person in the same team and discipline on the same days."""
        clash = (
            Membership.objects.known()
            .filter(during(self.starts, self.ends), person=self.person, team=self.team, discipline=self.discipline)
            .first()
        )
        if clash:
            raise ValidationError(
                {
                    "starts": f"{self.person} is already in {self.team} from {clash.starts} "
                    f"to {clash.ends or 'now on'}. Correct that membership, or start after it."
                }
            )

    def touched(self) -> list[Touch]:
        """A membership changes the labour of every product its team, or a pooled discipline, works on."""
        return labour_touches(self.starts, self.ends)


class RateQuerySet(RecordedQuerySet):
    """Reads of rates, which are private."""

    def visible_to(self, user) -> Self:
        """Return all rates for finance partners of the whole portfolio, and none for anyone else."""
        covered = access.reach(user, access.writers_of(self.model))
        return self if covered.is_everything else self.none()

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("discipline", "recorded_by").order_by("discipline__name", "starts")


class Rate(Recorded):
    """What an FTE of a discipline costs a month over the days [starts, ends). Read by finance partners only."""

    discipline = models.ForeignKey(Discipline, models.PROTECT, related_name="rates")
    monthly_amount = amount_field(validators=[MinValueValidator(Decimal("0.00"))], help_text="Per FTE and month.")
    currency = currency_field()
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    objects = RateQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("rate"),
            models.CheckConstraint(
                condition=Q(monthly_amount__gte=0),
                name="rate_is_not_negative",
                violation_error_message="A rate cannot be negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"Rate of {self.discipline} from {self.starts}"

    def lock(self) -> None:
        """Hold the discipline, so that two rates cannot both take the same days."""
        Discipline.objects.select_for_update().get(pk=self.discipline_id)

    def guard(self) -> None:
        """Refuse a second rate of the same discipline on the same days."""
        clash = Rate.objects.known().filter(during(self.starts, self.ends), discipline=self.discipline).first()
        if clash:
            raise ValidationError(
                {
                    "starts": f"{self.discipline} already has a rate from {clash.starts} to {clash.ends or 'now on'}. "
                    "Correct that rate so that it ends before this one starts."
                }
            )

    def touched(self) -> list[Touch]:
        """A rate changes the labour of every product with a team."""
        return labour_touches(self.starts, self.ends)


def labour_touches(starts: date, ends: date | None) -> list[Touch]:
    """Return the figures that labour on the days [starts, ends) can change: those of all products with a team.

    All of them, because the cost of a discipline with few people is pooled over all disciplines: see
    `portfolio.rollup.labour`.
    """
    overlapping = Q(assignments__ends__gt=starts) | Q(assignments__ends=None)
    if ends:
        overlapping &= Q(assignments__starts__lt=ends)
    assigned = Team.objects.filter(overlapping, assignments__retracted_at=None).values_list(
        "assignments__product_id", "assignments__starts"
    )
    return [Touch(product, max(starts, first), last_day(ends) if ends else None) for product, first in assigned]
