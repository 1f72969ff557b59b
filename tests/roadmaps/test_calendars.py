"""Roadmaps in a calendar: what is in it, on which days, and who gets it."""

from datetime import date, timedelta
from hashlib import sha256
from http import HTTPStatus
from itertools import pairwise

import pytest
import vobject
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.roadmaps.item_actions import change_item, drop_item
from products.roadmaps.models import CalendarLink
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def in_march(settings):
    settings.TWOFOLD_TODAY = TODAY
    settings.TWOFOLD_URL = "https://twofold.example.org"


@pytest.fixture
def partner():
    return make.make_user()


@pytest.fixture
def roadmap(partner):
    return make.make_roadmap(code="ahead", name="The years ahead", business=[partner], began_on=date(2026, 1, 1))


def feed(client, token: str, **headers):
    return client.get(reverse("roadmaps:calendar-feed", args=[token]), headers=headers)


def read(client, token: str) -> dict[str, object]:
    """Return the events of a feed by their identifier, as another library reads them."""
    response = feed(client, token)
    assert response.status_code == HTTPStatus.OK
    calendar = vobject.readOne(response.content.decode())
    return {event.uid.value: event for event in calendar.contents.get("vevent", [])}


def days(event) -> tuple[date, date]:
    return event.dtstart.value, event.dtend.value


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_days_are_the_same_days_east_and_west_of_utc(client, partner, roadmap, settings, zone):
    make.make_item(roadmap=roadmap, code="both", starts=date(2026, 4, 1), ends=date(2026, 5, 1))
    make.make_item(roadmap=roadmap, code="begins", starts=date(2026, 4, 1))
    make.make_item(roadmap=roadmap, code="is-done", ends=date(2026, 5, 1))
    make.make_item(roadmap=roadmap, code="undated")
    make.make_review(roadmap=roadmap, held_on=date(2026, 2, 1))
    _, token = CalendarLink.begin(partner, None)
    settings.TIME_ZONE = zone
    events = read(client, token)
    assert {uid: days(event) for uid, event in events.items()} == {
        "item-both@twofold": (date(2026, 4, 1), date(2026, 5, 1)),
        "item-begins@twofold": (date(2026, 4, 1), date(2026, 4, 2)),
        "item-is-done@twofold": (date(2026, 5, 1), date(2026, 5, 2)),
        "review-ahead-20260201@twofold": (date(2026, 2, 1), date(2026, 2, 2)),
        "review-due-ahead@twofold": (date(2026, 5, 3), date(2026, 5, 4)),
    }
    assert all(event.dtstart.params["VALUE"] == ["DATE"] for event in events.values())


def test_an_event_says_what_is_promised_and_where_to_read_more(client, partner, roadmap):
    metric = make.make_metric(product=roadmap.products.get(), name="Renewals by phone", unit="renewals")
    make.make_item(roadmap=roadmap, code="by-phone", metric=metric, starts=date(2026, 4, 1))
    make.make_item(roadmap=roadmap, code="audit", metric=None, starts=date(2026, 4, 1))
    _, token = CalendarLink.begin(partner, roadmap)
    events = read(client, token)

    event = events["item-by-phone@twofold"]
    assert event.url.value == "https://twofold.example.org/roadmaps/items/by-phone/"
    assert "to move Renewals by phone from 100 to between 120 and 140 renewals" in event.description.value
    assert "by 31 December 2026." in event.description.value
    assert "Kept without a customer metric: The contract asks for it." in events["item-audit@twofold"].description.value
    assert event.status.value == "TENTATIVE"


def test_text_is_escaped_and_folded(client, partner, roadmap):
    name = "Pay, park; drive \\ and 🚗 " + "é" * 90
    words = "One,\ntwo; three\r\n🚦\x0b" + "long words " * 30
    make.make_item(roadmap=roadmap, code="odd", name=name, description=words, starts=date(2026, 4, 1))
    _, token = CalendarLink.begin(partner, roadmap)
    event = read(client, token)["item-odd@twofold"]
    assert event.summary.value == name
    assert event.description.value.endswith("One,\ntwo; three\n🚦" + ("long words " * 30).strip())
    lines = feed(client, token).content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\x0b" in line for line in lines)


def test_a_change_keeps_the_identifier_and_raises_the_sequence(client, partner, roadmap):
    item = make.make_item(roadmap=roadmap, code="by-phone", starts=date(2026, 4, 1))
    _, token = CalendarLink.begin(partner, None)
    uids, seen = ("item-by-phone@twofold", "review-due-ahead@twofold"), []
    seen.append(read(client, token))
    change_item(item, changes={"starts": date(2026, 4, 8)}, version=item.version, by=None)
    make.make_review(roadmap=roadmap, held_on=TODAY)
    seen.append(read(client, token))
    item.refresh_from_db()
    drop_item(item, why="Nobody wants it.", by=None)
    seen.append(read(client, token))

    for uid in uids:
        assert all(int(old[uid].sequence.value) < int(new[uid].sequence.value) for old, new in pairwise(seen))
    assert days(seen[1]["review-due-ahead@twofold"])[0] == TODAY + timedelta(days=91)
    assert seen[2]["item-by-phone@twofold"].status.value == "CANCELLED"


def test_a_link_to_all_follows_membership(client, partner, roadmap):
    make.make_item(roadmap=roadmap, code="mine", starts=date(2026, 4, 1))
    other = make.make_item(code="others", starts=date(2026, 4, 1))
    _, every = CalendarLink.begin(partner, None)
    _, one = CalendarLink.begin(partner, other.roadmap)
    assert {uid for uid in read(client, every) if uid.startswith("item")} == {"item-mine@twofold"}
    assert {uid for uid in read(client, one) if uid.startswith("item")} == {"item-others@twofold"}
    other.roadmap.members.create(user=partner, side="business")
    assert "item-others@twofold" in read(client, every)


def test_nothing_is_sent_again_that_did_not_change(client, partner, roadmap):
    item = make.make_item(roadmap=roadmap, starts=date(2026, 4, 1))
    link, token = CalendarLink.begin(partner, None)
    first = feed(client, token)
    assert "private" in first["Cache-Control"]
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    again = feed(client, token, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
    change_item(item, changes={"name": "Renew by telephone"}, version=item.version, by=None)
    assert feed(client, token, if_none_match=first["ETag"]).status_code == HTTPStatus.OK
    link.refresh_from_db()
    assert link.last_used_on is not None


def test_reading_it_takes_as_many_queries_for_many_items_as_for_one(client, partner, roadmap):
    make.make_item(roadmap=roadmap, starts=date(2026, 4, 1))
    _, token = CalendarLink.begin(partner, None)

    def queries() -> int:
        feed(client, token)
        with CaptureQueriesContext(connection) as found:
            feed(client, token)
        return len(found)

    before = queries()
    for number in range(19):
        make.make_item(roadmap=roadmap, starts=date(2026, 4, 1) + timedelta(days=number))
    make.make_review(roadmap=make.make_roadmap(business=[partner]))
    assert queries() == before


# -- Who gets it -----------------------------------------------------------------------------------------------------


def test_a_link_is_shown_once_and_only_its_hash_is_kept(client, partner, roadmap):
    client.force_login(partner)
    response = client.post(reverse("roadmaps:calendar-add"), {"roadmap": "ahead"})
    link = CalendarLink.objects.get()
    address = response.context["address"]
    token = address.removeprefix("https://twofold.example.org/roadmaps/calendar/").removesuffix(".ics")
    assert address in response.content.decode()
    assert link.token_hash == sha256(token.encode()).hexdigest()
    assert (link.user, link.roadmap) == (partner, roadmap)
    shown = client.get(reverse("roadmaps:calendar-list")).content.decode()
    assert "The years ahead" in shown
    assert token not in shown
    client.logout()
    assert feed(client, token).status_code == HTTPStatus.OK


def test_a_roadmap_that_is_not_there_is_refused(client, partner):
    client.force_login(partner)
    response = client.post(reverse("roadmaps:calendar-add"), {"roadmap": "nowhere"})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is no such roadmap" in response.content.decode()
    assert not CalendarLink.objects.exists()


def test_a_wrong_token_gets_nothing(client, partner, roadmap):
    make.make_item(roadmap=roadmap, name="A secret plan", starts=date(2026, 4, 1))
    link, token = CalendarLink.begin(partner, None)
    client.force_login(partner)
    for wrong in (token[:-1], token + "x", token.swapcase(), link.token_hash, "x"):
        response = feed(client, wrong)
        assert response.status_code == HTTPStatus.NOT_FOUND
        assert "A secret plan" not in response.content.decode()


def test_a_revoked_link_gives_nothing(client, partner, roadmap):
    link, token = CalendarLink.begin(partner, None)
    client.force_login(partner)
    address = reverse("roadmaps:calendar-revoke", args=[link.pk])
    for _ in range(2):
        assert client.post(address).status_code == HTTPStatus.FOUND
    assert feed(client, token).status_code == HTTPStatus.NOT_FOUND
    assert not client.get(reverse("roadmaps:calendar-list")).context["links"]


def test_who_may_not_sign_in_any_more_reads_nothing_by_a_link_either(client, partner, roadmap):
    _, token = CalendarLink.begin(partner, None)
    partner.is_active = False
    partner.save()
    assert feed(client, token).status_code == HTTPStatus.NOT_FOUND


def test_nobody_sees_or_revokes_the_link_of_another(client, partner, roadmap):
    link, token = CalendarLink.begin(partner, roadmap)
    address = reverse("roadmaps:calendar-revoke", args=[link.pk])
    assert client.post(address).url.startswith(reverse("account_login"))
    client.force_login(make.make_user("leader"))
    assert not client.get(reverse("roadmaps:calendar-list")).context["links"]
    assert client.post(address).status_code == HTTPStatus.NOT_FOUND
    assert feed(client, token).status_code == HTTPStatus.OK
