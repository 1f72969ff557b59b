"""Lists as files: every row that the filters leave, as CSV or XLSX, streamed from the database to the reader.

A file of a kind has the columns that the import of that kind reads, under the same names, so that it can be loaded
again unchanged; further columns, which the import passes over, say more, such as who recorded a row and when.
"""

import asyncio
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from threading import BoundedSemaphore
from typing import Any, Protocol

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections, models, transaction
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from portfolio.common import sheets
from portfolio.common.described import Described
from portfolio.common.errors import Busy
from portfolio.common.models import User
from portfolio.common.recorded import Recorded
from portfolio.common.sheets import Cells

BATCH = 1_000  # rows that are held at once
LONGEST_NAME = 120  # characters of a file's name
AT_ONCE = 5  # files on their way from one process
MOST_IDLE = "10min"  # that a reader may take between two pieces: a transaction that stays open holds up the vacuum

_places = BoundedSemaphore(AT_ONCE)

ILLUSTRATIVE = "illustrative=is_illustrative"
#: What a recorded row says of its second time: when it was known, from whom, and what it replaced.
RECORDING = "recorded_at recorded_by retracted_at retracted_by reason id corrects"


@dataclass(frozen=True)
class Column:
    """One column: its name in the file, where a row has its value, and what its cells look like.

    With an `expression` the database works the value out for the file, under the name of the `path`; it is made only
    then, since models may not be loaded yet where columns are listed.
    """

    name: str
    path: str
    cells: Cells
    expression: Callable[[], Any] | None = None

    def of(self, row: Any) -> Any:
        """Return the value of a row that is held in memory."""
        for name in self.path.split("__"):
            row = getattr(row, name)
            if row is None:
                return None
        return row


class Tabled(Protocol):
    """What a file is called, and its columns."""

    @property
    def name(self) -> str:
        """The first words of the file's name."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in the file's order."""


@dataclass(frozen=True)
class Sheet:
    """A table of what is worked out: rows that are held in memory, none of which an import reads."""

    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Export:
    """What a list is called as a file, and its columns: those that an import reads, and further ones.

    Columns are words: the name of a field, or `name=path` for one that is found elsewhere, as in
    `currency=stream__currency`. Related rows are told by their codes, people by the names of their accounts. Columns
    that the database works out are given as `worked_out`; their names stand among the words.
    """

    name: str
    model: type[models.Model]
    read: str
    more: str = ""
    worked_out: tuple[Column, ...] = ()

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the file's order."""
        recording = RECORDING if issubclass(self.model, Recorded) else ""
        words = f"{self.read} {self.more} {recording}".split()
        worked_out = {column.name: column for column in self.worked_out}
        return tuple(worked_out.get(word) or _column(self.model, word) for word in words)

    @cached_property
    def further(self) -> frozenset[str]:
        """The names of the columns that say more than an import reads."""
        return frozenset(column.name for column in self.columns[len(self.read.split()) :])


class Codes(models.Subquery):
    """The codes that a subquery of one column, called `code`, gives, in its order with a space between them."""

    template = "(SELECT GROUP_CONCAT(code, ' ') FROM (%(subquery)s) codes)"
    output_field = models.TextField()

    def as_postgresql(self, compiler, connection, **options):
        """Return it as PostgreSQL has it."""
        template = "(SELECT STRING_AGG(code, ' ') FROM (%(subquery)s) codes)"
        return self.as_sql(compiler, connection, template=template, **options)  # type: ignore[call-arg]


def _column(model: type[models.Model], word: str) -> Column:
    name, _, path = word.partition("=")
    path = path or name
    owner: Any = model
    for step in path.split("__"):
        field = owner._meta.get_field(step)
        owner = field.related_model
    if isinstance(field, models.ForeignKey):
        if issubclass(owner, Described):
            return Column(name, f"{path}__code", sheets.CODE)
        if owner is User:
            return Column(name, f"{path}__username", sheets.TEXT)
        return Column(name, f"{path}_id", sheets.INTEGER)
    return Column(name, path, _cells(field))


def _cells(field: models.Field) -> Cells:
    match field:
        case models.DecimalField(max_digits=digits, decimal_places=2):
            return sheets.AMOUNT if digits <= 15 else sheets.LONG_AMOUNT
        case models.DecimalField():
            return sheets.NUMBER
        case models.DateTimeField():
            return sheets.MOMENT
        case models.DateField():
            return sheets.MONTH if field.name in ("month", "first_month", "last_month") else sheets.DAY
        case models.BooleanField():
            return sheets.YES_NO
        case models.FloatField():
            return sheets.RATIO
        case models.IntegerField() | models.AutoField():
            return sheets.INTEGER
    return sheets.CODE if field.choices or field.name in ("code", "currency", "base") else sheets.TEXT


# -- The response ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Format:
    """A kind of file: the end of its name, its media type, and how it is made."""

    name: str
    media_type: str
    make: Callable[..., Iterator[bytes]]

    @property
    def content_type(self) -> str:
        """What the response says it is."""
        return f"{self.media_type}; charset=utf-8; header=present" if self.name == "csv" else self.media_type


FORMATS = {
    "csv": Format("csv", "text/csv", sheets.as_csv),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", sheets.as_xlsx),
}


def asked_for(request: HttpRequest) -> Format | None:
    """Return the kind of file that a page's address asks for: `?format=csv`; without one, None."""
    name = request.GET.get("format")
    if not name:
        return None
    if name not in FORMATS:
        raise Http404(f"There is no format {name!r}; ask for one of {', '.join(FORMATS)}, or for the page.")
    return FORMATS[name]


def respond(
    request: HttpRequest, export: Tabled, rows: Iterable[Any], form: Format, *, asked: Mapping[str, Any] | None = None
) -> HttpResponseBase:
    """Return the file of all `rows`: a queryset, which is read piece by piece, or rows that are held in memory.

    `asked` are the filters, which the file's name tells. A HEAD is answered without reading anything. Raises Busy
    where as many files are on their way as may be at once.
    """
    headers = {"Content-Disposition": f'attachment; filename="{file_name(export.name, asked or {}, form)}"'}
    source = _Source(export, rows)
    if request.method == "HEAD":  # with no length: that of the file is not known before its end
        return _streamed(request, source, _nothing(), form, headers)
    if not _places.acquire(blocking=False):
        raise Busy(
            f"{AT_ONCE} files are being sent at once, the most there can be: each holds a connection to the database "
            "for as long as its reader takes. Try again in a minute."
        )
    _places.release()  # it is taken with the first piece: a response that nobody reads holds nothing
    return _streamed(request, source, source.pieces(form), form, headers)


def _nothing() -> Generator[bytes]:
    yield from ()


def _streamed(
    request: HttpRequest, source: "_Source", pieces: Generator[bytes], form: Format, headers: dict[str, str]
) -> StreamingHttpResponse:
    # Under ASGI a plain iterator would be collected whole before its first byte is sent.
    content = _Pulled(source, pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(content, content_type=form.content_type, headers=headers)


def file_name(name: str, asked: Mapping[str, Any], form: Format) -> str:
    """Return a name that says what the file has: the list, its filters, and when it was made, in UTC."""
    filters = [_slug(f"{key} {value}") for key, value in asked.items() if value not in (None, "") and key != "sort"]
    what = "_".join([_slug(name), *filter(None, filters)])
    if len(what) > LONGEST_NAME:
        what = f"{what[:LONGEST_NAME].rstrip('-_')}_and-more"
    return f"{what}_{timezone.now():%Y-%m-%dT%H%MZ}.{form.name}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


class _Source:
    """The rows of an export on their way: read in one statement, and never more than a batch of them held."""

    def __init__(self, export: Tabled, rows: Iterable[Any]):
        self.export, self.rows = export, rows
        self.connection: Any = None  #: of the driver, while it may be at work

    def pieces(self, form: Format) -> Generator[bytes]:
        """Yield the file; whoever closes this early ends the query."""
        columns = [(column.name, column.cells) for column in self.export.columns]
        with _places:
            yield from form.make(columns, self._batches(), self.export.name)

    def _batches(self) -> Iterator[list[tuple[Any, ...]]]:
        if not isinstance(self.rows, models.QuerySet):
            rows = (tuple(column.of(row) for column in self.export.columns) for row in self.rows)
            yield from _cut(rows)
            return
        paths = [column.path for column in self.export.columns]
        worked_out = {column.path: column.expression() for column in self.export.columns if column.expression}
        found = self.rows.prefetch_related(None).annotate(**worked_out).values_list(*paths)
        with self._open(found.db):
            yield from _cut(found.iterator(chunk_size=BATCH))

    @contextmanager
    def _open(self, alias: str) -> Iterator[None]:
        """Hold what the query needs while it is read.

        On PostgreSQL that is a transaction: outside of one Django lets the server work out all rows and put them
        aside before it gives the first. SQLite reads row by row from one snapshot without; a transaction there
        would keep every writer out for as long as the reader takes.
        """
        connection = connections[alias]
        is_postgresql = connection.vendor == "postgresql"
        with transaction.atomic(using=alias) if is_postgresql else nullcontext():
            if is_postgresql:
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{MOST_IDLE}'")
            self.connection = connection.connection
            try:
                yield
            finally:
                self.connection = None

    def cancel(self) -> None:
        """Stop the statement that runs, from another thread than the one that waits for it."""
        connection = self.connection
        if hasattr(connection, "cancel_safe"):
            connection.cancel_safe(timeout=5)
        elif hasattr(connection, "interrupt"):
            connection.interrupt()


def _cut(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch


class _Pulled:
    """The pieces for an asynchronous server, each made in the request's own thread, whose connection the query is on.

    No generator: the server drops that of a reader who leaves, and it would end in whatever thread comes along.
    The response closes this one, in the thread of the request.
    """

    def __init__(self, source: _Source, pieces: Generator[bytes]):
        self.source, self.pieces = source, pieces

    def __aiter__(self) -> "_Pulled":
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await sync_to_async(lambda: next(self.pieces, None))()
        except asyncio.CancelledError:
            # The reader is gone while the database is at work: it need not go on to the end of a long sort.
            await asyncio.to_thread(self.source.cancel)
            raise
        if piece is None:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        """End the query."""
        self.pieces.close()
