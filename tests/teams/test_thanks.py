"""Thanks: given by whoever is signed in; in private they are read by the giver and the one thanked alone."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from portfolio.common import actions
from portfolio.common.errors import NotAllowed
from teams.models import Thanks
from tests import factories as make

pytestmark = pytest.mark.django_db

WORDS = "You stayed late for me."


@pytest.fixture
def people():
    """A giver, the person thanked, a member of the team thanked, and a leader, who is neither."""
    return {
        "giver": make.make_user(),
        "thanked": make.make_person(code="ada", user=make.make_user()).user,
        "member": make.make_membership(
            team=make.make_team(code="ours"), person=make.make_person(user=make.make_user())
        ).person.user,
        "leader": make.make_user("leader"),
    }


@pytest.mark.parametrize(("to", "readers"), [("ada", {"giver", "thanked"}), ("ours", {"giver", "member"})])
def test_private_thanks_are_on_no_page_in_no_list_and_in_no_file_of_anybody_else(client, people, to, readers):
    client.force_login(people["giver"])
    field, other = ("person", "team") if to == "ada" else ("team", "person")
    row = {"person": "ada", "team": "ours"}[field]
    pk = {"person": people["thanked"].person.pk, "team": people["member"].person.memberships.get().team_id}[field]
    answer = client.post(reverse("teams:thanks-add"), {field: pk, other: "", "text": WORDS})  # unticked: in private
    assert answer.status_code == 302
    thanks = Thanks.objects.get()
    assert not thanks.is_open
    home = answer.url
    for name, user in people.items():
        client.force_login(user)
        seen = {
            "query": Thanks.objects.visible_to(user).exists(),
            "page": client.get(thanks.get_absolute_url()).status_code == 200,
            "list": WORDS in client.get(reverse("teams:thanks-list")).content.decode(),
            "home": WORDS in client.get(home).content.decode(),
            "recognition": WORDS in client.get(reverse("value:celebration-list")).content.decode(),
            "api": client.get("/api/v1/thanks/").json()["results"] != [],
            "api row": client.get(f"/api/v1/thanks/{thanks.pk}/").status_code == 200,
            "file": WORDS in b"".join(client.get(reverse("teams:thanks-list"), {"format": "csv"})).decode(),
        }
        assert set(seen.values()) == {name in readers}, (name, seen)
    assert row in home


def test_open_thanks_are_read_by_everyone_and_taken_back_by_who_gave_them(client, people):
    client.force_login(people["giver"])
    given = client.post("/api/v1/thanks/", {"team": "ours", "text": WORDS}, content_type="application/json")
    assert given.status_code == 201
    thanks = Thanks.objects.get()
    client.force_login(people["member"])
    assert WORDS in client.get(thanks.team.get_absolute_url()).content.decode()
    assert client.post(reverse("teams:thanks-retract", args=[thanks.pk]), {"reason": "No"}).status_code == 403
    client.force_login(people["giver"])
    assert client.post(reverse("teams:thanks-retract", args=[thanks.pk]), {"reason": "Wrong team"}).status_code == 302
    assert WORDS not in client.get(thanks.team.get_absolute_url()).content.decode()


def test_thanks_go_to_one_and_a_correction_keeps_to_whom_and_who_reads_them(people):
    giver = people["giver"]
    ada = people["thanked"].person
    with pytest.raises(ValidationError, match="either a team or a person"):
        actions.record(Thanks(text=WORDS), by=giver)
    with pytest.raises(ValidationError, match="at most"):
        actions.record(Thanks(person=ada, text="x" * 2_001), by=giver)
    thanks = actions.record(Thanks(person=ada, text=WORDS, is_open=False), by=giver)
    for changes in ({"is_open": True}, {"person": make.make_person()}):
        with pytest.raises(ValidationError, match="Retract these thanks and give new ones"):
            actions.correct(thanks, changes=changes, reason="Shout it", by=giver)
    assert actions.correct(thanks, changes={"text": "Better."}, reason="Spelling", by=giver).text == "Better."
    with pytest.raises(NotAllowed):
        actions.retract(Thanks.objects.known().get(), reason="Mine", by=people["member"])
