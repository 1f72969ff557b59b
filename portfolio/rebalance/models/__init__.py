"""What a row of this room means: one file a subject."""

from portfolio.rebalance.models.decisions import (
    Approval,
    Decision,
    DecisionLine,
    Estimator,
    Measure,
    Prediction,
    Status,
)
from portfolio.rebalance.models.elasticities import Elasticity
from portfolio.rebalance.models.scenarios import Scenario, ScenarioLine, ScenarioStep, StepKind

__all__ = [
    "Approval",
    "Decision",
    "DecisionLine",
    "Elasticity",
    "Estimator",
    "Measure",
    "Prediction",
    "Scenario",
    "ScenarioLine",
    "ScenarioStep",
    "Status",
    "StepKind",
]
