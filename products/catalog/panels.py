"""What this room puts on the page of a product: the contexts of its two fragments."""

from datetime import date, datetime
from typing import Any

from portfolio.common import access
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog.hearing import last_heard, said_most
from products.catalog.models import Assignment, FeedbackForm, Insight, Product, Segment


def rights(product: Product, *, user: User) -> dict[str, bool]:
    """Return what `user` may add to a product here: which buttons the two fragments show."""
    return {
        "may_add_segment": access.may_write(user, Segment(product=product)),
        "may_add_insight": access.may_write(user, Insight(product=product)),
        "may_assign": access.may_write(user, Assignment(product=product)),
        "may_ask": access.may_write(user, FeedbackForm(product=product)),
    }


def customers(product: Product, *, user: User, known: datetime | None = None) -> dict[str, Any]:
    """Return what `catalog/_product_customers.html` shows: the segments, and what customers say most and said last."""
    insights = Insight.objects.visible_to(user).known(known).filter(product=product)
    return rights(product, user=user) | {
        "segments": list(Segment.objects.visible_to(user).filter(product=product).for_table()),
        "insights": list(insights.for_table().latest_few()),
        "insight_count": insights.count(),
        "said_most": said_most(insights),
        "feedback_form": FeedbackForm.objects.visible_to(user).filter(product=product).first(),
    }


def teams(product: Product, *, user: User, on: date | None = None, known: datetime | None = None) -> dict[str, Any]:
    """Return what `catalog/_product_teams.html` shows: who works on the product on a day, and before and after it.

    `heard` says of each team that works on it when it last heard a customer, whoever heard one last first.
    """
    day = on or today()
    assignments = list(Assignment.objects.visible_to(user).known(known).filter(product=product).for_table())
    now = [row for row in assignments if row.holds_on(day)]
    heard = last_heard([row.team for row in now], day, known)
    for row, last in zip(now, heard, strict=True):
        row.heard = last
    return rights(product, user=user) | {
        "assignments": now,
        "heard": sorted(heard, key=lambda last: last.last or date.min, reverse=True),
        "other_assignments": sorted(
            (row for row in assignments if not row.holds_on(day)), key=lambda row: row.starts, reverse=True
        ),
    }
