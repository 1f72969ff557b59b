"""Which share of which team works on which product."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from portfolio.common.money import share_field
from portfolio.common.months import last_day
from portfolio.common.recorded import Recorded, RecordedQuerySet, interval_constraint
from portfolio.common.staleness import Touch
from products.catalog.models.products import Product


class AssignmentQuerySet(RecordedQuerySet):
    """Reads of assignments."""

    def for_table(self) -> Self:
        """Return the rows with what a table of them shows."""
        return self.select_related("team", "product", "recorded_by").order_by(
            "team__name", "product__name", "starts", "pk"
        )


class Assignment(Recorded):
    """The share of a team's capacity that a product has over the days [starts, ends)."""

    team = models.ForeignKey("teams.Team", models.PROTECT, related_name="assignments")
    product = models.ForeignKey(Product, models.PROTECT, related_name="assignments")
    share = share_field(help_text="Part of the team's capacity, such as 0.5.")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="The first day that no longer counts; empty is open.")

    scope_products = ("product",)
    scope_teams = ("team",)
    objects = AssignmentQuerySet.as_manager()

    class Meta(Recorded.Meta):
        constraints = [
            *Recorded.Meta.constraints,
            interval_constraint("assignment"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1),
                name="assignment_share_is_a_part",
                violation_error_message="A share is above 0 and at most 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} on {self.product}"

    def get_absolute_url(self) -> str:
        """Return the address of this assignment's page."""
        return reverse("catalog:assignment-detail", args=[self.pk])

    def holds_on(self, day: date) -> bool:
        """Return whether the assignment holds on a day."""
        return self.starts <= day and (self.ends is None or day < self.ends)

    def lock(self) -> None:
        """Hold the team, so that two assignments cannot both take its last share."""
        type(self.team).objects.select_for_update().get(pk=self.team_id)

    def guard(self) -> None:
        """Refuse a second assignment of the same pair, and a share beyond what the team has left on any day."""
        others = Assignment.objects.known().during(self.starts, self.ends).filter(team=self.team)
        clash = others.filter(product=self.product).first()
        if clash:
            raise ValidationError(
                {
                    "product": f"{self.team} already works on {self.product} from {clash.starts} to "
                    f"{clash.ends or 'now on'}. Correct that assignment, or start after it."
                }
            )
        taken, day = most_taken(others, self.starts)
        if taken + self.share > 1:
            raise ValidationError(
                {
                    "share": f"{self.team} already gives {taken:.2%} to products on {day}; "
                    f"{self.share:.2%} more would exceed its capacity. At most {1 - taken:.2%} is left."
                }
            )

    def touched(self) -> list[Touch]:
        """An assignment changes its product's labour."""
        return [Touch(self.product_id, self.starts, last_day(self.ends) if self.ends else None)]


def most_taken(shares: Iterable, first: date) -> tuple[Decimal, date]:
    """Return the most that rows with `share`, `starts` and `ends` add up to on one day from `first` on, and that day.

    Only the days on which a row starts can be the highest, so only those are looked at.
    """
    rows = list(shares)
    days = {first} | {row.starts for row in rows if row.starts > first}
    return max(
        (
            (
                sum(
                    (row.share for row in rows if row.starts <= day and (not row.ends or day < row.ends)),
                    Decimal(0),
                ),
                day,
            )
            for day in days
        ),
        key=lambda taken: (taken[0], -taken[1].toordinal()),
    )
