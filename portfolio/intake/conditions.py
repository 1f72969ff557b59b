"""The database's check constraints, held against rows in memory.

Django asks the database about each constraint of each row; for ten thousand rows that is forty thousand questions.
This answers them in Python for the conditions that facts have, and refuses to guess about any other.
"""

import operator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from portfolio.common.rules import field_of

_LOOKUPS = {
    "exact": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def clean(row: models.Model) -> None:
    """Raise ValidationError as `full_clean` would for a row whose cells are clean already, uniqueness aside."""
    errors: dict[str, list[ValidationError]] = {}
    try:
        row.clean()
    except ValidationError as error:
        errors = error.update_error_dict(errors)
    wrong = set(errors)
    for constraint in row._meta.constraints:
        if not isinstance(constraint, models.CheckConstraint):
            continue
        if wrong.isdisjoint(constraint.condition.referenced_base_fields) and holds(constraint.condition, row) is False:
            error = ValidationError(constraint.get_violation_error_message())
            errors.setdefault(field_of(constraint), []).append(error)
    if errors:
        raise ValidationError(errors)


def holds(condition: Q, row: models.Model) -> bool | None:
    """Return whether a condition holds for a row; None where SQL would not know, which breaks no constraint."""
    results = [holds(part, row) if isinstance(part, Q) else _compare(part, row) for part in condition.children]
    if condition.connector == Q.AND:
        result = False if False in results else None if None in results else True
    elif condition.connector == Q.OR:
        result = True if True in results else None if None in results else False
    else:
        raise NotImplementedError(f"Conditions joined by {condition.connector} are not known here.")
    return result if result is None or not condition.negated else not result


def _compare(part: Any, row: models.Model) -> bool | None:
    path, right = part
    name, *lookups = path.split("__")
    left = _value(row, name)
    if lookups and lookups[0] == "day":
        lookups, left = lookups[1:], left and left.day
    lookup = lookups[0] if lookups else "exact"
    right = _value(row, right.name) if isinstance(right, F) else right
    if lookup == "isnull" or (lookup == "exact" and part[1] is None):
        return (left is None) == (right is not False)
    if lookup not in _LOOKUPS or len(lookups) > 1:
        raise NotImplementedError(f"The condition {path} is not known here; add it to `_compare`.")
    return None if left is None or right is None else _LOOKUPS[lookup](left, right)


def _value(row: models.Model, name: str) -> Any:
    return getattr(row, row._meta.get_field(name).attname)
