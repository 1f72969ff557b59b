"""SQLite's queue: a transaction stands in it from its start to its end, and no longer."""

import fcntl
import os

import pytest
from django.db import DatabaseError
from django.db.utils import ConnectionHandler

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    return tmp_path / "queued.sqlite3"


@pytest.fixture
def connection(file):
    """A connection to a file of its own, as the settings make one."""
    options = {"transaction_mode": "IMMEDIATE", "timeout": 30}
    handler = ConnectionHandler({"default": {"ENGINE": "portfolio.common.sqlite3", "NAME": file, "OPTIONS": options}})
    yield handler["default"]
    handler["default"].close()


def is_held(file) -> bool:
    """Whether somebody stands first in the queue."""
    place = os.open(f"{file}-queue", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(place)
    return False


def begin(connection) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def test_a_transaction_holds_its_place_until_it_is_committed_or_rolled_back(connection, file):
    for end in (connection.commit, connection.rollback, connection.close):
        assert not is_held(file)
        begin(connection)
        assert is_held(file)
        end()
        assert not is_held(file)
        connection.set_autocommit(True)


def test_a_transaction_that_cannot_begin_gives_its_place_up(connection, file, tmp_path):
    begin(connection)
    connection.rollback()
    connection.set_autocommit(True)
    connection.transaction_mode = "NONSENSE"
    with pytest.raises(DatabaseError):
        begin(connection)
    assert not is_held(file)
