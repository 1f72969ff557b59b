"""The history of funding, and how stable it is."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some
from rest_framework.test import APIClient

from funding.actions import change_allocation
from funding.histories import product_history, stream_events
from funding.models import FundingStream
from funding.stability import of_streams, stability
from portfolio.common import actions
from portfolio.common.months import months_after, months_between
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = TODAY


def _change(row, amount, starts, why="It returns more.", by=None):
    return change_allocation(row, monthly_amount=Decimal(amount), starts=starts, why=why, by=by)[-1]


def _told(history):
    return [(event.on, event.before, event.after, event.why) for event in history.events]


# -- Events


def test_a_history_tells_from_what_to_what_since_when_by_whom_and_why():
    leader = make.make_user("leader")
    product = make.make_product()
    row = make.make_allocation(product=product, starts=date(2025, 1, 1), why="To begin with.")
    row = _change(row, "1500", date(2025, 7, 1), by=leader)
    _change(row, "0", date(2026, 1, 1), "It is retired.", by=leader)
    history = product_history(product)
    assert _told(history) == [
        (date(2025, 1, 1), 0, 1000, "To begin with."),
        (date(2025, 7, 1), 1000, 1500, "It returns more."),
        (date(2026, 1, 1), 1500, 0, "It is retired."),
    ]
    assert [event.what for event in history.events] == ["Began", "Raised", "Stopped"]
    assert [event.by for event in history.events] == [None, leader, leader]
    assert not any(event.is_corrected for event in history.events)  # that it ended is no correction of how it began
    assert [day.total for day in history.days] == [1000, 1500, 0]


def test_a_correction_of_a_mistake_is_no_change_but_says_so():
    finance = make.make_user("finance_partner")
    row = make.make_allocation(starts=date(2025, 1, 1), why="To begin with.")
    before = timezone.now()
    actions.correct(row, changes={"monthly_amount": Decimal("900.00")}, reason="Misread.", by=finance)
    (event,) = product_history(row.product).events
    assert (event.after, event.by, event.why, event.is_corrected) == (900, finance, "To begin with.", True)
    (event,) = product_history(row.product, before).events
    assert (event.after, event.by, event.is_corrected) == (1000, None, False)


def test_the_same_amount_agreed_again_is_no_change():
    row = make.make_allocation(starts=date(2025, 1, 1), ends=date(2026, 1, 1))
    make.make_allocation(stream=row.stream, product=row.product, starts=date(2026, 1, 1))
    history = product_history(row.product)
    assert [event.on for event in history.events] == [date(2025, 1, 1)]
    assert history.stability.last_changed is None


def test_what_was_agreed_with_an_end_stops_there_and_may_begin_again():
    row = make.make_allocation(starts=date(2025, 1, 1), ends=date(2025, 4, 1))
    make.make_allocation(stream=row.stream, product=row.product, starts=date(2025, 7, 1))
    assert _told(product_history(row.product)) == [
        (date(2025, 1, 1), 0, 1000, ""),
        (date(2025, 4, 1), 1000, 0, "It was agreed until then."),
        (date(2025, 7, 1), 0, 1000, ""),
    ]


def test_totals_are_in_the_base_currency_at_the_rate_of_the_day_or_not_known():
    product = make.make_product()
    make.make_exchange_rate(rate=Decimal("0.50"), starts=date(2025, 7, 1))
    make.make_allocation(product=product, starts=date(2025, 1, 1))
    euros = make.make_allocation(product=product, stream=make.make_stream(currency="EUR"), starts=date(2025, 4, 1))
    _change(euros, "2000", date(2025, 10, 1))
    history = product_history(product)
    assert [day.total for day in history.days] == [1000, None, 2000]
    assert history.has_other_currencies
    assert history.current.by_stream[euros.stream.pk] == 1000


def test_money_that_moves_from_one_stream_to_another_is_a_change_and_no_cut():
    first = make.make_allocation(starts=date(2025, 1, 1))
    _change(first, "400", date(2025, 7, 1))
    make.make_allocation(product=first.product, monthly_amount=Decimal("600.00"), starts=date(2025, 7, 1))
    history = product_history(first.product)
    assert len(history.events) == 3
    assert (history.stability.last_changed, history.stability.last_cut) == (date(2025, 7, 1), None)


def test_a_stream_tells_of_all_its_products_latest_first():
    row = make.make_allocation(starts=date(2025, 1, 1))
    other = make.make_allocation(stream=row.stream, starts=date(2025, 2, 1))
    assert [event.product for event in stream_events(row.stream)] == [other.product, row.product]


# -- Stability


def test_months_between_are_whole():
    assert months_between(date(2026, 3, 31), date(2026, 4, 29)) == 0
    assert months_between(date(2026, 3, 31), date(2026, 4, 30)) == 1
    assert months_between(date(2025, 3, 1), date(2026, 3, 1)) == 12


@given(some.dates(date(1901, 1, 1), date(2100, 1, 1)), some.integers(0, 600))
def test_as_many_months_lie_between_as_were_added(day, count):
    assert months_between(day, months_after(day, count)) == count


def test_nothing_is_said_of_what_was_never_funded():
    found = stability({}, TODAY)
    assert (found.funded_since, found.months_funded, found.changes_a_year) == (None, None, 0)
    assert (found.words, found.cut_words) == ("", "")


def test_stability_counts_changes_of_three_years_and_knows_every_cut():
    found = stability(
        {date(2019, 1, 1): False, date(2020, 1, 1): True, date(2024, 1, 1): False, date(2026, 1, 1): False}, TODAY
    )
    assert (found.months_funded, found.months_since_cut, found.months_counted) == (89, 77, 36)
    assert (found.changes, found.changes_a_year) == (2, Decimal("0.7"))
    assert found.words == "funded for 89 months, 0.7 changes a year"
    assert found.cut_words == "cut 77 months ago"


def test_of_something_young_at_least_a_year_is_counted_and_what_is_to_come_is_not():
    found = stability({date(2026, 5, 1): False, date(2026, 6, 1): True, date(2026, 9, 1): True}, TODAY)
    assert (found.changes, found.changes_a_year, found.months_since_cut) == (1, 1, 0)
    assert found.cut_words == "cut within a month"


def test_a_stream_is_as_stable_as_what_it_pays_in_all(django_assert_num_queries):
    row = make.make_allocation(starts=date(2025, 1, 1))
    other = make.make_allocation(stream=row.stream, starts=date(2025, 1, 1))
    _change(row, "900", date(2025, 6, 30))
    _change(other, "1100", date(2025, 6, 30))  # it moved from one product to another
    idle = make.make_stream()
    with django_assert_num_queries(2):
        found = of_streams([row.stream, idle])
    assert (found[row.stream.pk].last_changed, found[row.stream.pk].months_funded) == (None, 17)
    assert found[idle.pk].funded_since is None
    (ended,) = row.stream.allocations.known().filter(product=row.product, ends=None)
    _change(ended, "0", date(2026, 1, 1))
    assert of_streams([row.stream])[row.stream.pk].months_since_cut == 5


# -- Pages and API


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


def _page(client, product, **query):
    return client.get(reverse("funding:product", args=[product.code]), query)


def test_anyone_reads_how_a_product_was_funded(reader):
    row = make.make_allocation(starts=date(2025, 1, 1), why="To begin with.", is_illustrative=True)
    before = timezone.now()
    _change(row, "750", date(2026, 1, 1), "Less of it is needed.")
    page = _page(reader, row.product).content.decode()
    for words in (
        "Less of it is needed.",
        "To begin with.",
        "$750.00",
        "Cut 5 months ago",
        "illustrative",
        "Changes a year",
    ):
        assert words in page
    assert "/change/" not in page
    earlier = _page(reader, row.product, known=before.isoformat()).content.decode()
    assert "Less of it is needed." not in earlier
    assert "As known at" in earlier


def test_a_product_that_was_never_paid_says_what_to_do(client, reader):
    product = make.make_product()
    assert "A leader or a finance partner can" in _page(reader, product).content.decode()
    client.force_login(make.make_user("leader"))
    page = _page(client, product).content.decode()
    assert f"{reverse('funding:allocation-add')}?product={product.code}" in page
    assert client.get(reverse("funding:product", args=["no-such"])).status_code == 404


def test_a_moment_that_makes_no_sense_is_explained(reader):
    answer = _page(reader, make.make_allocation().product, known="soon")
    assert answer.status_code == 200
    assert "is not a moment" in answer.content.decode()


def test_a_history_takes_as_many_queries_for_many_rows_as_for_one(reader, django_assert_num_queries):
    product = make.make_product()

    def add() -> None:
        row = make.make_allocation(product=product, starts=date(2025, 1, 1), by=make.make_user("leader"))
        _change(row, "5", date(2025, 7, 1))

    add()
    _page(reader, product)
    with django_assert_num_queries(7):
        _page(reader, product)
    for _ in range(9):
        add()
    _page(reader, product)  # how fresh the figures are is kept until they change
    with django_assert_num_queries(7):
        _page(reader, product)


def test_the_picture_shows_every_stream_and_the_sum(reader):
    product = make.make_product()
    for name, starts in (("Fees", date(2025, 1, 1)), ("Levy", date(2026, 1, 1))):
        make.make_allocation(product=product, stream=make.make_stream(name=name), starts=starts)
    chart = _page(reader, product).context["chart"]
    assert [column.label for column in chart.columns] == ["From", "In all", "Fees", "Levy"]
    assert chart.rows == [
        ("1 Jan 2025", "$1,000.00", "$1,000.00", "$0.00"),
        ("1 Jan 2026", "$2,000.00", "$1,000.00", "$1,000.00"),
    ]
    assert [line["y"] for line in chart.figure["data"]] == [[1000, 1000, 1000], [0, 1000, 1000], [1000, 2000, 2000]]
    assert {line["line"]["shape"] for line in chart.figure["data"]} == {"hv"}


def test_streams_show_how_stable_they_are_and_what_changed(reader):
    row = make.make_allocation(starts=date(2025, 1, 1))
    _change(row, "750", date(2026, 1, 1), "Less of it is needed.")
    assert "Cut 5 months ago" in reader.get(reverse("funding:stream-list")).content.decode()
    page = reader.get(row.stream.get_absolute_url())
    assert "Less of it is needed." in page.content.decode()
    assert page.context["event_count"] == 2


def test_a_history_is_had_over_the_api(reader):
    api = APIClient()
    api.force_authenticate(make.make_user())
    row = make.make_allocation(starts=date(2025, 1, 1), product=make.make_product(code="tax"))
    before = timezone.now()
    _change(row, "750", date(2026, 1, 1), "Less of it is needed.")
    told = api.get("/api/v1/funding-histories/tax/").json()
    assert (told["product"], told["currency"]) == ("tax", "USD")
    assert told["stability"] == {
        "funded_since": "2025-01-01", "last_changed": "2026-01-01", "last_cut": "2026-01-01", "months_funded": 17,
        "months_since_cut": 5, "changes_a_year": "0.7",
    }  # fmt: skip
    latest = told["events"][0]
    assert (latest["stream"], latest["before"], latest["after"], latest["total"], latest["why"]) == (
        row.stream.code, "1000.00", "750.00", "750.00", "Less of it is needed.",
    )  # fmt: skip
    assert len(api.get("/api/v1/funding-histories/tax/", {"known": before.isoformat()}).json()["events"]) == 1
    answer = api.get("/api/v1/funding-histories/tax/", {"known": "soon"})
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "known")
    assert api.get("/api/v1/funding-histories/no-such/").status_code == 404
    assert APIClient().get("/api/v1/funding-histories/tax/").status_code == 401


def test_addresses_of_this_room_are_no_codes_of_streams():
    from django.core.exceptions import ValidationError

    for word in FundingStream.reserved_codes:
        with pytest.raises(ValidationError, match="part of an address"):
            make.make_stream(code=word)
    assert {"products", "guardrails", "waivers", "closes", "budgets", "commitments", "transfers"} < set(
        FundingStream.reserved_codes
    )
