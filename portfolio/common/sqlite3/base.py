"""SQLite with a queue in front of it: those who write are served in the order in which they came.

SQLite itself lets everyone who waits try again now and then, the longer they wait the less often. With twenty writers
at once some are never lucky, and after `timeout` seconds are told that the database is locked. So a transaction first
waits for a lock on a file beside the database, which the operating system hands on in turn, and which it takes back
from a process that dies.
"""

import os
from typing import Any

from django.db.backends.sqlite3 import base

try:
    import fcntl
except ImportError:  # Windows has none; there SQLite's own waiting has to do
    fcntl = None  # type: ignore[assignment]


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that stands in the queue from the start of its transaction to its end."""

    _place: int | None = None  #: the open file that this connection queues with

    def _start_transaction_under_autocommit(self) -> None:
        self._queue_up()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> Any:
        committed = super()._commit()
        self._leave()  # where it failed, it is rolled back next
        return committed

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._leave()

    def _close(self) -> Any:
        try:
            return super()._close()
        finally:
            self._leave()

    def _queue_up(self) -> None:
        if fcntl is None or self.is_in_memory_db() or self._place is not None:
            return
        self._place = os.open(f"{self.settings_dict['NAME']}-queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        fcntl.flock(self._place, fcntl.LOCK_EX)

    def _leave(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            os.close(place)
