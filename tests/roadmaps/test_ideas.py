"""Ideas: anyone proposes and supports them, and whoever had one reads why it was answered as it was."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolio.common.errors import NotAllowed
from products.roadmaps.changes import RoadmapRefused
from products.roadmaps.idea_actions import accept_idea, decline_idea, merge_idea, reopen_idea, support_idea
from products.roadmaps.models import Idea
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def roadmap():
    return make.make_roadmap(code="ahead", name="Ahead")


@pytest.fixture
def owner(roadmap):
    return make.make_user("product_owner", product=roadmap.products.get())


def test_anyone_proposes_from_what_a_customer_said_and_others_support_it_once(client, roadmap):
    insight = make.make_insight(product=roadmap.products.get(), text="I lost the letter.")
    author, other = make.make_user(), make.make_user()
    client.force_login(author)
    assert f"?insight={insight.pk}" in client.get(insight.get_absolute_url()).content.decode()
    form = client.get(f"/roadmaps/ideas/add/?insight={insight.pk}")
    assert form.context["form"].initial == {"roadmap": roadmap, "insight": insight}
    given = {"roadmap": roadmap.pk, "name": "By text", "text": "Remind them.", "insight": insight.pk}
    assert client.post("/roadmaps/ideas/add/", given).status_code == 302
    idea = Idea.objects.get()
    assert (idea.by, idea.insight) == (author, insight)
    with pytest.raises(RoadmapRefused, match="your own idea"):
        support_idea(idea, by=author)

    client.force_login(other)
    for _ in range(2):
        assert client.post(f"/roadmaps/ideas/{idea.pk}/support/").status_code == 302
    assert idea.supports.count() == 1
    assert client.post(f"/roadmaps/ideas/{idea.pk}/unsupport/").status_code == 302
    assert idea.supports.count() == 0
    assert client.post(f"/roadmaps/ideas/{idea.pk}/accept/", {"reason": "Mine."}).status_code == 403


def test_the_reason_reaches_the_author_first_and_all_others_too(client, roadmap, owner):
    author = make.make_user()
    idea = make.make_idea(roadmap=roadmap, by=author, name="By post")
    client.force_login(owner)
    assert client.post(f"/roadmaps/ideas/{idea.pk}/decline/", {"reason": " "}).status_code == 422
    assert client.post(f"/roadmaps/ideas/{idea.pk}/decline/", {"reason": "Letters get lost."}).status_code == 302
    client.force_login(author)
    assert [row.pk for row in client.get("/roadmaps/ideas/").context["answered"]] == [idea.pk]
    page = client.get(idea.get_absolute_url()).content.decode()
    assert "Your idea was declined" in page
    assert "Letters get lost." in page
    client.force_login(make.make_user())
    assert not client.get("/roadmaps/ideas/").context["answered"]
    assert "Letters get lost." in client.get(idea.get_absolute_url()).content.decode()


def test_an_answered_idea_is_opened_again_and_the_earlier_answer_stays(roadmap, owner):
    idea, item = make.make_idea(roadmap=roadmap), make.make_item(roadmap=roadmap)
    accept_idea(idea, reason="Yes.", item=item, by=owner)
    with pytest.raises(RoadmapRefused, match="accepted already: Yes"):
        decline_idea(idea, reason="No.", by=owner)
    with pytest.raises(NotAllowed):
        reopen_idea(idea, reason="I want it.", by=make.make_user("product_owner", product=make.make_product()))
    reopen_idea(idea, reason="The law changed.", by=owner)
    with pytest.raises(RoadmapRefused, match="is open"):
        reopen_idea(idea, reason="Again.", by=owner)
    decline_idea(idea, reason="No.", by=owner)
    told = [(event.what, event.reason, event.item) for event in idea.events.all()]
    assert told == [("Accepted", "Yes.", item), ("Opened again", "The law changed.", None), ("Declined", "No.", None)]


def test_an_idea_is_merged_into_one_thing_of_its_own_roadmap(roadmap, owner):
    idea, other, elsewhere = make.make_idea(roadmap=roadmap), make.make_idea(roadmap=roadmap), make.make_idea()
    for into, words in ((idea, "into itself"), (elsewhere, "another roadmap")):
        with pytest.raises(ValidationError, match=words):
            merge_idea(idea, into=into, reason="The same.", by=owner)
    with pytest.raises(ValidationError, match="one other idea, or one item"):
        merge_idea(idea, reason="The same.", by=owner)
    with pytest.raises(ValidationError, match="another roadmap"):
        merge_idea(idea, item=make.make_item(), reason="The same.", by=owner)
    merge_idea(idea, into=other, reason="The same.", by=owner)
    with pytest.raises(ValidationError, match="merged itself"):  # so that no two are merged into each other
        merge_idea(other, into=idea, reason="The same.", by=owner)
    assert list(other.merged.all()) == [idea]


def test_ideas_are_listed_by_support_in_as_many_queries_for_many(client, roadmap):
    user = make.make_user()
    client.force_login(user)
    counts = []
    for number in range(1, 21):
        idea = make.make_idea(roadmap=roadmap if number % 2 else make.make_roadmap(), name=f"Idea {number}")
        if number == 7:
            support_idea(idea, by=user)
        if number in (1, 20):
            client.get("/roadmaps/ideas/")
            with CaptureQueriesContext(connection) as queries:
                client.get("/roadmaps/ideas/")
            counts.append(len(queries))
    assert counts[0] == counts[1]
    assert client.get("/roadmaps/ideas/?roadmap=ahead&sort=-support").context["page"][0].name == "Idea 7"
    assert not client.get("/roadmaps/ideas/?mine=true").context["page"].object_list
    assert b"".join(client.get("/roadmaps/ideas/?format=csv&status=open")).count(b"\n") == 21


def test_the_api_proposes_supports_and_answers_ideas(client, roadmap, owner):
    client.force_login(make.make_user())
    post = {"content_type": "application/json"}
    made = client.post("/api/v1/ideas/", {"roadmap": "ahead", "name": "By text", "text": "Remind them."}, **post)
    assert made.status_code == 201, made.content
    address = f"/api/v1/ideas/{made.json()['id']}/"
    assert client.post(address + "support/", **post).status_code == 400
    client.force_login(owner)
    assert client.post(address + "support/", **post).json()["support_count"] == 1
    item = make.make_item(roadmap=roadmap, code="text")
    done = client.post(address + "accept/", {"item": item.code, "reason": "Yes."}, **post).json()
    assert (done["status"], done["item"], done["events"][0]["reason"]) == ("accepted", "text", "Yes.")
    assert client.post(address + "reopen/", {"reason": "Not yet."}, **post).json()["status"] == "open"
    assert client.post(address + "merge/", {"reason": "Same."}, **post).status_code == 400
    assert client.post(address + "decline/", {"reason": "No."}, **post).json()["status"] == "declined"
    assert [row["name"] for row in client.get("/api/v1/ideas/?status=declined").json()["results"]] == ["By text"]
