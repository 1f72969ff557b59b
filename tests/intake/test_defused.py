"""What was changed for spreadsheets on its way out is what it was when it comes back."""

import pytest
from django.urls import reverse

from portfolio.common.models import User
from portfolio.intake.actions import load_file
from products.value.models import Observation
from tests import factories as make
from tests.files import content, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_what_was_defused_for_spreadsheets_is_loaded_as_it_was(root):
    make.make_team(code="tax", purpose="=cmd|' /C calc'!A0")
    file = content(root.get(reverse("teams:team-list"), {"format": "csv"}))
    assert b"'=cmd" in file

    report = load_file("teams", file.replace(b"tax,", b"levy,"), by=None)

    assert report.counts == (1, 0, 0)
    assert lines(root.get("/teams/", {"format": "csv", "search": "levy"}))[0]["purpose"] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["'=1", "''+1", "=1", "'plain"])
def test_json_is_taken_at_its_word_and_its_rows_are_exported_and_loaded_unchanged(root, text):
    make.make_metric(code="calls")
    row = {"metric": "calls", "starts": "2026-01-01", "ends": "2026-01-02", "value": "5", "source": text}

    made = root.post("/api/v1/observations/batch/", [row], content_type="application/json")

    assert made.status_code < 300, made.content
    assert Observation.objects.get().source == text
    file = content(root.get("/metrics/observations/", {"format": "csv"}))
    assert load_file("observations", file, by=None).counts == (0, 1, 0)
    back = root.post("/api/v1/observations/batch/", file, content_type="text/csv")
    assert back.status_code < 300, back.content
    assert Observation.objects.count() == 1
