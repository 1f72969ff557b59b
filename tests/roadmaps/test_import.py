"""Items from files: all of them or none, every bad row told at once, and the second time nothing changes."""

import csv
import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portfolio.common.models import User
from portfolio.intake.actions import load_file
from products.roadmaps.item_actions import change_item, ship_item
from products.roadmaps.models import Dependency, Item
from tests import factories as make
from tests.files import content

pytestmark = pytest.mark.django_db

API = "/api/v1/roadmap-items/import/"
KIND = "roadmap-items"


@pytest.fixture
def roadmap(db):
    bea, ted = (User.objects.create(username=name) for name in ("bea", "ted"))
    product = make.make_product(code="tax")
    make.make_metric(code="renewals", product=product)
    return make.make_roadmap(code="ahead", products=[product], business=[bea], technology=[ted])


@pytest.fixture
def root(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


def row(code, **cells):
    plain = {
        "code": code, "roadmap": "ahead", "product": "tax", "name": code.title(), "metric": "renewals",
        "metric_from": "100", "metric_low": "120", "metric_high": "140", "by_when": "2026-12-31", "exception": "",
        "effort_low": "4", "effort_high": "8", "business_champion": "bea", "technology_champion": "ted", "needs": "",
    }  # fmt: skip
    return plain | cells


def as_file(*rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, dict.fromkeys(name for one in rows for name in one))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def needs(code):
    return sorted(Dependency.objects.filter(item__code=code).values_list("needs__code", flat=True))


def test_a_file_adds_items_in_its_order_with_what_they_wait_for_wherever_that_stands(roadmap):
    make.make_item(roadmap=roadmap, code="there")
    before = roadmap.changes.count()
    file = as_file(row("b", needs="a there"), row("a"), row("c", horizon="now"))

    report = load_file(KIND, file, by=None, source="plan.csv")

    assert report.errors == []
    assert report.counts == (3, 0, 0)
    assert list(roadmap.items.in_order().values_list("code", flat=True)) == ["c", "there", "b", "a"]
    assert needs("b") == ["a", "there"]
    change = roadmap.changes.last()
    assert (roadmap.changes.count(), change.kind, change.why) == (before + 1, "import", "Import of plan.csv")
    assert {line["item"] for line in change.changes} == {"a", "b", "c"}
    assert {item.version for item in Item.objects.filter(code__in="abc")} == {change.number}


def test_the_same_file_again_and_what_was_exported_change_nothing(root, roadmap):
    file = as_file(row("a", name="=1+1"), row("b", needs="a", description='Two "lines"\nof it'))
    load_file(KIND, file, by=None)
    ship_item(Item.objects.get(code="a"), on=date(2026, 1, 5), by=None)
    changes = roadmap.changes.count()

    assert load_file(KIND, file, by=None).counts == (0, 2, 0)
    exported = content(root.get("/roadmaps/items/", {"format": "csv"}))
    assert load_file(KIND, exported, by=None).counts == (0, 2, 0)
    assert root.post(API, exported, content_type="text/csv").json()["unchanged"] == 2
    assert roadmap.changes.count() == changes


def test_a_dry_run_tells_what_a_file_would_do_and_writes_nothing(root, roadmap):
    load_file(KIND, as_file(row("a"), row("b")), by=None)
    file = as_file(row("a"), row("b", effort_high="9"), row("c"))

    dry = root.post(f"{API}?dry_run=true", file, content_type="text/csv").json()

    assert [(one["row"], one["code"], one["outcome"]) for one in dry["items"]] == [
        (2, "a", "unchanged"), (3, "b", "changed"), (4, "c", "added"),
    ]  # fmt: skip
    assert (dry["added"], dry["changed"], dry["unchanged"], dry["is_dry_run"]) == (1, 1, 1, True)
    assert set(Item.objects.values_list("code", flat=True)) == {"a", "b"}
    done = root.post(API, file, content_type="text/csv").json()
    assert done == dry | {"is_dry_run": False}
    assert [one["outcome"] for one in root.post(API, file, content_type="text/csv").json()["items"]] == [
        "unchanged", "unchanged", "unchanged",
    ]  # fmt: skip


def test_every_bad_row_is_told_at_once_with_its_column_and_nothing_is_written(root, roadmap):
    make.make_item(roadmap=roadmap, code="old")
    over = ship_item(make.make_item(roadmap=roadmap, code="over"), on=date(2026, 1, 5), by=None)
    other = make.make_item(code="elsewhere")
    stay = dict.fromkeys(("product", "metric", "metric_from", "metric_low", "metric_high", "by_when"), "")
    file = as_file(
        row("good", state="planned"),
        row("no-metric", **stay | {"product": "tax"}),
        row("wrong-day", by_when="31/12/2026"),
        row("wrong-code", metric="renewal"),
        row("wrong-person", business_champion="bee"),
        row("wrong-range", metric_low="150"),
        row("old", state="shipped"),
        row("over", horizon="now", state="shipped", product=over.product.code),
        row("elsewhere", product=other.product.code),
        row("lost", needs="nowhere good"),
        row("good"),
        row("new", state="started"),
    )

    refused = root.post(API, file, content_type="text/csv")

    assert refused.status_code == 400
    told = {(error["row"], error["attr"]): error["detail"] for error in refused.json()["errors"]}
    assert told.keys() == {
        (3, None), (4, "by_when"), (5, "metric"), (6, "business_champion"), (7, None), (8, "state"), (9, "horizon"),
        (10, "roadmap"), (11, "needs"), (12, "code"), (13, "state"),
    }  # fmt: skip
    assert "Name the customer metric" in told[3, None]
    assert "write year-month-day" in told[4, "by_when"]
    assert "Did you mean renewals?" in told[5, "metric"]
    assert "There is no account with the name “bee”. Did you mean bea?" in told[6, "business_champion"]
    assert "a file does not change that" in told[8, "state"]
    assert "stays there" in told[10, "roadmap"]
    assert "“nowhere”" in told[11, "needs"]
    assert set(Item.objects.values_list("code", flat=True)) == {"old", "over", "elsewhere"}


def test_a_loop_across_rows_and_with_what_stands_is_refused_with_the_names(roadmap):
    standing = make.make_item(roadmap=roadmap, code="there", name="There")
    load_file(KIND, as_file(row("a")), by=None)
    change_item(standing, changes={"needs": [Item.objects.get(code="a")]}, by=None)

    report = load_file(KIND, as_file(row("a", needs="b"), row("b", needs="there"), row("c", needs="c")), by=None)

    told = {problem.row: problem.message for problem in report.errors}
    assert told.keys() == {2, 3, 4}
    assert "A (a) waits for B (b) waits for There (there) waits for A (a)" in told[2]
    assert "cannot wait for itself" in told[4]
    assert needs("a") == []


def test_a_file_can_turn_dependencies_round_that_one_row_after_another_would_make_a_loop(roadmap):
    load_file(KIND, as_file(row("a", needs="b"), row("b")), by=None)

    assert load_file(KIND, as_file(row("b", needs="a"), row("a")), by=None).counts == (0, 0, 2)
    assert (needs("a"), needs("b")) == ([], ["a"])


def test_a_row_changes_only_roadmaps_that_its_user_may_edit(client, roadmap):
    other = make.make_roadmap(code="beside", products=[make.make_product(code="levy")])
    client.force_login(make.make_user("product_owner", product=roadmap.products.get()))
    stranger = make.make_item(roadmap=other, code="stranger")
    promise = dict.fromkeys(("metric", "metric_from", "metric_low", "metric_high", "by_when"), "")
    file = as_file(
        row("mine"),
        row("theirs", roadmap="beside", product="levy", exception="It is the law.", **promise),
        row("stranger", roadmap="beside", product="levy", exception="It is the law.", **promise),
    )

    refused = client.post(API, file, content_type="text/csv")

    assert refused.status_code == 403
    assert [(error["row"], error["code"]) for error in refused.json()["errors"]] == [
        (3, "permission_denied"), (4, "permission_denied"),
    ]  # fmt: skip
    assert not Item.objects.filter(code="mine").exists()
    assert Item.objects.get(pk=stranger.pk).metric
    assert client.post(API, as_file(row("mine")), content_type="text/csv").status_code == 200


def test_rows_of_json_may_leave_out_what_stays(root, roadmap):
    load_file(KIND, as_file(row("a", needs="", description="Long."), row("b")), by=None)
    rows = [
        {"code": "a", "roadmap": "ahead", "needs": ["b"]} | _needed("a"),
        {"code": "b", "effort_high": 9} | {name: cell for name, cell in _needed("b").items() if name != "effort_high"},
        {"name": "Nameless"},
    ]

    refused = root.post(API, rows, content_type="application/json")
    assert {(error["row"], error["attr"]) for error in refused.json()["errors"]} >= {(3, "code"), (3, "roadmap")}
    done = root.post(API, [rows[0], rows[1] | {"roadmap": "ahead"}], content_type="application/json")

    assert done.status_code == 200, done.content
    assert done.json()["changed"] == 2
    assert needs("a") == ["b"]
    assert Item.objects.get(code="a").description == "Long."


def _needed(code):
    names = ("product", "name", "effort_low", "effort_high", "business_champion", "technology_champion")
    return {name: row(code)[name] for name in names}


@pytest.mark.parametrize(
    ("body", "of", "status"),
    [
        (b"code,colour\na,red\n", "text/csv", 400),
        (b"PK\x03\x04", "text/csv", 400),
        (b"{}", "application/json", 400),
        (b"<a/>", "application/xml", 415),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_houses_form(root, roadmap, body, of, status):
    refused = root.post(API, body, content_type=of)

    assert refused.status_code == status
    assert refused["Content-Type"] == "application/problem+json"


def test_the_import_page_takes_items_and_shows_what_a_file_would_do(root, roadmap):
    page = root.get("/roadmaps/import/", follow=True)
    assert page.context["form"].initial["kind"] == KIND
    file = SimpleUploadedFile("items.csv", as_file(row("a"), row("b", needs="a")))

    preview = root.post("/import/", {"kind": KIND, "file": file}, follow=True)
    assert preview.context["report"].added == 2
    assert not Item.objects.exists()
    root.post(preview.redirect_chain[-1][0], {"shown": preview.context["shown"]})

    assert needs("b") == ["a"]
    assert roadmap.changes.last().by.username == "root"
