"""The steps of a scenario read back: which of them stand, what held at an earlier version, what changed since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portfolio.common.errors import Moved
from portfolio.common.models import User
from portfolio.rebalance.models import Scenario, ScenarioLine, ScenarioStep, StepKind

#: What changed: the line's key (None for the scenario itself) and the field.
Where = tuple[int | None, str]


class ScenarioMoved(Moved):
    """Somebody else changed the scenario since the caller saw it; carries what changed, for the caller to merge.

    `version` is the scenario's now, `steps` are those since, and `conflicts` the fields that both changed: without any
    the same edit may be sent again with `merge=True`.
    """

    def __init__(self, version: int, steps: Sequence["Told"], conflicts: Sequence["Conflict"]) -> None:
        self.version, self.steps, self.conflicts = version, list(steps), list(conflicts)
        who = ", ".join(sorted({str(step.by) for step in self.steps})) or "Somebody"
        if self.conflicts:
            words = f"{len(self.conflicts)} of what you changed" if len(self.conflicts) > 1 else "What you changed"
            mend = f"{words} was changed by {who} as well. Look at both values and choose."
        else:
            mend = "None of it is what you changed: send the same again as a merge, and it is made on top."
        self.found = {
            "version": version,
            "can_merge": not self.conflicts,
            "steps": [step.as_json() for step in self.steps],
            "conflicts": [vars(conflict) for conflict in self.conflicts],
        }
        super().__init__(f"{who} changed this scenario since you saw it: it is at version {version} now. {mend}")


@dataclass(frozen=True)
class Told:
    """A step for a reader: who took it, when, and what it changed, with the names of lines."""

    number: int
    kind: str
    what: str
    by: User
    at: datetime
    changes: tuple["Change", ...]
    stands: bool = True
    step: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "number": self.number,
            "kind": self.kind,
            "by": self.by.username,
            "at": self.at.isoformat(),
            "changes": [vars(change) for change in self.changes],
        }


@dataclass(frozen=True)
class Change:
    """One thing that a step changed; `line` is None for the scenario itself; old and new as text."""

    line: int | None
    name: str
    field: str
    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Conflict:
    """A field that the caller wants to change and somebody else changed since."""

    line: int | None
    name: str
    field: str
    yours: str
    theirs: str

    @property
    def label(self) -> str:
        """What the field is called."""
        return LABELS.get(self.field, self.field)


LABELS = {
    "monthly_amount": "amount",
    "is_locked": "lock",
    "name": "name",
    "note": "note",
    "budget": "budget",
    "starts": "day",
    "archived_at": "archive",
}


def standing(steps: Iterable[ScenarioStep]) -> dict[int, bool]:
    """Return of each step that is no undoing itself, by key, whether it stands; steps in their order."""
    stands: dict[int, bool] = {}
    undone: dict[int, int] = {}  # the step that an undoing undid, by the key of the undoing
    for step in steps:
        if step.kind == StepKind.UNDO and step.undoes_id:
            undone[step.pk] = step.undoes_id
            stands[step.undoes_id] = False
        elif step.kind == StepKind.REDO and step.undoes_id:
            stands[undone[step.undoes_id]] = True
        else:
            stands[step.pk] = True
    return stands


def redoable(steps: Sequence[ScenarioStep], by: User) -> ScenarioStep | None:
    """Return the undoing by `by` that can be redone: the latest one not redone, with nothing new of theirs since."""
    waiting: list[ScenarioStep] = []
    for step in steps:
        if step.by_id != by.pk:
            continue
        if step.kind == StepKind.UNDO:
            waiting.append(step)
        elif step.kind == StepKind.REDO:
            waiting = [undoing for undoing in waiting if undoing.pk != step.undoes_id]
        else:
            waiting.clear()
    return waiting[-1] if waiting else None


def undoable(steps: Sequence[ScenarioStep], by: User) -> ScenarioStep | None:
    """Return the latest step of `by` that stands."""
    stands = standing(steps)
    return next((step for step in reversed(steps) if step.by_id == by.pk and stands.get(step.pk)), None)


def changes_since(scenario: Scenario, version: int) -> list[ScenarioStep]:
    """Return the steps that came after a version, oldest first."""
    return list(scenario.steps.filter(number__gt=version).select_related("by").order_by("number"))


def fields_of(steps: Iterable[ScenarioStep]) -> dict[Where, str | None]:
    """Return what steps changed, with the value that the last of them gave."""
    return {(row["line"], row["field"]): row["new"] for step in steps for row in step.changes}


def before(steps: Sequence[ScenarioStep]) -> dict[Where, str | None]:
    """Return what the fields that `steps` changed were before the first of them."""
    return {(row["line"], row["field"]): row["old"] for step in reversed(steps) for row in reversed(step.changes)}


def tell(scenario: Scenario, steps: Sequence[ScenarioStep], stands: dict[int, bool] | None = None) -> list[Told]:
    """Return steps for a reader, in their order; one query for the names of lines."""
    wanted = {row["line"] for step in steps for row in step.changes if row["line"]}
    lines = scenario.lines.select_related("stream", "product").in_bulk(wanted) if wanted else {}
    return [
        Told(
            step.number,
            step.kind,
            step.get_kind_display(),
            step.by,
            step.at,
            tuple(
                Change(
                    row["line"],
                    line_name(lines.get(row["line"])) if row["line"] else "",
                    row["field"],
                    LABELS.get(row["field"], row["field"]),
                    row["old"],
                    row["new"],
                )
                for row in step.changes
            ),
            (stands or {}).get(step.pk, True),
            step.pk,
        )
        for step in steps
    ]


def line_name(line: ScenarioLine | None) -> str:
    """Return what a line is called: its product, and the stream that pays."""
    return f"{line.product.name}, from {line.stream.name}" if line else "a line"


def as_text(value: Any) -> str | None:
    """Return a value as steps hold it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
