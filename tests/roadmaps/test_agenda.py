"""The agenda of a review: made by the system, the same for everyone, as it was known at a moment."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from portfolio.common.months import today
from portfolio.rollup.actions import refresh_standings
from products.roadmaps import documents
from products.roadmaps.agenda import agenda_of
from products.roadmaps.baseline_actions import say
from products.roadmaps.content import document_of
from products.roadmaps.contributions import AGENDA, AgendaRow, AgendaSection
from products.roadmaps.documents import Paper, Part, Table
from products.roadmaps.idea_actions import decline_idea
from products.roadmaps.item_actions import block_item, change_item, drop_item, ship_item, start_item
from products.roadmaps.models import Item, Roadmap
from products.roadmaps.order_actions import move_item
from products.roadmaps.past import document_as_known
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = today()


def section(agenda, key):
    return next(one for one in agenda.sections if one.key == key)


def names(agenda, key):
    return [row.name for row in section(agenda, key).rows]


@pytest.fixture
def roadmap():
    return make.make_roadmap(code="ahead", name="Ahead")


def test_an_agenda_tells_all_that_there_is_to_look_at(roadmap):
    shipped, stuck = (make.make_item(roadmap=roadmap, code=code, name=code.title()) for code in ("phone", "paper"))
    late = make.make_item(
        roadmap=roadmap, code="text", name="Text", starts=TODAY - timedelta(40), ends=TODAY - timedelta(9)
    )
    make.make_item(roadmap=roadmap, code="letters", name="Letters", needs=[stuck], starts=TODAY)
    baseline = make.make_baseline(roadmap)
    say(baseline, verdict="signed", by=roadmap.business[0].user)
    say(baseline, verdict="declined", by=roadmap.technology[0].user, comment="Nobody has the time.", about=["text"])
    make.make_valuation(metric=late.metric)
    change_item(Item.objects.get(code="text"), changes={"metric_high": 240}, by=None)
    start_item(shipped, by=None)
    ship_item(shipped, by=None)
    block_item(stuck, blocked_by="No contract.", by=None)
    make.make_review(
        roadmap=roadmap, held_on=TODAY - timedelta(1),
        decisions=[
            {"text": "Ask drivers.", "who": "Ada", "due_on": "2020-01-01"}, {"text": "Done.", "done_on": "2020-01-01"},
        ],
    )  # fmt: skip
    make.make_idea(roadmap=roadmap, name="By post")
    make.make_comment(item=late, roadmap=roadmap, text="Why so late?")

    agenda = agenda_of(Roadmap.objects.get(pk=roadmap.pk))
    assert names(agenda, "shipped") == ["Phone"]
    changes = section(agenda, "changed").rows
    assert changes[0].name == "Text"
    assert "240" in changes[0].detail
    assert "Promised value a month: +" in changes[0].detail
    assert set(names(agenda, "agreement")) == {"Text", "Letters", "Paper"}
    details = {row.name: row.detail for row in section(agenda, "agreement").rows}
    assert details["Text"] == (
        "Business partner: signed baseline 1, void since it changed materially. Technology owner: unsigned."
    )
    held_up = {row.name: row.detail for row in section(agenda, "blocked").rows}
    assert "Blocked: No contract." in held_up["Paper"]
    assert "was to be done on" in held_up["Text"]
    assert "Waits for Paper, which is blocked" in held_up["Letters"]
    assert len(names(agenda, "stale")) == 4
    assert section(agenda, "questions").rows[0].detail == "Why so late?"
    assert names(agenda, "ideas") == ["By post"]
    assert [row.name.partition(" ")[0] for row in section(agenda, "decide").rows] == ["Freeze", "Unblock", "Accept,"]
    assert [(row.name, row.is_urgent) for row in section(agenda, "decided").rows] == [("Ask drivers.", True)]


def test_an_agenda_is_the_same_for_everyone(client, roadmap):
    make.make_item(roadmap=roadmap)
    make.make_baseline(roadmap)
    seen = []
    for user in (make.make_user("leader"), make.make_user(), roadmap.business[0].user):
        client.force_login(user)
        agenda = client.get("/api/v1/reviews/agenda/", {"roadmap": "ahead"}).json()
        seen.append((agenda, client.get("/roadmaps/ahead/review/agenda.pdf").content))
    assert seen[0] == seen[1] == seen[2]
    assert client.get("/roadmaps/ahead/review/").status_code == 200
    assert client.get("/api/v1/reviews/agenda/").status_code == 400


def test_a_roadmap_as_it_was_known_is_what_it_was(roadmap):
    one, two = (make.make_item(roadmap=roadmap, code=code) for code in ("one", "two"))
    move_item(two, horizon="now", by=None)
    early = make.make_idea(roadmap=roadmap, name="Early")
    before, moment = document_of(roadmap), timezone.now()
    decline_idea(early, reason="No.", by=None)
    move_item(one, horizon="now", before=two, by=None)
    change_item(Item.objects.get(code="two"), changes={"name": "Other"}, by=None)
    ship_item(Item.objects.get(code="one"), by=None)
    make.make_item(roadmap=roadmap, code="three")
    drop_item(Item.objects.get(code="two"), why="No.", by=None)
    make.make_idea(roadmap=roadmap, name="Late")

    items = list(roadmap.items.for_table().in_order())
    assert document_as_known(roadmap, items, moment) == before
    assert document_as_known(roadmap, items, None) == document_of(roadmap)
    agenda = agenda_of(roadmap, known=moment)
    assert (names(agenda, "shipped"), names(agenda, "ideas")) == ([], ["Early"])
    now = agenda_of(roadmap)
    assert (len(names(now, "shipped")), names(now, "ideas")) == (1, ["Late"])


def test_other_rooms_add_sections(roadmap):
    def results(asked, on, known):
        return [AgendaSection("weather", "Weather", "None", [AgendaRow("Rain")])]

    AGENDA.append(results)
    try:
        agenda = agenda_of(roadmap)
    finally:
        AGENDA.remove(results)
    assert agenda.sections[-1].key == "weather"
    assert names(agenda, "weather") == ["Rain"]


def test_an_agenda_takes_as_many_queries_for_many_items_as_for_one(roadmap, client):
    client.force_login(make.make_user("leader"))
    make.make_item(roadmap=roadmap)
    make.make_idea(roadmap=roadmap)
    make.make_comment(roadmap=roadmap, item=roadmap.items.get())
    make.make_baseline(roadmap)
    counts = []
    for _ in range(2):
        client.get("/roadmaps/ahead/review/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/roadmaps/ahead/review/")
        counts.append(len(queries))
        for _ in range(6):
            item = make.make_item(roadmap=roadmap, needs=[roadmap.items.order_by("-pk").first()])
            make.make_idea(roadmap=roadmap)
            make.make_comment(roadmap=roadmap, item=item)
    assert counts[0] == counts[1]


def test_figures_and_guardrails_come_from_their_rooms(roadmap):
    [product] = roadmap.products.all()
    metric = make.make_metric(product=product)
    make.make_valuation(metric=metric)
    make.make_observation(metric=metric)
    make.make_ledger_entry(product=product)
    make.make_allocation(product=product)
    make.make_guardrail(name="least", kind="stage", stage=product.stage, bound="most", share="0.05")
    refresh_standings()

    agenda = agenda_of(roadmap)
    figures = section(agenda, "figures").rows
    assert figures[0].figure == f"value-per-dollar:{product.code}"
    assert "direct" in figures[0].detail
    assert "credited" in figures[0].detail
    assert "Last worked out" in figures[-1].detail
    assert [row.is_urgent for row in section(agenda, "guardrails").rows] == [True]


# -- As documents -----------------------------------------------------------------------------------------------------


def text_of(pdf):
    reader = PdfReader(BytesIO(pdf))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def test_a_pdf_wraps_repeats_its_headers_and_numbers_its_pages():
    long = "A sentence that goes on for a while. " * 300
    rows = [(f"Row {number}", "word " * 60) for number in range(40)] + [("Long", long), ("<b>&", "x" * 500)]
    paper = Paper("A paper", ["As of today."], [Part("Rows", [], Table(("What", "How"), (30, 70), rows))])
    pdf = documents.as_pdf(paper)
    pages = text_of(pdf)
    assert len(pages) > 3
    assert all("What How" in page and f"Page {number}" in page for number, page in enumerate(pages, 1))
    assert "Row 39" in "".join(pages)
    assert "<b>&" in "".join(pages)
    assert documents.as_pdf(paper) == pdf


def test_other_scripts_are_shown_or_it_is_said_what_could_not_be(monkeypatch):
    shown = text_of(documents.as_pdf(Paper("Żółw, Ελλάδα", ["Fine."], [])))[0]
    assert "Fine." in shown
    assert "question marks" not in shown
    missing = text_of(documents.as_pdf(Paper("道路 and \U0001f697", [], [])))[0]
    assert "U+9053, U+8DEF" in missing or "U+1F697" in missing

    monkeypatch.setattr(documents, "FONTS", ())  # as where the system has no fonts
    documents._fonts.cache_clear()
    try:
        assert "U+0179" in text_of(documents.as_pdf(Paper("Źle", [], [])))[0]
    finally:
        documents._fonts.cache_clear()


def test_markdown_cannot_be_broken_by_what_people_write():
    paper = Paper("A | *b*", [], [Part("Rows", [], Table(("What",), (1,), [("a | b\n# c",)]))])
    assert "| a \\| b \\# c |" in documents.as_markdown(paper)
