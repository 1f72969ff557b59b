"""People who sign in, the roles they hold, and the marks that say which figures are stale."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from knox.models import AbstractAuthToken

from portfolio.common.access import Role


class User(AbstractUser):
    """Someone who signs in. What they may change is said by their grants alone."""

    @cached_property
    def held_grants(self) -> list["Grant"]:
        """All grants of this user; read once for as long as this object lives (a request)."""
        return list(self.grants.all())

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Grant(models.Model):
    """A role held by a user over the whole portfolio, a value stream, a product or a team."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    value_stream = models.ForeignKey("catalog.ValueStream", models.CASCADE, null=True, blank=True, related_name="+")
    product = models.ForeignKey("catalog.Product", models.CASCADE, null=True, blank=True, related_name="+")
    team = models.ForeignKey("teams.Team", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value_stream=None, product=None)
                | Q(value_stream=None, team=None)
                | Q(product=None, team=None),
                name="grant_has_one_scope",
                violation_error_message="A grant is over one thing: a value stream, a product or a team, "
                "or none of them for the whole portfolio.",
            ),
            models.UniqueConstraint(
                "user",
                "role",
                # No scope counts as one, on both databases.
                Coalesce("value_stream", 0),
                Coalesce("product", 0),
                Coalesce("team", 0),
                name="grant_is_held_once",
                violation_error_message="This user already holds this role there.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} of {self.scope or 'the whole portfolio'}"

    @property
    def scope(self):
        """The value stream, product or team that the role is held over; None is the whole portfolio."""
        return self.value_stream or self.product or self.team

    @property
    def is_whole_portfolio(self) -> bool:
        """Whether the role is held everywhere."""
        return not (self.value_stream_id or self.product_id or self.team_id)


class ApiToken(AbstractAuthToken):
    """What a program signs in with as a user. Only a hash of it is kept; the name is to know it again by."""

    name = models.CharField(max_length=80, help_text="What it is for, such as nightly ledger import.")

    class Meta:
        verbose_name = "API token"
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class StaleMark(models.Model):
    """One product-month whose figures are out of date, written in the transaction that made them so.

    The roll-up deletes the marks it claims in the transaction that writes the new figures, so a crash
    leaves either new figures or the mark. Marks are only ever added, so writers never wait for each other.
    """

    # No constraint in the database: an import leaves a million marks, and each would be checked. A mark of a product
    # that is gone asks for the figures of nothing.
    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    month = models.DateField(db_index=True)
    cause = models.CharField(max_length=80)
    marked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.product_id} {self.month:%Y-%m}: {self.cause}"
