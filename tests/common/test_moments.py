"""Many queries at one moment, while others write."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from portfolio.common.moments import one_moment
from products.catalog.models import ValueStream
from tests.factories import make_value_stream


def elsewhere(act) -> None:
    """Do something on another connection, and wait until it is committed."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_is_not_seen_and_not_held_up():
    with one_moment():
        assert ValueStream.objects.count() == 0
        elsewhere(make_value_stream)
        assert ValueStream.objects.count() == 0
    assert ValueStream.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_nothing_can_be_written_inside_and_the_next_transaction_can():
    with pytest.raises(DatabaseError), one_moment():
        make_value_stream()
    make_value_stream()
    assert ValueStream.objects.count() == 1


@pytest.mark.django_db
def test_inside_a_transaction_that_is_open_it_changes_nothing():
    with transaction.atomic(), one_moment():
        make_value_stream()
    assert ValueStream.objects.count() == 1


@pytest.mark.django_db
def test_on_a_file_of_sqlite_writers_go_on(tmp_path):
    from django.db.utils import ConnectionHandler

    both = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "a.sqlite3")}})
    other = ConnectionHandler(
        {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "a.sqlite3")}}
    )
    reader, writer = both["default"], other["default"]
    with writer.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("CREATE TABLE a (b)")

    def count() -> int:
        with reader.cursor() as cursor:
            return cursor.execute("SELECT COUNT(*) FROM a").fetchone()[0]

    with one_moment(reader):
        assert count() == 0
        with writer.cursor() as cursor:
            cursor.execute("INSERT INTO a VALUES (1)")
        assert count() == 0
    assert count() == 1
    reader.close()
    writer.close()
