"""Catalogues go in by the API: dry, whole, or without what is broken."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portfolio.intake.catalogues import api
from products.health.models import Service, SupportDate
from tests.factories import make_product, make_user, make_value_stream
from tests.intake.test_backstage import entity
from tests.intake.test_backstage_import import ESTATE
from tests.intake.test_endoflife import CSV

pytestmark = pytest.mark.django_db

URL = "/api/v1/catalogue-imports/"


@pytest.fixture
def leader(client):
    """Sign a leader in, with somewhere for new rows to go."""
    make_value_stream(code="money")
    make_product(code="other")
    client.force_login(make_user("leader"))
    return client


def call(*texts: str, **options) -> dict:
    files = [{"name": f"{number}.yaml", "text": text} for number, text in enumerate(texts, start=1)]
    return {"format": "backstage", "files": files, "value_stream": "money", "product": "other", **options}


def post(client, body: dict):
    return client.post(URL, body, content_type="application/json")


def test_a_dry_run_tells_what_a_call_would_do_and_the_call_does_it(leader):
    dry = post(leader, call(*ESTATE, dry_run=True))
    assert dry.status_code == 200, dry.content
    assert not Service.objects.exists()
    done = post(leader, call(*ESTATE)).json()
    assert done["rows"] == dry.json()["rows"]
    assert {"kind": "Services", "added": 3, "changed": 0, "unchanged": 0, "left_out": 0} in done["rows"]
    assert "to_do_next" in {finding["code"] for finding in done["findings"]}
    assert all(row["added"] == 0 for row in post(leader, call(*ESTATE)).json()["rows"])


def test_what_is_broken_comes_back_as_a_problem_with_its_places_and_can_be_left_out(leader):
    broken = entity("a", "type: service", "owner: group:nobody")
    answer = post(leader, call(broken))
    assert answer.status_code == 400
    problem = answer.json()
    assert (problem["error_count"], problem["errors"][0]["code"]) == (1, "missing_owner")
    assert [problem["errors"][0][name] for name in ("file", "document", "line")] == ["1.yaml", 1, 7]
    assert post(leader, call(broken, leave_out=True)).status_code == 200
    assert Service.objects.get().owner is None


def test_files_may_be_sent_as_a_form(leader):
    file = SimpleUploadedFile("releases.csv", CSV.encode())
    answer = leader.post(URL, {"format": "endoflife", "files": [file]})
    assert answer.status_code == 200, answer.content
    assert SupportDate.objects.count() == 3


def test_a_call_that_is_wrong_or_too_large_or_of_somebody_without_a_role_is_refused(leader, monkeypatch):
    answer = post(leader, call(format="word", value_stream="none"))
    assert answer.status_code == 400
    assert {error["attr"].split(".")[0] for error in answer.json()["errors"]} == {"format", "files", "value_stream"}
    leader.force_login(make_user("product_owner", product=make_product()))
    answer = post(leader, call(entity("a", "type: service", "owner: group:nobody"), leave_out=True))
    assert [(row["kind"], row["left_out"]) for row in answer.json()["rows"]] == [("Services", 1)]
    leader.force_login(make_user())
    assert post(leader, call(*ESTATE)).status_code == 403
    monkeypatch.setattr(api, "MOST_BYTES", 10)
    leader.force_login(make_user("leader"))
    assert post(leader, call(*ESTATE)).status_code == 413
