"""The lists of this room as files."""

import pytest

from tests import factories as make
from tests.files import columns, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


@pytest.mark.parametrize("asked", [{}, {"sort": "-name"}, {"stage": "grow"}, {"value_stream": "top"}])
def test_the_file_of_the_products_has_the_rows_of_the_page_in_their_order(reader, asked):
    top = make.make_value_stream(code="top")
    below = make.make_value_stream(parent=top)
    for number, name in enumerate(("Tax", "Identity", "Permits", "Forms")):
        make.make_product(name=name, value_stream=below if number % 2 else None or make.make_value_stream())
    make.make_product(name="Growing", stage="grow", value_stream=top, owner=make.make_user())

    shown = [(row.code, row.stage, row.value_stream.code) for row in reader.get("/products/", asked).context["page"]]
    found = list(columns(reader.get("/products/", asked | {"format": "csv"}), "code", "stage", "value_stream"))

    assert found == shown
    assert shown


def test_the_page_of_a_value_stream_gives_its_products_as_a_file(reader):
    stream = make.make_value_stream(code="driving")
    make.make_product(code="tax", value_stream=make.make_value_stream(parent=stream))
    make.make_product(code="elsewhere")

    assert list(columns(reader.get("/products/streams/driving/", {"format": "csv"}), "code")) == [("tax",)]


def test_insights_are_told_whole_where_the_page_has_their_beginnings(reader):
    text = "It took\nthree weeks. " * 50
    product = make.make_product(code="tax")
    segment = make.make_segment(code="keepers", product=product)
    make.make_insight(product=product, segment=segment, text=text.strip())
    make.make_insight(product=product)

    found = lines(reader.get("/products/insights/", {"format": "csv", "segment": "keepers"}))

    assert [(line["product"], line["segment"], line["text"]) for line in found] == [("tax", "keepers", text.strip())]


def test_assignments_and_segments_have_what_their_pages_have(reader):
    make.make_assignment(share="0.75", team=make.make_team(code="online"), product=make.make_product(code="tax"))
    make.make_segment(code="keepers", size=31_000_000)

    assert list(
        columns(reader.get("/products/assignments/", {"format": "csv"}), "team", "product", "share", "ends")
    ) == [("online", "tax", "0.75", "")]
    assert list(columns(reader.get("/products/segments/", {"format": "csv"}), "code", "size")) == [
        ("keepers", "31000000")
    ]
