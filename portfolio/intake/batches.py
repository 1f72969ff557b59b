"""Facts by the hundred thousand: all rows of a batch, or none and every bad one explained.

Rows stream in by chunks, are converted column by column and wait in a staging table. There a few statements find what
stands already, what must be refused and what is left to write, and mark the months that change. Memory does not grow
with the batch, nor does the number of statements.
"""

import heapq
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby, islice
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from portfolio.common import telemetry
from portfolio.common.errors import AlreadyRetracted, NotAllowed, TwofoldError
from portfolio.common.models import User
from portfolio.common.months import month_of, today
from portfolio.common.pages import as_fields
from portfolio.common.staleness import ask_for_refresh
from portfolio.intake import staging
from portfolio.intake.columns import Converter
from portfolio.intake.errors import MOST_PROBLEMS, Problem, Unreadable
from portfolio.intake.facts import Change, check_facts, replacement
from portfolio.intake.kinds import Kind
from portfolio.intake.plans import PLANS, Found, Plan, ask
from portfolio.intake.reports import ADDED, CORRECTED, UNCHANGED, Report
from portfolio.intake.resolving import RELATED
from portfolio.intake.streams import Chunk
from products.value.models import Observation

TRIES = 3
FIRST_ROWS = 50  #: of which the report says what becomes of each
CHECKED = 5_000  #: rows that are explained at once
CHECKED_GROUPS = 200  #: metrics whose days are read at once
T = TypeVar("T")


class Problems:
    """What is wrong with a batch: the first of it in words, and how much there is."""

    def __init__(self, most: int = MOST_PROBLEMS):
        self.most = most
        self.count = 0
        self.first: list[Problem] = []
        self._rows = bytearray()

    def append(self, problem: Problem) -> None:
        """Add a problem; of more than are listed the last rows' are counted only."""
        self.count += 1
        place, bit = divmod(problem.row, 8)
        if place >= len(self._rows):
            self._rows.extend(bytes(place + 1 - len(self._rows)))
        self._rows[place] |= 1 << bit
        self.first.append(problem)
        if len(self.first) >= 2 * self.most:
            self.first = heapq.nsmallest(self.most, self.first)

    def extend(self, problems: list[Problem]) -> None:
        """Add several."""
        for problem in problems:
            self.append(problem)

    def __iadd__(self, problems: list[Problem]) -> "Problems":
        self.extend(problems)
        return self

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def bad_rows(self) -> int:
        """How many rows have something wrong with them."""
        return int.from_bytes(self._rows, "little").bit_count()

    def listed(self) -> list[Problem]:
        """Return those of the first rows, in order."""
        return heapq.nsmallest(self.most, self.first)


def is_batched(kind: Kind) -> bool:
    """Return whether rows of a kind are loaded this way: the facts, which come by the thousand."""
    return kind.model in PLANS


def load_batch(
    kind: Kind,
    chunks: Callable[[], Iterator[Chunk]],
    *,
    by: User | None,
    dry_run: bool = False,
    reason: str,
) -> Report:
    """Load a batch: `chunks` gives its rows, again if it is asked again.

    All or nothing, in one transaction. Rows that stand already with the same facts change nothing; a row with the key
    of one that stands corrects it, with `reason`. Where somebody else records the same rows at the same time, it is
    tried again and finds them standing.
    """
    return insist(lambda: load_within(kind, chunks, by=by, dry_run=dry_run, reason=reason))


def load_within(
    kind: Kind, chunks: Callable[[], Iterator[Chunk]], *, by: User | None, dry_run: bool = False, reason: str
) -> Report:
    """Load a batch in the transaction of `insist`, rolled back where nothing is to stay; see `load_batch`."""
    try:
        report = Batch(kind, by=by, reason=reason).load(chunks(), dry_run=dry_run)
    except Unreadable as error:
        report = Report(kind.name, errors=error.problems, is_dry_run=dry_run)
    if report.errors or dry_run:
        transaction.set_rollback(True)
    else:
        transaction.on_commit(partial(telemetry.took_in, kind.name, report.rows), robust=True)
    return report


def insist(attempt: Callable[[], T]) -> T:
    """Return what `attempt` does in a transaction, attempted again where another writer was in its way."""
    for _ in range(TRIES - 1):
        try:
            with transaction.atomic():
                return attempt()
        except (IntegrityError, OperationalError, AlreadyRetracted) as error:
            if not _may_pass(error):
                raise
    try:
        with transaction.atomic():
            return attempt()
    except IntegrityError as error:
        raise _refused(error) from error


def _may_pass(error: Exception) -> bool:
    """Return whether trying again may help, since it was another writer who was in the way."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state in {"40P01", "40001"}:  # a deadlock, or a serialization failure: it took the whole transaction with it
        return not connection.in_atomic_block
    return isinstance(error, AlreadyRetracted) or state == "23505"


def _refused(error: Exception) -> NotAllowed:
    return NotAllowed(
        "The database refused these rows, most likely because someone recorded some of them in the meantime. "
        f"Load them again. ({error})"
    )


class Batch:
    """One batch inside a transaction that its caller ends."""

    def __init__(self, kind: Kind, *, by: User | None, reason: str):
        self.kind, self.by, self.reason = kind, by, reason
        self.problems = Problems()
        self.plan: Plan = PLANS[kind.model]()
        self.rows = staging.Staging(self.plan.columns)
        self.given = 0
        self.first: list[int] = []

    def load(self, chunks: Iterator[Chunk], *, dry_run: bool) -> Report:
        """Stage the rows, hold them against what stands, and write them."""
        self._stage(chunks)
        report = Report(self.kind.name, is_dry_run=dry_run, rows=self.given)
        if self.rows.count:
            if not self.plan.hold(by=self.by):
                raise TwofoldError("Something that these rows refer to was deleted in the meantime. Load them again.")
            if self.plan.has_repeated(has_bad=self.rows.has_bad):
                self._refuse_repeated()
            found = self.plan.find()
            if self.plan.suspects(found, by=self.by):
                self._explain()
            if not self.problems:
                report.corrected, report.unchanged = found.differing, found.standing - found.differing
                report.added = self.rows.count - found.standing
                report.outcomes = self._outcomes(found.standing)
                if not dry_run and (report.added or report.corrected):
                    self._write(found)
        report.errors = self.problems.listed()
        report.error_count, report.bad_rows = self.problems.count, self.problems.bad_rows
        with connection.cursor() as cursor:
            staging.drop_tables(cursor)
        return report

    def _stage(self, chunks: Iterator[Chunk]) -> None:
        """Convert the rows and fill the table. Raises Unreadable where they cannot be read to their end."""
        converter = Converter(self.kind, before_asking=self.rows.pause)
        self.rows.create()
        try:
            for chunk in chunks:
                self.problems += chunk.problems
                self.given += len(chunk.numbers)
                self.first += chunk.numbers[: FIRST_ROWS - len(self.first)]
                if chunk.problems:
                    self.given += len({problem.row for problem in chunk.problems}.difference(chunk.numbers))
                self.rows.fill(converter.convert(chunk, self.problems))
        finally:
            self.rows.pause()
        self.rows.analyze()

    def _refuse_repeated(self) -> None:
        key = self.kind.key
        names = " and ".join([", ".join(key[:-1]), key[-1]]) if len(key) > 1 else key[0]
        for number, first in self.plan.repeated():
            message = f"Row {first} has the same {names}. A file says each thing once: remove one of them."
            self.problems.append(Problem(number, key[0] if len(key) == 1 else "", message))

    def _explain(self) -> None:
        """Hold what may have to be refused against the rules, row by row, and say what is wrong."""
        for rows in _together(self._flagged(), group=0 if self.kind.model is Observation else None):
            check_facts(self._changes(rows), by=self.by, refuse=self._refuse)

    def _flagged(self) -> Iterator[tuple]:
        """Yield the flagged rows, those of one key's first column together: its value, number, old row, and cells."""
        names = list(self.plan.columns)
        order = "s.row" if self.kind.model is not Observation else "s.metric_id, s.row"
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"SELECT s.{names[0]}, s.row, o.id, {', '.join(f's.{name}' for name in names)} "  # noqa: S608
                f"FROM staging s LEFT JOIN {self.plan.table} o ON {self.plan.standing} AND o.retracted_at IS NULL "
                f"WHERE s.row IN (SELECT row FROM flagged) ORDER BY {order}"
            )
            while rows := cursor.fetchmany(CHECKED):
                yield from rows

    def _changes(self, rows: list[tuple]) -> list[Change]:
        """Return flagged rows as what they would do."""
        model, fields = self.kind.model, [column.field for column in self.kind.columns]
        related = [column.field.name for column in self.kind.columns if column.refers_to]
        related += [f"{field.name}__{name}" for field in fields for name in RELATED.get(field.related_model, ())]
        olds = model.objects.select_related(*related).in_bulk([old for _, _, old, *_ in rows if old])
        referred = {
            field.name: field.related_model.objects.select_related(*RELATED.get(field.related_model, ())).in_bulk(
                {row[3 + place] for row in rows} - {None, 0}
            )
            for place, field in enumerate(fields)
            if field.is_relation
        }
        changes = []
        for _, number, old_key, *cells in rows:
            values = {}
            for field, cell in zip(fields, cells, strict=True):
                if field.is_relation:
                    if cell is not None:
                        values[field.name] = referred[field.name].get(cell)
                elif cell is not None:
                    values[field.name] = field.to_python(cell)
            old = olds.get(old_key)
            changes.append(Change(number, replacement(old, values) if old else model(**values), old))
        return changes

    def _refuse(self, number: int, error: Exception) -> None:
        self.problems.extend(explained(self.kind, number, error))

    def _outcomes(self, standing: int) -> dict[int, str]:
        """Return what becomes of the first rows."""
        outcomes = dict.fromkeys(self.first, ADDED)
        if standing:
            of = f"SELECT row, differs FROM found WHERE row <= {max(self.first)}"  # noqa: S608 - a number
            outcomes |= {number: CORRECTED if differs else UNCHANGED for number, differs in ask(of)}
        return outcomes

    def _write(self, found: Found) -> None:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        if found.differing:
            # No row is retracted before it was recorded, though a clock may have been ahead of ours.
            now = max(now, self.plan.latest())
            retracted = self.plan.retract(now=now, by=self.by, reason=self.reason)
            if retracted != found.differing:
                raise AlreadyRetracted("Some of these rows were corrected in the meantime. Load them again.")
        self.plan.record(found, now=now, by=self.by, reason=self.reason)
        if self.plan.mark(found, now=now, horizon=month_of(today())):
            ask_for_refresh()


def explained(kind: Kind, number: int, error: Exception) -> list[Problem]:
    """Return what is wrong with a row, beside the column that each error is about."""
    if not isinstance(error, ValidationError):
        return [Problem(number, "", str(error), "permission_denied" if isinstance(error, NotAllowed) else "invalid")]
    return [
        Problem(number, kind.column_of_field.get(name or "", ""), message)
        for name, messages in as_fields(error).items()
        for message in ValidationError(messages).messages
    ]


def _together(rows: Iterator[tuple], *, group: int | None) -> Iterator[list[tuple]]:
    """Yield rows by the thousand; with a group, rows with the same value in that place stay together."""
    if group is None:
        while part := list(islice(rows, CHECKED)):
            yield part
        return
    waiting: list[tuple] = []
    groups = 0
    for _, members in groupby(rows, key=lambda row: row[group]):
        waiting += members
        groups += 1
        if len(waiting) >= CHECKED or groups == CHECKED_GROUPS:
            yield waiting
            waiting, groups = [], 0
    if waiting:
        yield waiting
