"""A drill of back-up and restore: `python -m scripts.restore_drill`, with the site's own settings, while it runs.

It backs the database up, restores that into a new database beside it, and compares the two: every table row by row,
the standings to the byte, and the standings once more after the restored facts were rolled up from nothing. Then it
looks whether the invariants hold there, and drops the new database. Nothing is written to the site's own. It exits
with 1, and says what differs, where a restore would not bring everything back.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[1]
#: What the sums of a standing are, whatever day it is; ranges widen as metrics fall overdue.
SUMS = ("direct_cost", "own_value", "credited_value", "loaded_cost", "reached_value")
PG_OPTIONS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}

Look = dict[str, Any]


class Differs(Exception):
    """The restored database is not what was backed up, or could not be made."""


# -- Looking at a database ------------------------------------------------------------------------------------------


def look() -> Look:
    """Return what the database of the settings holds: rows and digest of each table, and its standings as text."""
    from django.apps import apps

    tables = sorted(
        {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    )
    return {"tables": {table: _digest(table) for table in tables}, "standings": standings()}


def _digest(table: str) -> list[Any]:
    """Return how many rows a table has, and a digest of all of them in the order of their keys."""
    from django.db import connection

    digest, rows = hashlib.sha256(), 0
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table)
        query = f"SELECT * FROM {name} ORDER BY {connection.ops.quote_name(key)}"  # noqa: S608 - tables of our models
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT COUNT(*) FROM {name}")  # noqa: S608
            rows = cursor.fetchone()[0]
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
            with cursor.copy(f"COPY ({query}) TO STDOUT") as copied:
                for chunk in copied:
                    digest.update(chunk)
        else:
            cursor.execute(query)
            while chunk := cursor.fetchmany(2_000):
                rows += len(chunk)
                for row in chunk:
                    digest.update(repr(row).encode())
    return [rows, digest.hexdigest()]


def standings() -> list[str]:
    """Return every standing as a line of text, named by codes, in an order that any database gives."""
    from portfolio.rollup.models import Standing

    left_out = {"id", "run", "product", "value_stream"}
    names = [field.name for field in Standing._meta.concrete_fields if field.name not in left_out]
    rows = Standing.objects.order_by().values_list("product__code", "value_stream__code", *names)
    return sorted(
        json.dumps(dict(zip(["product", "value_stream", *names], row, strict=True)), default=str) for row in rows
    )


def sums(lines: list[str]) -> list[str]:
    """Return of each standing what does not depend on the day."""
    kept = ("window", "first_month", "last_month", "product", "value_stream", *SUMS)
    return sorted(json.dumps({name: json.loads(line)[name] for name in kept}) for line in lines)


def differences(before: Look, after: Look) -> list[str]:
    """Return in words where two looks differ."""
    found = []
    for table in sorted(before["tables"].keys() | after["tables"].keys()):
        was, now = before["tables"].get(table), after["tables"].get(table)
        if was != now:
            rows = [one[0] if one else "no table" for one in (was, now)]
            found.append(f"{table}: {rows[0]} rows were backed up, {rows[1]} restored" + (
                ", and what they hold differs" if rows[0] == rows[1] else ""
            ))  # fmt: skip
    if before["standings"] != after["standings"]:
        differ = len(set(before["standings"]) ^ set(after["standings"]))
        found.append(f"standings: {differ} lines differ")
    return found


# -- Backing up and restoring ---------------------------------------------------------------------------------------


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        shown = " ".join(command[:3])
        raise Differs(f"`{shown} …` failed with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def _server(name: str = "") -> dict[str, str]:
    """Return the environment in which PostgreSQL's programs find the site's server, its password out of sight."""
    from django.db import connection

    given = connection.settings_dict
    found = {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"] or ""),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGDATABASE": name or given["NAME"],
    }
    found |= {PG_OPTIONS[key]: str(value) for key, value in given["OPTIONS"].items() if key in PG_OPTIONS}
    return os.environ | {key: value for key, value in found.items() if value}


def _address(name: str) -> str:
    """Return DATABASE_URL of another database on the site's server."""
    from django.db import connection

    given = connection.settings_dict
    who = quote(given["USER"], safe="") + (f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else "")
    where = f"{given['HOST']}{':' + str(given['PORT']) if given['PORT'] else ''}"
    options = {key: value for key, value in given["OPTIONS"].items() if key in PG_OPTIONS}
    return f"postgres://{who}@{where}/{name}{'?' + urlencode(options) if options else ''}"


def back_up(file: Path) -> Look:
    """Write a back-up of the database, and return what it must hold: both see the same moment, whoever writes on."""
    from django.db import connection

    from portfolio.common.moments import one_moment

    with one_moment():
        seen = look()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_export_snapshot()")
                [snapshot] = cursor.fetchone()
            _run(["pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={file}"], _server())
        else:
            import sqlite3

            with sqlite3.connect(file) as copy:
                connection.connection.backup(copy)
            copy.close()
    return seen


@contextmanager
def restored(file: Path, *, keep: bool) -> Iterator[str]:
    """Restore a back-up into a new database, yield its DATABASE_URL, and drop it again unless it is to be kept."""
    from django.db import connection

    if connection.vendor != "postgresql":
        place = file.with_name("restored.sqlite3")
        shutil.copyfile(file, place)
        yield f"sqlite:///{place}"
        return
    name = f"{connection.settings_dict['NAME']}_drill_{secrets.token_hex(3)}"
    _run(["createdb", "--template=template0", "--encoding=UTF8", name], _server())
    try:
        _run(["pg_restore", "--exit-on-error", "--no-owner", "--jobs=2", f"--dbname={name}", str(file)], _server(name))
        yield _address(name)
    finally:
        if not keep:
            _run(["dropdb", "--force", name], _server())


def _there(address: str, *command: str) -> str:
    """Run a command of this checkout on another database, with neither broker nor cache of the site's."""
    environment = os.environ | {"DATABASE_URL": address, "CELERY_BROKER_URL": "", "CACHE_URL": "locmemcache://drill"}
    return _run([sys.executable, *command], environment)


def drill(folder: Path, *, keep: bool) -> None:
    """Do it, and say how it goes. Raises Differs where the restored database is not what was backed up."""
    begun = time.perf_counter()

    def say(words: str) -> None:
        print(f"{time.perf_counter() - begun:8.1f} s  {words}", flush=True)

    file = folder / "twofold.backup"
    before = back_up(file)
    rows = sum(count for count, _ in before["tables"].values())
    say(f"Backed up {rows:,} rows of {len(before['tables'])} tables: {file.stat().st_size / 1e6:,.1f} MB.")
    with restored(file, keep=keep) as address:
        say("Restored into a database of its own.")
        after = json.loads(_there(address, "-m", "scripts.restore_drill", "--look"))
        if found := differences(before, after):
            raise Differs("\n".join(found))
        say(f"Every row is there, and {len(before['standings'])} standings are identical to the byte.")
        say(_there(address, "manage.py", "check_figures").strip().splitlines()[-1])
        _there(address, "manage.py", "rollup", "--full")
        anew = json.loads(_there(address, "-m", "scripts.restore_drill", "--look"))
        if sums(before["standings"]) != sums(anew["standings"]):
            differ = set(sums(before["standings"])) ^ set(sums(anew["standings"]))
            raise Differs(f"rolled up anew, {len(differ)} standings differ, such as {min(differ, default='')}")
        say("Rolled up from nothing but the restored facts, all standings come to the same.")
        if keep:
            say("Kept the restored database, as asked for.")


def main(arguments: list[str] | None = None) -> int:
    """Run the drill, or with --look print what the database holds."""
    parser = argparse.ArgumentParser(prog="python -m scripts.restore_drill", description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="keep the back-up and the restored database")
    parser.add_argument("--look", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio.config.settings")
    import django

    django.setup()
    if given.look:
        from portfolio.common.moments import one_moment

        with one_moment():
            print(json.dumps(look()))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="twofold-drill-"))
    try:
        drill(folder, keep=given.keep)
    except Differs as found:
        print(f"The drill failed.\n{found}", file=sys.stderr)
        return 1
    finally:
        if given.keep:
            print(f"The back-up is in {folder}.")
        else:
            shutil.rmtree(folder)
    print("The drill succeeded: a restore brings everything back.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
