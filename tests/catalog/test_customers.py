"""Themes, what insights are about, and how long ago each team heard a customer: rules, pages and API."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portfolio.common import actions
from products.catalog import hearing, panels, theme_reading
from products.catalog.models import Insight, InsightKind, Theme
from teams.models import Team
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client):
    user = make.make_user("leader")
    client.force_login(user)
    return user


def test_a_theme_counts_how_often_a_thing_was_said_by_how_many_by_kind_and_by_month(client, leader):
    theme = make.make_theme(code="number")
    say = {"product": theme.product, "theme": theme}
    make.make_insight(said_on=date(2026, 1, 5), said_by=3, **say)
    make.make_insight(said_on=date(2026, 1, 9), kind="support", said_by=40, **say)
    make.make_insight(said_on=date(2026, 3, 9), kind="support", **say)
    gone = make.make_insight(said_on=date(2026, 3, 10), said_by=900, **say)
    actions.retract(gone, reason="Nobody did.", by=None)

    said = theme_reading.said(theme)
    assert (said.insights, said.people, said.first, said.last) == (3, 44, date(2026, 1, 5), date(2026, 3, 9))
    assert [(one.name, one.insights, one.people) for one in said.by_kind] == [("Interview", 1, 3), ("Support", 2, 41)]
    assert [(one.name, one.people) for one in said.by_month] == [("March 2026", 1), ("January 2026", 43)]
    [most] = hearing.said_most(Insight.objects.known().filter(product=theme.product))
    assert (most["theme__code"], most["people"], most["insights"]) == ("number", 44, 3)
    [row] = client.get("/api/v1/themes/").json()["results"]
    assert (row["people"], row["insight_count"], row["last_said_on"]) == (44, 3, "2026-03-09")
    page = client.get(theme.get_absolute_url()).content.decode()
    assert "March 2026" in page
    assert "44" in client.get(theme.product.get_absolute_url()).content.decode()


def test_themes_are_added_and_changed_by_their_pages_and_stay_with_their_product(client, leader):
    product = make.make_product()
    typed = {"product": product.pk, "name": "The number", "code": "the-number", "summary": "They cannot find it."}
    assert client.post(reverse("catalog:theme-add"), typed).status_code == 302
    edit = reverse("catalog:theme-edit", args=["the-number"])
    assert client.post(edit, {"name": "The reference number", "summary": ""}).status_code == 302
    theme = Theme.objects.get()
    assert (theme.name, theme.product) == ("The reference number", product)
    make.make_insight(product=product, theme=theme)
    theme.product = make.make_product()
    with pytest.raises(ValidationError, match="gathers insights about another product"):
        actions.save(theme, by=None)


@pytest.mark.parametrize("name", ["segment", "theme", "metric", "journey", "item"])
def test_what_an_insight_is_about_belongs_to_its_product(name):
    row = getattr(make, f"make_{name}")()
    with pytest.raises(ValidationError) as refused:
        make.make_insight(**{name: row})
    assert list(refused.value.message_dict) == [name]
    assert make.make_insight(product=row.product, **{name: row})


def test_an_item_of_another_product_on_a_roadmap_of_the_product_may_be_what_an_insight_is_about():
    product, other = make.make_product(), make.make_product()
    roadmap = make.make_roadmap(products=[product, other])
    item = make.make_item(roadmap=roadmap, product=other)
    assert make.make_insight(product=product, item=item).item == item


def test_an_insight_is_recorded_and_corrected_with_what_it_is_about_and_is_found_by_it(client, leader):
    theme, team = make.make_theme(code="waiting"), make.make_team(code="online")
    product = theme.product
    metric = make.make_metric(code="calls", product=product)
    item = make.make_item(product=product, roadmap=make.make_roadmap(products=[product]))
    form = client.get(reverse("catalog:insight-add"), {"theme": "waiting"}).content.decode()
    assert str(product.pk) in form
    typed = {
        "product": product.pk, "said_on": "2026-02-01", "kind": "interview", "text": "It took weeks.", "source": "S",
        "theme": theme.pk, "said_by": "7", "team": team.pk, "metric": metric.pk, "item": item.pk,
    }  # fmt: skip
    assert client.post(reverse("catalog:insight-add"), typed).status_code == 302
    insight = Insight.objects.get()
    assert (insight.theme, insight.said_by, insight.team, insight.metric, insight.item) == (
        theme, 7, team, metric, item,
    )  # fmt: skip
    journey = make.make_journey(product=product)
    make.make_insight(product=product, journey=journey, text="I gave up.", theme=None)
    assert "I gave up." in client.get(journey.get_absolute_url()).content.decode()
    for address in (metric.get_absolute_url(), item.get_absolute_url(), insight.get_absolute_url()):
        assert "It took weeks." in client.get(address).content.decode(), address
    for query in ({"theme": "waiting"}, {"team": "online"}, {"metric": "calls"}, {"item": item.code}):
        assert [row["id"] for row in client.get("/api/v1/insights/", query).json()["results"]] == [insight.pk]
        assert list(client.get(reverse("catalog:insight-list"), query).context["page"]) == [insight]
    correct = reverse("catalog:insight-correct", args=[insight.pk])
    assert client.post(correct, typed | {"said_by": "8", "metric": "", "reason": "Counted."}).status_code == 302
    assert Insight.objects.known().get(theme=theme).metric is None
    body = {"product": product.code, "said_on": "2026-02-01", "kind": "survey", "text": "T", "source": "S"}
    made = client.post(
        "/api/v1/insights/", body | {"item": item.code, "said_by": 2, "team": "online"}, content_type="application/json"
    )
    assert made.status_code == 201, made.content
    assert (made.json()["item"], made.json()["said_by"], made.json()["theme"]) == (item.code, 2, None)


def test_a_team_hears_what_customers_say_to_it_and_not_what_analytics_show(client, leader, settings):
    settings.TWOFOLD_TODAY = date(2026, 5, 20)
    team, deaf = make.make_team(name="Alpha"), make.make_team(name="Beta")
    product = make.make_product()
    for one in (team, deaf):
        make.make_assignment(team=one, product=product, share="0.5")
    make.make_insight(product=product, said_on=date(2026, 5, 1))  # heard by nobody that it names
    make.make_insight(product=make.make_product(), said_on=date(2026, 3, 19), team=team)
    make.make_insight(said_on=date(2026, 5, 2), team=team, kind=InsightKind.ANALYTICS)
    actions.retract(make.make_insight(said_on=date(2026, 5, 3), team=team), reason="No.", by=None)

    found = hearing.last_heard([team, deaf])
    assert [(one.months, one.words) for one in found] == [(2, "2 months ago"), (None, "never")]
    assert [row.last_heard_on for row in Team.objects.for_table()] == [date(2026, 3, 19), None]
    page = client.get(reverse("teams:team-list"), {"sort": "-heard"}).content.decode()
    assert "2 months ago" in page
    assert [one.team for one in panels.teams(product, user=leader)["heard"]] == [team, deaf]
    shown = client.get(product.get_absolute_url()).content.decode()
    assert "2 months ago" in shown
    make.make_insight(said_on=date(2026, 5, 18), team=deaf)
    assert "less than a month ago" in client.get(product.get_absolute_url()).content.decode()
    assert "Customers it heard" in client.get(team.get_absolute_url()).content.decode()
    [panel] = hearing.heard_by_team(team, leader, date(2026, 4, 1))
    assert panel.context["heard"].words == "less than a month ago"


@pytest.mark.parametrize("kind", ["theme", "feedback-form", "feedback"])
def test_a_list_says_what_to_do_next_and_takes_as_many_queries_for_twenty_rows_as_for_one(client, leader, kind):
    make_row = getattr(make, f"make_{kind.replace('-', '_')}")
    url = reverse(f"catalog:{kind}-list")
    assert "empty-title" in client.get(url).content.decode()

    def count() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    make_row()
    one = count()
    for _ in range(19):
        make_row()
    assert count() == one
