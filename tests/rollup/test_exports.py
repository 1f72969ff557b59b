"""Standings and runs as files."""

import pytest

from portfolio.rollup.exports import STANDINGS
from portfolio.rollup.models import Run
from tests import factories as make
from tests.files import columns, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


def record(count: int) -> None:
    for number in range(count):
        Run.objects.create(cause=f"run {number}", started_at="2016-03-31T09:00Z", seconds=number / 8, seed=2**53 + 1)


@pytest.mark.parametrize("asked", [{}, {"cause": "run 1"}])
def test_the_file_of_the_runs_has_the_rows_of_the_page_in_their_order(reader, asked):
    record(12)

    shown = [(str(row.pk), row.cause) for row in reader.get("/runs/", asked).context["page"]]

    assert list(columns(reader.get("/runs/", asked | {"format": "csv"}), "id", "cause")) == shown
    assert list(columns(reader.get("/api/v1/rollup-runs/", asked | {"format": "csv"}), "id", "cause")) == shown
    assert shown


def test_a_run_has_its_figures_exactly(reader):
    record(2)

    found = lines(reader.get("/runs/", {"format": "csv"}))[0]

    assert (found["seconds"], found["seed"], found["has_held"]) == ("0.125", "9007199254740993", "yes")
    assert found["started_at"] == "2016-03-31T09:00:00Z"


def test_standings_have_the_columns_of_the_api(reader):
    from portfolio.rollup.api import StandingSerializer

    named = {column.name.replace("illustrative", "is_illustrative") for column in STANDINGS.columns}

    of_the_api = set(StandingSerializer().get_fields())
    assert named - of_the_api == {"name"}
    assert {name.rsplit("_", 1)[0] for name in of_the_api - named} == {"direct", "loaded"}  # ranges of ratios
