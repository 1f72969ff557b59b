"""Scores of what customers answered by the public forms: one a day and metric, and corrected where answers change.

Each night the answers of the last three months are counted anew, day by day, and what differs from the score that
stands is put right: an answer that was found to be spam counts no longer. What somebody recorded, corrected or
retracted by hand is left as they left it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate

from portfolio.common.errors import TwofoldError
from portfolio.common.months import today
from portfolio.engine.scores import of_sums
from products.catalog.models import Feedback, FeedbackState
from products.value import score_actions
from products.value.models import Asks, Metric, Score

LOOKED_BACK = timedelta(days=92)
REASON = "Answers of that day were kept, set aside or found to be spam since."
PLACES = Decimal("0.0001")
DAY = timedelta(days=1)
#: Which answer of the form a metric is about.
_ANSWERED = {Asks.SATISFACTION: "satisfaction", Asks.EFFORT: "ease"}

log = structlog.get_logger(__name__)


@dataclass
class Scored:
    """How many scores were recorded, corrected and retracted, and how many could not be."""

    recorded: int = 0
    corrected: int = 0
    retracted: int = 0
    refused: int = 0


def score_feedback(on: date | None = None) -> Scored:
    """Make scores of what was answered before a day, today; a second time changes nothing.

    Each score is written by itself, so that one that is refused, such as where the metric was observed by other means
    on that day, holds up no other.
    """
    day, done = on or today(), Scored()
    metrics: dict[int, list[Metric]] = {}
    asking = Metric.objects.exclude(asks="").filter(product__feedback_form__isnull=False)
    for metric in asking.select_related("product").order_by("pk"):
        metrics.setdefault(metric.product_id, []).append(metric)
    if not metrics:
        return done
    answered = dict(_answered(day))
    scores: dict[tuple[int, date], list[Score]] = {}
    known = Score.objects.filter(metric__product__in=metrics, starts__gte=day - LOOKED_BACK, starts__lt=day)
    for score in known.select_related("metric__product", "observation").order_by("pk"):
        scores.setdefault((score.metric_id, score.starts), []).append(score)
    for product, of_product in metrics.items():
        days = {at for owner, at in answered if owner == product}
        days |= {starts for metric in of_product for owner, starts in scores if owner == metric.pk}
        for at in sorted(days):
            for metric in of_product:
                facts = _facts(metric, answered.get((product, at)))
                _settle(metric, at, facts, scores.get((metric.pk, at), []), done)
    return done


def _answered(day: date) -> Iterator[tuple[tuple[int, date], dict[str, int]]]:
    """Yield what was answered, by product and day: counts, sums, and sums of squares, in one query."""
    first = day - LOOKED_BACK
    rows = (
        Feedback.objects.exclude(state=FeedbackState.SPAM)
        .annotate(day=TruncDate("received_at"))
        .filter(day__gte=first, day__lt=day, received_at__date__gte=first)
        .order_by()
        .values("form__product", "day")
        .annotate(
            satisfaction_count=Count("satisfaction"),
            satisfaction_sum=Sum("satisfaction"),
            satisfaction_squares=Sum(F("satisfaction") * F("satisfaction")),
            ease_count=Count("ease"),
            ease_sum=Sum("ease"),
            ease_squares=Sum(F("ease") * F("ease")),
            answered=Count("is_done"),
            done=Count("pk", filter=Q(is_done=True)),
            made_up=Count("pk", filter=Q(is_illustrative=True)),
        )
    )
    for row in rows:
        yield (row["form__product"], row["day"]), row


def _facts(metric: Metric, row: dict[str, int] | None) -> dict[str, Any] | None:
    """Return what a score says of one day's answers; None where nobody answered that question."""
    if row is None:
        return None
    made_up = {"is_illustrative": bool(row["made_up"])}
    if metric.asks == Asks.COMPLETION:
        if not row["answered"]:
            return None
        return {"answers": row["answered"], "mean": None, "deviation": None, "completed": row["done"]} | made_up
    name = _ANSWERED[Asks(metric.asks)]
    if not row[f"{name}_count"]:
        return None
    found = of_sums(row[f"{name}_count"], row[f"{name}_sum"], row[f"{name}_squares"])
    return {
        "answers": found.number,
        "mean": Decimal(found.mean).quantize(PLACES),
        "deviation": Decimal(found.deviation).quantize(PLACES),
        "completed": None,
    } | made_up


def source_of(metric: Metric) -> str:
    """Return the source by which scores of the form are known."""
    return f"Feedback form of {metric.product.code}"


def _settle(metric: Metric, at: date, facts: dict[str, Any] | None, scores: list[Score], done: Scored) -> None:
    """Bring the score of one metric and day in line with what was answered."""
    source = source_of(metric)
    if any(score.source != source or score.recorded_by_id or score.retracted_by_id for score in scores):
        return  # somebody's own word
    standing = next((score for score in scores if score.retracted_at is None), None)
    try:
        if standing is None and facts is not None:
            new = Score(metric=metric, starts=at, ends=at + DAY, source=source, **facts)
            score_actions.record_score(new, by=None)
            done.recorded += 1
        elif standing is not None and facts is None:
            score_actions.retract_score(standing, reason=REASON, by=None)
            done.retracted += 1
        elif standing is not None and any(getattr(standing, name) != value for name, value in (facts or {}).items()):
            score_actions.correct_score(standing, changes=facts or {}, reason=REASON, by=None)
            done.corrected += 1
    except (ValidationError, TwofoldError) as error:
        done.refused += 1
        log.warning("feedback_not_scored", metric=metric.code, day=str(at), why=str(error))
