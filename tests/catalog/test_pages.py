"""Pages of the catalogue, through the browser's eyes: what is shown, to whom, and what forms do."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portfolio.common import actions
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog import panels
from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream
from tests import factories as make

pytestmark = pytest.mark.django_db

MARKUP = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@pytest.fixture
def leader(client) -> User:
    """A leader of the whole portfolio, signed in."""
    user = make.make_user("leader")
    client.force_login(user)
    return user


def text_of(response) -> str:
    return response.content.decode()


def queries_of(client, url) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


LISTS = ["product", "value-stream", "segment", "insight", "assignment"]


def make_rows(count: int) -> None:
    for _ in range(count):
        owner = User.objects.create(username=f"owner-{User.objects.count()}")
        product = make.make_product(owner=owner, value_stream=make.make_value_stream(parent=make.make_value_stream()))
        segment = make.make_segment(product=product)
        make.make_insight(product=product, segment=segment)
        make.make_assignment(product=product)


# -- Lists ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_takes_as_many_queries_for_twenty_rows_as_for_one(client, leader, kind):
    url = reverse(f"catalog:{kind}-list")
    make_rows(1)
    client.get(url)
    one = queries_of(client, url)
    make_rows(19)
    client.get(url)  # how fresh the figures are is kept until they change

    assert queries_of(client, url) == one


@pytest.mark.parametrize("kind", LISTS)
def test_an_empty_list_says_what_to_do_next(client, leader, kind):
    assert "empty-title" in text_of(client.get(reverse(f"catalog:{kind}-list")))


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_gives_htmx_just_its_table(client, leader, kind):
    make_rows(1)
    response = client.get(reverse(f"catalog:{kind}-list"), headers={"HX-Request": "true"})

    assert "<html" not in text_of(response)
    assert "<table" in text_of(response)
    assert "HX-Request" in response.headers["Vary"]


@pytest.mark.parametrize("kind", LISTS)
def test_pages_are_for_who_is_signed_in(client, kind):
    assert client.get(reverse(f"catalog:{kind}-list")).status_code == 302


@pytest.mark.parametrize(
    ("kind", "sorts"),
    [
        ("product", ["name", "value_stream", "stage", "kind", "owner"]),
        ("segment", ["name", "product", "size", "insights"]),
        ("insight", ["said_on", "product", "segment", "kind"]),
        ("assignment", ["team", "product", "share", "starts", "ends"]),
    ],
)
def test_lists_are_sorted_by_their_headers(client, leader, kind, sorts):
    make_rows(3)
    for sort in [*sorts, *(f"-{sort}" for sort in sorts)]:
        response = client.get(reverse(f"catalog:{kind}-list"), {"sort": sort})
        assert not response.context["filter"].errors, sort
        assert len(response.context["page"].object_list) == 3


def test_products_are_found_by_stream_with_all_below_stage_kind_owner_and_words(client, leader):
    top = make.make_value_stream(code="driving")
    below = make.make_value_stream(code="licences", parent=top)
    owner = make.make_user()
    make.make_product(name="Renewals", value_stream=below, stage="sustain", owner=owner, purpose="Keep a licence")
    make.make_product(name="Tests", value_stream=top, stage="grow", kind="platform")
    make.make_product(name="Register")

    def found(**query):
        return [product.name for product in client.get(reverse("catalog:product-list"), query).context["page"]]

    assert found(value_stream="driving") == ["Renewals", "Tests"]
    assert found(value_stream="licences") == ["Renewals"]
    assert found(stage="grow") == ["Tests"]
    assert found(kind="platform", value_stream="driving") == ["Tests"]
    assert found(owner=owner.username) == ["Renewals"]
    assert found(search="keep a") == ["Renewals"]
    assert found(sort="-name") == ["Tests", "Renewals", "Register"]
    assert found(stage="sustain", kind="platform") == []


def test_a_long_list_is_paged_and_keeps_its_filters(client, leader):
    stream = make.make_value_stream()
    for number in range(51):
        make.make_product(name=f"Product {number:02}", value_stream=stream)
    response = client.get(reverse("catalog:product-list"), {"search": "Product", "page": 2})

    assert [product.name for product in response.context["page"]] == ["Product 50"]
    assert "search=Product&amp;page=1" in text_of(response)


def test_insights_come_latest_first_and_are_found_by_their_words(client, leader):
    product = make.make_product()
    make.make_insight(product=product, text="The form is long", said_on=date(2026, 1, 1))
    make.make_insight(product=product, text="The letter came late", said_on=date(2026, 2, 1), kind="complaint")

    def found(**query):
        return [row.text for row in client.get(reverse("catalog:insight-list"), query).context["page"]]

    assert found() == ["The letter came late", "The form is long"]
    assert found(search="form") == ["The form is long"]
    assert found(kind="complaint") == ["The letter came late"]
    assert found(said_from="2026-01-15") == ["The letter came late"]
    assert found(said_to="2026-01-15", product=product.code) == ["The form is long"]


def test_assignments_are_found_by_the_day_they_hold_and_as_they_were_known(client, leader):
    row = make.make_assignment(starts=date(2026, 1, 1), ends=date(2026, 2, 1))
    before = timezone.now()
    actions.retract(row, reason="Never", by=None)

    def found(**query):
        return list(client.get(reverse("catalog:assignment-list"), query).context["page"])

    assert found() == []
    assert found(known=before.isoformat()) == [row]
    assert found(known=before.isoformat(), on="2026-02-01") == []


# -- Value streams ------------------------------------------------------------------------------------------


def test_value_streams_are_shown_as_a_tree(client, leader):
    top = make.make_value_stream(name="Driving")
    make.make_value_stream(name="Licences", parent=top)
    make.make_value_stream(name="Agriculture")
    response = client.get(reverse("catalog:value-stream-list"))

    assert [(row.name, row.depth) for row in response.context["page"]] == [
        ("Agriculture", 0),
        ("Driving", 0),
        ("Licences", 1),
    ]
    assert ", below Driving" in text_of(response)


def test_a_value_stream_shows_its_place_and_all_products_below(client, leader):
    top = make.make_value_stream(name="Driving", purpose="Keep people on the road.")
    below = make.make_value_stream(name="Licences", parent=top)
    make.make_product(name="Renewals", value_stream=below)
    make.make_product(name="Register")
    text = text_of(client.get(top.get_absolute_url()))

    assert "Keep people on the road." in text
    assert "Renewals" in text
    assert "Register" not in text
    assert f'<a href="{top.get_absolute_url()}">Driving</a>' in text_of(client.get(below.get_absolute_url()))


def test_the_products_of_a_stream_are_filtered_and_come_to_htmx_alone(client, leader):
    stream = make.make_value_stream()
    make.make_product(name="Renewals", value_stream=stream)
    make.make_product(name="Tests", value_stream=stream)
    response = client.get(stream.get_absolute_url(), {"search": "renew"}, headers={"HX-Request": "true"})

    assert "<html" not in text_of(response)
    assert "Renewals" in text_of(response)
    assert "Tests" not in text_of(response)


def test_a_leader_adds_a_stream_below_another(client, leader):
    make.make_value_stream(code="driving")
    form = client.get(reverse("catalog:value-stream-add"), {"parent": "driving"}).context["form"]
    parent = form.initial["parent"]
    client.post(reverse("catalog:value-stream-add"), {"code": "licences", "name": "Licences", "parent": parent.pk})

    assert ValueStream.objects.get(code="licences").parent == parent


def test_a_stream_offers_no_parent_below_itself(client, leader):
    top = make.make_value_stream(name="Driving")
    below = make.make_value_stream(name="Licences", parent=top)
    make.make_value_stream(name="Land")
    url = reverse("catalog:value-stream-edit", args=[top.code])
    offered = [label for _, label in client.get(url).context["form"].fields["parent"].choices]

    assert offered == ["None: at the top", "Land"]
    response = client.post(url, {"name": "Driving", "parent": below.pk})
    assert response.status_code == 422
    assert "parent" in response.context["form"].errors


def test_the_tree_is_offered_with_names_from_the_top(client, leader):
    top = make.make_value_stream(name="Driving")
    make.make_value_stream(name="Licences", parent=top)
    form = client.get(reverse("catalog:product-add")).context["form"]

    assert [label for _, label in form.fields["value_stream"].choices][1:] == ["Driving", "Driving › Licences"]


# -- Products ------------------------------------------------------------------------------------------------


def product_data(product: Product, **changes) -> dict:
    fields = {"name": product.name, "value_stream": product.value_stream_id, "stage": "grow", "kind": "customer"}
    return fields | changes


def test_a_leader_of_a_stream_adds_a_product_there_and_nowhere_else(client):
    mine, other = make.make_value_stream(), make.make_value_stream()
    client.force_login(make.make_user("leader", value_stream=mine))
    data = {"code": "renewals", "name": "Renewals", "value_stream": other.pk, "stage": "grow", "kind": "customer"}
    refused = client.post(reverse("catalog:product-add"), data)
    assert refused.status_code == 422
    assert "You may not change this product" in text_of(refused)
    client.post(reverse("catalog:product-add"), data | {"value_stream": mine.pk})

    assert Product.objects.get().value_stream == mine


def test_a_product_owner_edits_the_product_and_cannot_move_it(client):
    product, other = make.make_product(), make.make_value_stream()
    owner = make.make_user("product_owner", product=product)
    client.force_login(owner)
    url = reverse("catalog:product-edit", args=[product.code])
    assert client.post(url, product_data(product, purpose="Keep a licence", code="stolen")).status_code == 302
    refused = client.post(url, product_data(product, value_stream=other.pk))

    assert refused.status_code == 422
    assert "takes a role over both" in text_of(refused)
    stored = Product.objects.get(pk=product.pk)
    assert (stored.purpose, stored.value_stream, stored.code) == ("Keep a licence", product.value_stream, product.code)
    assert stored.history.first().history_user == owner


def test_errors_stand_beside_their_field(client, leader):
    response = client.post(reverse("catalog:product-add"), {"code": "Not A Code", "name": "", "stage": "pilot"})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"code", "name", "value_stream", "stage", "kind"}
    assert 'id="id_code_error"' in text_of(response)


# -- Segments ------------------------------------------------------------------------------------------------


def test_a_product_owner_describes_customers(client):
    product = make.make_product(code="renewals")
    client.force_login(make.make_user("product_owner", product=product))
    data = {"product": product.pk, "code": "older-drivers", "name": "Older drivers", "size": "5500000"}
    response = client.post(reverse("catalog:segment-add"), data | {"size_basis": "Register, 2026"})
    assert response.url == "/products/segments/older-drivers/"
    text = text_of(client.get(response.url))
    assert "5,500,000" in text
    assert "Register, 2026" in text
    client.post(reverse("catalog:segment-edit", args=["older-drivers"]), {"name": "Drivers over 70", "size": ""})

    segment = Segment.objects.get()
    assert (segment.name, segment.size, segment.product) == ("Drivers over 70", None, product)


def test_a_size_that_is_no_count_is_told_beside_its_field(client, leader):
    data = {"product": make.make_product().pk, "code": "drivers", "name": "Drivers", "size": "-5"}
    response = client.post(reverse("catalog:segment-add"), data)

    assert "size" in response.context["form"].errors


# -- Insights -------------------------------------------------------------------------------------------------


def test_an_insight_is_recorded_with_its_source(client):
    product = make.make_product()
    segment = make.make_segment(product=product)
    partner = make.make_user("business_partner", product=product)
    client.force_login(partner)
    form = client.get(reverse("catalog:insight-add"), {"segment": segment.code}).context["form"]
    assert form.initial == {"product": product, "segment": segment}
    data = {
        "product": product.pk,
        "segment": segment.pk,
        "said_on": "2026-03-01",
        "kind": "survey",
        "text": "I gave up on page three.",
        "source": "Exit survey, March",
    }
    response = client.post(reverse("catalog:insight-add"), data)

    insight = Insight.objects.get()
    assert response.url == insight.get_absolute_url()
    assert insight.recorded_by == partner
    text = text_of(client.get(response.url))
    assert "I gave up on page three." in text
    assert "Exit survey, March" in text


def test_a_form_for_one_product_offers_its_segments_only(client, leader):
    mine = make.make_segment()
    make.make_segment()
    form = client.get(reverse("catalog:insight-add"), {"product": mine.product.code}).context["form"]

    assert list(form.fields["segment"].queryset) == [mine]


def test_a_segment_of_another_product_is_told_beside_its_field(client, leader):
    data = {
        "product": make.make_product().pk,
        "segment": make.make_segment().pk,
        "said_on": "2026-03-01",
        "kind": "survey",
        "text": "Words",
        "source": "Survey",
    }
    response = client.post(reverse("catalog:insight-add"), data)

    assert response.status_code == 422
    assert "choose one of" in str(response.context["form"].errors["segment"])


def test_a_day_to_come_is_told_beside_its_field(client, leader):
    data = {"product": make.make_product().pk, "kind": "survey", "text": "Words", "source": "Survey"}
    response = client.post(
        reverse("catalog:insight-add"), data | {"said_on": (today() + timedelta(days=1)).isoformat()}
    )

    assert "has not come yet" in str(response.context["form"].errors["said_on"])


def test_what_customers_wrote_is_text_and_never_markup(client, leader):
    product = make.make_product(name="Renewals <b>now</b>")
    segment = make.make_segment(product=product, name="<i>Drivers</i>", size_basis=MARKUP)
    insight = make.make_insight(product=product, segment=segment, text=MARKUP, source=MARKUP)
    actions.correct(insight, changes={"text": MARKUP + " twice"}, reason=MARKUP, by=leader)
    urls = [
        reverse("catalog:insight-list"),
        insight.get_absolute_url(),
        segment.get_absolute_url(),
        reverse("catalog:segment-list"),
        reverse("catalog:product-list"),
        reverse("catalog:insight-add"),
    ]
    for url in urls:
        text = text_of(client.get(url))
        assert "<script>alert" not in text, url
        assert "<img src=x" not in text, url
        assert "<b>now" not in text, url
        assert "<i>Drivers" not in text, url


def test_a_correction_keeps_what_was_written_first(client, leader):
    old = make.make_insight(text="It took too long.")
    data = {"product": old.product_id, "said_on": old.said_on, "kind": old.kind, "source": old.source}
    data |= {"text": "It took an hour.", "reason": "Listened again"}
    response = client.post(reverse("catalog:insight-correct", args=[old.pk]), data)

    new = Insight.objects.known().get()
    assert response.url == new.get_absolute_url()
    text = text_of(client.get(new.get_absolute_url()))
    for words in ("It took too long.", "It took an hour.", "Listened again", str(leader)):
        assert words in text
    assert "See the row that counts now" in text_of(client.get(old.get_absolute_url()))


# -- Assignments -----------------------------------------------------------------------------------------------


def test_a_team_lead_assigns_their_team(client):
    team, product = make.make_team(), make.make_product()
    client.force_login(make.make_user("team_lead", team=team))
    data = {"team": team.pk, "product": product.pk, "share": "0.75", "starts": "2026-02-01"}
    response = client.post(reverse("catalog:assignment-add"), data)

    assignment = Assignment.objects.get()
    assert response.url == assignment.get_absolute_url()
    assert assignment.share == Decimal("0.75")
    assert "75.00%" in text_of(client.get(response.url))


def test_too_large_a_share_is_told_beside_its_field_with_what_is_left(client, leader):
    team = make.make_team()
    make.make_assignment(team=team, share=Decimal("0.75"))
    data = {"team": team.pk, "product": make.make_product().pk, "share": "0.5", "starts": "2026-02-01"}
    response = client.post(reverse("catalog:assignment-add"), data)

    assert "At most 25.00% is left" in str(response.context["form"].errors["share"])


def test_an_assignment_is_corrected_and_retracted_with_a_reason(client, leader):
    old = make.make_assignment(share=Decimal("0.5"))
    data = {"team": old.team_id, "product": old.product_id, "share": "1", "starts": old.starts}
    client.post(reverse("catalog:assignment-correct", args=[old.pk]), data | {"reason": "All of them"})
    new = Assignment.objects.known().get()
    assert (new.share, new.corrects) == (1, old)
    client.post(reverse("catalog:assignment-retract", args=[new.pk]), {"reason": "Never began"})

    assert not Assignment.objects.known().exists()
    assert "Never began" in text_of(client.get(new.get_absolute_url()))


@pytest.mark.parametrize("kind", ["insight", "assignment"])
@pytest.mark.parametrize("action", ["correct", "retract"])
def test_what_no_longer_counts_cannot_be_changed(client, leader, kind, action):
    row = {"insight": make.make_insight, "assignment": make.make_assignment}[kind]()
    actions.retract(row, reason="Never", by=None)

    assert client.get(reverse(f"catalog:{kind}-{action}", args=[row.pk])).status_code == 409


# -- Rights ------------------------------------------------------------------------------------------------------


def test_forms_are_refused_before_they_are_shown_to_who_may_not_use_them(client):
    make_rows(1)
    insight, assignment = Insight.objects.get(), Assignment.objects.get()
    client.force_login(make.make_user("finance_partner"))
    product = insight.product
    urls = [
        reverse("catalog:product-add"),
        reverse("catalog:product-edit", args=[product.code]),
        reverse("catalog:value-stream-add"),
        reverse("catalog:value-stream-edit", args=[product.value_stream.code]),
        reverse("catalog:segment-add"),
        reverse("catalog:segment-edit", args=[insight.segment.code]),
        reverse("catalog:insight-add"),
        reverse("catalog:insight-correct", args=[insight.pk]),
        reverse("catalog:insight-retract", args=[insight.pk]),
        reverse("catalog:assignment-add"),
        reverse("catalog:assignment-correct", args=[assignment.pk]),
        reverse("catalog:assignment-retract", args=[assignment.pk]),
    ]

    for url in urls:
        assert client.get(url).status_code == 403, url
        assert client.post(url, {"reason": "Mine"}).status_code == 403, url


def test_everyone_who_is_signed_in_reads_every_page(client):
    make_rows(1)
    client.force_login(make.make_user())
    insight, assignment = Insight.objects.get(), Assignment.objects.get()
    rows = [insight, insight.segment, insight.product.value_stream, assignment]

    for row in rows:
        text = text_of(client.get(row.get_absolute_url()))
        assert "/edit/" not in text
        assert "/correct/" not in text


# -- Fragments of the product's page ------------------------------------------------------------------------------


def test_the_fragments_of_a_product_show_its_customers_and_teams():
    make_rows(1)
    product = Product.objects.get()
    leader = make.make_user("leader")
    customers = render_to_string(
        "catalog/_product_customers.html", {"product": product, **panels.customers(product, user=leader)}
    )
    teams = render_to_string("catalog/_product_teams.html", {"product": product, **panels.teams(product, user=leader)})

    assert Segment.objects.get().name in customers
    assert "It took too long." in customers
    assert f"{reverse('catalog:insight-add')}?product={product.code}" in customers
    assert Assignment.objects.get().team.name in teams
    assert "100.0%" in teams


def test_the_fragments_of_a_product_without_anything_say_so():
    product = make.make_product(name="Renewals")
    reader = make.make_user()
    customers = render_to_string(
        "catalog/_product_customers.html", {"product": product, **panels.customers(product, user=reader)}
    )
    teams = render_to_string("catalog/_product_teams.html", {"product": product, **panels.teams(product, user=reader)})

    assert "Nobody has said yet who Renewals is for." in customers
    assert "No team works on Renewals now." in teams
    assert "/add/" not in customers + teams


@pytest.mark.parametrize("model", ["valuestream", "product", "segment", "insight", "assignment"])
def test_the_admin_shows_rows_and_changes_none(client, model):
    make_rows(1)
    client.force_login(User.objects.create_superuser("root", "root@example.org", "correct horse battery"))

    assert client.get(reverse(f"admin:catalog_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:catalog_{model}_add")).status_code == 403
