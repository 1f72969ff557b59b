"""Holding a review, and saying that what it decided is done."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portfolio.common import actions
from portfolio.common.models import User
from portfolio.common.months import today
from products.roadmaps.agenda import agenda_of
from products.roadmaps.models import Review, Roadmap

Decision = dict[str, Any]
DECISION_FIELDS = ("text", "who", "due_on", "done_on")


@transaction.atomic
def hold_review(review: Review, *, by: User | None) -> Review:
    """Record a review that was held, with the agenda of that day and the baseline that there was.

    One recorded later has the agenda as it was known at the end of its day. A second one on the same day is refused.
    """
    # The row is the lock: the agenda is of the roadmap as it is when this is written.
    roadmap = Roadmap.objects.select_for_update().get(pk=review.roadmap_id)
    review.roadmap = roadmap
    review.decisions = checked_decisions(review.decisions)
    review.clean()  # before its agenda is made: no figures are looked for on a day that is centuries off
    review.guard()
    known = None if review.held_on == today() else end_of(review.held_on)
    agenda = agenda_of(roadmap, on=review.held_on, known=known)
    review.agenda = agenda.as_json()
    baselines = roadmap.baselines.filter(at__lte=known) if known else roadmap.baselines
    review.baseline = baselines.order_by("-number").first()
    return actions.record(review, by=by)


def end_of(day: date) -> datetime:
    """Return the last moment of a day."""
    return timezone.make_aware(datetime.combine(day, time.max))


@transaction.atomic
def settle_decision(review: Review, *, number: int, by: User | None, on: date | None = None) -> Review:
    """Say that a decision, by its number from 1, is done: a correction of the review; its agenda stays as it was."""
    if not 1 <= number <= len(review.decisions):
        raise ValidationError(f"This review has no decision {number}; it has {len(review.decisions)}. Reload it.")
    decisions = [dict(row) for row in review.decisions]
    chosen = decisions[number - 1]
    if chosen.get("done_on"):
        raise ValidationError(f"{chosen['text']!r} was done on {chosen['done_on']} already.")
    chosen["done_on"] = (on or today()).isoformat()
    reason = f"Decision {number} is done."
    return actions.correct(review, changes={"decisions": decisions}, reason=reason, by=by)


def checked_decisions(rows: Sequence[Mapping[str, Any]]) -> list[Decision]:
    """Return decisions as they are kept: text, who, due_on and done_on, days as text or None; else ValidationError."""
    kept = []
    for number, row in enumerate(rows, start=1):
        unknown = sorted(set(row) - {*DECISION_FIELDS})
        if unknown:
            raise ValidationError(
                {"decisions": f"Decision {number} has {unknown[0]!r}; it takes {', '.join(DECISION_FIELDS)}."}
            )
        text = str(row.get("text") or "").strip()
        if not text:
            raise ValidationError({"decisions": f"Decision {number} says nothing. Write what was decided."})
        days = {name: _day(row.get(name), number) for name in ("due_on", "done_on")}
        kept.append({"text": text, "who": str(row.get("who") or "").strip(), **days})
    return kept


def _day(value: Any, number: int) -> str | None:
    if value in (None, ""):
        return None
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError as error:
        raise ValidationError(
            {"decisions": f"Decision {number} has the day {str(value)!r}; write it like 2017-05-01."}
        ) from error
