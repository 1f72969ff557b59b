"""Holding a name for the length of a transaction, where there is no row to lock."""

from django.db import connection


def hold(name: str, *, shared: bool = False) -> None:
    """Wait for `name` and hold it until this transaction ends; holders that share it do not wait for each other.

    On SQLite it does nothing: there a transaction that writes has the whole database to itself.
    """
    if connection.vendor != "postgresql":
        return
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtextextended(%s, 0))", [name])
