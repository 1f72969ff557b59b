"""Loading rows of a kind: all of them, or none and every bad row explained."""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import models, transaction

from portfolio.common import actions
from portfolio.common.afterwards import checked_together
from portfolio.common.described import Described
from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from portfolio.common.staleness import gathering_marks
from portfolio.intake.batches import explained, is_batched, load_batch
from portfolio.intake.errors import Problem, Unreadable
from portfolio.intake.facts import Change, replacement, settle
from portfolio.intake.files import Table, check_columns, columns_of, csv_chunks, read_csv
from portfolio.intake.kinds import Kind, kind_named
from portfolio.intake.reports import ADDED, CORRECTED, UNCHANGED, Report
from portfolio.intake.resolving import Entry, convert, find_standing
from portfolio.intake.streams import Chunk, mapping_chunks
from products.roadmaps.import_actions import ItemRow, import_items
from products.roadmaps.models import Item
from products.value import score_actions
from products.value.models import Score


def load_rows(
    kind: str, rows: Iterable[Mapping[str, str]], *, by: User | None = None, dry_run: bool = False, source: str = ""
) -> Report:
    """Load rows, given as the text of their cells by column; `portfolio.intake.kinds` lists the kinds.

    All or nothing: where any row is bad, nothing changes and every bad row is explained in the report. Loading the
    same rows again changes nothing. A row with the natural key of one that stands edits it, or corrects it with
    the reason "Import of `source`". `by=None` is the operator at the console.
    """
    found = kind_named(kind)
    given = list(rows)
    columns = columns_of(given)
    problems = check_columns(columns, found) if given else []
    if problems:
        return Report(found.name, errors=problems, is_dry_run=dry_run)
    if is_batched(found):
        return load_chunks(found, lambda: mapping_chunks(given, columns), by=by, dry_run=dry_run, source=source)
    return load_one_by_one(found, given, [], by=by, dry_run=dry_run, source=source)


def load_file(
    kind: str,
    file: bytes | BinaryIO,
    *,
    by: User | None = None,
    dry_run: bool = False,
    source: str = "",
    on_bytes: Callable[[int], None] | None = None,
) -> Report:
    """Load a CSV file; see `load_rows`. A file that cannot be read is a report with its errors, too.

    Facts are read as a stream, so that their file may be larger than memory; `on_bytes` is told how far that is.
    """
    found = kind_named(kind)
    data = io.BytesIO(file) if isinstance(file, bytes) else file
    if is_batched(found):

        def chunks() -> Iterator[Chunk]:
            if data.seekable():
                data.seek(0)
            return csv_chunks(data, found, on_bytes)

        return load_chunks(found, chunks, by=by, dry_run=dry_run, source=source)
    try:
        table = read_csv(data.read(), found)
    except Unreadable as error:
        return Report(found.name, errors=error.problems, is_dry_run=dry_run)
    return load_table(kind, table, by=by, dry_run=dry_run, source=source)


def load_table(kind: str, table: Table, *, by: User | None = None, dry_run: bool = False, source: str = "") -> Report:
    """Load a file that was read; see `load_rows`."""
    return load_one_by_one(kind_named(kind), table.rows, table.problems, by=by, dry_run=dry_run, source=source)


def load_chunks(
    kind: Kind, chunks: Callable[[], Iterator[Chunk]], *, by: User | None, dry_run: bool = False, source: str = ""
) -> Report:
    """Load facts as a batch; see `portfolio.intake.batches`."""
    try:
        return load_batch(kind, chunks, by=by, dry_run=dry_run, reason=_reason(kind, source))
    except TwofoldError as error:
        return Report(kind.name, errors=[Problem(0, "", str(error))], is_dry_run=dry_run)


def _reason(kind: Kind, source: str) -> str:
    return f"Import of {source or kind.name}"[:500]


def load_one_by_one(
    kind: Kind, rows: list[Any], problems: list[Problem], *, by: User | None, dry_run: bool, source: str
) -> Report:
    """Load rows through the actions, each by itself: whatever the kind, though of facts a batch is meant for many."""
    with transaction.atomic():
        load = Load(kind, by=by, reason=_reason(kind, source))
        load.errors += problems
        load.run(rows)
        report = load.report()
        report.is_dry_run = dry_run
        report.rows = len(rows) + len({problem.row for problem in problems})
        if report.errors or dry_run:
            transaction.set_rollback(True)
    return report


#: How rows are recorded and corrected that have actions of their own.
WRITERS: dict[type[models.Model], tuple[Callable[..., Any], Callable[..., Any]]] = {
    Score: (score_actions.record_score, score_actions.correct_score),
}


class Load:
    """One load of rows of one kind, inside a transaction that its caller ends."""

    def __init__(self, kind: Kind, *, by: User | None, reason: str):
        self.kind, self.by, self.reason = kind, by, reason
        self.errors: list[Problem] = []
        self.outcomes: dict[int, str] = {}

    def run(self, rows: list[Mapping[str, str]]) -> None:
        """Convert the rows, find out which of them stand, and write the others."""
        entries = convert(self.kind, rows, self.errors)
        find_standing(self.kind, entries, by=self.by)
        try:
            with gathering_marks(), checked_together(unless=lambda: self.errors):
                if self.kind.model is Item:
                    self._import(entries)
                elif self.kind.is_described:
                    self._save(entries)
                else:
                    self._record(entries)
        except TwofoldError as error:
            self.errors.append(Problem(0, "", str(error)))

    def report(self) -> Report:
        """Return what came of it; where a row is bad no row counts as done."""
        if self.errors:
            return Report(self.kind.name, errors=sorted(self.errors))
        count = Counter(self.outcomes.values())
        return Report(
            self.kind.name, count[ADDED], count[UNCHANGED], count[CORRECTED], outcomes=self.outcomes, rows=count.total()
        )

    def refuse(self, number: int, error: Exception) -> None:
        """Explain a bad row, beside the column that each error is about."""
        self.errors += explained(self.kind, number, error)

    def _import(self, entries: list[Entry]) -> None:
        """Add and change items of roadmaps, each with what it waits for, by the action of their room."""
        rows = [ItemRow(entry.number, entry.values, entry.is_bad) for entry in entries]
        done = import_items(rows, by=self.by, why=self.reason)
        for number, error in done.refused:
            self.refuse(number, error)
        self.outcomes |= dict.fromkeys(done.added, ADDED) | dict.fromkeys(done.changed, CORRECTED)
        self.outcomes |= dict.fromkeys(done.unchanged, UNCHANGED)

    def _save(self, entries: list[Entry]) -> None:
        """Save described rows, each after the rows of the file that it refers to."""
        waiting = {entry.code: entry for entry in entries if not entry.is_bad}
        # Bad rows, and those that stand on them, which are not bad themselves.
        refused = {entry.code for entry in entries if entry.is_bad}
        saved: dict[str, Described] = {}
        while waiting:
            ready = [entry for entry in waiting.values() if not entry.later.values() & waiting.keys()]
            if not ready:
                self._refuse_loop(list(waiting.values()))
                return
            for entry in ready:
                del waiting[entry.code]
                if set(entry.later.values()) & refused:
                    refused.add(entry.code)
                    continue
                entry.values |= {name: saved[code] for name, code in entry.later.items()}
                row = self._save_one(entry)
                if row is None:
                    refused.add(entry.code)
                else:
                    saved[entry.code] = row

    def _save_one(self, entry: Entry) -> Described | None:
        changes = entry.changes() if entry.standing else entry.values
        if not changes:
            self.outcomes[entry.number] = UNCHANGED
            return entry.standing
        row = entry.standing or self.kind.model()
        for name, value in changes.items():
            setattr(row, name, value)
        if self._attempt(entry.number, lambda: actions.save(row, by=self.by)):
            self.outcomes[entry.number] = CORRECTED if entry.standing else ADDED
            return row
        return None

    def _refuse_loop(self, entries: list[Entry]) -> None:
        names = ", ".join(entry.code for entry in entries)
        for entry in entries:
            for name in entry.later:
                column = self.kind.column_of_field[name]
                self.errors.append(
                    Problem(entry.number, column, f"{names} lie below each other in a loop. Take one out to the top.")
                )

    def _record(self, entries: list[Entry]) -> None:
        """Record what is new and correct what differs."""
        changes = []
        for entry in entries:
            if entry.is_bad:
                continue
            if entry.standing is None:
                self.outcomes[entry.number] = ADDED
                changes.append(Change(entry.number, self.kind.model(**entry.values)))
            elif differences := entry.changes():
                self.outcomes[entry.number] = CORRECTED
                changes.append(Change(entry.number, replacement(entry.standing, differences), entry.standing))
            else:
                self.outcomes[entry.number] = UNCHANGED
        self._record_each(changes, {entry.number: entry for entry in entries})

    def _record_each(self, changes: list[Change], entries: dict[int, Entry]) -> None:
        record, correct = WRITERS.get(self.kind.model, (actions.record, actions.correct))

        def attempt(change: Change) -> Exception | None:
            try:
                if change.old:
                    differences = entries[change.number].changes()
                    correct(change.old, changes=differences, reason=self.reason, by=self.by)
                else:
                    record(change.row, by=self.by)
            except (ValidationError, TwofoldError) as error:
                return error
            return None

        refused = settle([change for change in changes if change.old], attempt)
        refused += [(change, error) for change in changes if not change.old and (error := attempt(change))]
        for change, error in refused:
            self.refuse(change.number, error)

    def _attempt(self, number: int, change: Any) -> models.Model | None:
        try:
            return change()
        except (ValidationError, TwofoldError) as error:
            self.refuse(number, error)
            return None
