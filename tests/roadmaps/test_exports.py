"""Items and roadmaps as lists, files and documents."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.roadmaps.item_actions import ship_item
from products.roadmaps.markdown import escaped
from tests import factories as make
from tests.files import content, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


@pytest.mark.parametrize(
    "asked", [{}, {"sort": "-effort"}, {"sort": "horizon"}, {"sort": "-by"}, {"kind": "quick_win"}, {"search": "two"}]
)
def test_the_file_of_the_items_has_the_rows_of_the_page_in_their_order(reader, asked):
    roadmap = make.make_roadmap()
    for number, (name, horizon) in enumerate((("One", "later"), ("Two", "now"), ("Three", "next"))):
        make.make_item(
            roadmap=roadmap, name=name, horizon=horizon, effort_high=Decimal(20 - number), kind="quick_win",
            by_when=make.START + timedelta(days=300 - number),
        )  # fmt: skip
    make.make_item(metric=None, name="Four")

    page = reader.get("/roadmaps/items/", asked)
    shown = [item.code for item in page.context["page"]]

    assert [line["code"] for line in lines(reader.get("/roadmaps/items/", asked | {"format": "csv"}))] == shown
    assert shown


def test_an_items_file_names_what_it_waits_for_and_how_far_it_is(reader):
    roadmap = make.make_roadmap()
    needed = [make.make_item(roadmap=roadmap, code=code) for code in ("b", "a")]
    make.make_item(roadmap=roadmap, code="c", name="=1+1", needs=needed)
    ship_item(needed[0], on=make.START, by=None)

    rows = {row["code"]: row for row in lines(reader.get("/roadmaps/items/", {"format": "csv"}))}

    assert rows["c"]["needs"] == "a b"
    assert rows["c"]["name"] == "'=1+1"
    assert (rows["b"]["needs"], rows["b"]["state"], rows["b"]["ended_on"]) == ("", "shipped", "2026-01-01")
    assert rows == {row["code"]: row for row in lines(reader.get("/api/v1/roadmap-items/", {"format": "csv"}))}
    assert content(reader.get("/roadmaps/items/", {"format": "xlsx"})).startswith(b"PK")


def test_a_roadmaps_file_names_its_products_and_its_members(reader):
    products = [make.make_product(code=code) for code in ("tax", "levy")]
    bea, ted = (make.User.objects.create(username=name) for name in ("bea", "ted"))
    make.make_roadmap(code="ahead", products=products, business=[bea], technology=[ted])

    (row,) = lines(reader.get("/api/v1/roadmaps/", {"format": "csv"}))

    assert (row["products"], row["business"], row["technology"]) == ("levy tax", "bea", "ted")


def test_the_page_of_items_takes_as_many_queries_for_twenty_rows_as_for_one(reader):
    def queries():
        reader.get("/roadmaps/items/")
        with CaptureQueriesContext(connection) as found:
            assert reader.get("/roadmaps/items/").status_code == 200
        return len(found)

    make.make_item(needs=[make.make_item()])
    few = queries()
    for _ in range(19):
        make.make_item(needs=[make.make_item()])
    assert queries() == few


def test_a_document_tells_all_of_a_roadmap_and_takes_as_many_queries_whatever_is_on_it(reader):
    roadmap = make.make_roadmap(code="ahead", name="What is *ahead*", purpose="# Not a heading\n\n<b>Plain</b>")
    metric = make.make_metric(name="Renewals", unit="renewals", product=roadmap.products.get())
    make.make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), currency="GBP")
    first = make.make_item(roadmap=roadmap, metric=metric, name="By phone", horizon="now", code="by-phone")
    make.make_item(roadmap=roadmap, metric=None, exception="The law [asks](x).", needs=[first])
    ship_item(make.make_item(roadmap=roadmap, name="Online"), on=make.START, by=None)
    make.make_baseline(roadmap)

    def ask():
        with CaptureQueriesContext(connection) as found:
            answer = reader.get("/roadmaps/ahead/markdown/")
        return answer, len(found)

    ask()
    answer, few = ask()
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="roadmap-ahead_')
    for words in (
        "# What is \\*ahead\\*\n\n\\# Not a heading\n\n\\<b\\>Plain\\</b\\>\n",
        "- Promise: Renewals (renewals) from 100 to between 120 and 140 (90% range) by 31 Dec 2026; £60 a month",
        "- No customer metric, because: The law \\[asks\\](x).",
        "- Effort: 4 to 8 team-weeks (90% range)",
        "- Waits for: By phone (`by-phone`)",
        "- Agreed: business partner open, technology owner open",
        "## Next\n\nNothing.\n",
        "## Shipped\n\n### Online\n",
        ", shipped on 1 Jan 2026",
    ):
        assert words in text, words
    for _ in range(5):
        make.make_item(roadmap=roadmap, needs=[first])
    assert ask()[1] == few


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a", "\\- a"), ("1. a", "1\\. a"), ("a\nb", "a b"), ("`x`", "\\`x\\`"), ("[a](b)", "\\[a\\](b)"),
        ("<script>", "\\<script\\>"), ("&amp;", "\\&amp;"), ("a - b. 1", "a - b. 1"), ("---", "\\---"),
    ],
)  # fmt: skip
def test_nothing_that_is_typed_is_read_as_markdown(text, shown):
    assert escaped(text) == shown
