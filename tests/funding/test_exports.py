"""The lists of this room as files."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories as make
from tests.files import columns, content

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


@pytest.mark.parametrize(
    "asked",
    [{}, {"sort": "-amount"}, {"from": "2026-01-02", "to": "2026-01-04"}, {"stream": "fees"}, {"month": "2026-01"}],
)
def test_the_file_of_the_ledger_has_the_rows_of_the_page_in_their_order(reader, asked):
    make.make_exchange_rate(currency="EUR", rate=Decimal("0.85"))
    for number in range(5):
        make.make_ledger_entry(
            starts=make.START + timedelta(days=number),
            amount=Decimal(number * 7 % 5) - Decimal("0.01"),
            currency="EUR" if number % 2 else "USD",
            stream=make.make_stream(code="fees") if number == 3 else None,
        )

    shown = [
        (
            row.reference,
            row.product.code,
            row.stream.code if row.stream else "",
            row.amount,
            row.currency,
            row.base_amount,
        )
        for row in reader.get("/funding/ledger/", asked).context["page"]
    ]
    file = reader.get("/funding/ledger/", asked | {"format": "csv"})
    found = columns(file, "reference", "product", "stream", "amount", "currency", "base_amount")

    assert [(*line[:3], Decimal(line[3]), line[4], Decimal(line[5])) for line in found] == shown
    assert shown


def test_a_file_of_the_ledger_does_not_ask_for_the_sums_that_the_page_shows(reader):
    make.make_ledger_entry()

    with CaptureQueriesContext(connection) as asked:
        content(reader.get("/funding/ledger/", {"format": "csv", "month": "2026-01"}))

    assert sum('FROM "funding_ledgerentry"' in query["sql"] for query in asked.captured_queries) == 1


def test_files_say_category_review_reason_and_kind_of_expense(reader):
    stream = make.make_stream(category="grow", review_months=6, reviewed_on=make.START)
    make.make_allocation(stream=stream, why="It does well.")
    make.make_ledger_entry(is_capital=True)

    found = columns(reader.get("/funding/", {"format": "csv"}), "category", "review_months", "reviewed_on")
    assert list(found) == [("grow", "6", "2026-01-01")]
    assert list(columns(reader.get("/funding/allocations/", {"format": "csv"}), "why")) == [("It does well.",)]
    assert list(columns(reader.get("/funding/ledger/", {"format": "csv"}), "is_capital")) == [("yes",)]


def test_allocations_streams_and_rates_have_what_their_pages_have(reader):
    stream = make.make_stream(code="fees", currency="GBP", sponsor=make.make_person(code="ada"))
    make.make_allocation(stream=stream, product=make.make_product(code="tax"), monthly_amount=Decimal("400000.00"))
    make.make_exchange_rate(currency="JPY", rate=Decimal("0.00650001"))

    assert list(
        columns(
            reader.get("/funding/allocations/", {"format": "csv"}), "stream", "product", "monthly_amount", "currency"
        )
    ) == [("fees", "tax", "400000.00", "GBP")]
    assert list(columns(reader.get("/funding/", {"format": "csv"}), "code", "currency", "sponsor")) == [
        ("fees", "GBP", "ada")
    ]
    assert list(columns(reader.get("/funding/rates/", {"format": "csv"}), "currency", "rate", "base")) == [
        ("JPY", "0.00650001", "USD")
    ]
