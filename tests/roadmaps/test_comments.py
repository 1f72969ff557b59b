"""Comments: said for good, asking people by name, settled by whom they concern, and never markup."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portfolio.common.errors import Busy, NotAllowed
from products.roadmaps import comment_actions
from products.roadmaps.changes import RoadmapRefused
from products.roadmaps.comment_actions import add_comment, named_in, reopen_comment, resolve_comment
from products.roadmaps.comment_reading import comments_on
from products.roadmaps.models import Comment
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()


@pytest.fixture
def roadmap():
    made = make.make_roadmap(code="ahead", name="Ahead")
    make.make_item(roadmap=made, code="phone")
    return made


@pytest.fixture
def reader(client):
    user = make.make_user()
    client.force_login(user)
    return user


def post(client, **given):
    return client.post(reverse("roadmaps:comment-add", args=["ahead"]), given, follow=True)


def test_names_begin_a_word_and_end_before_the_stop():
    assert named_in("@ada, (@grace.h) and @ada. Not me@example.org, @ nor @@.") == ["ada", "grace.h"]


def test_a_comment_asks_those_it_names_and_says_which_names_are_nobodys(client, roadmap, reader):
    asked = make.make_user()
    answer = post(
        client, text=f"Is it so, @{asked.username.upper()}, @nobody-here?", item="phone", next="/roadmaps/items/phone/"
    )

    comment = Comment.objects.get()
    assert (comment.item.code, comment.by) == ("phone", reader)
    assert list(comment.mentions.all()) == [asked]
    assert "Nobody here has the account @nobody-here" in answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"/roadmaps/items/phone/#comment-{comment.pk}"


def test_it_goes_back_to_no_other_site(client, roadmap, reader):
    answer = client.post(
        reverse("roadmaps:comment-add", args=["ahead"]), {"text": "Hm.", "next": "https://evil.example/"}
    )

    assert answer.url == f"/roadmaps/ahead/#comment-{Comment.objects.get().pk}"


def test_an_empty_a_long_and_a_foreign_comment_are_refused_with_what_is_wrong(client, roadmap, reader):
    foreign = make.make_item()
    for given, words in (
        ({"text": " "}, "This field is required"),
        ({"text": "a" * 5001}, "at most 5000 characters"),
        ({"text": "Hm.", "item": foreign.code}, "has no item"),
        ({"text": "Hm.", "answers": make.make_comment().pk}, "has no comment"),
    ):
        answer = post(client, **given)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    with pytest.raises(ValidationError, match="belongs to another roadmap"):
        add_comment(roadmap, text="Hm.", item=foreign, by=reader)
    assert not Comment.objects.filter(roadmap=roadmap).exists()


def test_nobody_writes_more_than_a_person_can(monkeypatch, roadmap, reader):
    monkeypatch.setattr(comment_actions, "A_MINUTE", 2)
    for _ in range(2):
        add_comment(roadmap, text="Hm.", by=reader)
    with pytest.raises(Busy, match="within a minute"):
        add_comment(roadmap, text="Hm.", by=reader)


def test_an_answer_to_an_answer_is_one_to_the_first_and_on_the_same_thing(roadmap, reader):
    item = roadmap.items.get()
    first = add_comment(roadmap, text="Is it?", item=item, by=reader).comment
    second = add_comment(roadmap, text="It is.", answers=first, by=reader).comment
    third = add_comment(roadmap, text="Good.", answers=second, by=reader).comment

    assert (third.answers, third.item) == (first, item)
    [thread] = comments_on(item, reader=reader).threads
    assert [comment.text for comment in thread.answers] == ["It is.", "Good."]
    with pytest.raises(RoadmapRefused, match="This is an answer"):
        resolve_comment(second, by=reader)


def test_it_is_settled_by_who_said_it_whom_it_asks_and_who_edits_the_roadmap(roadmap):
    author, asked, owner, other = (
        make.make_user(), make.make_user(), make.make_user("product_owner", product=roadmap.products.get()),
        make.make_user("product_owner", product=make.make_product()),
    )  # fmt: skip
    comment = add_comment(roadmap, text=f"Is it, @{asked.username}?", by=author).comment
    for user in (author, asked, owner):
        assert resolve_comment(comment, by=user).resolved_by == user
        assert resolve_comment(comment, by=user).resolved_at
        assert reopen_comment(comment, by=user).resolved_at is None
    with pytest.raises(NotAllowed):
        resolve_comment(comment, by=other)


def test_what_is_said_is_text_and_only_addresses_of_the_web_are_links(client, roadmap, reader):
    baseline = make.make_baseline(roadmap)
    words = "<script>alert(1)</script> javascript:alert(1) [x](javascript:alert(1)) https://example.org/a"
    add_comment(roadmap, text=words, baseline=baseline, by=reader)
    shown = client.get(reverse("roadmaps:baseline-detail", args=[baseline.pk])).content.decode()

    assert "&lt;script&gt;alert(1)" in shown
    assert 'href="javascript' not in shown
    assert 'href="https://example.org/a"' in shown


def test_the_list_is_filtered_by_what_is_open_and_what_asks_me_and_takes_as_many_queries_for_many(
    client, roadmap, reader
):
    def write():
        mine = add_comment(roadmap, text=f"For @{reader.username}", by=make.make_user()).comment
        done = add_comment(roadmap, text="Done.", item=roadmap.items.get(), by=make.make_user()).comment
        resolve_comment(done, by=done.by)
        return mine

    mine = write()
    address = reverse("roadmaps:comment-list", args=["ahead"])
    few = queries(client, address)
    assert [row.pk for row in client.get(address, {"mentions": "me", "status": "open"}).context["page"]] == [mine.pk]
    assert [row.text for row in client.get(address, {"status": "resolved"}).context["page"]] == ["Done."]
    for _ in range(10):
        write()
    assert queries(client, address) == few
    assert len(client.get(address, {"format": "csv"}).getvalue().decode().splitlines()) == 23


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def test_many_figures_of_a_page_are_read_at_once(roadmap):
    reader = make.make_user("product_owner", product=roadmap.products.get())
    for number in range(10):
        add_comment(roadmap, text=f"On {number}.", figure=f"value:{number}", by=reader)
    asked = RequestFactory().get("/")
    asked.user = reader
    one = "{% include 'roadmaps/_comments.html' with anchor=roadmap figure=figure %}"
    page = Template(f"{{% for figure in figures %}}{one}{{% endfor %}}")

    def count(figures):
        asked.comments_read = {}
        with CaptureQueriesContext(connection) as counted:
            shown = page.render(Context({"roadmap": roadmap, "figures": figures, "request": asked}))
        assert all(f"On {figure[6:]}." in shown for figure in figures)
        return len(counted)

    count(["value:0"])
    assert count([f"value:{number}" for number in range(10)]) == count(["value:0"])


def test_programs_comment_resolve_and_reopen(client, roadmap, reader):
    given = {"roadmap": "ahead", "item": "phone", "text": "Is it, @who?"}
    made = client.post("/api/v1/comments/", given, "application/json").json()
    assert made["unknown"] == ["who"]
    assert made["by"] == reader.username

    done = client.post(f"/api/v1/comments/{made['id']}/resolve/").json()
    assert done["resolved_by"] == reader.username
    assert client.get("/api/v1/comments/?status=open").json()["results"] == []
    assert client.post(f"/api/v1/comments/{made['id']}/reopen/").json()["resolved_at"] is None
    assert client.patch(f"/api/v1/comments/{made['id']}/", {"text": "No."}, "application/json").status_code == 405
    long = client.post("/api/v1/comments/", given | {"text": "a" * 5001}, "application/json")
    assert long.status_code == 400
