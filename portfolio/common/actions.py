"""The changes that can be made to rows: save what is described; record, correct and retract what is recorded.

Every page, API call and import comes through here. Each action checks the user's roles (`by=None` is the operator
at the console), then the rules in the model and the database, then writes the row and its stale marks in one
transaction.
"""

from collections.abc import Mapping
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
        access.require(by, row)
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


def now_after(*rows: Recorded) -> datetime:
    """Return the present moment, but none before these rows were recorded.

    The clock of the host that recorded them may have been ahead of ours, or ours was put back since.
    """
    return max([timezone.now(), *(row.recorded_at for row in rows)])


def _replace(
    row: RecordedRow, *, changes: Mapping[str, Any], reason: str, by: User | None, at: datetime | None = None
) -> tuple[RecordedRow, list[Touch]]:
    new = type(row)(**{name: getattr(row, name) for name in _facts(row)} | dict(changes))
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


def _facts(row: Recorded) -> list[str]:
    return [
        field.name
        for field in row._meta.concrete_fields
        if field.name not in RECORDING and not isinstance(field, models.GeneratedField)
    ]


def _retract(row: Recorded, *, reason: str, by: User | None, at: datetime) -> None:
    if not reason.strip():
        raise ValidationError({"reason": "Say why: the old row stays readable beside its reason."})
    # The update is the lock: of two people who correct the same row, one finds nothing left to retract.
    retracted = (
        type(row).objects.filter(pk=row.pk, retracted_at=None).update(retracted_at=at, retracted_by=by, reason=reason)
    )
    if not retracted:
        raise AlreadyRetracted(
            f"This {row._meta.verbose_name} was corrected or retracted in the meantime. Reload it and look again."
        )
    row.retracted_at, row.retracted_by, row.reason = at, by, reason


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
