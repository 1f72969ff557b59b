"""Dividing a journey's budgets over its steps."""

from datetime import date
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction

from portfolio.common import access, actions, formats
from portfolio.common.models import User
from portfolio.common.months import today
from portfolio.engine import journeys as engine
from products.health.journey_reading import measured, steps_of
from products.health.models import Journey, ObjectiveKind, Step


class By(StrEnum):
    """By what a budget is divided."""

    MEASURED = "measured"
    EQUAL = "equal"


@transaction.atomic
def divide_budget(journey: Journey, *, by: User | None, how: str = By.MEASURED, on: date | None = None) -> list[Step]:
    """Divide what a journey's budgets leave over the steps of a day, today; return the steps that changed.

    Steps that are set by hand are kept, and so is the budget that one of them lacks, which it is given. Response times
    add up to the journey's to the millisecond, and availabilities, each service once, come to no less than its own.
    Steps are corrected, so what they had before stays readable. Refused where steps set by hand leave nothing, with by
    how much. Repeating it changes nothing.
    """
    if how not in set(By):
        raise ValidationError(f"A budget is divided by {' or '.join(By)}; found {how!r}.")
    # The journey's row is the lock of its steps.
    journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
    if by is not None:
        access.require(by, Step(journey=journey))
    if journey.availability is None and journey.response_ms is None:
        raise ValidationError(f"{journey} has no budget to divide. Set its availability or response time first.")
    day = on or today()
    steps = steps_of(journey, day)
    if not steps:
        raise ValidationError(f"{journey} has no steps on {formats.day_name(day)}. Add its steps first.")
    seen = measured({step.service_id for step in steps}, day) if how == By.MEASURED else {}
    changes: dict[int, dict[str, object]] = {step.pk: {} for step in steps}
    if journey.availability is not None:
        found = engine.divide_availability(
            journey.availability,
            [step.service_id for step in steps],
            [step.availability if step.is_fixed else None for step in steps],
            [_share(seen.get((step.service_id, ObjectiveKind.AVAILABILITY))) for step in steps],
        )
        if None in found.shares:
            kept = f"{formats.share(journey.availability + found.left, 3)} of the time"
            raise ValidationError(
                f"The steps set by hand are there {kept} at most, and the journey has to be "
                f"{formats.share(journey.availability, 3)}: nothing is left for the others. Set one of them higher, or "
                "the journey lower."
            )
        for step, share in zip(steps, found.shares, strict=True):
            if step.availability != share and not (step.is_fixed and step.availability is not None):
                changes[step.pk]["availability"] = share
    if journey.response_ms is not None:
        times = engine.divide_response(
            journey.response_ms,
            [step.response_ms if step.is_fixed else None for step in steps],
            [_milliseconds(seen.get((step.service_id, ObjectiveKind.LATENCY))) for step in steps],
        )
        if None in times.shares:
            kept_ms = sum(step.response_ms or 0 for step in steps if step.is_fixed)
            raise ValidationError(
                f"The steps set by hand take {formats.quantity(kept_ms)} of the journey's "
                f"{formats.quantity(journey.response_ms)} ms: not enough is left for the others. Set one of them "
                "lower, or the journey higher."
            )
        for step, part in zip(steps, times.shares, strict=True):
            if step.response_ms != part:
                changes[step.pk]["response_ms"] = part
    changed = [(step, changes[step.pk]) for step in steps if changes[step.pk]]
    if not changed:
        return []
    return actions.rewrite(Step, changed, [], reason=f"The budget of {journey} was divided"[:500], by=by)


def _share(found) -> float | None:
    return found.share if found else None


def _milliseconds(found) -> float | None:
    return float(found.objective.threshold) if found and found.objective.threshold is not None else None
