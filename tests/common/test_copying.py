"""Columns go into PostgreSQL and come out of it as they were."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection

from portfolio.common import copying

pytestmark = pytest.mark.django_db

AMOUNTS = [0, 1, -1, 99, -12_345_678_901, 999_999_999_999_999_999, 10_000, -100_00]


@pytest.fixture
def table():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copied (id bigint, amount numeric(18, 2), quantity numeric(19, 4), day date, "
            "at timestamptz, part float8, is_so boolean, few smallint, name text)"
        )
        yield
        cursor.execute("DROP TABLE copied")


@pytest.mark.postgresql
def test_rows_arrive_as_they_were_given(table):
    size = len(AMOUNTS)
    names = ["", "a", "naïve", "日本", "x" * 300, "a", "", "b"]
    has_none = np.arange(size) % 3 == 1
    count = copying.copy_in(
        "copied",
        {
            "id": copying.whole(np.arange(size)),
            "amount": copying.decimals(np.array(AMOUNTS), 2),
            "quantity": copying.decimals(np.array(AMOUNTS) % 10**15, 4).but(has_none),
            "day": copying.days(np.array(["1999-12-31", "2016-02-29"] * 4, "M8[D]")),
            "at": copying.moments(np.array(["2016-02-29T12:00:00.000001"] * size, "M8[us]")),
            "part": copying.floats(np.linspace(0, 1, size)),
            "is_so": copying.truths(np.arange(size) > 3),
            "few": copying.whole(np.arange(size), 2),
            "name": copying.texts(names),
        },
    )
    assert count == size
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, amount, quantity, day, part, is_so, few, name FROM copied ORDER BY id")
        rows = cursor.fetchall()
        cursor.execute("SELECT DISTINCT at AT TIME ZONE 'UTC' FROM copied")
        assert str(cursor.fetchone()[0]) == "2016-02-29 12:00:00.000001"
    assert [row[1] for row in rows] == [Decimal(amount).scaleb(-2) for amount in AMOUNTS]
    assert [row[2] for row in rows] == [
        None if none else Decimal(amount % 10**15).scaleb(-4) for amount, none in zip(AMOUNTS, has_none, strict=True)
    ]
    assert [row[3] for row in rows] == [date(1999, 12, 31), date(2016, 2, 29)] * 4
    assert [row[4:] for row in rows] == [
        (part, number > 3, number, name)
        for number, (part, name) in enumerate(zip(np.linspace(0, 1, size).tolist(), names, strict=True))
    ]


@pytest.mark.postgresql
def test_an_amount_with_more_digits_than_there_is_room_for_is_refused():
    with pytest.raises(ValueError, match="more than 16 digits"):
        copying.decimals(np.array([9 * 10**18]), 0)


def test_a_query_comes_as_columns():
    days = {"postgresql": "DATE '2016-02-29'", "sqlite": "'2016-02-29'"}[connection.vendor]
    read = copying.fetch_columns(
        f"SELECT 7, -2, 0.5, {days} UNION ALL SELECT 9223372036854775807, %s, 1.25, {days}",
        [3],
        {"large": "int64", "small": "int32", "part": "float64", "day": "datetime64[D]"},
    )
    assert sorted(read["large"].tolist()) == [7, 2**63 - 1]
    assert sorted(read["small"].tolist()) == [-2, 3]
    assert sorted(read["part"].tolist()) == [0.5, 1.25]
    assert set(read["day"].tolist()) == {date(2016, 2, 29)}


def test_a_query_without_rows_comes_as_empty_columns():
    read = copying.fetch_columns("SELECT 1 WHERE 1 = 0", [], {"one": "int64"})
    assert read["one"].tolist() == []


@pytest.mark.postgresql
def test_a_null_is_refused_rather_than_misread():
    with pytest.raises(ValueError, match="1 of 2 values of one are null"):
        copying.fetch_columns("SELECT 1 UNION ALL SELECT NULL", [], {"one": "int64"})
