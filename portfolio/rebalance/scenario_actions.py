"""What can be done to scenarios. Each change is one step: one more version, who made it, what was and what came.

Two people may work in one scenario: its row is the lock, and whoever edits names the version that they saw. Where
others changed something else in the meantime the edit is made on top; where both changed the same, it is refused and
told with both values. Nothing is lost: undoing is a step as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from funding.models import Allocation, ExchangeRate, FundingStream
from portfolio.common import access
from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from portfolio.common.money import to_cent
from portfolio.common.months import today
from portfolio.rebalance import steps as reading
from portfolio.rebalance.models import Scenario, ScenarioLine, ScenarioStep, StepKind
from portfolio.rebalance.steps import Conflict, ScenarioMoved, Told, Where, as_text
from products.catalog.models import Product, ValueStream

SETTINGS = ("name", "note", "budget", "starts")
LINE_FIELDS = ("monthly_amount", "is_locked")
BATCH = 500


class ScenarioRefused(TwofoldError):
    """The scenario cannot be changed like this; the message says why and what can be done."""


@dataclass(frozen=True)
class Edited:
    """What became of a change: the scenario at its new version, the step (None where nothing changed), and what
    others had changed meanwhile, on top of which it was made."""

    scenario: Scenario
    step: ScenarioStep | None
    merged: tuple[Told, ...] = ()


@transaction.atomic
def begin_scenario(
    *,
    name: str,
    by: User,
    starts: date,
    note: str = "",
    value_stream: ValueStream | None = None,
    budget: Decimal | None = None,
    based_on: Scenario | None = None,
) -> Scenario:
    """Begin a scenario from the allocations that hold on `starts`, or on top of another scenario's amounts.

    Repeating it begins another one. Raises ValidationError where no money is allotted there on that day.
    """
    now = timezone.now()
    scenario = Scenario(
        name=name, note=note, value_stream=value_stream, starts=starts, budget=budget, based_on=based_on,
        made_by=by, made_at=now, edited_at=now, taken_at=now,
    )  # fmt: skip
    access.require(by, scenario)
    if based_on and based_on.value_stream_id and not _covers(based_on.value_stream_id, value_stream):
        raise ValidationError(
            {"value_stream": f"{based_on} is of {based_on.value_stream}. Choose that value stream, or one below it."}
        )
    scenario.full_clean()
    lines = _lines(scenario, based_on)
    if not lines:
        where = f"to products of {value_stream}" if value_stream else "to any product"
        raise ValidationError(
            {"starts": f"No money is allotted {where} on {starts}. Choose another day, or record allocations first."}
        )
    streams = FundingStream.objects.filter(pk__in={line.stream_id for line in lines})
    scenario_rates(scenario, set(streams.values_list("currency", flat=True)))
    scenario.save()
    for line in lines:
        line.scenario = scenario
    ScenarioLine.objects.bulk_create(lines, batch_size=BATCH)
    return scenario


def _covers(stream: int, value_stream: ValueStream | None) -> bool:
    return value_stream is not None and value_stream.pk in ValueStream.objects.subtree([stream])


def _lines(scenario: Scenario, based_on: Scenario | None) -> list[ScenarioLine]:
    """Return the lines to begin with: what is allotted on the day, with the other scenario's amounts where it has any.

    A product of a stream that the other scenario pays and nobody does today begins at nothing.
    """
    below = ValueStream.objects.subtree([scenario.value_stream_id]) if scenario.value_stream_id else None
    paid = Allocation.objects.known().current(scenario.starts)
    if below is not None:
        paid = paid.filter(product__value_stream__in=below)
    amounts: dict[tuple[int, int], Decimal] = {
        (stream, product): amount
        for stream, product, amount in paid.order_by("product__name", "product", "stream__name", "stream").values_list(
            "stream_id", "product_id", "monthly_amount"
        )
    }
    proposed: dict[tuple[int, int], tuple[Decimal, bool]] = {}
    if based_on:
        theirs = based_on.lines.all() if below is None else based_on.lines.filter(product__value_stream__in=below)
        proposed = {
            (line.stream_id, line.product_id): (line.monthly_amount, line.is_locked) for line in theirs.order_by("pk")
        }
    return [
        ScenarioLine(
            stream_id=stream,
            product_id=product,
            base_amount=amounts.get((stream, product), Decimal("0.00")),
            monthly_amount=proposed.get((stream, product), (amounts.get((stream, product)), False))[0],
            is_locked=proposed.get((stream, product), (None, False))[1],
        )
        for stream, product in {**amounts, **proposed}
    ]


@transaction.atomic
def edit(
    scenario: Scenario,
    *,
    version: int,
    by: User,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
    settings: Mapping[str, Any] | None = None,
    merge: bool = False,
) -> Edited:
    """Give lines other amounts or locks, `{line: {"monthly_amount": Decimal, "is_locked": bool}}`, or other `settings`.

    Settings are `name`, `note`, `budget` (None is as much as today) and `starts`; lines keep what they were when the
    scenario began, also where the day changes. What is the same already is no change, so the same edit twice is one
    step. Raises ScenarioMoved where somebody else changed the scenario after `version`: unless `merge` is asked for
    and they changed other things.
    """
    kind = StepKind.EDIT if changes else StepKind.SETTINGS
    return _change(scenario, kind, changes or {}, settings or {}, version=version, by=by, merge=merge)


@transaction.atomic
def take_suggestion(
    scenario: Scenario, *, version: int, amounts: Mapping[int, Decimal], by: User, merge: bool = False
) -> Edited:
    """Take suggested amounts, by line, as one step that can be undone whole; locked lines are refused."""
    locked = scenario.lines.filter(pk__in=amounts, is_locked=True).count()
    if locked:
        raise ScenarioRefused(f"{locked} of these lines are locked in the meantime. Ask for a new suggestion.")
    changes = {line: {"monthly_amount": amount} for line, amount in amounts.items()}
    return _change(scenario, StepKind.SUGGEST, changes, {}, version=version, by=by, merge=merge)


def _change(
    scenario: Scenario,
    kind: StepKind,
    changes: Mapping[int, Mapping[str, Any]],
    settings: Mapping[str, Any],
    *,
    version: int,
    by: User,
    merge: bool,
) -> Edited:
    locked = _lock(scenario, by)
    lines = locked.lines.in_bulk(changes)
    if missing := sorted(set(changes) - set(lines)):
        raise ValidationError(f"Scenario {locked.pk} has no line {missing[0]}. Reload it and look at its lines again.")
    given: dict[Where, Any] = {
        (line, field): value for line, fields in changes.items() for field, value in fields.items()
    }
    given |= {(None, field): value for field, value in settings.items()}
    targets: dict[int | None, Scenario | ScenarioLine] = {None: locked, **lines}
    wanted: dict[Where, Any] = {
        (line, field): new
        for (line, field), value in given.items()
        if getattr(targets[line], field) != (new := _checked(line, field, value))
    }
    merged = _check_version(locked, version, wanted, merge=merge)
    _require_open(locked)
    rows = [_row(line, field, getattr(targets[line], field), new) for (line, field), new in wanted.items()]
    for (line, field), new in wanted.items():
        setattr(targets[line], field, new)
    if settings:
        locked.full_clean()
    ScenarioLine.objects.bulk_update([lines[line] for line in {line for line, _ in wanted} if line], LINE_FIELDS, BATCH)
    return Edited(locked, _step(locked, kind, rows, by), tuple(merged))


def _checked(line: int | None, field: str, value: Any) -> Any:
    """Return a value as its column holds it; ValidationError where the line or scenario has no such field."""
    fields = SETTINGS if line is None else LINE_FIELDS
    if field not in fields:
        raise ValidationError(f"{field!r} is nothing to change here; {', '.join(fields)} are.")
    if field == "is_locked":
        return bool(value)
    if field in ("monthly_amount", "budget") and value is not None:
        if value < 0:
            raise ValidationError("An amount cannot be negative. Give nothing, 0, or more.")
        return to_cent(value)
    return value


@transaction.atomic
def add_line(
    scenario: Scenario, *, stream: FundingStream, product: Product, monthly_amount: Decimal, by: User
) -> Edited:
    """Let a stream pay a product that it does not pay today. The same line again is refused: edit that one.

    It needs no version: a line that is new overlaps with nothing.
    """
    locked = _lock(scenario, by)
    _require_open(locked)
    below = ValueStream.objects.subtree([locked.value_stream_id]) if locked.value_stream_id else None
    if below is not None and product.value_stream_id not in below:
        raise ValidationError(
            {"product": f"{product} is not below {locked.value_stream}, which this scenario is about."}
        )
    line, is_new = ScenarioLine.objects.get_or_create(
        scenario=locked, stream=stream, product=product,
        defaults={"base_amount": Decimal("0.00"), "monthly_amount": Decimal("0.00")},
    )  # fmt: skip
    # A line whose adding was undone is still there, with nothing on it.
    if not is_new and (line.base_amount or line.monthly_amount):
        raise ValidationError({"product": f"{stream} pays {product} in this scenario already: change that line."})
    amount = to_cent(monthly_amount)
    rows = [_row(line.pk, "monthly_amount", line.monthly_amount, amount)]
    line.monthly_amount = amount
    line.full_clean()
    line.save()
    return Edited(locked, _step(locked, StepKind.ADD, rows, by))


@transaction.atomic
def undo(scenario: Scenario, *, by: User, step: ScenarioStep | None = None, version: int | None = None) -> Edited:
    """Undo a step, by default the latest of `by` that stands; that is a step as well.

    Refused where a later step changed the same: undo that one first. With a `version`, ScenarioMoved is raised where
    others changed what the step did.
    """
    locked = _lock(scenario, by)
    taken = list(locked.steps.order_by("number"))
    if step is None:
        step = reading.undoable(taken, by)
        if step is None:
            raise ScenarioRefused("There is no step of yours to undo. Any other can be undone on the page of steps.")
    elif not reading.standing(taken).get(step.pk):
        raise ScenarioRefused(f"Step {step.number} is undone already, or is an undoing itself. Choose one that stands.")
    return _go_back(locked, step, StepKind.UNDO, version=version, by=by)


@transaction.atomic
def redo(scenario: Scenario, *, by: User, version: int | None = None) -> Edited:
    """Take again the step that `by` undid last; refused once they have changed something else since."""
    locked = _lock(scenario, by)
    undoing = reading.redoable(list(locked.steps.order_by("number")), by)
    if undoing is None:
        raise ScenarioRefused("There is nothing to redo: you undid nothing, or changed something since.")
    return _go_back(locked, undoing, StepKind.REDO, version=version, by=by)


def _go_back(scenario: Scenario, step: ScenarioStep, kind: StepKind, *, version: int | None, by: User) -> Edited:
    """Give back what `step` changed to what it was before; for a redo, `step` is the undoing."""
    rows = [row for row in step.changes if row["old"] != row["new"]]
    if not any(row["field"] == "archived_at" for row in rows):
        _require_open(scenario)
    wanted: dict[Where, Any] = {(row["line"], row["field"]): row["old"] for row in rows}
    merged = _check_version(scenario, version, wanted, merge=True) if version is not None else []
    lines = scenario.lines.in_bulk({row["line"] for row in rows if row["line"]})
    for row in rows:
        target = lines[row["line"]] if row["line"] else scenario
        if as_text(getattr(target, row["field"])) != row["new"]:
            later = scenario.steps.filter(number__gt=step.number).select_related("by").order_by("number")
            last = next(
                one
                for one in reversed(later)
                if any((each["line"], each["field"]) == (row["line"], row["field"]) for each in one.changes)
            )
            raise ScenarioRefused(
                f"Step {last.number}, by {last.by}, changed the same again since step {step.number}. "
                f"Undo step {last.number} first."
            )
        setattr(target, row["field"], from_text(row["field"], row["old"]))
    ScenarioLine.objects.bulk_update(lines.values(), LINE_FIELDS, BATCH)
    back = [{"line": row["line"], "field": row["field"], "old": row["new"], "new": row["old"]} for row in rows]
    return Edited(scenario, _step(scenario, kind, back, by, undoes=step), tuple(merged))


@transaction.atomic
def archive(scenario: Scenario, *, by: User) -> Edited:
    """Put a scenario away: it stays readable and changes no more; undoing that brings it back. Twice is once."""
    locked = _lock(scenario, by)
    rows = []
    if locked.archived_at is None:
        now = timezone.now()
        rows = [_row(None, "archived_at", None, now)]
        locked.archived_at = now
    return Edited(locked, _step(locked, StepKind.SETTINGS, rows, by))


@transaction.atomic
def restore(scenario: Scenario, *, by: User) -> Edited:
    """Bring an archived scenario back. Twice is once."""
    locked = _lock(scenario, by)
    rows = [_row(None, "archived_at", locked.archived_at, None)] if locked.archived_at else []
    locked.archived_at = None
    return Edited(locked, _step(locked, StepKind.SETTINGS, rows, by))


# -- What they share -------------------------------------------------------------------------------------------------


def _lock(scenario: Scenario, by: User) -> Scenario:
    """Return the scenario as it stands, held until the transaction ends."""
    locked = Scenario.objects.select_for_update(of=("self",)).select_related("value_stream").get(pk=scenario.pk)
    access.require(by, locked)
    return locked


def _require_open(scenario: Scenario) -> None:
    if scenario.archived_at:
        raise ScenarioRefused(f"{scenario} is archived and changes no more. Restore it first, or begin one from it.")


def _check_version(scenario: Scenario, version: int, wanted: Mapping[Where, Any], *, merge: bool) -> list[Told]:
    """Return what others changed after `version`; ScenarioMoved where that was the same, or nobody asked to merge."""
    if version == scenario.version:
        return []
    if not 1 <= version < scenario.version:
        raise ScenarioRefused(
            f"Scenario {scenario.pk} has no version {version}; it is at version {scenario.version}. Reload it."
        )
    since = reading.changes_since(scenario, version)
    theirs = reading.fields_of(since)
    was = reading.before(since)
    overlap = [where for where in wanted if where in theirs and theirs[where] != was[where]]
    told = reading.tell(scenario, since)
    if overlap or not merge:
        names = {change.line: change.name for step in told for change in step.changes}
        conflicts = [
            Conflict(line, names[line], field, as_text(wanted[line, field]) or "", theirs[line, field] or "")
            for line, field in overlap
        ]
        raise ScenarioMoved(scenario.version, told, conflicts)
    return told


def _row(line: int | None, field: str, old: Any, new: Any) -> dict[str, Any]:
    return {"line": line, "field": field, "old": as_text(old), "new": as_text(new)}


def from_text(field: str, text: str | None) -> Any:
    """Return a value from how steps hold it."""
    match field:
        case "monthly_amount" | "budget":
            return None if text is None else Decimal(text)
        case "is_locked":
            return text == "yes"
        case "starts":
            return date.fromisoformat(text or "")
        case "archived_at":
            return None if text is None else datetime.fromisoformat(text)
    return text or ""


def _step(
    scenario: Scenario, kind: StepKind, rows: list[dict[str, Any]], by: User, undoes: ScenarioStep | None = None
) -> ScenarioStep | None:
    """Keep a step and give the scenario its next version; no step where nothing changed."""
    if not rows:
        return None
    scenario.version += 1
    scenario.edited_at = timezone.now()
    scenario.save()
    return ScenarioStep.objects.create(
        scenario=scenario, number=scenario.version, kind=kind, by=by, at=scenario.edited_at, changes=rows, undoes=undoes
    )


def scenario_rates(scenario: Scenario, currencies: set[str], known: datetime | None = None) -> dict[str, Decimal]:
    """Return what a unit of each currency is on the scenario's day, in the base currency; as yet where that is to come.

    Raises ValidationError, naming the pair and the date, where no rate is known.
    """
    rates = ExchangeRate.objects.known(known)
    try:
        return {currency: rates.rate_on(currency, scenario.starts) for currency in sorted(currencies)}
    except ValidationError:
        if scenario.starts <= today():
            raise
        return {currency: rates.rate_on(currency, today()) for currency in sorted(currencies)}
