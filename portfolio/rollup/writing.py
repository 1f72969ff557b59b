"""Writing the standings that changed, and no others.

A standing keeps the run that changed it last. On PostgreSQL the new ones are copied into a table of their own and
compared there; elsewhere they are compared here.
"""

from datetime import date
from typing import Any

import numpy as np
import orjson
from django.db import connection
from numpy.typing import NDArray

from portfolio.common import copying
from portfolio.common.months import add_months, month_range
from portfolio.rollup import standings
from portfolio.rollup.corrections import as_uncorrected
from portfolio.rollup.models import Run, Standing
from portfolio.rollup.movement import movement
from portfolio.rollup.panel import stored_panel
from portfolio.rollup.standings import Table
from portfolio.rollup.windows import board_month, kept_windows

KEY = ("window", "product_id", "value_stream_id")
COMPARED = [field.attname for field in Standing._meta.concrete_fields if field.attname not in {"id", "run_id", *KEY}]


def write_standings(run: Run) -> None:
    """Bring the kept standings to those of the windows that end with the board's month.

    What has not changed is left alone, and what no longer has a standing is deleted. Repeating it changes nothing.
    """
    last = board_month()
    write(run, kept_tables(last) if last else [])


def kept_tables(last: date) -> list[Table]:
    """Return the standings of every window that is kept."""
    firsts = kept_windows(last)
    earliest = add_months(min(firsts.values()), -1)
    panel = stored_panel(month_range(min(earliest, add_months(last, -24)), last))
    before = as_uncorrected(month_range(earliest, add_months(last, -1)))
    moves = {name: movement(panel, before, first, last) for name, first in firsts.items()}
    return standings.tables(panel, firsts, last, moves=moves, keeps=True)


def write(run: Run, tables: list[Table]) -> None:
    """Write tables, which are all the standings there are to be."""
    if connection.vendor == "postgresql":
        _write_by_copy(run, tables)
    else:
        _write_by_rows(run, tables)


# -- any database ---------------------------------------------------------------------------------------------------


def _write_by_rows(run: Run, tables: list[Table]) -> None:
    stored = {
        row[: len(KEY)]: row[len(KEY) :] for row in Standing.objects.order_by().values_list(*KEY, "pk", *COMPARED)
    }
    new, changed = [], []
    for standing in (row for table in tables for row in table.rows(run)):
        was = stored.pop(tuple(getattr(standing, name) for name in KEY), None)
        if was is None:
            new.append(standing)
        elif was[1:] != tuple(getattr(standing, name) for name in COMPARED):
            standing.pk = was[0]
            changed.append(standing)
    # Each has a row already, so none is added. Django's update in bulk, a CASE per column and row, takes ten times as
    # long.
    Standing.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["pk"], update_fields=["run", *COMPARED], batch_size=1_000
    )
    gone = [row[0] for row in stored.values()]
    for start in range(0, len(gone), 5_000):
        Standing.objects.filter(pk__in=gone[start : start + 5_000]).delete()
    Standing.objects.bulk_create(new, batch_size=1_000)


# -- PostgreSQL -------------------------------------------------------------------------------------------------------

FRESH = "fresh_standing"


def _write_by_copy(run: Run, tables: list[Table]) -> None:
    table = Standing._meta.db_table
    columns = [*KEY, *COMPARED]
    named = ", ".join(f'"{name}"' for name in columns)
    # The trend arrives as text: it is cast here, so that equal ones compare equal however they are spelled.
    fresh = ", ".join(f'fresh."{name}"::jsonb' if name == "trend" else f'fresh."{name}"' for name in COMPARED)
    same = " AND ".join(
        [
            'kept."window" = fresh."window"',
            *(f'coalesce(kept."{name}", 0) = coalesce(fresh."{name}", 0)' for name in KEY[1:]),
        ]
    )
    kept = ", ".join(f'kept."{name}"' for name in COMPARED)
    assigned = ", ".join(f'"{name}"' for name in COMPARED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {FRESH} ON COMMIT DROP AS SELECT {named} FROM {table} WITH NO DATA"  # noqa: S608 - names are ours
        )
        cursor.execute(f"ALTER TABLE {FRESH} ALTER COLUMN trend TYPE text")
        for each in tables:
            copying.copy_in(FRESH, cells_of(each))
        cursor.execute(f"DELETE FROM {table} kept WHERE NOT EXISTS (SELECT FROM {FRESH} fresh WHERE {same})")  # noqa: S608
        cursor.execute(
            f"UPDATE {table} kept SET (run_id, {assigned}) = ROW(%s, {fresh}) FROM {FRESH} fresh "  # noqa: S608
            f"WHERE {same} AND ({kept}) IS DISTINCT FROM ({fresh})",
            [run.pk],
        )
        keys = ", ".join(f'fresh."{name}"' for name in KEY)
        cursor.execute(
            f"INSERT INTO {table} (run_id, {named}) SELECT %s, {keys}, {fresh} FROM {FRESH} fresh "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT FROM {table} kept WHERE {same})",
            [run.pk],
        )
        cursor.execute(f"DROP TABLE {FRESH}")


def cells_of(table: Table) -> dict[str, copying.Cells]:
    """Return a table's columns as PostgreSQL's bytes."""
    count = len(table)

    def day(value: date) -> copying.Cells:
        return copying.days(np.full(count, np.datetime64(value)))

    def key(ids: NDArray[np.int64]) -> copying.Cells:
        return copying.whole(ids).but(ids == 0)

    cells = {
        "window": copying.texts(np.full(count, table.window)),
        "product_id": key(table.products),
        "value_stream_id": key(table.value_streams),
        "first_month": day(table.first),
        "last_month": day(table.last),
        "rank": copying.whole(table.rank, 4).but(table.rank == 0),
        "overdue_days": copying.whole(table.overdue_days, 4),
        "evidence": copying.texts(table.evidence),
        "trend": copying.texts(_as_json(table.trend)),
    }
    cells |= {
        name: copying.decimals(np.where(empty, 0, cents), 2).but(empty) for name, (cents, empty) in table.money.items()
    }
    cells |= {
        name: copying.floats(np.nan_to_num(column)).but(np.isnan(column)) for name, column in table.ratios.items()
    }
    cells |= {name: copying.floats(column) for name, column in table.moves.items()}
    cells |= {name: copying.truths(column) for name, column in table.flags.items()}
    return cells


def _as_json(rows: NDArray[Any]) -> NDArray[np.bytes_]:
    """Return each row as JSON, null for NaN, all of one length: spaces do not count, and bytes of a kind copy fast."""
    texts = [orjson.dumps(row, option=orjson.OPT_SERIALIZE_NUMPY) for row in np.ascontiguousarray(rows)]
    width = max(map(len, texts), default=2)
    return np.array([text.ljust(width) for text in texts], f"S{width}")
