"""Pages of the network."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from portfolio.common import actions
from portfolio.network.models import Link, Usage
from tests.factories import make_link, make_product, make_usage, make_user

pytestmark = pytest.mark.django_db

LISTS = {"link": "network:network", "usage": "network:usage-list"}
MAKERS = {
    "link": lambda: make_link(by=make_user("leader")),
    "usage": lambda: make_usage(consumer=make_product(), by=make_user("leader")),
}


@pytest.fixture
def leader(client):
    """Sign a leader in."""
    user = make_user("leader")
    client.force_login(user)
    return user


@pytest.fixture
def reader(client):
    """Sign someone in who may write nothing."""
    user = make_user()
    client.force_login(user)
    return user


@pytest.mark.parametrize("kind", LISTS)
def test_an_empty_list_says_what_to_do_next(client, reader, kind):
    answer = client.get(reverse(LISTS[kind]))
    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    client, reader, kind, django_assert_num_queries, django_assert_max_num_queries
):
    url = reverse(LISTS[kind])
    MAKERS[kind]()
    client.get(url)
    with django_assert_max_num_queries(12) as captured:
        client.get(url)
    once = len(captured)
    for _ in range(19):
        MAKERS[kind]()
    client.get(url)  # how fresh the figures are is kept until they change
    with django_assert_num_queries(once):
        answer = client.get(url)
    assert answer.context["page"].paginator.count == 20


@pytest.mark.parametrize("kind", LISTS)
def test_htmx_gets_the_table_alone(client, reader, kind):
    MAKERS[kind]()
    fragment = client.get(reverse(LISTS[kind]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "<table" in fragment


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_filtered_by_either_side(client, reader, kind):
    wanted = MAKERS[kind]()
    MAKERS[kind]()
    supplier, consumer = wanted.supplier, wanted.consumer
    for query in (
        {"product": supplier.code},
        {"product": consumer.code},
        {"supplier": supplier.code},
        {"consumer": consumer.code},
        {"value_stream": consumer.value_stream.code},
        {"search": supplier.name},
    ):
        page = client.get(reverse(LISTS[kind]), query).context["page"]
        assert list(page) == [wanted], query
    assert "match" in client.get(reverse(LISTS[kind]), {"supplier": consumer.code}).content.decode()


@pytest.mark.parametrize("sort", ["supplier", "-consumer", "service", "-share", "starts"])
def test_links_are_sorted_by_their_address(client, reader, sort):
    for share in ("0.3", "0.1", "0.2"):
        make_link(share=Decimal(share), service=f"Service {share}")
    rows = list(client.get(reverse("network:network"), {"sort": sort}).context["page"])
    name = sort.removeprefix("-")
    key = {"supplier": lambda row: row.supplier.name, "consumer": lambda row: row.consumer.name}.get(
        name, lambda row: getattr(row, name)
    )
    assert rows == sorted(rows, key=key, reverse=sort.startswith("-"))


def test_usage_is_filtered_by_months_and_by_customers_outside(client, reader):
    january = make_usage(month=date(2026, 1, 1), consumer=make_product())
    march = make_usage(month=date(2026, 3, 1))
    url = reverse("network:usage-list")
    for query, rows in (
        ({"month": "2026-01"}, [january]),
        ({"from": "2026-02"}, [march]),
        ({"to": "2026-02"}, [january]),
        ({"outside": "true"}, [march]),
    ):
        assert list(client.get(url, query).context["page"]) == rows, query


def test_the_network_is_had_as_it_was_known(client, reader):
    link = make_link(share=Decimal("0.25"))
    make_usage(supplier=link.supplier, consumer=link.consumer)
    before = timezone.now()
    actions.correct(link, changes={"share": Decimal("0.75")}, reason="Misread", by=None)
    url = reverse("network:network")
    assert "75.0%" in client.get(url).content.decode()
    assert "25.0%" in client.get(url, {"known": before.isoformat()}).content.decode()


@pytest.mark.parametrize("kind", LISTS)
def test_a_row_shows_its_chain_of_corrections(client, leader, kind):
    row = MAKERS[kind]()
    changes = {"link": {"share": Decimal("0.5")}, "usage": {"quantity": Decimal("7")}}[kind]
    new = actions.correct(row, changes=changes, reason="Read from the wrong line", by=leader)
    old_page, new_page = client.get(row.get_absolute_url()), client.get(new.get_absolute_url())
    assert "A later row replaces this one" in old_page.content.decode()
    assert not old_page.context["may_write"]
    assert new_page.context["may_write"]
    assert [entry["what"] for entry in new_page.context["history"]] == ["Corrected", "Recorded"]


def test_buttons_are_only_for_those_who_may(client, reader):
    link, usage = make_link(), make_usage()
    for url in (link.get_absolute_url(), usage.get_absolute_url(), reverse("network:network")):
        page = client.get(url).content.decode()
        assert not any(f"/{verb}/" in page for verb in ("add", "correct", "retract"))


def test_an_owner_links_what_is_theirs_on_either_side(client):
    mine, other, third = make_product(), make_product(), make_product()
    client.force_login(make_user("product_owner", product=mine))
    url = reverse("network:link-add")
    data = {"share": "0.2", "starts": "2026-01-01"}
    assert client.post(url, data | {"supplier": mine.pk, "consumer": other.pk}).status_code == 302
    assert client.post(url, data | {"supplier": other.pk, "consumer": mine.pk}).status_code == 302
    answer = client.post(url, data | {"supplier": other.pk, "consumer": third.pk})
    assert answer.status_code == 422
    assert "You may not change this link" in answer.content.decode()
    assert Link.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"share": "1.2"}, "share", "at most 1"),
        ({"starts": "2026-01-15"}, "starts", "is not the first of one"),
        ({"ends": "2025-01-01"}, "ends", "must come after the start"),
        ({"consumer": ""}, "consumer", "required"),
        ({"consumer": "itself"}, "consumer", "cannot pull from itself"),
    ],
)
def test_an_error_stands_beside_its_field(client, leader, given, field, words):
    supplier, consumer = make_product(), make_product()
    data = {"supplier": supplier.pk, "consumer": consumer.pk, "share": "0.2", "starts": "2026-01-01"} | given
    if data["consumer"] == "itself":
        data["consumer"] = supplier.pk
    answer = client.post(reverse("network:link-add"), data)
    assert answer.status_code == 422
    assert any(words in error for error in answer.context["form"].errors[field])
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_usage_is_recorded_from_its_link(client, leader):
    link = make_link()
    page = client.get(link.get_absolute_url()).content.decode()
    assert f"?supplier={link.supplier.code}&amp;consumer={link.consumer.code}" in page
    url = reverse("network:usage-add")
    form = client.get(url, {"supplier": link.supplier.code, "consumer": link.consumer.code}).context["form"]
    assert (form.initial["supplier"], form.initial["consumer"]) == (link.supplier, link.consumer)
    data = {"supplier": link.supplier.pk, "consumer": link.consumer.pk, "month": "2026-02", "quantity": "12.5"}
    usage_url = client.post(url, data).url
    usage = Usage.objects.get()
    assert (usage_url, usage.month, usage.quantity) == (usage.get_absolute_url(), date(2026, 2, 1), Decimal("12.5"))
    assert "12.5" in client.get(link.get_absolute_url()).content.decode()
    answer = client.post(url, data | {"month": "2025-12"})
    assert "There is no link" in answer.context["form"].errors["consumer"][0]
    answer = client.post(url, data | {"month": "soon"})
    assert "is not a month" in answer.context["form"].errors["month"][0]


def test_usage_is_shown_beside_all_of_its_month(client, reader):
    supplier = make_product(usage_unit="checks")
    make_usage(supplier=supplier, quantity=Decimal("30"))
    usage = make_usage(supplier=supplier, consumer=make_product(), quantity=Decimal("10"))
    page = client.get(usage.get_absolute_url())
    assert page.context["together_total"] == 40
    assert "25.0%" in page.content.decode()
    assert "checks" in page.content.decode()


def test_a_correction_of_usage_begins_with_its_month(client, leader):
    usage = make_usage(month=date(2026, 2, 1))
    url = reverse("network:usage-correct", args=[usage.pk])
    assert 'value="2026-02"' in client.get(url).content.decode()
    client.post(url, {"supplier": usage.supplier.pk, "month": "2026-02", "quantity": "11", "reason": "Misread"})
    new = Usage.objects.known().get()
    assert (new.quantity, new.corrects, new.month) == (Decimal("11"), usage, usage.month)


@pytest.mark.parametrize("kind", LISTS)
def test_a_retraction_keeps_the_row_readable(client, leader, kind):
    row = make_link() if kind == "link" else make_usage()
    url = reverse(f"network:{kind}-retract", args=[row.pk])
    answer = client.post(url, {"reason": "Never agreed"}, follow=True)
    assert "This row no longer counts" in answer.content.decode()
    assert client.get(url).status_code == 409


def test_a_link_with_usage_stays_and_says_why(client, leader):
    usage = make_usage(consumer=make_product())
    link = Link.objects.get()
    answer = client.post(reverse("network:link-retract", args=[link.pk]), {"reason": "Never agreed"})
    assert answer.status_code == 422
    assert f"Usage by {usage.consumer} in 2026-01 would have no link" in answer.content.decode()


@pytest.mark.parametrize("kind", LISTS)
def test_who_may_not_write_is_told_which_roles_may(client, reader, kind):
    answer = client.get(reverse(f"network:{kind}-add"))
    assert answer.status_code == 403
    assert "product owner" in answer.content.decode()
