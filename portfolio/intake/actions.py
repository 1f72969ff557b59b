"""Loading rows of a kind: all of them, or none and every bad row explained."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from portfolio.common import actions
from portfolio.common.described import Described
from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from portfolio.common.pages import as_fields
from portfolio.common.staleness import gathering_marks
from portfolio.intake.errors import Problem, Unreadable
from portfolio.intake.facts import FACTS, Change, record_facts, replacement, settle
from portfolio.intake.files import Table, check_columns, columns_of, read_csv
from portfolio.intake.kinds import Kind, kind_named
from portfolio.intake.resolving import Entry, convert, find_standing

ADDED, UNCHANGED, CORRECTED = "added", "unchanged", "corrected"


@dataclass
class Report:
    """What a file came to: how many rows were added, unchanged and corrected (or edited), or what is wrong."""

    kind: str
    added: int = 0
    unchanged: int = 0
    corrected: int = 0
    errors: list[Problem] = field(default_factory=list)
    is_dry_run: bool = False
    outcomes: dict[int, str] = field(default_factory=dict)  #: by row number; a row that is refused has none

    @property
    def is_applied(self) -> bool:
        """Whether the rows are in the database now."""
        return not self.is_dry_run and not self.errors

    @property
    def bad_rows(self) -> int:
        """How many rows have something wrong with them."""
        return len({problem.row for problem in self.errors})

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows added, unchanged and corrected."""
        return self.added, self.unchanged, self.corrected

    def __str__(self) -> str:
        if self.errors:
            return f"{len(self.errors)} problems in {self.bad_rows} rows; nothing was changed"
        verb = "would be " if self.is_dry_run else ""
        return f"{self.added} {self.kind} {verb}added, {self.corrected} {verb}corrected, {self.unchanged} unchanged"


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
    problems = check_columns(columns_of(given), found) if given else []
    if problems:
        return Report(found.name, errors=problems, is_dry_run=dry_run)
    return _load(found, given, [], by=by, dry_run=dry_run, source=source)


def load_file(kind: str, data: bytes, *, by: User | None = None, dry_run: bool = False, source: str = "") -> Report:
    """Load a CSV file; see `load_rows`. A file that cannot be read is a report with its errors, too."""
    found = kind_named(kind)
    try:
        table = read_csv(data, found)
    except Unreadable as error:
        return Report(found.name, errors=error.problems, is_dry_run=dry_run)
    return load_table(kind, table, by=by, dry_run=dry_run, source=source)


def load_table(kind: str, table: Table, *, by: User | None = None, dry_run: bool = False, source: str = "") -> Report:
    """Load a file that was read; see `load_rows`."""
    return _load(kind_named(kind), table.rows, table.problems, by=by, dry_run=dry_run, source=source)


def _load(
    kind: Kind,
    rows: list[Any],
    problems: list[Problem],
    *,
    by: User | None,
    dry_run: bool,
    source: str,
    in_bulk: bool = True,
) -> Report:
    with transaction.atomic():
        load = Load(kind, by=by, reason=f"Import of {source or kind.name}"[:500])
        load.errors += problems
        load.run(rows, in_bulk=in_bulk and kind.model in FACTS)
        report = load.report()
        report.is_dry_run = dry_run
        if report.errors or dry_run:
            transaction.set_rollback(True)
    return report


class Load:
    """One load of rows of one kind, inside a transaction that its caller ends."""

    def __init__(self, kind: Kind, *, by: User | None, reason: str):
        self.kind, self.by, self.reason = kind, by, reason
        self.errors: list[Problem] = []
        self.outcomes: dict[int, str] = {}

    def run(self, rows: list[Mapping[str, str]], *, in_bulk: bool) -> None:
        """Convert the rows, find out which of them stand, and write the others."""
        entries = convert(self.kind, rows, self.errors)
        find_standing(self.kind, entries, by=self.by)
        with gathering_marks():
            if self.kind.is_described:
                self._save(entries)
            else:
                self._record(entries, in_bulk=in_bulk)

    def report(self) -> Report:
        """Return what came of it; where a row is bad no row counts as done."""
        count = Counter(self.outcomes.values())
        return Report(
            self.kind.name,
            count[ADDED],
            count[UNCHANGED],
            count[CORRECTED],
            sorted(self.errors),
            outcomes=self.outcomes,
        )

    def refuse(self, number: int, error: Exception) -> None:
        """Explain a bad row, beside the column that each error is about."""
        if isinstance(error, ValidationError):
            for name, messages in as_fields(error).items():
                column = self.kind.column_of_field.get(name or "", "")
                for message in ValidationError(messages).messages:
                    self.errors.append(Problem(number, column, message))
        else:
            self.errors.append(Problem(number, "", str(error)))

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

    def _record(self, entries: list[Entry], *, in_bulk: bool) -> None:
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
        if in_bulk:
            self._refused_by_facts(changes)
        else:
            self._record_each(changes, {entry.number: entry for entry in entries})

    def _refused_by_facts(self, changes: list[Change]) -> None:
        try:
            record_facts(changes, reason=self.reason, by=self.by, refuse=self.refuse)
        except TwofoldError as error:
            self.refuse(0, error)

    def _record_each(self, changes: list[Change], entries: dict[int, Entry]) -> None:
        def attempt(change: Change) -> Exception | None:
            try:
                if change.old:
                    differences = entries[change.number].changes()
                    actions.correct(change.old, changes=differences, reason=self.reason, by=self.by)
                else:
                    actions.record(change.row, by=self.by)
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
