"""Reading at one moment: many queries that all see the same rows, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection as ours
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def one_moment(connection: BaseDatabaseWrapper | None = None) -> Iterator[None]:
    """Let every query inside see the database as it is at the first of them; nothing may be written inside.

    Writers neither wait for it nor are waited for. Inside a transaction that is open already it changes nothing: that
    transaction says what is seen.
    """
    connection = connection or ours
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Sorting ten million facts in the few megabytes that suit a page would write most of them to disk.
            cursor.execute("SET LOCAL work_mem = '128MB'")
            yield
    else:
        # Django's own transactions would hold the writers off from the start.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
