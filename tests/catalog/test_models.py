"""What stored rows of the catalogue may be, and what a change of them makes stale."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from portfolio.common import actions
from portfolio.common.models import StaleMark
from portfolio.common.months import month_of, today
from products.catalog import panels
from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream, most_taken
from tests import factories as make

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


# -- The tree of value streams ----------------------------------------------------------------------------


def test_a_value_stream_cannot_be_its_own_parent():
    stream = make.make_value_stream()
    stream.parent = stream

    with pytest.raises(ValidationError):
        actions.save(stream, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        ValueStream.objects.filter(pk=stream.pk).update(parent=stream)


def test_a_value_stream_cannot_move_below_itself():
    top = make.make_value_stream()
    middle = make.make_value_stream(parent=top)
    bottom = make.make_value_stream(parent=middle)
    top.parent = bottom

    with pytest.raises(ValidationError, match="lies below"):
        actions.save(top, by=None)


def test_a_value_stream_moves_to_another_branch():
    left, right = make.make_value_stream(), make.make_value_stream()
    stream = make.make_value_stream(parent=left)
    stream.parent = right
    actions.save(stream, by=None)

    assert ValueStream.objects.subtree([right.pk]) == {right.pk, stream.pk}
    assert ValueStream.objects.subtree([left.pk]) == {left.pk}


def test_the_tree_is_in_order_with_depths_and_counts(django_assert_num_queries):
    driving = make.make_value_stream(name="Driving")
    tests = make.make_value_stream(name="Tests", parent=driving)
    licences = make.make_value_stream(name="Licences", parent=driving)
    make.make_value_stream(name="Land")
    for stream in (driving, tests, licences, licences):
        make.make_product(value_stream=stream)

    with django_assert_num_queries(2):
        tree = ValueStream.objects.as_tree()

    assert [(one.name, one.depth, one.product_count, one.total_count) for one in tree] == [
        ("Driving", 0, 1, 4),
        ("Licences", 1, 2, 2),
        ("Tests", 1, 1, 1),
        ("Land", 0, 0, 0),
    ]
    assert tree[1].above == [driving]


def test_part_of_the_tree_keeps_its_places():
    driving = make.make_value_stream(name="Driving")
    make.make_value_stream(name="Licences", parent=driving)

    (found,) = ValueStream.objects.filter(name="Licences").as_tree()

    assert (found.depth, found.above) == (1, [driving])


def test_the_line_of_a_stream_runs_from_the_top():
    top = make.make_value_stream()
    middle = make.make_value_stream(parent=top)

    assert make.make_value_stream(parent=middle).line() == [top, middle]


def test_a_stream_that_moves_asks_for_new_totals():
    stream = make.make_value_stream()
    product = make.make_product(value_stream=make.make_value_stream(parent=stream))
    stream.name = "Renamed"
    actions.save(stream, by=None)
    assert not StaleMark.objects.exists()
    stream.parent = make.make_value_stream()
    actions.save(stream, by=None)

    assert list(StaleMark.objects.values_list("product_id", "month")) == [(product.pk, month_of(today()))]


# -- Products ---------------------------------------------------------------------------------------------------


def test_a_product_that_moves_asks_for_new_totals_and_one_that_is_edited_does_not():
    product = make.make_product()
    product.name = "Renamed"
    actions.save(product, by=None)
    assert not StaleMark.objects.exists()
    product.value_stream = make.make_value_stream()
    actions.save(product, by=None)

    assert StaleMark.objects.get().product == product


def test_products_below_a_stream_are_those_of_its_whole_subtree():
    top = make.make_value_stream(code="top")
    below = make.make_value_stream(code="below", parent=top)
    first, second = make.make_product(value_stream=top), make.make_product(value_stream=below)
    make.make_product()

    assert set(Product.objects.below(["top"])) == {first, second}
    assert set(Product.objects.below(["below"])) == {second}
    assert not Product.objects.below(["nothing"])


@pytest.mark.parametrize("code", ["add", "streams", "segments", "insights", "assignments"])
def test_a_product_cannot_take_a_code_that_is_an_address(code):
    with pytest.raises(ValidationError, match="part of an address"):
        make.make_product(code=code)


def test_a_product_has_a_stage_and_a_kind_that_exist():
    with pytest.raises(ValidationError):
        make.make_product(stage="pilot")
    with pytest.raises(ValidationError):
        make.make_product(kind="project")


def test_an_edit_is_in_the_history_with_who_made_it():
    owner = make.make_user("leader")
    product = make.make_product(name="Before")
    product.name = "After"
    actions.save(product, by=owner)

    assert [(row.name, row.history_user) for row in product.history.all()] == [("After", owner), ("Before", None)]


# -- Segments and insights ----------------------------------------------------------------------------------------


def test_an_insight_is_about_a_segment_of_its_product():
    with pytest.raises(ValidationError, match="choose one of"):
        make.make_insight(segment=make.make_segment())


def test_an_insight_is_not_of_a_day_to_come():
    make.make_insight(said_on=today())

    with pytest.raises(ValidationError, match="has not come yet"):
        make.make_insight(said_on=today() + DAY)


@pytest.mark.parametrize("missing", ["text", "source"])
def test_an_insight_has_words_and_a_source(missing):
    with pytest.raises(ValidationError):
        make.make_insight(**{missing: ""})


def test_a_segment_with_insights_stays_with_its_product():
    segment = make.make_segment()
    make.make_insight(product=segment.product, segment=segment)
    segment.product = make.make_product()

    with pytest.raises(ValidationError, match="Add a new segment"):
        actions.save(segment, by=None)


def test_a_segment_counts_the_insights_that_stand():
    segment = make.make_segment()
    kept = make.make_insight(product=segment.product, segment=segment)
    actions.correct(kept, changes={"text": "It took far too long."}, reason="Transcript", by=None)
    actions.retract(make.make_insight(product=segment.product, segment=segment), reason="Not a customer", by=None)

    assert Segment.objects.for_table().get().insight_count == 1


def test_insights_as_they_were_known():
    old = make.make_insight(text="It took too long.")
    before = timezone.now()
    new = actions.correct(old, changes={"text": "It took an hour."}, reason="Transcript", by=None)

    assert list(Insight.objects.known()) == [new]
    assert list(Insight.objects.known(before)) == [old]


# -- Assignments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", ["0", "-0.1", "1.000001"])
def test_an_assignment_is_a_part(share):
    with pytest.raises(ValidationError, match="A share is above 0"):
        make.make_assignment(share=Decimal(share))


def test_the_database_itself_holds_a_share_to_a_part():
    row = Assignment(team=make.make_team(), product=make.make_product(), share=Decimal(2), starts=make.START)

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_an_assignment_cannot_end_before_it_starts():
    with pytest.raises(ValidationError, match="after the start"):
        make.make_assignment(starts=date(2026, 3, 1), ends=date(2026, 3, 1))


def test_a_team_cannot_be_given_away_beyond_its_capacity_on_any_day():
    team = make.make_team()
    make.make_assignment(team=team, share=Decimal("0.6"), starts=date(2026, 1, 1), ends=date(2026, 3, 1))
    make.make_assignment(team=team, share=Decimal("0.9"), starts=date(2026, 3, 1), ends=date(2026, 4, 1))

    with pytest.raises(ValidationError, match=r"already gives 90\.00% to products on 2026-03-01"):
        make.make_assignment(team=team, share=Decimal("0.2"), starts=date(2026, 2, 1))
    make.make_assignment(team=team, share=Decimal("0.4"), starts=date(2026, 2, 1), ends=date(2026, 3, 1))
    make.make_assignment(team=team, share=Decimal("1"), starts=date(2026, 4, 1))


def test_a_team_works_on_a_product_once_on_each_day():
    row = make.make_assignment(share=Decimal("0.2"))

    with pytest.raises(ValidationError, match="already works on"):
        make.make_assignment(team=row.team, product=row.product, share=Decimal("0.2"), starts=date(2026, 5, 1))


def test_a_correction_does_not_stand_in_its_own_way():
    row = make.make_assignment(share=Decimal("0.8"))
    new = actions.correct(row, changes={"share": Decimal("1")}, reason="All of it", by=None)

    assert new.share == 1


def test_an_assignment_marks_the_months_of_its_product():
    row = make.make_assignment(starts=date(2026, 2, 10), ends=date(2026, 4, 1))
    assert set(StaleMark.objects.values_list("product_id", "month")) == {
        (row.product_id, date(2026, 2, 1)),
        (row.product_id, date(2026, 3, 1)),
    }


def test_a_correction_to_another_product_marks_both():
    row = make.make_assignment(starts=date(2026, 2, 1), ends=date(2026, 3, 1))
    StaleMark.objects.all().delete()
    new = actions.correct(row, changes={"product": make.make_product()}, reason="Mixed up", by=None)

    assert set(StaleMark.objects.values_list("product_id", flat=True)) == {row.product_id, new.product_id}


def test_the_most_that_is_taken_is_found_on_the_first_day_it_is_reached():
    team = make.make_team()
    for share, first, last in (("0.25", 1, 20), ("0.25", 5, 10), ("0.5", 7, 10), ("0.75", 12, 15)):
        make.make_assignment(team=team, share=Decimal(share), starts=date(2026, 1, first), ends=date(2026, 1, last))

    assert most_taken(Assignment.objects.known(), date(2026, 1, 1)) == (Decimal("1"), date(2026, 1, 7))
    assert most_taken([], date(2026, 1, 1)) == (Decimal(0), date(2026, 1, 1))


# -- Panels ----------------------------------------------------------------------------------------------------------


def test_the_panels_of_a_product_hold_what_belongs_to_it():
    product = make.make_product()
    segment = make.make_segment(product=product)
    insight = make.make_insight(product=product, segment=segment)
    now = make.make_assignment(product=product)
    over = make.make_assignment(product=product, starts=date(2026, 1, 1), ends=date(2026, 2, 1))
    make.make_segment()
    make.make_insight()
    make.make_assignment()
    owner = make.make_user("product_owner", product=product)

    customers = panels.customers(product, user=owner)
    teams = panels.teams(product, user=owner)

    assert (customers["segments"], customers["insights"], customers["insight_count"]) == ([segment], [insight], 1)
    assert (teams["assignments"], teams["other_assignments"]) == ([now], [over])
    assert (customers["may_add_segment"], customers["may_add_insight"], teams["may_assign"]) == (True, True, False)


def test_a_panel_shows_the_ten_latest_insights_and_counts_all():
    product = make.make_product()
    for day in range(12):
        make.make_insight(product=product, said_on=make.START + day * DAY)
    found = panels.customers(product, user=make.make_user())

    assert [row.said_on for row in found["insights"]] == [make.START + day * DAY for day in range(11, 1, -1)]
    assert found["insight_count"] == 12


def test_a_panel_shows_nothing_to_who_is_not_signed_in():
    product = make.make_segment().product

    assert panels.customers(product, user=AnonymousUser())["segments"] == []
