"""What happened to a row, for people to read: who recorded, corrected, retracted or edited it, when and why.

Both functions return what `components/history.html` shows, newest first: mappings with `when`, `who`, `what`,
`changes` (name, old, new) and `reason`.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import models

from portfolio.common import formats
from portfolio.common.actions import RECORDING
from portfolio.common.described import Described
from portfolio.common.recorded import Recorded

MOST_EDITS = 50


def chain(row: Recorded) -> list[Recorded]:
    """Return the rows that correct each other and `row` among them, oldest first."""
    rows = type(row)._default_manager.all()
    rows = (rows.for_table() if hasattr(rows, "for_table") else rows).select_related(
        "recorded_by", "retracted_by", *(field.name for field in _facts(type(row)) if field.is_relation)
    )
    found = [rows.get(pk=row.pk)]
    while found[0].corrects_id:
        found.insert(0, rows.get(pk=found[0].corrects_id))
    while following := rows.filter(corrects=found[-1].pk).first():
        found.append(following)
    return found


def recorded_history(rows: list[Recorded]) -> list[dict[str, Any]]:
    """Return the history of a recorded row, given its `chain`."""
    first, last = rows[0], rows[-1]
    entries = [{"when": first.recorded_at, "who": first.recorded_by, "what": "Recorded"}]
    for old, new in pairwise(rows):
        entries.append(
            {
                "when": new.recorded_at,
                "who": new.recorded_by,
                "what": "Corrected",
                "changes": _changes(old, new),
                "reason": old.reason,  # the new row's own reason is overwritten when it is corrected in its turn
            }
        )
    if last.retracted_at:
        entries.append(
            {"when": last.retracted_at, "who": last.retracted_by, "what": "Retracted", "reason": last.reason}
        )
    return entries[::-1]


def described_history(row: Described) -> list[dict[str, Any]]:
    """Return the latest edits of a described row, with what each of them changed."""
    versions = list(row.history.select_related("history_user")[: MOST_EDITS + 1])
    entries = []
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        changes = []
        if before:
            delta = version.diff_against(before, foreign_keys_are_objs=True)
            changes = [
                (
                    _label(type(row), change.field),
                    _words(row, change.field, change.old),
                    _words(row, change.field, change.new),
                )
                for change in delta.changes
            ]
        what = "Added" if version.history_type == "+" else "Edited"
        entries.append({"when": version.history_date, "who": version.history_user, "what": what, "changes": changes})
    return [entry for entry in entries if entry["changes"] or entry["what"] == "Added"][:MOST_EDITS]


def _facts(model: type[Recorded]) -> list[models.Field]:
    return [
        field
        for field in model._meta.concrete_fields
        if field.name not in RECORDING and not isinstance(field, models.GeneratedField)
    ]


def _changes(old: Recorded, new: Recorded) -> list[tuple[str, str, str]]:
    return [
        (_label(type(new), field.name), *(_words(row, field.name, getattr(row, field.name)) for row in (old, new)))
        for field in _facts(type(new))
        if getattr(old, field.attname) != getattr(new, field.attname)
    ]


def _label(model: type[models.Model], name: str) -> str:
    label = model._meta.get_field(name).verbose_name
    return label[:1].upper() + label[1:]


def _words(row: models.Model, name: str, value: Any) -> str:
    choices = dict(row._meta.get_field(name).flatchoices)
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            # As recorded: 6 decimals of a share matter as much as the 2 of an amount.
            text = f"{value:,f}".replace("-", formats.MINUS)
            return text.rstrip("0").rstrip(".") if abs(value.as_tuple().exponent) > 2 else text
        case date():
            return formats.day_name(value)
    return str(choices.get(value, value)) if choices else str(value)
