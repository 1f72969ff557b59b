"""People, teams, who is in which team, and what an FTE of a discipline costs."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Count, DecimalField, F, Max, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from portfolio.common import access
from portfolio.common.described import Described, DescribedQuerySet
from portfolio.common.money import amount_field, currency_field, share_field
from portfolio.common.months import during, last_day, today
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint, refuse_overlap
from portfolio.common.staleness import Touch


def _total(rows: models.QuerySet, by: str, what: models.Aggregate, default: object = 0) -> Coalesce:
    """Return, for each row of the outer query, an aggregate over `rows` whose `by` is that row."""
    totals = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(total=what).values("total")
    return Coalesce(Subquery(totals), Value(default), output_field=what.output_field)


def _fte() -> Sum:
    return Sum("fte", output_field=DecimalField(max_digits=8, decimal_places=2))


class DisciplineQuerySet(DescribedQuerySet):
    """Reads of disciplines."""

    def for_table(self) -> Self:
        """Return the rows with `people` and `fte` in teams today."""
        now = Membership.objects.known().current(today())
        return self.annotate(
            people=_total(now, "discipline", Count("person", distinct=True)), fte=_total(now, "discipline", _fte())
        ).order_by("name", "pk")


class Discipline(Described):
    """A kind of work that a team needs people for, such as engineering or design."""

    objects = DisciplineQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address of this discipline's page."""
        return reverse("teams:discipline-detail", args=[self.code])


class PersonQuerySet(DescribedQuerySet):
    """Reads of people."""

    def for_table(self) -> Self:
        """Return the rows with `fte` today, and the memberships of today as `current_memberships`."""
        now = Membership.objects.known().current(today())
        return (
            self.annotate(fte=_total(now, "person", _fte()))
            .prefetch_related(
                models.Prefetch(
                    "memberships",
                    now.select_related("team", "discipline").order_by("team__name", "pk"),
                    to_attr="current_memberships",
                )
            )
            .order_by("name", "pk")
        )


class Person(Described):
    """Someone who works in teams; linked to a user where they sign in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="person")

    objects = PersonQuerySet.as_manager()

    class Meta(Described.Meta):
        verbose_name_plural = "people"

    def get_absolute_url(self) -> str:
        """Return the address of this person's page."""
        return reverse("teams:person-detail", args=[self.code])

    @classmethod
    def conditions(cls, covered: access.Reach) -> list[Q]:
        """Return the people of the teams within reach; those of no team are anyone's who leads a team."""
        if not covered.teams:
            return []
        placed = Membership.objects.known()
        return [
            Q(pk__in=placed.filter(team__in=covered.teams).values("person")),
            ~Q(pk__in=placed.values("person")),
        ]

    def is_within(self, covered: access.Reach) -> bool:
        """Return whether this person is in a team within reach, or in none while some team is within reach."""
        teams = set(self.memberships.known().values_list("team", flat=True)) if self.pk else set()
        return bool(covered.teams and (not teams or teams & covered.teams))

    @classmethod
    def may_begin(cls, covered: access.Reach) -> bool:
        """Return whether some team is within reach: its lead may add people."""
        return bool(covered.teams)


class TeamQuerySet(DescribedQuerySet):
    """Reads of teams."""

    def with_capacity(self, on: date | None = None) -> Self:
        """Add `people`, `fte`, `assigned` (share of the team that products have) and `free` (FTE) on a day, today."""
        day = on or today()
        members = Membership.objects.known().current(day)
        # Through the registry: the catalogue stands above this room and is not imported.
        assignments = apps.get_model("catalog.Assignment").objects.known().current(day)
        share = Sum("share", output_field=DecimalField(max_digits=9, decimal_places=6))
        return self.annotate(
            people=_total(members, "team", Count("person", distinct=True)),
            fte=_total(members, "team", _fte()),
            assigned=_total(assignments, "team", share),
            products=_total(assignments, "team", Count("product", distinct=True)),
        ).annotate(
            free=models.ExpressionWrapper(
                F("fte") * (Value(Decimal(1)) - F("assigned")), DecimalField(max_digits=12, decimal_places=4)
            )
        )

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.with_capacity().with_heard().order_by("name", "pk")

    def with_heard(self, on: date | None = None) -> Self:
        """Add `last_heard_on`: the day on which a customer said something to the team, by a day, today; or None."""
        heard = apps.get_model("catalog.Insight").objects.known().heard().filter(said_on__lte=on or today())
        last = heard.filter(team=OuterRef("pk")).order_by().values("team").annotate(last=Max("said_on")).values("last")
        return self.annotate(last_heard_on=Subquery(last))


class Team(Described):
    """Durable people with disciplines, who stay together while products' needs change."""

    purpose = models.TextField(blank=True, help_text="What this team is for, in a sentence or two.")

    scope_teams = ("",)
    reserved_codes = frozenset({"people", "disciplines", "memberships", "rates", "absences", "thanks"})
    objects = TeamQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        """Return the address of this team's page."""
        return reverse("teams:team-detail", args=[self.code])


class MembershipQuerySet(RecordedQuerySet):
    """Reads of memberships."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("person", "team", "discipline", "recorded_by").order_by(
            "team__name", "person__name", "starts", "pk"
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
    is_embedded = models.BooleanField(
        "embedded from the business",
        default=False,
        help_text="A business partner who works in the team for these days.",
    )

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

    def get_absolute_url(self) -> str:
        """Return the address of this membership's page."""
        return reverse("teams:membership-detail", args=[self.pk])

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
        return self.select_related("discipline", "recorded_by").order_by("discipline__name", "starts", "pk")


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

    def get_absolute_url(self) -> str:
        """Return the address of this rate's page."""
        return reverse("teams:rate-detail", args=[self.pk])

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


class AbsenceKind(models.TextChoices):
    """What somebody does instead of the team's work. Why somebody is away is nobody's business and is not kept."""

    AWAY = "away", "Away"
    LEARNING = "learning", "Learning"
    QUIET = "quiet", "Quiet time"


class AbsenceQuerySet(RecordedQuerySet):
    """Reads of absences."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("person", "recorded_by").order_by("-starts", "person__name", "pk")


class Absence(Recorded):
    """Days [starts, ends) of a person away, learning or in quiet time; the last two are capacity, not waste."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="absences")
    kind = models.CharField(max_length=8, choices=AbsenceKind, default=AbsenceKind.AWAY)
    share = share_field(default=Decimal(1), help_text="Part of the person's time on these days, such as 0.5.")
    starts = models.DateField()
    ends = models.DateField(help_text="The first day that no longer counts.")

    objects = AbsenceQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("absence", is_open=False),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1),
                name="absence_share_is_a_part",
                violation_error_message="A share is above 0 and at most 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_kind_display().lower()}"

    def get_absolute_url(self) -> str:
        """Return the address of this absence's page."""
        return reverse("teams:absence-detail", args=[self.pk])

    @classmethod
    def conditions(cls, covered: access.Reach) -> list[Q]:
        """Return the condition that puts an absence within reach: that its person is."""
        people = Person.conditions(covered)
        return [Q(person__in=Person.objects.filter(people[0] | people[1]))] if people else []

    def is_within(self, covered: access.Reach) -> bool:
        """Return whether its person is within reach."""
        return bool(self.person_id) and self.person.is_within(covered)

    @classmethod
    def may_begin(cls, covered: access.Reach) -> bool:
        """Return whether some team is within reach."""
        return bool(covered.teams)

    def lock(self) -> None:
        """Hold the person, so that two absences cannot both take the same days."""
        Person.objects.select_for_update().get(pk=self.person_id)

    def guard(self) -> None:
        """Refuse a second absence of the same kind on the same days."""
        refuse_overlap(
            Absence.objects.filter(person=self.person, kind=self.kind),
            self,
            what=f"{self.person} has {self.get_kind_display().lower()}",
        )


LONGEST_THANKS = 2_000  #: characters


class ThanksQuerySet(RecordedQuerySet):
    """Reads of thanks: those given in private are read by who gave them and who they are for."""

    def visible_to(self, user) -> Self:
        """Return what `user` may read."""
        if not user.is_authenticated:
            return self.none()
        day = today()
        own_teams = Membership.objects.known().current(day).filter(person__user=user).values("team")
        return self.filter(
            Q(is_open=True) | Q(recorded_by=user) | Q(person__user=user) | Q(team__in=own_teams, team__isnull=False)
        )

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows, latest first."""
        return self.select_related("team", "person", "recorded_by").order_by("-recorded_at", "-pk")


class Thanks(Recorded):
    """Thanks to a team or a person, in the open or in private."""

    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="thanks")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="thanks")
    text = models.TextField(help_text="What for.")
    is_open = models.BooleanField("in the open", default=True, help_text="Else only you and who it is for read it.")

    scope_teams = ("team",)
    objects = ThanksQuerySet.as_manager()

    class Meta(Recorded.Meta):
        verbose_name_plural = "thanks"
        constraints = [
            *Recorded.Meta.constraints,
            models.CheckConstraint(
                condition=Q(team__isnull=False, person=None) | Q(team=None, person__isnull=False),
                name="thanks_are_for_a_team_or_a_person",
                violation_error_message="Thank either a team or a person.",
            ),
        ]

    def __str__(self) -> str:
        return f"Thanks to {self.team or self.person}"

    def is_own(self, user) -> bool:
        """Whoever gave thanks may put their words right, or take them back."""
        return self.recorded_by_id is not None and self.recorded_by_id == user.pk

    def guard(self) -> None:
        """Refuse to say more than anyone reads, and a correction that others would read than read the first words."""
        if len(self.text) > LONGEST_THANKS:
            raise ValidationError(
                {"text": f"This has {len(self.text):,} characters; thanks have {LONGEST_THANKS:,} at most. Shorten it."}
            )
        old = self.corrects
        if old and (old.team_id, old.person_id, old.is_open) != (self.team_id, self.person_id, self.is_open):
            raise ValidationError(
                "Who is thanked, and whether in the open, does not change: others would read it. Retract these "
                "thanks and give new ones."
            )

    def get_absolute_url(self) -> str:
        """Return the address of these thanks."""
        return reverse("teams:thanks-detail", args=[self.pk])


def labour_touches(starts: date, ends: date | None) -> list[Touch]:
    """Return the figures that labour on the days [starts, ends) can change: those of all products with a team.

    All of them, because the cost of a discipline with few people is pooled over all disciplines: see
    `products.catalog.labour`.
    """
    assignments = apps.get_model("catalog.Assignment").objects.known().during(starts, ends)
    touches = []
    for product, first, after in assignments.values_list("product_id", "starts", "ends"):
        until = min(filter(None, (ends, after)), default=None)
        touches.append(Touch(product, max(starts, first), last_day(until) if until else None))
    return touches
