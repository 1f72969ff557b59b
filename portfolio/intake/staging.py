"""The staging table: where the rows of a batch wait to be held against what stands. All that differs between the two
databases in loading batches is in here.

On PostgreSQL rows come in by COPY, on SQLite by `executemany`; the statements that follow are the same. The tables are
temporary: nobody else sees them, they are in no backup, and they go with the transaction.
"""

from contextlib import ExitStack
from datetime import date
from typing import Any

from django.db import connection

from portfolio.intake.columns import Staged
from portfolio.intake.streams import Cells

ANALYZED = 20_000  #: rows from which the planner is told what is in the table
TABLES = ("staging", "found", "busy", "taken", "flagged")
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def is_postgresql() -> bool:
    """Return whether the database is PostgreSQL."""
    return connection.vendor == "postgresql"


class Staging:
    """The staging table of one batch: `row`, `is_bad`, and the kind's columns."""

    def __init__(self, columns: dict[str, str]):
        self.columns = columns
        self.count = 0
        self.has_bad = False
        self._copy: Any = None
        self._closing = ExitStack()

    def create(self) -> None:
        """Create the table; call it inside the transaction that it is for."""
        listed = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        create = f"CREATE TEMP TABLE staging (row integer, is_bad boolean, {listed})"
        with connection.cursor() as cursor:
            if is_postgresql():
                # One round trip. Compiling a plan takes longer than these take to run, and sorting deserves memory.
                drop = f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in TABLES)}"
                settings = "SET LOCAL client_min_messages = warning; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
                cursor.execute(f"{settings}; {drop}; {create} ON COMMIT DROP")
            else:
                drop_tables(cursor)
                cursor.execute(create)

    def fill(self, rows: Staged) -> None:
        """Add rows. The database takes them in while the next ones are read: until `pause`, nothing else is asked."""
        if not rows.numbers:
            return
        self.count += len(rows.numbers)
        self.has_bad = self.has_bad or any(rows.is_bad)
        names = ["row", "is_bad", *self.columns]
        if is_postgresql():
            if self._copy is None:
                self._closing = ExitStack()
                cursor = self._closing.enter_context(connection.cursor())
                self._copy = self._closing.enter_context(cursor.copy(f"COPY staging ({', '.join(names)}) FROM STDIN"))
            self._copy.write(as_copied(rows))
            return
        holders = ", ".join(["%s"] * len(names))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO staging ({', '.join(names)}) VALUES ({holders})",  # noqa: S608 - names of ours
                list(zip(rows.numbers, rows.is_bad, *rows.columns, strict=True)),
            )

    def pause(self) -> None:
        """Have all rows in the table, so that the database can be asked something."""
        if self._copy is not None:
            self._copy = None
            self._closing.close()

    def analyze(self) -> None:
        """Tell the planner about a large table; of a small one it guesses well enough."""
        if is_postgresql() and self.count >= ANALYZED:
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE staging ({next(iter(self.columns))})")


def make(name: str, query: str) -> int:
    """Make a temporary table of what a query gives; return how many rows it has."""
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {query}")
            return cursor.rowcount
        cursor.execute(f"CREATE TEMP TABLE {name} AS {query}")
        cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608 - a name of ours
        return cursor.fetchone()[0]


def drop_tables(cursor: Any) -> None:
    """Forget the tables of a batch; PostgreSQL does so by itself."""
    if not is_postgresql():
        for name in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS temp.{name}")


def as_copied(rows: Staged) -> bytes:
    """Return rows as COPY reads them."""
    flags = ["t" if flag else "f" for flag in rows.is_bad] if any(rows.is_bad) else ["f"] * len(rows.numbers)
    columns = (_copied(cells) for cells in rows.columns)
    lines = map("\t".join, zip(map(str, rows.numbers), flags, *columns, strict=True))
    return ("\n".join(lines) + "\n").encode()


def _copied(cells: Cells) -> list[str]:
    if None in cells:
        return [r"\N" if cell is None else cell.translate(_SPECIAL) for cell in cells]
    joined = "".join(cells)  # type: ignore[arg-type]
    if "\\" in joined or "\t" in joined or "\n" in joined or "\r" in joined:
        return [cell.translate(_SPECIAL) for cell in cells]  # type: ignore[union-attr]
    return cells  # type: ignore[return-value]


# -- Pieces of SQL ----------------------------------------------------------------------------------------------------


def lock(suffix: str) -> str:
    """Return a locking clause; SQLite needs none, since a transaction that writes has the database to itself."""
    return f" FOR {suffix}" if is_postgresql() else ""


def last_before(table: str, same: str, order: str, bound: str) -> str:
    """Return the join from `s` to `o`, the last row of `table` that stands, has the same `same`, and is below a bound.

    `order` is the column that is compared with the bound: an index on both columns makes it one step in that index.
    """
    last = (
        f"FROM {table} i WHERE i.{same} = s.{same} AND i.retracted_at IS NULL AND i.{order} < {bound} "
        f"ORDER BY i.{order} DESC LIMIT 1"
    )
    if is_postgresql():
        return f"CROSS JOIN LATERAL (SELECT i.* {last}) o"
    return f"JOIN {table} o ON o.id = (SELECT i.id {last})"


def first_of_month(day: str) -> str:
    """Return the expression for the first day of the month of a date."""
    return f"date_trunc('month', {day})::date" if is_postgresql() else f"date({day}, 'start of month')"


def month_before(day: str) -> str:
    """Return the expression for the first day of the month that ended before a date's month began."""
    if is_postgresql():
        return f"(date_trunc('month', {day}) - interval '1 month')::date"
    return f"date({day}, 'start of month', '-1 month')"


def day_before(day: str) -> str:
    """Return the expression for the day before a date."""
    return f"({day} - 1)" if is_postgresql() else f"date({day}, '-1 day')"


def later(one: str, two: str) -> str:
    """Return the expression for the later of two dates; none where `one` is none."""
    return f"CASE WHEN {two} > {one} THEN {two} ELSE {one} END"


def months_between(spans: str, horizon: date) -> str:
    """Return a query of `product_id`, `month` and `cause`, once each, for all months of `spans`.

    `spans` is a query of `product_id`, `first`, `last` and `cause`; `last` may be null, which is the horizon, beyond
    which no month is marked.
    """
    limit = f"'{horizon:%Y-%m-%d}'"
    if is_postgresql():
        return f"""
            SELECT product_id, month::date, max(cause) FROM ({spans}) span
            CROSS JOIN LATERAL generate_series(
                date_trunc('month', first::timestamp), LEAST(last, date {limit})::timestamp, interval '1 month'
            ) month
            GROUP BY product_id, month
            """  # noqa: S608 - `spans` is ours, `limit` a date
    return f"""
        WITH RECURSIVE span AS ({spans}), month(day) AS (
            SELECT date(min(first), 'start of month') FROM span
            UNION ALL SELECT date(day, '+1 month') FROM month WHERE day < {limit}
        )
        SELECT product_id, day, max(cause) FROM span
        JOIN month ON day >= date(first, 'start of month') AND day <= MIN(COALESCE(last, {limit}), {limit})
        GROUP BY product_id, day
        """  # noqa: S608 - `spans` is ours, `limit` a date


def converted(amount: str, rate: str) -> str:
    """Return the expression for an amount at a rate, to the cent, halves away from zero, exactly.

    SQLite counts in floating point, so it asks Python, which is there.
    """
    if is_postgresql():
        return f"round({amount} * {rate}, 2)"
    connection.connection.create_function("twofold_converted", 2, _converted, deterministic=True)
    return f"twofold_converted({amount}, {rate})"


def _converted(amount: Any, rate: Any) -> str | None:
    from decimal import Decimal

    from portfolio.common.money import to_cent

    if amount is None or rate is None:
        return None
    # As Django reads a column of each: fifteen digits are what SQLite gives back exactly.
    return str(to_cent(Decimal(f"{amount:.15g}") * Decimal(f"{rate:.15g}")))
