"""Charts as plain figures, with their tables."""

import json
import math
from datetime import date
from decimal import Decimal

import pytest

from portfolio.common import charts
from portfolio.common.charts import Neighbour, Point

MONTHS = [date(2017, 1, 1), date(2017, 2, 1), date(2017, 3, 1)]


def over_time(**options):
    return charts.value_over_time(
        MONTHS, [1e6, 2e6, None], [3e6, math.nan, 5e6], [2e6, 1e6, 4e6], [4e6, 3e6, 9e6], currency="GBP", **options
    )


def all_charts():
    points = [
        Point("a", Decimal(100), Decimal(250), Decimal(120), Decimal(400), "/a/"),
        Point("b", 0, 5),
        Point("c", 9, None),
    ]
    return [
        over_time(),
        charts.value_over_time([], [], [], currency="GBP"),
        charts.value_against_spend(points, currency="GBP"),
        charts.value_against_spend([], currency="GBP"),
        charts.bars(["a", "b"], [Decimal("1.5"), None], title="Spend", currency="GBP"),
        charts.bars(["a"], [3], title="Uses"),
        charts.series(
            MONTHS, [1, None, Decimal("3.5")], title="Renewals", unit="renewals", baseline=1, target=Decimal(4)
        ),
        charts.neighbourhood("p", [Neighbour("s", 1, 2)], [], currency="GBP", own_cost=3, own_value=9, kept_cost=4),
        charts.neighbourhood("p", [], [], currency="GBP"),
    ]


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.title)
def test_every_figure_is_strict_json_and_every_row_has_a_cell_for_each_column(chart):
    assert json.loads(json.dumps(chart.figure, allow_nan=False)) == chart.figure
    assert {len(row) for row in chart.rows} <= {len(chart.columns)}
    assert all(isinstance(cell, str) for row in chart.rows for cell in row)


def test_the_table_says_what_the_picture_shows():
    chart = over_time()
    assert [column.label for column in chart.columns] == [
        "Month",
        "Cost",
        "Value credited",
        "5th percentile",
        "95th percentile",
    ]
    assert chart.rows[0] == ("January 2017", "£1,000,000", "£3,000,000", "£2,000,000", "£4,000,000")
    assert chart.rows[1][2] == "—"
    assert chart.summary == "January 2017 to March 2017; in the last month £2.0m went in and £5.0m came out."


def test_lines_are_named_where_they_end_and_not_by_colour():
    assert {note["text"] for note in over_time().figure["layout"]["annotations"]} == {"cost", "value credited"}


def test_points_are_grouped_by_the_side_on_which_their_whole_range_lies():
    points = [
        Point("sure", 100, 300, 200, 400),
        Point("unsure", 100, 130, 80, 190),
        Point("losing", 100, 40, 20, 90),
        Point("free", 0, 40),
    ]
    chart = charts.value_against_spend(points, currency="GBP")
    marks = {
        trace["name"]: (trace["text"], trace["marker"]["symbol"])
        for trace in chart.figure["data"]
        if trace["mode"] == "markers"
    }
    assert marks == {
        "above break-even": (["sure"], "triangle-up"),
        "may be either side": (["unsure"], "circle"),
        "below break-even": (["losing"], "triangle-down"),
    }
    assert "2 of 3 stand above" in chart.summary
    assert "1 without spend or without value is only in the table" in chart.summary
    assert [row[0] for row in chart.rows] == ["sure", "unsure", "losing", "free"]


def test_axes_of_money_speak_as_the_rest_of_the_page():
    chart = charts.bars(["a", "b"], [91_400_000, 30_000_000], title="Spend", currency="GBP")
    assert chart.figure["layout"]["xaxis"]["ticktext"] == ["£0", "£25m", "£50m", "£75m", "£100m"]


def test_a_neighbourhood_lists_everyone_even_those_too_small_to_draw():
    suppliers = [Neighbour(f"supplier {number}", number, number) for number in range(1, 41)]
    chart = charts.neighbourhood("hub", suppliers, [], currency="GBP")
    assert len(chart.rows) == 40
    assert len(chart.flows.places) == 10


def test_the_largest_the_best_and_the_worst_are_named_in_the_picture():
    points = [
        Point("large", 1000, 1000),
        Point("larger", 2000, 2100),
        Point("best", 10, 100),
        Point("worst", 50, 5),
        Point("dull", 100, 110),
    ]
    labels = charts.value_against_spend(points, currency="GBP").figure["layout"]["annotations"]
    assert {label["text"] for label in labels} == {"large", "larger", "best", "worst"}
