"""A roadmap over time and by outcome: what is drawn is what there is, and nothing more is promised."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.roadmaps import board, outcome_tree, timeline
from products.roadmaps.item_actions import ship_item
from tests import factories as make

pytestmark = pytest.mark.django_db
ON = date(2026, 3, 1)


@pytest.fixture
def roadmap():
    return make.make_roadmap(now_weeks=10, next_weeks=20)


def spans(roadmap):
    return {item.code: timeline.span_of(item, roadmap, ON) for item in roadmap.items.all()}


def test_what_has_no_dates_is_spread_over_its_horizon_and_fades_at_both_ends(roadmap):
    make.make_item(roadmap=roadmap, code="soon", horizon="now")
    make.make_item(roadmap=roadmap, code="then", horizon="next")

    found = spans(roadmap)

    assert (found["soon"].starts, found["soon"].ends, found["soon"].fade) == (ON, date(2026, 5, 10), "both")
    assert (found["then"].starts, found["then"].ends) == (date(2026, 5, 10), date(2026, 9, 27))
    assert "no dates" in found["soon"].words


def test_dates_are_solid_for_the_least_effort_and_fade_to_the_most(roadmap):
    dates = {"starts": date(2026, 4, 1), "ends": date(2026, 7, 10)}  # 100 days for the middle effort
    make.make_item(roadmap=roadmap, code="dated", effort_low=Decimal(5), effort_high=Decimal(15), **dates)

    span = spans(roadmap)["dated"]

    assert (span.sure - span.starts).days == 50
    assert (span.ends - span.starts).days == 150
    assert span.words == "1 Apr 2026 to 9 Jul 2026"


def test_a_dependency_is_late_where_one_ends_after_the_other_begins(roadmap):
    first = make.make_item(roadmap=roadmap, starts=date(2026, 4, 1), ends=date(2026, 6, 1))
    make.make_item(roadmap=roadmap, starts=date(2026, 5, 1), ends=date(2026, 7, 1), needs=[first])
    make.make_item(roadmap=roadmap, starts=date(2026, 6, 1), ends=date(2026, 7, 1), needs=[first])

    found = timeline.read(roadmap, on=ON)

    assert sorted(arrow.is_late for arrow in found.arrows) == [False, True]


def test_the_picture_keeps_inside_its_frame_and_leaves_out_what_is_not_asked_for(roadmap):
    make.make_item(roadmap=roadmap, code="long-ago", starts=date(2020, 1, 1), ends=date(2020, 6, 1))
    make.make_item(roadmap=roadmap, code="around", starts=date(2025, 1, 1), ends=date(2027, 1, 1))

    found = timeline.read(roadmap, {"first": "2026-01", "last": "2026-06", "scale": "month"}, on=ON)

    assert [bar.item.code for bar in found.outside] == ["long-ago"]
    assert len(found.ticks) == 6
    bar = found.bars[0]
    assert bar.x >= timeline.MARGIN
    assert bar.x + bar.width + bar.tail <= timeline.WIDTH - timeline.MARGIN + timeline.LEAST


def test_the_pages_have_everything_in_a_table_and_ask_as_often_for_twenty_items(
    client, roadmap, django_assert_num_queries
):
    client.force_login(make.make_user())
    make.make_item(roadmap=roadmap, name="Renew by phone")
    pages = [reverse(f"roadmaps:roadmap-{name}", args=[roadmap.code]) for name in ("timeline", "outcomes")]
    counts = {}
    for page in pages:
        assert "Renew by phone" in client.get(page).content.decode()
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        counts[page] = len(asked)
    last = None
    for number in range(20):
        last = make.make_item(roadmap=roadmap, name=f"Item no. {number}", needs=[last] if last else [])
    for page in pages:
        client.get(page)
        with django_assert_num_queries(counts[page]):
            words = client.get(page).content.decode()
        assert all(f"Item no. {number}" in words for number in range(20))


def test_wrong_months_are_told_and_an_empty_roadmap_says_what_to_do(client, roadmap):
    client.force_login(make.make_user())
    page = reverse("roadmaps:roadmap-timeline", args=[roadmap.code])
    assert "Nothing to draw yet" in client.get(page).content.decode()
    make.make_item(roadmap=roadmap)

    answer = client.get(page, {"first": "2026-06", "last": "2026-01"})

    assert answer.status_code == 400
    assert "before June 2026" in answer.content.decode()


def test_promises_on_one_metric_add_up_and_are_said_to_overlap(roadmap):
    product = roadmap.products.get()
    metric = make.make_metric(product=product)
    make.make_valuation(metric=metric, low=Decimal(2), high=Decimal(2))
    items = [make.make_item(roadmap=roadmap, metric=metric) for _ in range(3)]
    make.make_item(roadmap=roadmap, metric=None, exception="The law asks for it.")
    make.make_observation(metric=metric, value=Decimal(1200), starts=date(2025, 1, 1), ends=date(2026, 1, 1))
    ship_item(items[0], by=None)

    found = outcome_tree.read(roadmap)
    outcome = found.outcomes[0]

    assert (outcome.gain, outcome.worth) == (Decimal(60), Decimal(120))
    assert outcome.seen == 100  # a month, as promises are
    assert outcome.is_overlapping
    assert len(outcome.shipped) == 1
    assert [item.exception for item in found.exceptions] == ["The law asks for it."]


def test_a_long_roadmap_shows_its_first_items_and_the_way_to_all_of_them(client, roadmap):
    client.force_login(make.make_user("leader"))
    for number in range(board.FIRST_SHOWN + 2):
        make.make_item(roadmap=roadmap, code=f"no-{number}", metric=None)
    address = roadmap.get_absolute_url()

    first = client.get(address)
    column = first.context["board"].columns[2]

    assert (len(column.cards), column.more, column.count) == (board.FIRST_SHOWN, 2, board.FIRST_SHOWN + 2)
    assert f"{address}?whole=1" in first.content.decode()
    whole = client.get(address, {"whole": "1"}).context["board"].columns[2]
    assert [card.item.code for card in whole.cards] == [f"no-{number}" for number in range(board.FIRST_SHOWN + 2)]
