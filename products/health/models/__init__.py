"""The estate, what was promised of it, journeys over it, what broke, and how changes reach customers."""

from products.health.models.delivery import DeliveryEvent, EventKind
from products.health.models.estate import (
    Component,
    Dependency,
    OfService,
    OnCall,
    Part,
    Process,
    Service,
    SupportDate,
)
from products.health.models.incidents import Drill, FailureMode, Impact, Incident
from products.health.models.journeys import Journey, Passage, Step
from products.health.models.promises import (
    BudgetDay,
    Evidence,
    Measurement,
    Objective,
    ObjectiveKind,
    Requirement,
    RequirementKind,
)

__all__ = [
    "BudgetDay",
    "Component",
    "DeliveryEvent",
    "Dependency",
    "Drill",
    "EventKind",
    "Evidence",
    "FailureMode",
    "Impact",
    "Incident",
    "Journey",
    "Measurement",
    "Objective",
    "ObjectiveKind",
    "OfService",
    "OnCall",
    "Part",
    "Passage",
    "Process",
    "Requirement",
    "RequirementKind",
    "Service",
    "Step",
    "SupportDate",
]
