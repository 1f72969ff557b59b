"""The geometry of small pictures."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.common import drawing
from portfolio.common.drawing import Neighbour

anything = st.one_of(st.none(), st.floats(), st.integers(), st.decimals())


def test_break_even_stands_in_the_middle_and_half_and_double_are_equally_far():
    half, one, double = (drawing.log_position(value, 8) for value in (0.5, 1, 2))
    assert one == drawing.INTERVAL_WIDTH / 2
    assert one - half == pytest.approx(double - one, abs=0.11)


def test_the_ends_of_the_scale_are_the_ends_of_the_picture():
    assert drawing.log_position(1 / 8, 8) == drawing.INTERVAL_MARGIN
    assert drawing.log_position(8, 8) == drawing.INTERVAL_WIDTH - drawing.INTERVAL_MARGIN


@pytest.mark.parametrize(
    ("low", "mid", "high", "standing"),
    [
        (1.42, 2.31, 3.6, "up"),
        (0.71, 1.12, 1.79, "even"),
        (0.12, 0.34, 0.98, "down"),
        (None, 2, None, "up"),
        (None, 1, None, "even"),
    ],
)
def test_the_side_is_that_of_the_whole_range(low, mid, high, standing):
    assert drawing.interval(low, mid, high).standing == standing


def test_a_range_past_the_scale_is_cut_and_says_so():
    shape = drawing.interval(-3, 0, 400)
    assert shape.arrow_low
    assert shape.arrow_high
    assert (shape.low, shape.high) == (drawing.INTERVAL_MARGIN, drawing.INTERVAL_WIDTH - drawing.INTERVAL_MARGIN)


def test_a_range_the_wrong_way_round_is_turned():
    assert drawing.interval(3, 2, 1) == drawing.interval(1, 2, 3)


def test_no_figure_draws_nothing():
    assert drawing.interval(None, None, None) is None
    assert drawing.interval(None, math.nan, 3) is None
    assert drawing.sparkline([]) is None
    assert drawing.sparkline([None, math.nan]) is None
    assert drawing.bar(None, 1) is None
    assert drawing.bar(1, 0) is None
    assert drawing.flows([], []) is None
    assert drawing.flows([Neighbour("a", 0, 0)], []) is None


def test_a_scale_that_does_not_reach_above_one_is_refused():
    with pytest.raises(ValueError, match="must end above 1"):
        drawing.interval(1, 2, 3, scale_max=1)


@given(low=anything, mid=anything, high=anything, scale_max=st.floats(1.01, 1e6))
def test_an_interval_stays_inside_its_box(low, mid, high, scale_max):
    shape = drawing.interval(low, mid, high, scale_max)
    if shape is not None:
        for x in (shape.one, shape.low, shape.mid, shape.high):
            assert x is None or 0 <= x <= drawing.INTERVAL_WIDTH


def test_ticks_are_powers_of_two_around_one():
    assert [label for _, label in drawing.interval_ticks(8)] == ["⅛", "¼", "½", "1", "2", "4", "8"]
    assert [label for _, label in drawing.interval_ticks(64)] == ["1/64", "1/16", "¼", "1", "4", "16", "64"]


def test_a_month_without_a_figure_breaks_the_line():
    shape = drawing.sparkline([1, 2, None, 3, None, 4, 5])
    assert len(shape.runs) == 2
    assert len(shape.dots) == 1


def test_break_even_is_drawn_only_where_the_trend_reaches_it():
    assert drawing.sparkline([0.5, 1.5], reference=1).reference == drawing.SPARK_HEIGHT / 2
    assert drawing.sparkline([2, 3], reference=1).reference is None


def test_a_constant_series_is_a_level_line():
    assert {point.split(",")[1] for point in drawing.sparkline([3, 3, 3]).runs[0].split()} == {"12"}


@given(st.lists(anything, max_size=30))
def test_a_sparkline_stays_inside_its_box(values):
    shape = drawing.sparkline(values, reference=1)
    if shape is not None:
        points = [tuple(map(float, point.split(","))) for run in shape.runs for point in run.split()]
        for x, y in [*points, *shape.dots, shape.last]:
            assert 0 <= x <= drawing.SPARK_WIDTH
            assert 0 <= y <= drawing.SPARK_HEIGHT


def test_a_bar_is_held_between_nothing_and_all():
    assert drawing.bar(0.4, 1) == 40
    assert drawing.bar(-1, 1) == 0
    assert drawing.bar(7, 1) == 100


def test_strands_are_as_thick_as_their_money():
    picture = drawing.flows([Neighbour("supplier", 10, 20)], [])
    bars = {kind: height for kind, _, height in picture.places[0].bars}
    assert bars["value"] == pytest.approx(2 * bars["cost"], abs=0.1)
    assert picture.centre_height == pytest.approx(drawing.THICKEST)


def test_too_many_neighbours_are_taken_together_without_losing_any_money():
    many = [Neighbour(str(number), number, 2 * number) for number in range(1, 101)]
    shown = drawing.largest(many, 10)
    assert len(shown) == 10
    assert shown[-1].label == "91 smaller ones"
    assert sum(one.cost for one in shown) == sum(one.cost for one in many)
    assert sum(one.value for one in shown) == sum(one.value for one in many)


amounts = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-1000, 10**15))
neighbours = st.lists(st.builds(Neighbour, st.text(max_size=5), amounts, amounts), max_size=15)


@given(neighbours, neighbours)
def test_strands_stay_inside_their_picture(left, right):
    picture = drawing.flows(left, right)
    if picture is not None:
        for place in picture.places:
            for _, y, height in place.bars:
                assert 0 <= y <= y + height <= picture.height
        for strand in picture.strands:
            assert not re.search("nan|inf", strand.path)


# -- series over time -----------------------------------------------------------------------------------------------

TICKS = [(0.0, "£0"), (50.0, "£50"), (100.0, "£100")]


def test_a_trend_stands_between_its_lowest_and_its_highest_tick():
    drawn = drawing.trend([("cost", [0, 50, 100])], None, TICKS, ["Jan", "Mar"])
    assert drawn.lines == (("cost", "0,1000 500,500 1000,0"),)
    assert (drawn.ticks, drawn.levels) == (("£100", "£50", "£0"), (0, 500, 1000))
    assert drawn.dates == ("Jan", "Mar")


def test_a_month_without_a_figure_breaks_a_trend_and_its_band():
    drawn = drawing.trend(
        [("value", [10, 20, None, 30, 40])], ([5, 5, None, 5, 5], [20, 30, None, 40, 50]), TICKS, ["Jan"]
    )
    assert [kind for kind, _ in drawn.lines] == ["value", "value"]
    assert len(drawn.bands) == 2


def test_a_trend_without_a_scale_is_none():
    assert drawing.trend([("cost", [None])], None, [], []) is None


def test_boxes_in_columns_are_placed_beside_what_they_are_tied_to_and_a_large_picture_is_left_out():
    boxes = {key: drawing.Box(key, key.upper()) for key in "abxyz"}
    headed = [("Left", [boxes["a"], boxes["b"]]), ("None", []), ("Right", [boxes["x"], boxes["y"], boxes["z"]])]
    drawn = drawing.columns(headed, [("a", "z"), ("b", "y"), ("a", "z"), ("a", "gone")])
    right = [place.box.key for place in sorted(drawn.boxes, key=lambda place: place.y) if place.x]
    assert right == ["z", "y", "x"]  # what is tied to nothing comes last
    assert [heading for heading, _ in drawn.headings] == ["Left", "Right"]
    assert len(drawn.lines) == 2
    assert all(place.x + drawn.box_width <= drawn.width and place.y < drawn.height for place in drawn.boxes)
    assert drawing.columns(headed, [], most=2) is None
    assert drawing.columns([("Left", [])], []) is None
