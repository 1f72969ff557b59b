"""Pages and commands of catalogues: upload, preview, load, and what was left out."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from portfolio.intake.catalogues import forms
from portfolio.intake.models import Upload
from products.health.models import Objective, Service, SupportDate
from teams.models import Team
from tests.factories import make_component, make_product, make_service, make_user, make_value_stream
from tests.intake.test_backstage import entity
from tests.intake.test_backstage_import import ESTATE
from tests.intake.test_endoflife import CSV
from tests.intake.test_openslo import slo

pytestmark = pytest.mark.django_db

PAGE = reverse("intake:catalogue-import")


@pytest.fixture
def leader(client):
    """Sign a leader in, with somewhere for new rows to go."""
    make_value_stream(code="money")
    make_product(code="other")
    user = make_user("leader")
    client.force_login(user)
    return user


def upload(client, *texts: str, of: str = "backstage", name: str = "catalog.yaml", **options):
    files = [SimpleUploadedFile(f"{number}{name}", text.encode()) for number, text in enumerate(texts, start=1)]
    given = {"format": of, "files": files, "value_stream": "money", "product": "other", **options}
    return client.post(PAGE, given)


def load(client, url: str, **options):
    page = client.get(url)
    return client.post(url, {"shown": page.context["shown"], **options}, follow=True)


def test_files_are_previewed_together_and_loaded_as_they_were_shown(client, leader):
    url = upload(client, "\n---\n".join(ESTATE[:3]), "\n---\n".join(ESTATE[3:])).url
    page = client.get(url)
    assert page.context["report"].added == 9
    assert "Load 9 rows" in page.content.decode()
    assert not Team.objects.exists()
    said = load(client, url).content.decode()
    assert "9 rows added, 0 changed, 0 unchanged." in said
    assert "there is nothing to load" in said
    assert Team.objects.get().history.get().history_user == leader


def test_what_is_broken_is_shown_and_is_left_out_only_when_told_to(client, leader):
    url = upload(client, entity("a", "type: service", "owner: <script>")).url
    said = client.get(url).content.decode()
    for words in (
        "1 thing is broken",
        "1catalog.yaml, document 1, line 7",
        "and leave out what is broken",
        "Placeholder",
    ):
        assert words in said
    assert "owner &lt;script&gt; is" in said
    answer = client.post(url, {"shown": client.get(url).context["shown"]})
    assert answer.status_code == 422
    assert not Service.objects.exists()
    said = load(client, url, leave_out="yes").content.decode()
    assert "All that is sound stands here; 1 broken thing is left out" in said
    assert Service.objects.get().owner is None


def test_nothing_is_loaded_once_the_files_would_do_something_else(client, leader):
    url = upload(client, entity("a", "type: team", kind="Group")).url
    shown = client.get(url).context["shown"]
    Team.objects.create(code="a", name="a")
    assert "Nothing was loaded" in client.post(url, {"shown": shown}, follow=True).content.decode()
    client.post(url + "discard/")
    assert not Upload.objects.exists()


def test_files_that_cannot_be_read_are_not_loaded_in_part(client, leader):
    url = upload(client, "a: [", entity("a", "type: team", kind="Group")).url
    page = client.get(url)
    assert "cannot be read at all" in page.content.decode()
    assert "leave out what is broken</button>" not in page.content.decode()
    assert client.post(url, {"leave_out": "yes"}).status_code == 422
    assert not Team.objects.exists()


def test_objectives_and_support_dates_go_in_by_the_same_page(client, leader):
    make_service(code="checkout")
    make_component(code="app", name="App", eol_product="python", eol_cycle="3.8")
    load(client, upload(client, slo(), of="openslo").url)
    assert Objective.objects.get().service.code == "checkout"
    url = upload(client, CSV, of="endoflife", name="releases.csv").url
    assert "not published" in client.get(url).content.decode()
    load(client, url)
    assert SupportDate.objects.count() == 3


def test_a_form_says_what_it_lacks_and_offers_what_roles_let_one_add(client, leader, monkeypatch):
    answer = client.post(PAGE, {"format": "backstage"})
    assert answer.status_code == 422
    assert "files" in answer.context["form"].errors
    monkeypatch.setattr(forms, "MOST_BYTES", 10)
    assert "at most" in upload(client, *ESTATE).context["form"].errors["files"][0]
    client.force_login(make_user("product_owner", product=make_product()))
    assert [of.name for of in client.get(PAGE).context["formats"]] == ["backstage", "openslo"]
    client.force_login(make_user())
    assert "Ask a leader for a role" in client.get(PAGE).content.decode()


def test_an_upload_is_its_owners_alone_and_is_not_among_the_csv_files(client, leader):
    url = upload(client, *ESTATE).url
    assert not client.get(reverse("intake:import")).context["waiting"]
    client.force_login(make_user("leader"))
    assert [client.get(url).status_code, client.post(url).status_code, client.post(url + "discard/").status_code] == [
        404
    ] * 3


def command(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_commands_say_what_they_did_and_what_is_broken(tmp_path):
    make_value_stream(code="money")
    make_product(code="other")
    catalog, dates, slos = tmp_path / "catalog.yaml", tmp_path / "releases.csv", tmp_path / "slo.yaml"
    catalog.write_text("\n---\n".join((*ESTATE, entity("checkout", "type: service", "owner: nobody"))))
    dates.write_text(CSV)
    slos.write_text(slo())
    where = ("--value-stream", "money", "--product", "other")

    with pytest.raises(CommandError, match="1 thing is broken; nothing was changed"):
        command("import_catalogue", str(catalog), *where)
    assert "10 rows would be added" in command(
        "import_catalogue", str(catalog), *where, "--leave-out-broken", "--dry-run"
    )
    said = command("import_catalogue", str(catalog), *where, "--leave-out-broken")
    assert "Left out: The owner: the service is taken without one." in said
    assert "To do next: " in said
    assert "1 row added" in command("import_openslo", str(slos))
    assert "Support dates: 3 added" in command("import_support_dates", str(dates))
    for arguments, words in (
        (["import_catalogue", str(catalog), "--product", "none"], "There is no product none"),
        (["import_openslo", str(tmp_path / "none")], "cannot be read"),
        (["import_support_dates", str(dates), "--by", "nobody"], "There is no user nobody"),
    ):
        with pytest.raises(CommandError, match=words):
            command(*arguments)
