"""The drill that last tried a failure mode: what was never tried, not lately, or did not go as planned stands out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portfolio.common.formats import day_name
from products.health.incident_filters import DRILLED_WITHIN
from products.health.models import Drill, FailureMode


@dataclass(frozen=True)
class State:
    """Whether a failure mode is known to be in hand, in words; `tone` is ok, warn or stop."""

    words: str
    tone: str
    drill: Drill | None

    @property
    def css(self) -> str:
        """The class of its tag."""
        return "quiet" if self.tone == "ok" else self.tone

    @property
    def is_due(self) -> bool:
        """Whether it has to be drilled."""
        return self.tone != "ok"


def state(drill: Drill | None, on: date) -> State:
    """Return what the latest drill of a failure mode says on a day; None is that there never was one."""
    if drill is None:
        return State("Never drilled", "stop", None)
    if not drill.has_passed:
        return State(f"Failed on {day_name(drill.held_on)}", "stop", drill)
    if drill.held_on < on - DRILLED_WITHIN:
        return State(f"Last drilled over a year ago, on {day_name(drill.held_on)}", "warn", drill)
    return State(f"Passed on {day_name(drill.held_on)}", "ok", drill)


def latest(modes: Iterable[FailureMode]) -> dict[int, Drill]:
    """Return the latest drill of each of some failure modes, by its key: one query."""
    keys = {mode.pk for mode in modes}
    rows = Drill.objects.known().filter(failure_mode__in=keys).order_by("held_on", "pk") if keys else ()
    return {drill.failure_mode_id: drill for drill in rows}


def states(modes: Iterable[FailureMode], on: date) -> dict[int, State]:
    """Return the state of each of some failure modes, by its key: one query."""
    every = list(modes)
    drills = latest(every)
    return {mode.pk: state(drills.get(mode.pk), on) for mode in every}
