"""The lists of this room as files."""

from decimal import Decimal

import pytest

from tests import factories as make
from tests.files import columns

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


@pytest.mark.parametrize("asked", [{}, {"sort": "-share"}, {"consumer": "tax"}, {"search": "identity"}])
def test_the_file_of_the_links_has_the_rows_of_the_page_in_their_order(reader, asked):
    identity, tax = make.make_product(code="identity", name="Identity"), make.make_product(code="tax", name="Tax")
    make.make_link(supplier=identity, consumer=tax, share=Decimal("0.125"), service="Checks")
    make.make_link(supplier=identity, share=Decimal("0.5"))
    make.make_link(supplier=make.make_product(), consumer=tax)

    shown = [
        (row.supplier.code, row.consumer.code, row.service, row.share)
        for row in reader.get("/network/", asked).context["page"]
    ]
    found = columns(reader.get("/network/", asked | {"format": "csv"}), "supplier", "consumer", "service", "share")

    assert [(*line[:3], Decimal(line[3])) for line in found] == shown
    assert shown


def test_usage_is_told_by_month_and_customers_outside_by_nobody(reader):
    identity = make.make_product(code="identity", usage_unit="checks")
    make.make_usage(supplier=identity, quantity=Decimal("120000"))
    make.make_usage(supplier=identity, consumer=make.make_product(code="tax"), quantity=Decimal("0.5"))

    found = columns(
        reader.get("/network/usage/", {"format": "csv", "sort": "-quantity"}),
        "supplier", "consumer", "month", "quantity", "unit",
    )  # fmt: skip

    assert list(found) == [
        ("identity", "", "2026-01", "120000", "checks"),
        ("identity", "tax", "2026-01", "0.5", "checks"),
    ]
