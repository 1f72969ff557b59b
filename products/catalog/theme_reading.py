"""What the page of a theme counts: how often a thing was said, by how many people, how they said it, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncMonth

from portfolio.common import charts, formats
from portfolio.common.months import add_months, month_of, month_range
from products.catalog.models import Insight, InsightKind, Theme

MOST_MONTHS = 24  #: that the picture of a theme goes back


@dataclass(frozen=True)
class Tally:
    """How often a thing was said in one way, or in one month, and by how many people."""

    name: str
    insights: int
    people: int


@dataclass(frozen=True)
class Said:
    """What the insights of a theme come to."""

    insights: int
    people: int
    first: date | None
    last: date | None
    by_kind: list[Tally]
    by_month: list[Tally]  #: latest first


def said(theme: Theme) -> Said:
    """Count what is known of a theme: three queries, however much was said."""
    rows = Insight.objects.known().filter(theme=theme).order_by()
    whole = rows.aggregate(insights=Count("pk"), people=Sum("said_by"), first=Min("said_on"), last=Max("said_on"))
    kinds = {
        kind: (insights, people)
        for kind, insights, people in rows.values("kind")
        .annotate(insights=Count("pk"), people=Sum("said_by"))
        .values_list("kind", "insights", "people")
    }
    months = rows.annotate(month=TruncMonth("said_on")).values("month")
    counted = months.annotate(insights=Count("pk"), people=Sum("said_by")).order_by("-month")
    return Said(
        whole["insights"],
        whole["people"] or 0,
        whole["first"],
        whole["last"],
        [Tally(str(kind.label), *kinds[kind.value]) for kind in InsightKind if kind.value in kinds],
        [Tally(formats.month_name(row["month"]), row["insights"], row["people"]) for row in counted],
    )


def by_month(theme: Theme, on: date) -> charts.Chart | None:
    """Draw how many people said it in each month, up to this one; None where nobody did in the last two years."""
    rows = Insight.objects.known().filter(theme=theme, said_on__gte=add_months(month_of(on), 1 - MOST_MONTHS))
    counted = rows.order_by().annotate(month=TruncMonth("said_on")).values("month").annotate(people=Sum("said_by"))
    people: dict[date, int] = dict(counted.values_list("month", "people"))
    if not people:
        return None
    months: Sequence[date] = list(month_range(min(people), on))
    return charts.series(
        months,
        [float(people.get(month, 0)) for month in months],
        title="How many people said it, by month",
        unit="people",
        summary=f"Most in {formats.month_name(max(people, key=lambda month: people[month]))}.",
    )
