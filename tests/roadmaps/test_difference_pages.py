"""What changed, told on pages and to programs: sums of their parts, who did it and why, and whose word it voids."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.roadmaps.agreed import read
from products.roadmaps.baseline_actions import say, take_baseline
from products.roadmaps.comment_actions import add_comment
from products.roadmaps.comparing import compare, now_of, version_of
from products.roadmaps.item_actions import change_item, drop_item, start_item
from products.roadmaps.models import Item, Roadmap
from products.roadmaps.order_actions import move_item, reorder
from products.roadmaps.roadmap_actions import save_roadmap
from products.roadmaps.telling import words_changed
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def first_of_may(settings):
    settings.TWOFOLD_TODAY = date(2026, 5, 1)
    cache.clear()


@pytest.fixture
def roadmap():
    """A roadmap of three items that promise a metric whose unit is worth £2 a month."""
    made = make.make_roadmap(code="ahead", name="Ahead")
    metric = make.make_metric(code="renewals", name="Renewals", product=made.products.get(), unit="renewals")
    make.make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), currency="GBP")
    for code in ("phone", "paper", "post"):
        make.make_item(roadmap=made, code=code, name=f"Renew by {code}", metric=metric, horizon="now")
    return made


@pytest.fixture
def partner(client, roadmap):
    member = roadmap.business[0].user
    member.first_name, member.last_name = "Ada", "Byron"
    member.save()
    client.force_login(member)
    return member


@pytest.fixture
def signed(roadmap, partner):
    """The first baseline, which the partner signed."""
    baseline = take_baseline(roadmap, by=None, name="Spring")
    say(baseline, verdict="signed", by=partner)
    return baseline


def item(code):
    return Item.objects.get(code=code)


def told(client, **query):
    response = client.get(reverse("roadmaps:roadmap-difference", args=["ahead"]), query)
    return response, re.sub(r"\s+", " ", response.content.decode())


def change_all(roadmap):
    """Change what can be changed, each with its reason."""
    change_item(
        item("phone"), changes={"metric_low": 110, "metric_high": 120}, why="Fewer phones than we thought.", by=None
    )
    change_item(item("phone"), changes={"ends": date(2026, 9, 1), "needs": [item("paper")]}, why="It waits.", by=None)
    move_item(item("paper"), horizon="later", why="Not yet.", by=None)
    drop_item(item("post"), why="Nobody posts.", by=None)
    make.make_item(roadmap=roadmap, code="chat", name="Renew by chat", metric=item("phone").metric)


def test_everything_that_changed_is_told_with_who_why_and_whose_signature_it_voids(client, roadmap, signed):
    change_all(roadmap)
    response, shown = told(client)

    found = response.context["found"]
    assert [(entry.code, [one.part.key for one in entry.parts]) for entry in found.told] == [
        ("post", ["removed"]), ("chat", ["added"]),
        ("phone", ["promise", "redated", "dependencies"]), ("paper", ["moved"]),
    ]  # fmt: skip
    assert found.words == (
        "4 items differ: 1 added, 1 removed, 1 with another promise, 1 moved, 1 re-dated, 1 waiting for something "
        "else. Promises are down £30 a month in all."
    )
    assert "Renewals from 100 to between 110 and 120 renewals a month by 31 Dec 2026" in shown
    assert "Its promise is down £30 a month" in shown
    for why in ("Fewer phones than we thought.", "It waits.", "Not yet.", "Nobody posts."):
        assert why in shown
    assert shown.count("This voids the signature of Ada Byron (baseline 1) for this item") == 3
    assert found.exact.added.keys() == {"chat"}


def test_the_sum_that_is_shown_is_the_sum_of_the_amounts_that_are_shown(client, roadmap, signed):
    for code, low in (("phone", "119.85"), ("paper", "119.85"), ("post", "119.85")):
        change_item(item(code), changes={"metric_low": Decimal(low)}, by=None)

    found = told(client)[0].context["found"]

    # Each is down 15 pence, which is shown as nothing, and so is what they come to.
    assert [entry.amounts["GBP"] for entry in found.told] == [0, 0, 0]
    assert "come to the same money" in found.words


def test_it_is_filtered_by_kind_and_product_and_says_that_it_is_a_part(client, roadmap, signed):
    change_all(roadmap)

    response, shown = told(client, kind="moved")
    assert [entry.code for entry in response.context["shown"]] == ["paper"]
    assert "the filter leaves 1 of 4 items" in shown
    response, _ = told(client, product=item("phone").product.code, kind="added")
    assert [entry.code for entry in response.context["shown"]] == ["chat"]


def test_a_version_that_is_not_there_is_told_with_those_that_are(client, roadmap, signed):
    make.make_item(roadmap=roadmap)
    take_baseline(roadmap, by=None)

    for query, words in (
        ({"from": "9"}, "has no baseline &#x27;9&#x27;. Its baselines are numbered 1 to 2"),
        ({"from": "x"}, "has no baseline &#x27;x&#x27;"),
        ({"from": "2", "to": "1"}, "Baseline 2 came after Baseline 1, Spring"),
        ({"to": "0"}, "numbered 1 to 2"),
    ):
        response, shown = told(client, **query)
        assert response.status_code == 400
        assert words in shown


def test_without_a_baseline_or_a_difference_it_says_so(client, roadmap, partner):
    response, shown = told(client)
    assert response.status_code == 200
    assert "has no baseline yet" in shown

    take_baseline(roadmap, by=None)
    assert "Nothing differs" in told(client)[1]


def test_since_i_last_signed_is_since_that_baseline(client, roadmap, signed):
    change_item(item("phone"), changes={"name": "Renew by any phone"}, by=None)
    take_baseline(roadmap, by=None)

    assert "What changed since you last signed" in told(client, **{"from": "signed", "to": "now"})[1]
    assert told(client, **{"from": "1", "to": "now", "kind": "", "product": ""})[0].status_code == 200
    assert [entry.code for entry in told(client, **{"from": "signed"})[0].context["shown"]] == ["phone"]
    client.force_login(make.make_user())
    assert "You have signed no baseline" in told(client, **{"from": "signed"})[1]


def test_rewritten_words_are_marked_and_their_markup_is_text():
    old, new = "Keepers renew <b>by</b> post.", "Keepers renew by phone, or post."
    pieces = words_changed(old, new)

    assert "".join(piece for mark, piece in pieces if mark != "new") == old
    assert "".join(piece for mark, piece in pieces if mark != "old") == new
    assert ("same", "Keepers renew ") in pieces


def test_new_wording_is_read_as_taken_out_and_put_in(client, roadmap, signed):
    change_item(item("phone"), changes={"description": "Dial <script>1</script>"}, by=None)
    change_item(item("phone"), changes={"name": "Renew by a phone"}, by=None)
    shown = told(client)[1]

    assert '<ins><span class="sr">[put in: </span>a ' in shown
    assert "&lt;script&gt;" in shown
    assert "<script>1" not in shown


def test_states_order_people_and_the_roadmap_itself_are_told(client, roadmap, signed):
    start_item(item("phone"), by=None, why="We begin.")
    reorder(roadmap, horizon="now", codes=["post", "phone", "paper"], by=None, why="Post is in a hurry.")
    change_item(item("paper"), changes={"business_champion": make.make_user()}, by=None)
    row = Roadmap.objects.get(pk=roadmap.pk)
    row.purpose = "To renew without a queue."
    save_roadmap(
        row, products=list(row.products.all()), business=[one.user for one in row.business],
        technology=[one.user for one in row.technology], by=None, why="A purpose.",
    )  # fmt: skip
    response, shown = told(client)

    keys = {entry.code: [one.part.key for one in entry.parts] for entry in response.context["found"].told}
    assert keys == {"phone": ["state"], "paper": ["people"], "post": ["reordered"]}
    for words in ("We begin.", "Post is in a hurry.", "To renew without a queue.", "A purpose."):
        assert words in shown
    assert "This voids" not in shown


def test_between_two_baselines_only_what_lay_between_them_is_told(roadmap, partner, signed):
    change_item(item("phone"), changes={"effort_high": Decimal(80)}, why="Before.", by=None)
    second = take_baseline(roadmap, by=None)
    change_item(item("phone"), changes={"effort_high": Decimal(90)}, why="After.", by=None)

    [entry] = compare(roadmap, version_of(signed), version_of(second)).told
    assert [change.why for reasoned in entry.parts for change in reasoned.changes] == ["Before."]
    say(second, verdict="signed", by=partner)
    now = now_of(Roadmap.objects.get(pk=roadmap.pk))
    assert compare(roadmap, version_of(signed), now).told[0].voids == ()


def test_programs_get_the_difference_exactly_and_in_words(client, roadmap, signed):
    change_all(roadmap)
    answer = client.get("/api/v1/differences/", {"roadmap": "ahead", "from": signed.pk, "to": "now"}).json()

    assert answer["from"]["number"] == 1
    assert answer["to"]["baseline"] is None
    assert answer["totals"] == [{"currency": "GBP", "amount": "-30"}]
    assert answer["exact"]["changed"]["phone"]["metric_low"] == ["120", "110"]
    assert [entry["item"] for entry in answer["entries"]] == ["post", "chat", "phone", "paper"]
    assert sum(Decimal(one["amount"]) for entry in answer["entries"] for one in entry["value_changes"]) == -30
    file = client.get("/api/v1/differences/", {"roadmap": "ahead", "format": "csv"}).getvalue().decode()
    assert "Fewer phones than we thought." in file
    for query in ({}, {"roadmap": "no"}, {"roadmap": "ahead", "from": "999"}, {"roadmap": "ahead", "kind": "odd"}):
        assert client.get("/api/v1/differences/", query).status_code == 400


# -- A partner's home ------------------------------------------------------------------------------------------------


def home(client):
    return re.sub(r"\s+", " ", client.get(reverse("roadmaps:roadmap-home")).content.decode())


def test_the_home_says_what_changed_since_i_signed_what_is_due_and_who_asks_me(client, roadmap, partner, signed):
    assert "Nothing is due from you" in home(client)
    change_all(roadmap)
    take_baseline(roadmap, by=None)
    add_comment(roadmap, text=f"Is this so, @{partner.username}?", by=make.make_user())

    shown = home(client)

    assert "Since you signed baseline 1" in shown
    assert "Promises are down £30 a month in all." in shown
    assert "1 more" in shown
    assert "is due." in shown
    assert "Is this so, @" in shown
    assert "overdue" in shown  # began on the first of January, to be reviewed by the second of April


def test_the_home_of_who_is_no_member_says_what_it_is_for(client):
    client.force_login(make.make_user())
    assert "You are no member of a roadmap" in home(client)


def test_home_and_difference_take_as_many_queries_for_many(client, roadmap, partner, signed):
    change_all(roadmap)
    addresses = [reverse("roadmaps:roadmap-home"), reverse("roadmaps:roadmap-difference", args=["ahead"])]
    few = [queries(client, address) for address in addresses]
    for _ in range(5):
        other = make.make_roadmap(business=[partner])
        make.make_item(roadmap=other)
        say(take_baseline(other, by=None), verdict="signed", by=partner)
        make.make_item(roadmap=other)
    for _ in range(20):
        make.make_item(roadmap=roadmap, metric=item("phone").metric)

    assert [queries(client, address) for address in addresses] == few


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


# -- The example of docs/agreement.md ----------------------------------------------------------------------------------


def test_the_example_of_the_docs():
    roadmap = make.make_roadmap()
    metric = make.make_metric(name="Renewals", product=roadmap.products.get())
    make.make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), currency="GBP")
    phone = make.make_item(roadmap=roadmap, code="phone", name="Renew by phone", metric=metric, horizon="now")
    promise = {"metric": metric, "metric_low": Decimal(104), "metric_high": Decimal(108)}
    post = make.make_item(roadmap=roadmap, code="post", name="Renew by post", horizon="now", **promise)
    ada, grace = roadmap.business[0].user, roadmap.technology[0].user
    first = take_baseline(roadmap, by=None)
    say(first, verdict="signed", by=ada)
    say(first, verdict="declined", comment="The printer is at its end.", about=["post"], by=grace)

    def marks():
        return {row.code: tuple(cell.mark for cell in row.cells) for row in read(roadmap).rows}

    assert marks() == {"phone": ("signed", "unsigned"), "post": ("signed", "declined")}
    change_item(phone, changes={"name": "Renew by any phone"}, by=None)
    assert marks()["phone"] == ("signed", "unsigned")
    change_item(phone, changes={"metric_low": Decimal(110), "metric_high": Decimal(120)}, by=None)
    assert marks() == {"phone": ("void", "unsigned"), "post": ("signed", "declined")}
    move_item(post, horizon="later", by=None)
    assert marks()["post"] == ("void", "unsigned")
    found = compare(roadmap, version_of(first), now_of(Roadmap.objects.get(pk=roadmap.pk)))
    assert found.words == (
        "2 items differ: 1 with another promise, 1 moved, 1 reworded. Promises are down £30 a month in all."
    )
    second = take_baseline(roadmap, by=None)
    assert [person.is_due for person in read(roadmap).people] == [True, True]
    for user in (ada, grace):
        say(second, verdict="signed", by=user)
    assert read(roadmap).found.is_whole
