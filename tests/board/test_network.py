"""A product's neighbourhood: whom it pulls from, who pulls from it, and what flows each way."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portfolio.board.network import MOST_LISTED
from portfolio.common import actions as rows
from portfolio.network.models import Link
from portfolio.rollup import actions
from portfolio.rollup.inputs import Inputs, nothing
from portfolio.rollup.snapshots import Results, store
from products.catalog.models import Product
from tests.board.conftest import JANUARY
from tests.factories import make_ledger_entry, make_product, make_user, make_value_stream

pytestmark = pytest.mark.django_db


def page(reader, code, **query):
    return reader.get(reverse("board:network-product", args=[code]), query)


def sides(response):
    return [
        [(line.product.code, line.share, line.cost, line.value) for line in response.context[side].lines]
        for side in ("suppliers", "consumers")
    ]


def test_a_consumer_shows_what_it_takes_on_and_what_it_credits_back(reader, network):
    response = page(reader, "tax")

    assert sides(response) == [[("platform", 0.5, Decimal("50.00"), Decimal("100.00"))], []]
    assert "It pulls from 1" in response.content.decode()


def test_a_supplier_shows_to_whom_its_cost_goes_and_through_whom_value_comes(reader, network):
    response = page(reader, "platform")

    assert sides(response) == [[], [("tax", 0.5, Decimal("50.00"), Decimal("100.00"))]]
    assert "1 pulls from it" in response.content.decode()


def test_the_picture_and_the_tables_lead_to_the_next_neighbourhood(reader, network):
    text = page(reader, "tax").content.decode()

    assert text.count(reverse("board:network-product", args=["platform"])) >= 2
    assert 'class="strand cost"' in text
    assert 'class="strand value"' in text


def test_the_sums_are_those_of_the_products_statement(reader, network):
    neighbours = page(reader, "platform").context["statement"]
    shown = reader.get("/product/platform/").context["statement"]

    assert neighbours == shown


def test_a_window_is_asked_for_in_the_address_and_kept_on_the_way(reader, network):
    asked = {"from": "2016-01", "to": "2016-01"}

    response = page(reader, "tax", **asked)

    assert sides(response)[0][0][2] == Decimal("50.00")
    assert "?from=2016-01&amp;to=2016-01" in response.content.decode()
    assert sides(page(reader, "tax", **{"from": "2016-02", "to": "2016-03"})) == [
        [("platform", 0.5, Decimal("0.00"), Decimal("0.00"))],
        [],
    ]


def test_a_window_that_cannot_be_is_explained(reader, network):
    response = page(reader, "tax", **{"from": "2016-03", "to": "2016-01"})

    assert response.status_code == 400
    assert "This window cannot be shown" in response.content.decode()


def test_it_shows_the_network_as_it_was_known(reader, network):
    before = timezone.now()
    link = Link.objects.get()
    rows.correct(link, changes={"share": Decimal("0.25")}, reason="Misread.", by=None)
    actions.refresh_standings()

    assert sides(page(reader, "tax"))[0][0][1] == 0.25
    assert sides(page(reader, "tax", known=before.isoformat()))[0][0][1] == 0.5


def test_a_product_that_stands_alone_says_so(reader, network):
    make_ledger_entry(product=make_product(code="alone"), starts=JANUARY, amount=Decimal("1.00"))
    actions.refresh_standings()

    assert "It stands alone" in page(reader, "alone").content.decode()


def test_before_there_are_figures_it_says_what_to_do(reader):
    make_product(code="new")

    assert "No figures yet" in page(reader, "new").content.decode()


def test_an_unknown_product_is_not_found(reader):
    assert page(reader, "nobody").status_code == 404


def test_who_may_link_it_is_offered_to(client, network):
    client.force_login(make_user("product_owner", product=network.tax))
    address = f"{reverse('network:link-add')}?consumer=tax"

    assert address in page(client, "tax").content.decode()
    assert address.replace("tax", "platform") not in page(client, "platform").content.decode()


@pytest.fixture
def crowd(reader, settings):
    """A platform in a network of a thousand products, all of which pull from it."""
    settings.TWOFOLD_TODAY = date(2016, 3, 31)
    stream = make_value_stream()
    platform = make_product(code="platform", name="Platform", value_stream=stream)
    make_ledger_entry(product=platform, starts=JANUARY, amount=Decimal("1000.00"))
    actions.refresh_standings()
    Product.objects.bulk_create(
        Product(code=f"service-{n}", name=f"Service {n:03}", value_stream=stream) for n in range(999)
    )
    pull(platform, list(Product.objects.exclude(pk=platform.pk).order_by("pk")))
    return platform


def pull(platform, consumers) -> None:
    """Keep a January in which each consumer pulled a tenth of a cent more than the one before it."""
    size = len(consumers)
    products = np.array(sorted([platform.pk, *(one.pk for one in consumers)]))
    nil, number = np.zeros(size + 1, np.int64), np.arange(size)
    place = int(np.searchsorted(products, platform.pk))
    inputs = Inputs(
        month=JANUARY,
        products=products,
        ledger=nil,
        labour=nil,
        value=nil,
        graded=np.zeros((size + 1, 2), np.int64),
        measured=nothing(JANUARY).measured,
        suppliers=np.full(size, place, np.intp),
        consumers=np.searchsorted(products, [one.pk for one in consumers]),
        share=np.full(size, 0.001),
        basis_codes=np.ones(size, np.int8),
    )
    store(
        inputs,
        Results(
            nil,
            nil,
            nil,
            nil,
            np.zeros((size + 1, 2), np.int64),
            link_cost=number // 10,
            link_value=number * 100,
            is_known=np.ones(size + 1, np.bool_),
            gap=0.0,
        ),
    )


def test_a_thousand_neighbours_are_told_by_the_largest_and_the_rest_together(reader, crowd):
    response = page(reader, "platform")
    side = response.context["consumers"]
    text = response.content.decode()

    assert len(side.lines) == 999
    assert [line.product.name for line in side.shown][:2] == ["Service 998", "Service 997"]
    assert len(side.shown) == MOST_LISTED
    assert f"and {999 - MOST_LISTED} more" in text
    assert sum(line.cost for line in side.shown) + side.rest_cost == side.cost
    assert sum(line.value for line in side.shown) + side.rest_value == side.value
    assert "smaller ones" in text


def test_all_of_them_are_listed_when_asked_for(reader, crowd):
    response = page(reader, "platform", all="yes")

    assert len(response.context["consumers"].shown) == 999
    assert "Service 001" in response.content.decode()


def test_it_takes_as_many_queries_for_hundreds_of_neighbours_as_for_one(reader, crowd, django_assert_num_queries):
    # SQLite is asked for at most 999 rows by their keys at once.
    pull(crowd, list(Product.objects.exclude(pk=crowd.pk).order_by("-pk")[:900]))
    reader.get("/how/")  # what every page says is asked once
    with CaptureQueriesContext(connection) as many:
        page(reader, "platform")
    of_many = len(many)  # before the next request forgets them
    pull(crowd, list(Product.objects.exclude(pk=crowd.pk).order_by("pk")[:1]))
    reader.get("/how/")

    with django_assert_num_queries(of_many):
        page(reader, "platform")


def test_the_product_and_the_network_lead_to_it(reader, network):
    address = reverse("board:network-product", args=["tax"])

    assert address in reader.get("/product/tax/").content.decode()
    assert address in reader.get(reverse("network:network")).content.decode()
