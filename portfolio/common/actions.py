"""The changes that can be made to rows: save what is described; record, correct and retract what is recorded.

Every page, API call and import comes through here. Each action checks the user's roles (`by=None` is the operator
at the console), then the rules in the model and the database, then writes the row and its stale marks in one
transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from portfolio.common import access
from portfolio.common.afterwards import checked_together
from portfolio.common.described import Described
from portfolio.common.errors import AlreadyRetracted, NotAllowed
from portfolio.common.models import User
from portfolio.common.recorded import Recorded
from portfolio.common.staleness import Touch, mark_stale

DescribedRow = TypeVar("DescribedRow", bound=Described)
RecordedRow = TypeVar("RecordedRow", bound=Recorded)

#: What the actions fill in themselves; all other columns of a recorded row are its facts.
RECORDING = {"recorded_at", "recorded_by", "retracted_at", "retracted_by", "reason", "corrects", "id"}

AT_ONCE = 500  #: rows that one statement writes


@transaction.atomic
def save(row: DescribedRow, *, by: User | None) -> DescribedRow:
    """Save a described row, new or edited, with an entry in its history. Repeating it adds a history entry only."""
    if by is not None:
        if row.pk:
            stored = type(row).objects.get(pk=row.pk)
            access.require(by, stored)
            access.require_move(by, stored, row)
        access.require(by, row)
        row._history_user = by
    row.guard()
    row.full_clean()
    row.save()
    mark_stale(row.touched(), cause=f"{row._meta.verbose_name} edited")
    return row


@transaction.atomic
@checked_together()
def record(row: RecordedRow, *, by: User | None) -> RecordedRow:
    """Record a new fact or agreement.

    Repeating it is refused where the row has a natural key (it stands already) and records a second row where
    it has none.
    """
    if by is not None:
        access.require_new(by, row)
    row.recorded_by = by
    _write(row)
    mark_stale(row.touched(), cause=f"{row._meta.verbose_name} recorded")
    return row


@transaction.atomic
@checked_together()
def correct(row: RecordedRow, *, changes: Mapping[str, Any], reason: str, by: User | None) -> RecordedRow:
    """Retract `row` and record it again with `changes`, at one moment; return the new row.

    Correcting a row twice is refused: the second time it is no longer known. Both rows must be within reach
    of the user's roles, and both mark their figures as stale.
    """
    if by is not None:
        access.require(by, row)
    new, touches = _replace(row, changes=changes, reason=reason, by=by)
    if by is not None:
        access.require(by, new)
    mark_stale(touches, cause=f"{row._meta.verbose_name} corrected")
    return new


@transaction.atomic
@checked_together()
def retract(row: RecordedRow, *, reason: str, by: User | None) -> RecordedRow:
    """Withdraw `row`: it was never true. Retracting it twice is refused."""
    if by is not None:
        access.require(by, row)
    row.lock()
    derived = list(row.derived())
    now = now_after(row, *derived)
    _retract(row, reason=reason, by=by, at=now)
    row.guard_without()
    touches = [*row.touched(), *_derive_again(derived, reason=reason, by=by, at=now)]
    mark_stale(touches, cause=f"{row._meta.verbose_name} retracted")
    return row


@transaction.atomic
@checked_together()
def rewrite(
    model: type[RecordedRow],
    corrections: Sequence[tuple[RecordedRow, Mapping[str, Any] | None]],
    additions: Sequence[RecordedRow],
    *,
    reason: str,
    by: User | None,
) -> list[RecordedRow]:
    """Correct many rows of one kind and record others, all at one moment; return the new rows.

    A row is corrected with its changes, or retracted where these are None. Access, fields and guards are asked row by
    row, and what is written goes in few statements, so that thousands take seconds. The caller holds the locks, and
    sees to it that the new rows can stand beside each other: a guard compares each with what stood before. For kinds
    from which nothing is derived. Repeating it is refused, as by `correct` and `record`.
    """
    olds = [row for row, _ in corrections]
    news = [
        _copy(row, changes) | {"corrects": row, "reason": reason} for row, changes in corrections if changes is not None
    ]
    rows = [*(model(**facts) for facts in news), *additions]
    if by is not None:
        access.require_all(by, [*olds, *rows])
    now = now_after(*olds)
    _retract_all(model, olds, reason=reason, by=by, at=now)
    for row in rows:
        row.recorded_at, row.recorded_by = now, by
        row.complete()
        # Its references were read from the database, and the database itself holds the constraints.
        row.clean_fields(exclude={field.name for field in row._meta.concrete_fields if field.is_relation})
        row.clean()
        row.guard()
    try:
        with transaction.atomic():
            model._default_manager.bulk_create(rows, batch_size=AT_ONCE)
    except IntegrityError as error:
        for row in rows:
            row.validate_constraints()
        raise NotAllowed(f"The database refused these {model._meta.verbose_name_plural}: {error}") from error
    for row in olds:
        row.guard_without()
    touches = [touch for row in [*olds, *rows] for touch in row.touched()]
    mark_stale(touches, cause=f"{model._meta.verbose_name} {'corrected' if olds else 'recorded'}")
    return rows


def now_after(*rows: Recorded) -> datetime:
    """Return the present moment, but none before these rows were recorded.

    The clock of the host that recorded them may have been ahead of ours, or ours was put back since.
    """
    return max([timezone.now(), *(row.recorded_at for row in rows)])


def _replace(
    row: RecordedRow, *, changes: Mapping[str, Any], reason: str, by: User | None, at: datetime | None = None
) -> tuple[RecordedRow, list[Touch]]:
    new = type(row)(**_copy(row, changes))
    row.lock()
    derived = list(row.derived())
    at = at or now_after(row, *derived)
    _retract(row, reason=reason, by=by, at=at)
    new.corrects, new.reason, new.recorded_at, new.recorded_by = row, reason, at, by
    _write(new)
    row.guard_without()
    return new, [*row.touched(), *new.touched(), *_derive_again(derived, reason=reason, by=by, at=at)]


def _derive_again(derived: list[Recorded], *, reason: str, by: User | None, at: datetime) -> list[Touch]:
    """Record again, at the same moment, the rows that were worked out from a row that changed."""
    touches: list[Touch] = []
    for row in derived:
        touches += _replace(row, changes={}, reason=reason, by=by, at=at)[1]
    return touches


def _retract_all(
    model: type[Recorded], rows: Sequence[Recorded], *, reason: str, by: User | None, at: datetime
) -> None:
    """Retract rows in few statements; refuse where one of them is gone."""
    if not rows:
        return
    _check_reason(reason)
    retracted = 0
    for first in range(0, len(rows), AT_ONCE):
        keys = [row.pk for row in rows[first : first + AT_ONCE]]
        standing = model._default_manager.filter(pk__in=keys, retracted_at=None)
        retracted += standing.update(retracted_at=at, retracted_by=by, reason=reason)
    if retracted < len(rows):
        raise AlreadyRetracted(
            f"{len(rows) - retracted} of these {model._meta.verbose_name_plural} were corrected or retracted in the "
            "meantime. Reload them and look again."
        )
    for row in rows:
        row.retracted_at, row.retracted_by, row.reason = at, by, reason


def _copy(row: Recorded, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a row, with changes."""
    return {name: getattr(row, name) for name in _facts(row)} | dict(changes)


def _facts(row: Recorded) -> list[str]:
    return [
        field.name
        for field in row._meta.concrete_fields
        if field.name not in RECORDING and not isinstance(field, models.GeneratedField)
    ]


def _retract(row: Recorded, *, reason: str, by: User | None, at: datetime) -> None:
    _check_reason(reason)
    # The update is the lock: of two people who correct the same row, one finds nothing left to retract.
    retracted = (
        type(row).objects.filter(pk=row.pk, retracted_at=None).update(retracted_at=at, retracted_by=by, reason=reason)
    )
    if not retracted:
        raise AlreadyRetracted(
            f"This {row._meta.verbose_name} was corrected or retracted in the meantime. Reload it and look again."
        )
    row.retracted_at, row.retracted_by, row.reason = at, by, reason


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": "Say why: the old row stays readable beside its reason."})


def _write(row: Recorded) -> None:
    row.lock()
    row.complete()
    row.full_clean()
    row.guard()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        # Two writers at the same instant: the database's constraint decides, and says which rule it was.
        row.validate_constraints()
        raise NotAllowed(f"The database refused this {row._meta.verbose_name}: {error}") from error
