"""Scores and their observations: recorded, corrected and retracted together, or not at all.

The figures rest on observations. A score says more than its value, how many answered and how far they differed, and
whoever changes one without the other would have the page of the metric say two things.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from portfolio.common import actions
from portfolio.common.afterwards import checked_together
from portfolio.common.models import User
from portfolio.common.staleness import gathering_marks
from products.value.models import Observation, Score


@transaction.atomic
def record_score(score: Score, *, by: User | None) -> Score:
    """Record a score, and its value as an observation of its metric. Repeating it is refused: it stands already."""
    with gathering_marks(), checked_together():
        score.clean()  # before the day and the value of its observation are worked out from it
        score.require_answers()
        observation = Observation(**_observed(score))
        score.observation = None
        actions.record(score, by=by)
        return _join(score, actions.record(observation, by=by))


@transaction.atomic
def correct_score(score: Score, *, changes: Mapping[str, Any], reason: str, by: User | None) -> Score:
    """Retract a score and its observation, record both again with `changes`, and return the new score.

    Correcting it twice is refused: the second time it no longer stands.
    """
    with gathering_marks(), checked_together():
        old = Score.objects.select_related("observation").get(pk=score.pk).observation
        new = actions.correct(score, changes={**changes, "observation": None}, reason=reason, by=by)
        if old is None or old.retracted_at:
            return _join(new, actions.record(Observation(**_observed(new)), by=by))
        return _join(new, actions.correct(old, changes=_observed(new), reason=reason, by=by))


@transaction.atomic
def retract_score(score: Score, *, reason: str, by: User | None) -> Score:
    """Withdraw a score and its observation: nobody answered so. Retracting it twice is refused."""
    with gathering_marks(), checked_together():
        observation = Score.objects.select_related("observation").get(pk=score.pk).observation
        actions.retract(score, reason=reason, by=by)
        # The score no longer stands, so that its observation may go.
        if observation and observation.retracted_at is None:
            actions.retract(observation, reason=reason, by=by)
        return score


def _observed(score: Score) -> dict[str, Any]:
    """Return the facts of the observation that stands for a score: a level, on the last of its days."""
    return {
        "metric": score.metric,
        "starts": score.last_day,
        "ends": score.ends,
        "value": score.value,
        "source": score.source,
        "is_illustrative": score.is_illustrative,
    }


def _join(score: Score, observation: Observation) -> Score:
    Score.objects.filter(pk=score.pk).update(observation=observation)  # recorded in this very transaction
    score.observation = observation
    return score
