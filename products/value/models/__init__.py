"""Metrics, what was observed of them, what a unit is worth, scores, exposures, and what teams are recognised for."""

from products.value.models.exposures import Exposure, ExposureQuerySet
from products.value.models.metrics import (
    Asks,
    Behaviour,
    Confirmation,
    ConfirmationQuerySet,
    DaysSince,
    Evidence,
    FeltBy,
    Metric,
    MetricQuerySet,
    Observation,
    ObservationQuerySet,
    Valuation,
    ValuationQuerySet,
    overdue_days,
    unit_worth,
)
from products.value.models.recognition import Celebration, SharedOutcome, SharedOutcomeQuerySet
from products.value.models.scores import Score, ScoreQuerySet

__all__ = [
    "Asks",
    "Behaviour",
    "Celebration",
    "Confirmation",
    "ConfirmationQuerySet",
    "DaysSince",
    "Evidence",
    "Exposure",
    "ExposureQuerySet",
    "FeltBy",
    "Metric",
    "MetricQuerySet",
    "Observation",
    "ObservationQuerySet",
    "Score",
    "ScoreQuerySet",
    "SharedOutcome",
    "SharedOutcomeQuerySet",
    "Valuation",
    "ValuationQuerySet",
    "overdue_days",
    "unit_worth",
]
