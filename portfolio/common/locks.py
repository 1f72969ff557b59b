"""Holding a name for the length of a transaction, where there is no row to lock."""

from django.db import connection, models


def hold(name: str, *, shared: bool = False) -> None:
    """Wait for `name` and hold it until this transaction ends; holders that share it do not wait for each other.

    On SQLite it does nothing: there a transaction that writes has the whole database to itself.
    """
    if connection.vendor != "postgresql":
        return
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtextextended(%s, 0))", [name])


def keep(*rows: tuple[type[models.Model], int | None]) -> None:
    """Keep rows, given by model and key, from being deleted until this transaction ends; None is no row.

    It takes what a foreign key takes, so writers who refer to the same row do not wait for each other. A row that is
    not there is passed over: that is for the model's own checks to tell.
    """
    held = [(model, key) for model, key in rows if key is not None]
    if connection.vendor != "postgresql" or not held:
        return
    name = connection.ops.quote_name
    asked = [f"(SELECT 1 FROM {name(model._meta.db_table)} WHERE id = %s FOR KEY SHARE)" for model, _ in held]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(asked)}", [key for _, key in held])


def try_hold(name: str) -> bool:
    """Hold `name` until this transaction ends, unless somebody else does: then it returns False at once."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])
