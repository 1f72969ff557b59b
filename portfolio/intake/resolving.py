"""From the text of a file's rows to values, related rows and the rows that stand already: by columns, not by cells."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from portfolio.common.models import User
from portfolio.intake.cells import shown, suggestion
from portfolio.intake.errors import BadCell, Problem
from portfolio.intake.facts import chunks
from portfolio.intake.files import columns_of
from portfolio.intake.kinds import KINDS, Column, Kind
from products.catalog.models import Segment, Theme
from products.health.models import Journey
from products.roadmaps.models import Item
from products.value.models import Metric

MOST_CODES = 20_000  # more are not searched for what a mistyped one may have meant

#: What else is read with a referred row: what rights and guards ask it for.
RELATED: dict[type[models.Model], tuple[str, ...]] = {
    Metric: ("product",),
    Segment: ("product",),
    Theme: ("product",),
    Journey: ("product",),
    Item: ("product", "roadmap"),
}


@dataclass
class Entry:
    """A row of the file as values by field: only those that it gives."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)  #: codes, by field, of rows that the same file describes
    standing: Any = None  #: the row of the database with the same natural key
    is_bad: bool = False

    @property
    def code(self) -> str:
        """The code of a described row."""
        return self.values["code"]

    def changes(self) -> dict[str, Any]:
        """Return the values that differ from those of the row that stands."""
        return {name: value for name, value in self.values.items() if getattr(self.standing, name) != value}


def convert(kind: Kind, rows: list[Mapping[str, str]], problems: list[Problem]) -> list[Entry]:
    """Turn rows into entries; explain in `problems` every cell that cannot be, and every key given twice.

    Entries with a bad cell are returned as long as their key can be read, marked as bad.
    """
    entries = [Entry(getattr(row, "number", index)) for index, row in enumerate(rows, start=2)]
    present = set(columns_of(rows))
    for column in kind.columns:
        if column.name in present:
            # None is a cell that was not given, such as a field that an object of JSON does not have.
            given = [row.get(column.name, "") for row in rows]
            cells = [cell if cell is None else cell.strip() for cell in given]
            _fill(kind, column, cells, entries, problems)
    return _once(kind, entries, problems)


def _fill(kind: Kind, column: Column, cells: list[str | None], entries: list[Entry], problems: list[Problem]) -> None:
    is_own = column.refers_to is kind.model
    read = _reference(column, filter(None, cells), is_own=is_own) if column.refers_to else column.read
    described = set(cells) & {entry.values.get("code") for entry in entries} if is_own else ()
    results: dict[str, Any] = {}
    for cell, entry in zip(cells, entries, strict=True):
        if not cell:
            if column.is_needed:
                problems.append(Problem(entry.number, column.name, f"The cell is empty. Needed: {column.note}"))
                entry.is_bad = True
            elif column.is_list and cell is not None:
                entry.values[column.field.name] = []
            elif column.can_be_emptied and cell is not None:
                entry.values[column.field.name] = None if column.field.null else ""
            continue  # else what stands stays, and what is new has the default
        if cell in described:
            entry.later[column.field.name] = cell
            continue
        if cell not in results:
            results[cell] = _attempt(read, cell)
        result = results[cell]
        if isinstance(result, BadCell):
            problems.append(Problem(entry.number, column.name, str(result)))
            entry.is_bad = True
        else:
            entry.values[column.field.name] = result


def _attempt(read: Callable[[str], Any], cell: str) -> Any:
    try:
        return read(cell)
    except BadCell as error:
        return error


def _reference(column: Column, cells: Iterable[str], *, is_own: bool) -> Callable[[str], models.Model]:
    """Return the function that finds a row by code: all of the column's codes are looked up at once."""
    model: Any = column.refers_to
    by = column.code_field
    codes = {cell for cell in cells if "\x00" not in cell}
    rows = model.objects.select_related(*RELATED.get(model, ()))
    found = {getattr(row, by): row for part in chunks(codes) for row in rows.filter(**{f"{by}__in": part})}
    known = list(model.objects.values_list(by, flat=True)[:MOST_CODES]) if len(found) < len(codes) else []
    what = "account with the name" if model is User else f"{model._meta.verbose_name} with the code"
    load = next((kind.name for kind in KINDS.values() if kind.model is model), "")
    suggested = 0

    def read(code: str) -> models.Model:
        nonlocal suggested
        if code in found:
            return found[code]
        suggested += 1  # a column of nothing but unknown codes is not worth searching them all
        near = suggestion(code, known) if suggested <= 20 else ""
        where = "Give it a row in this file" if is_own else f"Load it first ({load})" if load else "Have it made first"
        raise BadCell(f"There is no {what} {shown(code)}.{near} {where}, or correct it here.")

    return read


def _once(kind: Kind, entries: list[Entry], problems: list[Problem]) -> list[Entry]:
    """Return the entries whose key can be read, each key once."""
    first: dict[tuple, int] = {}
    kept = []
    for entry in entries:
        if not all(name in entry.values for name in kind.key):
            continue
        key = _key(kind, entry.values.__getitem__)
        if key in first:
            names = " and ".join([", ".join(kind.key[:-1]), kind.key[-1]]) if len(kind.key) > 1 else kind.key[0]
            message = f"Row {first[key]} has the same {names}. A file says each thing once: remove one of them."
            problems.append(Problem(entry.number, kind.key[0] if len(kind.key) == 1 else "", message))
        else:
            first[key] = entry.number
            kept.append(entry)
    return kept


def _key(kind: Kind, get: Callable[[str], Any]) -> tuple:
    return tuple(value.pk if isinstance(value := get(name), models.Model) else value for name in kind.key)


def find_standing(kind: Kind, entries: Iterable[Entry], *, by: User | None) -> None:
    """Give each entry the row with its natural key that stands, if any; what `by` may not read is not found."""
    entries = list(entries)
    if not entries:
        return
    rows = kind.standing() if by is None else kind.standing().visible_to(by)
    related = [column.field.name for column in kind.columns if column.refers_to]
    related += [f"{column.field.name}__{name}" for column in kind.columns for name in RELATED.get(column.refers_to, ())]
    rows = rows.select_related(*related).order_by()
    for name in kind.key[1:]:
        if isinstance(kind.by_name[name].field, models.DateField):
            days = [entry.values[name] for entry in entries]
            rows = rows.filter(**{f"{name}__gte": min(days), f"{name}__lte": max(days)})
    leading = kind.key[0]
    standing = {
        _key(kind, lambda name, row=row: getattr(row, row._meta.get_field(name).attname)): row
        for part in chunks({_key(kind, entry.values.__getitem__)[0] for entry in entries})
        for row in rows.filter(**{f"{leading}__in": part})
    }
    for entry in entries:
        entry.standing = standing.get(_key(kind, entry.values.__getitem__))
