"""The board as a file."""

from http import HTTPStatus

import pytest

from portfolio.rollup import actions
from tests.board.conftest import make_earning
from tests.factories import make_value_stream
from tests.files import columns, content, lines


@pytest.mark.parametrize(
    "asked", [{}, {"sort": "-credited"}, {"sort": "name"}, {"stage": "explore"}, {"search": "toll"}]
)
def test_the_file_of_the_board_has_its_products_in_their_order(reader, network, asked):
    stream = make_value_stream(name="Roads")
    for number, name in enumerate(("Tolls", "Parking", "=Signs")):
        make_earning(f"{100 + number}.00", code=f"earning-{number}", name=name, value_stream=stream)
    actions.refresh_standings()

    shown = [row.product.code for row in reader.get("/", asked).context["lines"] if row.product]
    found = [line["product"] for line in lines(reader.get("/", asked | {"format": "csv"}))]

    assert found == shown
    assert shown


def test_a_line_has_the_figures_that_the_api_gives(reader, network):
    api = reader.get("/api/v1/standings/", {"product": "tax"}).json()["results"][0]

    board = lines(reader.get("/", {"format": "csv", "product": "tax"}))[0]

    assert board["name"] == "Vehicle tax"
    assert (board["from"], board["to"]) == (api["from"], api["to"])
    for name in (
        "product",
        "value_stream",
        "direct_cost",
        "loaded_cost",
        "own_value",
        "credited_value_low",
        "evidence",
    ):
        assert board[name] == api[name], name
    for name in ("direct", "loaded", "credited", "credited_low"):
        assert float(board[name]) == float(api[name]), name


def test_another_window_gives_another_file(reader, network):
    asked = {"format": "csv", "from": "2016-01", "to": "2016-02"}

    found = columns(reader.get("/", asked), "product", "from", "to", "direct_cost")

    assert sorted(found) == [("platform", "2016-01", "2016-02", "100.00"), ("tax", "2016-01", "2016-02", "50.00")]


def test_before_any_figures_the_file_has_its_header_alone(reader):
    assert lines(reader.get("/", {"format": "csv"})) == []


def test_a_window_that_there_is_not_gives_no_file(reader, network):
    assert reader.get("/", {"format": "csv", "from": "2016-03", "to": "2016-01"}).status_code == HTTPStatus.BAD_REQUEST


def test_a_head_tells_the_name_of_the_file(reader, network):
    head = reader.head("/", {"format": "xlsx", "stage": "sustain"})

    assert head.headers["Content-Disposition"].startswith('attachment; filename="standings_stage-sustain_')
    assert content(head) == b""


def test_the_links_of_the_board_carry_what_was_asked_of_it(reader, network):
    for headers in ({}, {"HX-Request": "true"}):
        page = reader.get("/", {"stage": "sustain", "sort": "-spend"}, headers=headers).content.decode()

        assert '<a href="?stage=sustain&amp;sort=-spend&amp;format=csv" download>CSV</a>' in page
