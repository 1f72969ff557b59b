"""Pages of the import: upload, preview, load."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portfolio.intake import forms, views
from portfolio.intake.files import read_csv
from portfolio.intake.kinds import KINDS
from portfolio.intake.models import Upload
from products.value.models import Observation
from teams.models import Team
from tests.factories import make_metric, make_product, make_rate, make_team, make_user

pytestmark = pytest.mark.django_db

IMPORT = reverse("intake:import")
TEAMS = "code,name\nalpha,Alpha\nbeta,Beta\n"


@pytest.fixture
def leader(client):
    """Sign a leader in."""
    user = make_user("leader")
    client.force_login(user)
    return user


def upload(client, text: str | bytes, kind: str = "teams"):
    data = text.encode() if isinstance(text, str) else text
    return client.post(IMPORT, {"kind": kind, "file": SimpleUploadedFile(f"{kind}.csv", data)})


def shown(page) -> dict[str, str]:
    return {"shown": page.context["shown"]}


def test_only_the_kinds_that_a_user_may_add_are_offered(client):
    client.force_login(make_user("product_owner", product=make_product()))
    page = client.get(IMPORT)
    assert {kind.name for kind in page.context["kinds"]} == {
        "segments", "themes", "insights", "metrics", "valuations", "observations", "scores", "exposures",
        "roadmap-items", "links", "usage", "elasticities", "services", "parts", "service-dependencies", "on-call",
        "objectives", "measurements", "requirements", "evidence", "delivery-events", "journeys", "journey-steps",
        "passages", "failure-modes", "drills", "incidents", "impacts",
    }  # fmt: skip
    answer = upload(client, TEAMS)
    assert answer.status_code == 422
    assert "kind" in answer.context["form"].errors
    assert not Upload.objects.exists()


def test_who_may_add_nothing_is_told_how_to_come_by_a_role(client):
    client.force_login(make_user())
    page = client.get(IMPORT).content.decode()
    assert "Ask a leader for a role" in page
    assert 'type="file"' not in page


def test_a_file_is_previewed_and_nothing_is_loaded(client, leader):
    make_team(code="alpha", name="Alpha")
    make_team(code="beta", name="Old name")
    page = client.get(upload(client, TEAMS + "gamma,Gamma\n").url)
    assert page.context["report"].counts == (1, 1, 1)
    assert [(number, outcome) for number, outcome, _ in page.context["rows"]] == [
        (2, "unchanged"), (3, "corrected"), (4, "added"),
    ]  # fmt: skip
    assert "Load 3 rows" in page.content.decode()
    assert Team.objects.count() == 2


def test_a_previewed_file_is_loaded_as_it_was_shown(client, leader):
    url = upload(client, TEAMS).url
    answer = client.post(url, shown(client.get(url)), follow=True)
    assert "2 teams added, 0 corrected, 0 unchanged" in answer.content.decode()
    assert Team.objects.count() == 2
    assert Team.objects.get(code="alpha").history.get().history_user == leader
    assert not Upload.objects.exists()
    assert client.post(url).status_code == 404


def test_nothing_is_loaded_once_the_file_would_do_something_else(client, leader):
    url = upload(client, TEAMS).url
    page = client.get(url)
    make_team(code="alpha", name="Alpha, by someone else")
    answer = client.post(url, shown(page), follow=True)
    assert "Nothing was loaded: since the preview" in answer.content.decode()
    assert Team.objects.get().name == "Alpha, by someone else"
    assert client.post(url, {}, follow=True).status_code == 200
    assert Team.objects.count() == 1
    client.post(url, shown(client.get(url)))
    assert Team.objects.count() == 2


def test_every_bad_row_is_explained_and_nothing_is_loaded(client, leader):
    make_metric(code="taxed")
    text = "metric,starts,ends,value\ntaxed,2026-02-01,2026-03-01,5\ntaxed,2026-02-10,2026-02-11,5\ntexed,soon,,1\n"
    url = upload(client, text, "observations").url
    page = client.get(url)
    assert page.status_code == 200
    said = page.content.decode()
    assert [problem.row for problem in page.context["problems"]] == [3, 4, 4, 4]
    for words in ("Did you mean taxed?", "The same days cannot count twice", "Upload the mended file"):
        assert words in said
    assert client.post(url, shown(page)).status_code == 422
    assert not Observation.objects.exists()


def test_at_most_a_thousand_problems_are_listed_with_their_number(client, leader, monkeypatch):
    monkeypatch.setattr(views, "MOST_PROBLEMS", 2)
    page = client.get(upload(client, "code,name\nA,1\nB,2\nC,3\n").url)
    assert len(page.context["problems"]) == 2
    assert "the first 2 of 3" in page.content.decode()


def test_a_row_of_the_wrong_length_shows_in_the_preview(client, leader):
    page = client.get(upload(client, TEAMS + "gamma\n").url)
    assert [problem.row for problem in page.context["problems"]] == [4]
    assert page.context["row_count"] == 3


def test_a_file_that_cannot_be_read_is_explained_beside_it(client, leader):
    for data, words in (
        ("code,naem\na,A\n", "Did you mean name?"),
        ("code,name\na,Zoë\n".encode("cp1252"), "CSV UTF-8"),
        (b"\n", "The file is empty"),
        (b"PK\x03\x04", "spreadsheet"),
    ):
        answer = upload(client, data)
        assert answer.status_code == 422
        assert any(words in error for error in answer.context["form"].errors["file"]), words
    assert "submitted file is empty" in upload(client, b"").context["form"].errors["file"][0]
    assert not Upload.objects.exists()


def test_a_file_that_is_too_large_is_refused_with_the_remedy(client, leader, monkeypatch):
    monkeypatch.setattr(forms, "MOST_BYTES", 10)
    (said,) = upload(client, TEAMS).context["form"].errors["file"]
    assert "Split it, or have the operator load it" in said


def test_an_upload_is_its_owners_alone(client, leader):
    url = upload(client, TEAMS).url
    client.force_login(make_user("leader"))
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404
    assert client.post(f"{url}discard/").status_code == 404
    assert not client.get(IMPORT).context["waiting"]


def test_an_upload_waits_for_a_day(client, leader):
    url = upload(client, TEAMS).url
    assert "teams.csv" in client.get(IMPORT).content.decode()
    Upload.objects.update(uploaded_at=timezone.now() - timedelta(days=2))
    assert client.get(url).status_code == 404
    upload(client, TEAMS)
    assert Upload.objects.count() == 1


def test_a_role_that_was_taken_away_stops_the_load(client, leader):
    url = upload(client, TEAMS).url
    page = client.get(url)
    leader.grants.all().delete()
    assert client.post(url, shown(page)).status_code == 403
    assert not Team.objects.exists()


def test_a_file_may_be_discarded(client, leader):
    url = upload(client, TEAMS).url
    assert client.get(f"{url}discard/").status_code == 405
    client.post(f"{url}discard/")
    assert not Upload.objects.exists()


def test_rates_are_previewed_only_by_who_may_read_them(client):
    rate = make_rate()
    client.force_login(make_user("finance_partner", product=make_product()))
    assert "rates" not in {kind.name for kind in client.get(IMPORT).context["kinds"]}
    text = f"discipline,monthly_amount,starts\n{rate.discipline.code},8000,2026-01-01\n"
    assert upload(client, text, "rates").status_code == 422


def test_cells_are_text_on_the_page(client, leader):
    page = client.get(upload(client, "code,name\na,<script>alert(1)</script>\n").url).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_has_the_columns_and_one_example(client, leader, kind):
    answer = client.get(reverse("intake:template", args=[kind]))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{kind}.csv"'
    assert len(read_csv(answer.content, KINDS[kind]).rows) == 1


def test_a_template_of_nothing_is_not_there(client, leader):
    assert client.get("/import/templates/nothing.csv").status_code == 404


def test_who_is_not_signed_in_is_asked_to(client):
    for url in (IMPORT, "/import/1/", "/import/templates/teams.csv"):
        assert client.get(url).status_code == 302
