"""The board: its sentence, its table, what moved, and all of it by the address."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from portfolio.board import views
from portfolio.common import actions as rows
from portfolio.rollup import actions
from tests.board.conftest import FEBRUARY, JANUARY, MARCH, make_earning, make_worth
from tests.factories import (
    make_ledger_entry,
    make_link,
    make_metric,
    make_observation,
    make_product,
    make_user,
    make_valuation,
    make_value_stream,
)

pytestmark = pytest.mark.django_db
BOARD = "/"


def text_of(response) -> str:
    """Return what a page says, without its markup."""
    body = re.sub(r"(?s)<(script|style|datalist).*?</\1>", " ", response.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace(" .", ".")


def shown_spends(response) -> list[int]:
    """Return the spends of the products on a page, as they are displayed."""
    return [row.shown_spend for row in response.context["lines"] if row.product]


# -- who may read it, and what there is to read -------------------------------------------------------


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client):
    for name in (BOARD, reverse("board:how"), "/product/tax/", "/product/tax/2016-01/"):
        response = client.get(name)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_without_products_the_board_says_what_to_do_next(reader):
    said = text_of(reader.get(BOARD))
    assert "There are no products yet" in said
    assert "Add the first product" in said


def test_without_figures_the_board_says_what_it_needs(reader):
    make_product()
    assert "There are products, but no figures yet" in text_of(reader.get(BOARD))


def test_the_board_opens_with_what_each_unit_of_money_returns(reader, network):
    said = text_of(reader.get(BOARD))
    # 150 went in, and customers had 200.
    assert "$1 in, $1.33 out" in said
    assert "Between $1.33 and $1.33, nine times in ten" in said
    assert "2 of 2 products valued" in said
    assert "not proof of causes" in said


def test_a_portfolio_without_worth_says_so_instead_of_zero(reader):
    make_ledger_entry(starts=JANUARY)
    actions.refresh_standings()
    said = text_of(reader.get(BOARD))
    assert "no value said yet" in said
    assert "0 of 1 products valued" in said


def test_the_change_on_the_year_before_is_told_in_coins(reader, settings):
    product = make_earning(quantity="50")
    make_ledger_entry(product=product, starts=date(2017, 1, 1), amount=Decimal("100.00"))
    make_worth(product, "52", on=date(2017, 1, 1))
    settings.TWOFOLD_TODAY = date(2017, 1, 31)
    actions.roll_up(cause="test")
    assert "Up 4¢ on the year before" in text_of(reader.get(f"{BOARD}?window=quarter"))
    settings.TWOFOLD_BASE_CURRENCY = "GBP"
    assert "Up 4p on the year before" in text_of(reader.get(f"{BOARD}?window=quarter"))


def test_the_freshness_line_tells_what_waits_and_what_is_blocked(reader, network):
    assert "Fresh" in text_of(reader.get(BOARD))
    make_ledger_entry(product=network.tax, starts=FEBRUARY)
    assert "Being worked out: 1 product-month" in text_of(reader.get(BOARD))
    one, other = make_product(), make_product()
    make_link(supplier=one, consumer=other, share=1, starts=MARCH)
    make_link(supplier=other, consumer=one, share=1, starts=MARCH)
    make_ledger_entry(product=one, starts=MARCH)
    actions.refresh_standings()
    said = text_of(reader.get(BOARD))
    assert "1 month blocked" in said
    assert "March 2016 cannot be worked out" in said


# -- the table --------------------------------------------------------------------------------------------------


def test_products_stand_under_their_value_streams_best_return_first(reader):
    top = make_value_stream(name="Transport")
    inner = make_value_stream(name="Licensing", parent=top)
    low, high = make_earning(quantity="60", value_stream=inner), make_earning(quantity="90", value_stream=inner)
    lone = make_earning(quantity="10", value_stream=top)
    actions.refresh_standings()
    lines = reader.get(BOARD).context["lines"]
    assert [line.name for line in lines] == ["Transport", lone.name, "Licensing", high.name, low.name]
    assert [line.depth for line in lines] == [0, 1, 1, 2, 2]
    assert lines[0].credited == pytest.approx(320 / 300)


def test_displayed_spends_add_up_to_the_displayed_total_grouped_and_flat(reader):
    streams = [make_value_stream(), make_value_stream()]
    for number in range(7):
        make_earning(spend=f"{1_000_333 + number}.37", value_stream=streams[number % 2])
    actions.refresh_standings()
    for address in (BOARD, f"{BOARD}?sort=-spend"):
        response = reader.get(address)
        table = response.context["table"]
        assert table.label == "$k"
        assert sum(shown_spends(response)) == table.shown_total == 7002
    cache.clear()  # what is kept is told without its rows
    lines = reader.get(BOARD).context["lines"]
    heads = [line for line in lines if line.value_stream]
    assert sum(line.shown_spend for line in heads) == 7002
    for head in heads:
        members = [row for row in lines if row.product and row.product.value_stream_id == head.value_stream.pk]
        assert sum(row.shown_spend for row in members) == head.shown_spend


def test_pages_of_the_table_add_up_to_its_total(reader, monkeypatch):
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    stream = make_value_stream(name="Only stream")
    for number in range(5):
        make_earning(spend=f"{100 + number}.50", value_stream=stream)
    actions.refresh_standings()
    pages = [reader.get(f"{BOARD}?page={number}") for number in (1, 2, 3)]
    assert sum(sum(shown_spends(page)) for page in pages) == pages[0].context["table"].shown_total
    assert sum(page.context["page_spend"] for page in pages) == pages[0].context["table"].shown_total
    # A stream that goes on is named again, and says that it goes on.
    assert "Only stream continued" in text_of(pages[1])
    assert "Only stream continued" not in text_of(pages[0])


def test_the_table_sorts_by_address_with_figureless_rows_last(reader):
    big, small = make_earning("900.00", "100", name="Big"), make_earning("100.00", "100", name="Small")
    bare = make_product(name="Bare")
    make_ledger_entry(product=bare, starts=JANUARY, amount=Decimal("500.00"))
    actions.refresh_standings()
    assert (big, small, bare) is not None

    def order(sort: str) -> list[str]:
        return [line.name for line in reader.get(f"{BOARD}?sort={sort}").context["lines"]]

    assert order("-spend") == ["Big", "Bare", "Small"]
    assert order("name") == ["Bare", "Big", "Small"]
    assert order("-credited") == ["Small", "Big", "Bare"]
    assert order("credited") == ["Big", "Small", "Bare"]
    # An order that does not exist is as none: grouped.
    assert reader.get(f"{BOARD}?sort=nonsense").context["table"].is_grouped


def test_filters_in_the_address_choose_products_and_work_out_the_headline_again(reader, network):
    response = reader.get(f"{BOARD}?stage=grow")
    assert [line.name for line in response.context["lines"] if line.product] == ["Sign-in"]
    # The platform's own 100 are credited with half of 200.
    assert "$1 in, $1.00 out" in text_of(response)
    assert "1 of 2 products" in text_of(response)
    assert "$1 in, $2.00 out" in text_of(reader.get(f"{BOARD}?value_stream=motoring"))
    assert "$1 in, $2.00 out" in text_of(reader.get(f"{BOARD}?search=vehicle"))
    assert "$1 in, $1.00 out" in text_of(reader.get(f"{BOARD}?kind=platform&evidence=asserted&valued=yes"))
    assert "No products match" in text_of(reader.get(f"{BOARD}?valued=no"))


def test_a_stream_of_which_only_a_part_is_shown_sums_that_part(reader):
    stream = make_value_stream()
    make_earning("100.00", "100", value_stream=stream, stage="grow")
    make_earning("100.00", "10", value_stream=stream, stage="retire")
    actions.refresh_standings()
    head = reader.get(f"{BOARD}?stage=grow").context["lines"][0]
    assert (head.spend, head.credited) == (Decimal("100.00"), pytest.approx(2.0))
    assert head.standing is None


def test_ties_unvalued_and_illustrative_products_say_so(reader):
    first, second = make_product(is_illustrative=True), make_product()
    for product in (first, second):
        make_ledger_entry(product=product, starts=JANUARY)
        make_worth(product, low="1", high="4")
    make_ledger_entry(starts=JANUARY)
    actions.refresh_standings()
    said = text_of(reader.get(BOARD))
    assert said.count(" tied") >= 2
    assert "unvalued" in said
    assert "illustrative" in said


def test_htmx_gets_the_table_alone(reader, network):
    response = reader.get(BOARD, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "Vehicle tax" in text_of(response)
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("query", ["", "?sort=-spend", "?stage=explore", "?from=2016-01&to=2016-03"])
def test_the_board_takes_as_many_queries_for_twenty_products_as_for_one(
    reader, query, django_assert_num_queries, django_assert_max_num_queries
):
    make_earning()
    actions.refresh_standings()
    reader.get(reverse("board:how"))  # what every page says is asked once
    with django_assert_max_num_queries(100) as first:
        reader.get(BOARD + query)
    of_one = len(first)  # before the next request forgets them
    for number in range(19):
        # Each with a value stream, a link and a movement of its own.
        product = make_earning(on=FEBRUARY if number % 2 else MARCH)
        make_link(supplier=product, consumer=make_product(), share=Decimal("0.1"), starts=JANUARY)
    actions.refresh_standings()
    reader.get(reverse("board:how"))
    with django_assert_num_queries(of_one):
        reader.get(BOARD + query)


# -- windows and moments ---------------------------------------------------------------------------------------------


def test_a_window_of_any_months_can_be_asked_for(reader, network):
    make_ledger_entry(product=network.tax, starts=FEBRUARY, amount=Decimal("50.00"))
    actions.refresh_standings()
    assert "$1 in, $1.00 out" in text_of(reader.get(BOARD))
    said = text_of(reader.get(f"{BOARD}?from=2016-01&to=2016-01"))
    assert "$1 in, $1.33 out" in said
    assert "January 2016" in said


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from=2016-02", "needs both its first and its last month"),
        ("from=2016-03&to=2016-01", "starts in 2016-03, after it ends"),
        ("from=2016-01&to=2016-12", "no figures for 2016-12 yet"),
        ("from=January&to=2016-03", "is not a month"),
        ("window=decade", "Select a valid choice"),
        ("known=yesterday", "is not a moment"),
        ("value_stream=nowhere", "no value stream with the code"),
    ],
)
def test_a_window_that_makes_no_sense_is_explained(reader, network, query, found):
    response = reader.get(f"{BOARD}?{query}")
    assert response.status_code == 400
    said = text_of(response)
    assert found in said.replace("&#x27;", "'")
    assert "To mend it" in said


def test_a_corrected_figure_is_still_shown_as_it_was_known(reader, network):
    entry = network.tax.ledger_entries.get()
    before = timezone.now()
    rows.correct(entry, changes={"amount": Decimal("100.00")}, reason="Two digits were swapped", by=None)
    actions.refresh_standings()
    assert "$1 in, $1.00 out" in text_of(reader.get(BOARD))
    said = text_of(reader.get(BOARD, {"known": before.isoformat()}))
    assert "$1 in, $1.33 out" in said
    assert "Worked out from what was known then" in said


def test_a_moment_at_which_nothing_was_known_says_so(reader, network):
    said = text_of(reader.get(f"{BOARD}?known=2015-01-01T00:00Z"))
    assert "Nothing was known yet" in said


# -- what moved -----------------------------------------------------------------------------------------------------


def moves(response) -> dict[str, str]:
    return {move.standing.product.code: move.reason for move in response.context["moves"]}


def test_more_value_is_named_as_the_reason(reader):
    product = make_earning(code="tax")
    make_worth(product, "50", on=FEBRUARY)
    make_ledger_entry(product=product, starts=FEBRUARY, amount=Decimal("0.01"))
    actions.refresh_standings()
    assert moves(reader.get(BOARD))["tax"] == "$100 more value reached customers; cost unchanged."


def test_more_cost_is_named_as_the_reason(reader):
    product = make_earning(code="tax")
    make_ledger_entry(product=product, starts=FEBRUARY, amount=Decimal("300.00"))
    actions.refresh_standings()
    assert moves(reader.get(BOARD))["tax"] == "It cost $300 more; value hardly changed."


def test_a_correction_is_named_with_its_reason_and_a_link(reader):
    product = make_earning(code="tax")
    make_ledger_entry(product=product, starts=FEBRUARY, amount=Decimal("0.01"))
    entry = product.ledger_entries.get(starts=JANUARY)
    new = rows.correct(entry, changes={"amount": Decimal("200.00")}, reason="Booked too low.", by=None)
    actions.refresh_standings()
    response = reader.get(BOARD)
    assert moves(response)["tax"] == "Correction: Booked too low."
    assert new.get_absolute_url() in response.content.decode()


def test_a_move_through_the_network_is_told_from_new_value(reader):
    platform, tax, permits = (make_product(code=code) for code in ("platform", "tax", "permits"))
    for month in (date(2015, 11, 1), date(2015, 12, 1), JANUARY, FEBRUARY):
        for product in (platform, tax, permits):
            make_ledger_entry(product=product, starts=month, amount=Decimal("100.00"))
    for product in (tax, permits):
        metric = make_metric(product=product)
        make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), starts=date(2015, 11, 1))
        for month in (date(2015, 11, 1), date(2015, 12, 1), JANUARY, FEBRUARY):
            make_observation(metric=metric, starts=month, value=Decimal("124"))
    make_link(supplier=platform, consumer=tax, share=Decimal("0.5"), starts=date(2015, 11, 1))
    make_link(supplier=platform, consumer=permits, share=Decimal("0.4"), starts=FEBRUARY)
    actions.refresh_standings()
    said = moves(reader.get(f"{BOARD}?window=quarter"))
    assert said["platform"].startswith("Network, not new value: ")
    assert "more is credited to it" in said["platform"]
    assert said["permits"].startswith("Network, not new value: ")
    assert "less is credited to it" in said["permits"]


# -- how it is worked out ------------------------------------------------------------------------------------------


def test_the_arithmetic_is_explained_with_the_portfolios_own_numbers(reader, network):
    said = text_of(reader.get(reverse("board:how")))
    assert "$200.00 of value ÷ $150.00 of cost = $1.33" in said
    assert "Vehicle tax" in said
    assert "$100.00" in said


def test_the_arithmetic_is_explained_without_any_numbers_too(reader):
    assert reader.get(reverse("board:how")).status_code == 200


def test_a_board_that_was_seen_costs_no_query_for_its_figures(reader, network, django_assert_num_queries):
    first = reader.get(BOARD)
    with django_assert_num_queries(3):  # the session, the user, and whether anything has changed
        again = reader.get(BOARD)
    assert text_of(first) == text_of(again)


def test_what_is_kept_of_a_board_holds_nothing_of_who_saw_it_first(reader, network, client, settings):
    # One whose entries can be read through.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "seen"}}
    seen = reader.get(BOARD).content.decode()
    other = make_user()
    client.force_login(other)
    page = client.get(BOARD).content.decode()
    assert other.username in page
    kept = [parts for name, parts in cache._cache.items() if "parts:" in name]
    assert kept
    assert all(b"user-" not in parts and b"csrf" not in parts for parts in kept)
    assert "csrfmiddlewaretoken" in seen


def test_a_renamed_product_and_a_moved_stream_show_at_once(reader, network):
    reader.get(BOARD)
    network.tax.name = "Road tax"
    rows.save(network.tax, by=None)
    assert "Road tax" in text_of(reader.get(BOARD))
    stream = network.tax.value_stream
    stream.name = "Roads"
    rows.save(stream, by=None)
    assert "Roads" in text_of(reader.get(BOARD))


def test_a_board_of_many_products_draws_those_that_spend_most_and_says_so(reader, monkeypatch):
    monkeypatch.setattr(views, "MOST_DRAWN", 2)
    for number in range(3):
        make_earning(spend=f"{100 + number}.00", name=f"Service {number}")
    actions.refresh_standings()
    said = text_of(reader.get(BOARD))
    assert "Of 3 products, the 2 that spend most" in said


def test_a_board_is_compressed_for_who_takes_it_so(reader, network):
    plain = reader.get(BOARD)
    small = reader.get(BOARD, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.content) < len(plain.content) / 2
    assert "Accept-Encoding" in small.headers["Vary"]
