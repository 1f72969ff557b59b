"""Baselines and what is said to them: pages, API, and what happens when many act at once."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.common.errors import TwofoldError
from products.roadmaps import content
from products.roadmaps.agreed import read
from products.roadmaps.baseline_actions import say, take_baseline
from products.roadmaps.difference import apply, difference
from products.roadmaps.item_actions import add_item, block_item, change_item, drop_item, ship_item, start_item
from products.roadmaps.models import Baseline, Horizon, Item, Roadmap, SignOff
from products.roadmaps.order_actions import move_item, reorder
from products.roadmaps.roadmap_actions import save_roadmap
from tests import factories as make
from tests.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def roadmap():
    made = make.make_roadmap(code="ahead", name="Ahead")
    for code in ("phone", "paper"):
        make.make_item(roadmap=made, code=code, name=f"Renew by {code}", horizon="now")
    return made


@pytest.fixture
def partner(client, roadmap):
    member = roadmap.business[0].user
    client.force_login(member)
    return member


def page(client, name, *arguments, **query):
    return client.get(reverse(f"roadmaps:{name}", args=arguments), query)


def agreement(client):
    return page(client, "roadmap-agreement", "ahead").content.decode()


# -- Pages -----------------------------------------------------------------------------------------------------------


def test_an_owner_takes_a_baseline_and_nobody_takes_the_same_one_again(client, roadmap):
    client.force_login(make.make_user("product_owner", product=roadmap.products.get()))
    assert "No baseline yet" in agreement(client)

    address = reverse("roadmaps:baseline-add", args=["ahead"])
    done = client.post(address, {"name": "Spring", "why": "For the steering group."}, follow=True)
    again = client.post(address, {"name": "Spring"})

    assert "Baseline 1, Spring is taken" in done.content.decode()
    assert "Nothing has changed since Baseline 1, Spring" in again.content.decode()
    assert again.status_code == 422


def test_a_member_signs_with_one_click_and_declines_some_items_with_a_reason(client, roadmap, partner):
    baseline = make.make_baseline(roadmap)
    assert "is due" in agreement(client)
    client.post(reverse("roadmaps:baseline-sign", args=[baseline.pk]))
    assert "Nothing is due from you" in agreement(client)

    address = reverse("roadmaps:baseline-decline", args=[baseline.pk])
    without = client.post(address, {"about": ["phone"]})
    client.post(address, {"about": ["phone"], "comment": "Too <b>little</b>."})

    assert without.status_code == 422
    assert [(row.verdict, row.about) for row in SignOff.objects.all()] == [("signed", []), ("declined", ["phone"])]
    assert "Too &lt;b&gt;little&lt;/b&gt;." in agreement(client)


def test_who_is_no_member_reads_why_they_cannot_sign(client, roadmap):
    baseline = make.make_baseline(roadmap)
    client.force_login(make.make_user("leader"))

    assert "You cannot sign or decline" in agreement(client)
    refused = client.post(reverse("roadmaps:baseline-sign", args=[baseline.pk]))
    assert refused.status_code == 403
    assert "neither a business partner nor a technology owner" in refused.content.decode()


def test_the_agreement_says_what_voided_a_signature_who_did_it_and_why(client, roadmap, partner):
    say(make.make_baseline(roadmap), verdict="signed", by=partner)
    phone = Item.objects.get(code="phone")
    change_item(phone, changes={"effort_high": Decimal("8.5")}, why="A little more.", by=None)
    change_item(phone, changes={"effort_high": Decimal(12)}, why="It is harder.", by=None)
    change_item(phone, changes={"name": "Renew by phone."}, why="A stop.", by=None)

    shown = agreement(client)

    assert "4 to 12 team-weeks" in shown
    assert "It is harder." in shown
    assert "A little more." not in shown
    assert "A stop." not in shown
    row = next(row for row in read(roadmap).rows if row.code == "phone")
    assert [cell.mark for cell in row.cells] == ["void", "unsigned"]


def test_what_was_signed_and_is_gone_is_named(client, roadmap, partner):
    say(make.make_baseline(roadmap), verdict="signed", by=partner)
    drop_item(Item.objects.get(code="paper"), why="Nobody asks for it.", by=None)

    assert "signed, and removed since: Renew by paper" in agreement(client)


def test_a_baseline_is_read_in_full_and_says_when_it_was_tampered_with(client, roadmap, partner):
    baseline = make.make_baseline(roadmap, name="Spring", why="To agree.")
    change_item(Item.objects.get(code="phone"), changes={"name": "Something else"}, by=None)

    shown = page(client, "baseline-detail", baseline.pk).content.decode()
    assert "Renew by phone" in shown
    assert "between 120 and 140" in shown
    assert "Something else" not in shown
    assert "worked out anew for this page and is the same" in shown

    Baseline.objects.filter(pk=baseline.pk).update(content=baseline.content.replace("140", "150"))
    assert "This baseline was changed" in page(client, "baseline-detail", baseline.pk).content.decode()


def test_the_list_of_baselines_and_the_agreement_take_as_many_queries_for_many(client, roadmap, partner):
    addresses = [reverse(f"roadmaps:{name}", args=["ahead"]) for name in ("baseline-list", "roadmap-agreement")]
    take_and_sign(roadmap, partner)
    few = [queries(client, address) for address in addresses]
    for number in range(20):
        make.make_item(roadmap=roadmap, code=f"more-{number}")
        take_and_sign(roadmap, partner)

    assert [queries(client, address) for address in addresses] == few
    found = client.get(addresses[0], {"format": "csv"})
    assert len(found.getvalue().decode().splitlines()) == 22


def take_and_sign(roadmap, member):
    say(take_baseline(roadmap, by=None), verdict="signed", by=member)


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def test_many_roadmaps_are_read_as_each_alone(roadmap):
    other = make.make_item().roadmap
    rows = list(Roadmap.objects.all())

    assert content.documents_of(rows) == {row.pk: content.document_of(row) for row in (roadmap, other)}


# -- API -------------------------------------------------------------------------------------------------------------


def test_programs_take_read_and_sign_baselines(client, roadmap, partner):
    owner = make.make_user("product_owner", product=roadmap.products.get())
    client.force_login(owner)
    made = client.post("/api/v1/baselines/", {"roadmap": "ahead", "name": "Spring"}, "application/json")
    assert made.status_code == 201
    whole = client.get(f"/api/v1/baselines/{made.json()['id']}/").json()
    assert whole["is_intact"]
    assert whole["content"]["order"]["now"] == ["phone", "paper"]

    signature = {"baseline": made.json()["id"], "verdict": "signed"}
    refused = client.post("/api/v1/sign-offs/", signature, "application/json")
    assert refused.status_code == 403
    client.force_login(partner)
    assert client.post("/api/v1/sign-offs/", signature, "application/json").status_code == 201

    marks = {(row["item"], row["side"]): row for row in client.get("/api/v1/agreement/?roadmap=ahead").json()}
    assert marks["phone", "business"]["mark"] == "signed"
    assert marks["phone", "business"]["by"] == partner.username
    assert marks["phone", "technology"]["mark"] == "unsigned"
    assert client.get(f"/api/v1/baselines/{made.json()['id']}/agreement/").json() == list(marks.values())
    assert [row["by"] for row in client.get("/api/v1/sign-offs/?roadmap=ahead").json()["results"]] == [partner.username]
    assert client.get("/api/v1/agreement/").json()["errors"][0]["attr"] == "roadmap"
    assert b"phone,business,signed" in client.get("/api/v1/agreement/?roadmap=ahead&format=csv").getvalue()


# -- Whatever is done to it ------------------------------------------------------------------------------------------

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["add", "edit", "move", "order", "start", "block", "ship", "drop", "own"]), st.integers(0, 9)
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15)
@given(edits=EDITS)
def test_the_difference_of_two_baselines_is_exact_whatever_was_done_between_them(edits):
    roadmap = make.make_roadmap()
    for _ in range(3):
        make.make_item(roadmap=roadmap)
    first = take_baseline(roadmap, by=None)
    for kind, number in edits:
        do(roadmap, kind, number)
    make.make_item(roadmap=roadmap)
    second = take_baseline(roadmap, by=None)

    found = difference(first.document, second.document)

    assert apply(found, first.document) == second.document
    assert content.canonical(apply(found, first.document)) == second.content


def do(roadmap, kind: str, number: int) -> None:
    """Do one thing to a roadmap through its actions; what they refuse is not done."""
    items = list(roadmap.items.open().in_order())
    item = items[number % len(items)] if items else make.make_item(roadmap=roadmap)
    other = items[(number + 1) % len(items)] if items else item
    try:
        match kind:
            case "add":
                make.make_item(roadmap=roadmap, metric=None, needs=[item])
            case "edit":
                changes = {"effort_high": Decimal(8 + number), "ends": date(2026, 5, 1 + number), "needs": [other]}
                change_item(item, changes=changes, by=None)
            case "move":
                move_item(item, horizon=Horizon.values[number % 3], after=other, by=None)
            case "order":
                reorder(
                    roadmap, horizon="later", codes=[one.code for one in items if one.horizon == "later"][::-1], by=None
                )
            case "start":
                start_item(item, by=None)
            case "block":
                block_item(item, blocked_by="No data.", by=None)
            case "ship":
                ship_item(item, by=None)
            case "drop":
                drop_item(item, why="No.", by=None)
            case "own":
                row = Roadmap.objects.get(pk=roadmap.pk)
                row.name, row.now_weeks = f"Name {number}", number + 1
                save_roadmap(
                    row, products=list(row.products.all()), business=[member.user for member in row.business],
                    technology=[make.make_user()], by=None,
                )  # fmt: skip
    except (ValidationError, TwofoldError):
        pass


# -- At once ---------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(3))
def test_two_members_who_sign_at_once_have_both_signed(_):
    baseline = make.make_baseline()
    members = [member.user for member in baseline.roadmap.members.all()]
    at_once(
        *(lambda user=user: say(Baseline.objects.get(pk=baseline.pk), verdict="signed", by=user) for user in members)
    )

    assert read(baseline.roadmap).found.is_whole


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(3))
def test_a_baseline_that_is_taken_while_an_item_changes_has_all_of_the_change_or_nothing_of_it(_):
    item = make.make_item()
    changes = {"effort_low": Decimal(40), "effort_high": Decimal(80), "name": "Another"}
    [baseline, _] = at_once(
        lambda: take_baseline(Roadmap.objects.get(pk=item.roadmap_id), by=None),
        lambda: change_item(Item.objects.get(pk=item.pk), changes=changes, by=None),
    )

    frozen = baseline.document["items"][item.code]
    seen = {frozen["effort_low"], frozen["effort_high"], frozen["name"]}
    changed = {"40", "80", "Another"}
    assert seen in (changed, {"4", "8", item.name})
    # The version that it names is the one that it froze: what came later is in the log after it.
    assert (seen == changed) == (baseline.version == Roadmap.objects.get(pk=item.roadmap_id).version)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(3))
def test_items_put_in_order_moved_and_added_at_once_keep_one_order_and_lose_nothing(_):
    roadmap = make.make_roadmap()
    items = {code: make.make_item(roadmap=roadmap, code=code) for code in "abcde"}
    extra = Item(
        roadmap=roadmap, product=items["a"].product, code="f", name="F", exception="The law.", effort_low=1,
        effort_high=2, business_champion=items["a"].business_champion,
        technology_champion=items["a"].technology_champion,
    )  # fmt: skip
    at_once(
        lambda: reorder(Roadmap.objects.get(pk=roadmap.pk), horizon="later", codes=list("edcba"), by=None),
        lambda: reorder(Roadmap.objects.get(pk=roadmap.pk), horizon="later", codes=list("badce"), by=None),
        lambda: move_item(Item.objects.get(code="c"), horizon="now", by=None),
        lambda: add_item(extra, by=None),
    )

    later = list(roadmap.items.filter(horizon="later").order_by("rank").values_list("code", "rank"))
    assert sorted(code for code, _ in later) == list("abdef")
    assert [rank for _, rank in later] == list(range(5))
    assert [item.code for item in roadmap.items.filter(horizon="now")] == ["c"]
    numbers = list(roadmap.changes.values_list("number", flat=True))
    assert numbers == list(range(1, Roadmap.objects.get(pk=roadmap.pk).version + 1))


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()
