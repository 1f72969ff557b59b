"""Batches over the API: any of three formats, all rows or none, and the same call twice does it once."""

import gzip
import io
import json
import tracemalloc
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.test.client import FakePayload
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funding.models import LedgerEntry
from portfolio.common.models import StaleMark, User
from portfolio.intake import api, bodies
from portfolio.intake.actions import load_file
from portfolio.intake.models import Answered
from portfolio.network.models import Usage
from products.value.models import Metric, Observation
from tests import factories as make

pytestmark = pytest.mark.django_db
OBSERVATIONS = "/api/v1/observations/batch/"
JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"


@pytest.fixture
def root(client):
    """Sign in who may do everything, with two metrics to observe."""
    client.force_login(User.objects.create_superuser("root"))
    product = make.make_product(code="tax")
    make.make_metric(code="taxed", product=product)
    make.make_metric(code="liked", product=product, behaviour="level")
    return client


def row(**given) -> dict:
    return {"metric": "taxed", "starts": "2026-02-01", "ends": "2026-03-01", "value": "5"} | given


def written(rows: list[dict], of: str) -> bytes:
    if of == JSON:
        return json.dumps(rows).encode()
    if of == NDJSON:
        return b"\n".join(json.dumps(one).encode() for one in rows)
    names = list(rows[0])
    lines = [",".join(names), *(",".join(str(one[name]) for name in names) for one in rows)]
    return "\n".join(lines).encode()


def send(client, body: bytes | list[dict], of: str = JSON, address: str = OBSERVATIONS, **headers):
    data = body if isinstance(body, bytes) else written(body, of)
    return client.generic("POST", address, data, content_type=of, headers=headers)


def days(count: int, metric: str = "taxed") -> list[dict]:
    first = date(1990, 1, 1)
    return [
        row(metric=metric, starts=str(first + timedelta(n)), ends=str(first + timedelta(n + 1)), value=str(n))
        for n in range(count)
    ]


# -- What a batch does -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [JSON, NDJSON, CSV])
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_batch_is_recorded_in_each_format_packed_or_not(root, of, is_packed):
    body = written([row(), row(metric="liked", ends="2026-02-02", value="71.5")], of)
    packing = {"Content-Encoding": "gzip"} if is_packed else {}
    answer = send(root, gzip.compress(body) if is_packed else body, of, **packing)
    assert (answer.status_code, answer.json()) == (200, {"rows": 2, "added": 2, "corrected": 0, "unchanged": 0})
    assert set(Observation.objects.values_list("metric__code", "value", "recorded_by__username")) == {
        ("taxed", Decimal(5), "root"),
        ("liked", Decimal("71.5"), "root"),
    }
    assert StaleMark.objects.exists() or connection.in_atomic_block


def test_a_batch_may_be_sent_without_the_slash_at_the_end(root):
    assert send(root, [row()], address=OBSERVATIONS.rstrip("/")).json()["added"] == 1


def test_ledger_entries_and_usage_have_batches_too(root):
    make.make_link(supplier=make.make_product(code="identity"), consumer=make.make_product(code="user"))
    entry = {"reference": "1", "product": "tax", "starts": "2026-02-01", "ends": "2026-02-02", "amount": -3.5}
    use = {"supplier": "identity", "consumer": "user", "month": "2026-02", "quantity": 7}
    outside = {"supplier": "identity", "consumer": None, "month": "2026-02", "quantity": 1.25}
    assert send(root, [entry], address="/api/v1/ledger-entries/batch/").json()["added"] == 1
    assert send(root, [use, outside], address="/api/v1/usage/batch/").json()["added"] == 2
    assert LedgerEntry.objects.get().base_amount == Decimal("-3.50")
    assert {one.consumer and one.consumer.code: one.quantity for one in Usage.objects.all()} == {
        "user": 7,
        None: Decimal("1.25"),
    }


def test_a_batch_says_which_entries_are_capital_and_what_it_leaves_out_stays(root):
    entry = {"product": "tax", "starts": "2026-02-01", "ends": "2026-02-02", "amount": "5", "currency": "USD"}
    address = "/api/v1/ledger-entries/batch/"
    given = [entry | {"reference": "A", "is_capital": True}, entry | {"reference": "B"}]
    assert send(root, given, address=address).json()["added"] == 2
    again = [entry | {"reference": "A"}, entry | {"reference": "B", "is_capital": True}]
    assert send(root, again, address=address).json() == {"rows": 2, "added": 0, "corrected": 1, "unchanged": 1}
    known = LedgerEntry.objects.known().order_by("reference")
    assert list(known.values_list("reference", "is_capital")) == [("A", True), ("B", True)]


def test_rows_that_stand_are_left_or_corrected(root):
    send(root, [row(source="Statistics"), row(starts="2026-03-01", ends="2026-03-02")])
    again = [row(), row(starts="2026-03-01", ends="2026-03-02", value="6"), row(starts="2026-04-01", ends="2026-04-02")]
    assert send(root, again, NDJSON).json() == {"rows": 3, "added": 1, "corrected": 1, "unchanged": 1}
    new = Observation.objects.get(corrects__isnull=False)
    assert (new.value, new.corrects.value, new.corrects.reason) == (6, 5, "Batch")
    assert Observation.objects.known().get(starts=date(2026, 2, 1)).source == "Statistics"


def test_fields_that_only_some_rows_give_stay_as_they_are_in_the_others(root):
    send(root, [row(source="A"), row(starts="2026-03-01", ends="2026-03-02", source="B", is_illustrative=True)])
    changed = [row(value="6"), row(starts="2026-03-01", ends="2026-03-02", source=None)]
    assert send(root, changed).json()["corrected"] == 2
    known = Observation.objects.known().order_by("starts")
    assert list(known.values_list("source", "is_illustrative")) == [("A", False), ("", True)]


def test_nothing_is_recorded_where_one_row_is_bad_and_every_bad_row_is_told(root):
    answer = send(root, [row(), row(starts="2026-02-10"), row(metric="texed", value="1,5"), row(metric="liked")])
    said = answer.json()
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [(one["row"], one["attr"]) for one in said["errors"]] == [
        (2, "starts"), (3, "metric"), (3, "value"), (4, "ends"),
    ]  # fmt: skip
    assert "The same days cannot count twice" in said["errors"][0]["detail"]
    assert "Did you mean taxed?" in said["errors"][1]["detail"]
    assert (said["error_count"], said["bad_rows"]) == (4, 3)
    assert not Observation.objects.exists()
    assert not StaleMark.objects.exists()


def test_the_first_thousand_errors_are_listed_and_all_are_counted(root):
    said = send(root, [row(metric=f"m-{number}") for number in range(1_500)]).json()
    assert len(said["errors"]) == 1_000
    assert [one["row"] for one in said["errors"]] == list(range(1, 1_001))
    assert (said["error_count"], said["bad_rows"]) == (1_500, 1_500)


def test_a_batch_for_products_of_others_is_forbidden(client):
    make.make_metric(code="mine", product=(mine := make.make_product(code="mine")))
    make.make_metric(code="taxed")
    client.force_login(make.make_user("product_owner", product=mine))
    assert send(client, [row(metric="mine")]).status_code == 200
    answer = send(client, [row(metric="mine", value="6"), row()])
    assert answer.status_code == 403
    assert [(one["row"], one["code"]) for one in answer.json()["errors"]] == [(2, "permission_denied")]
    assert Observation.objects.count() == 1
    client.force_login(make.make_user())
    assert send(client, [row(metric="mine")]).status_code == 403
    client.logout()
    assert send(client, [row(metric="mine")]).status_code == 401


def test_rows_are_numbered_as_their_format_counts(root):
    wrong, right = row(value="x"), row()
    assert send(root, [right, wrong]).json()["errors"][0]["row"] == 2
    assert send(root, b"\n" + written([wrong, right], NDJSON), NDJSON).json()["errors"][0]["row"] == 2
    assert send(root, [right, wrong], CSV).json()["errors"][0]["row"] == 3


def test_a_thousand_rows_take_no_more_statements_than_ten(root):
    root.post("/")  # what is read once for all requests

    def statements(rows: list[dict], of: str) -> int:
        Observation.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            assert send(root, rows, of).status_code == 200
        return len([one for one in captured if "rollup" not in one["sql"]])

    few, many = statements(days(10), JSON), statements(days(1_000), JSON)
    assert statements(days(1_000), CSV) == many
    assert many <= few
    assert many <= 30


def test_memory_does_not_grow_with_the_file(root, tmp_path):
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.csv"
        path.write_bytes(written(days(count), CSV))
        with path.open("rb") as file:
            tracemalloc.start()
            assert load_file("observations", file).errors == []
            taken = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return taken

    peak(2_000)
    assert peak(70_000) < peak(20_000) + 2 * 1024**2


# -- What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "of", "words"),
    [
        (b" ", JSON, "is empty"),
        (b"[]", JSON, "nothing to load"),
        (b"{}", JSON, "a JSON array of objects is needed"),
        (b"[1, null, [], {}]", JSON, "an object is needed"),
        (b'[{"metric": "taxed"', JSON, "not JSON in UTF-8 from here on"),
        (b"[" * 100_000, JSON, "not JSON"),
        (b'[{"metric": ' * 50_000, JSON, "not JSON"),
        (b'[{"a": 1}, {"a": "' + b"},{" * 900_000, JSON, "No row ends within"),
        (b'[{"metric": "' + b"x" * 3_000_000 + b'"}, {}]', JSON, "No row ends within"),
        (b'[{"value": NaN}]', JSON, "not JSON"),
        (b'[{"value": 1e400}]', JSON, "not JSON"),
        (b'[{"value": [1]}]', JSON, "The value is a list"),
        (b'[{"valeu": 1}]', JSON, "There is no field"),
        (b'[{"metric": "\\ud800"}]', JSON, "not JSON"),
        (b"\xff\xfe[\x00]\x00", JSON, "a JSON array of objects is needed"),
        (b"\n\n", NDJSON, "is empty"),
        (b"null\n7\n", NDJSON, "an object is needed"),
        (b"x" * 3_000_000, NDJSON, "no row is that long"),
        (b"metric,starts,ends,value\ntaxed,2026-02-01\n", CSV, "The row ends after 2 of 4 cells"),
        (b"metric,starts,ends,value\n" + b"x" * 3_000_000, CSV, "no row is that long"),
        (b'metric,starts,ends,value\n"taxed,2026-02-01\n', CSV, "quotation mark"),
        (b"metric,starts,ends,value\ntax\xe9,2026-02-01,2026-02-02,1\n", CSV, "not UTF-8"),
        (b"metric,starts,ends,value\nta\x00x,2026-02-01,2026-02-02,1\n", CSV, "NUL"),
        (b"metric,starts,ends,valeu\ntaxed,2026-02-01,2026-02-02,1\n", CSV, "Did you mean value?"),
        (b"PK\x03\x04", CSV, "spreadsheet"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(root, body, of, words):
    answer = send(root, body, of)
    assert answer.status_code == 400
    assert words in json.dumps(answer.json()), answer.json()
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-inf", "1e400", "1E5", "null", "NULL", "None", "", "٣", "0x10", "1_000"]
)
@pytest.mark.parametrize("of", [JSON, CSV])
def test_text_that_only_looks_like_a_number_is_none(root, value, of):
    answer = send(root, [row(value=value)], of)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "value"


@pytest.mark.parametrize("day", ["2026-02-30", "0000-01-01", "1899-12-31", "2201-01-01", "9999-12-31", "01/02/2026"])
def test_days_that_do_not_exist_or_are_out_of_reach_are_refused(root, day):
    assert send(root, [row(starts=day)], NDJSON).status_code == 400
    assert send(root, [row(ends=day)], CSV).status_code == 400


@pytest.mark.parametrize("of", ["", "text/plain", "multipart/form-data", "application/xml", "text/csv; charset=utf-16"])
def test_other_types_are_refused(root, of):
    answer = root.generic("POST", OBSERVATIONS, b"x", content_type=of)
    assert answer.status_code == 415
    assert "send" in answer.json()["detail"] or "name one" in answer.json()["detail"]


def test_more_rows_than_a_call_takes_are_refused(root, monkeypatch):
    answer = send(root, b"\n".join([json.dumps(row()).encode()] * 100_001), NDJSON)
    assert answer.status_code == 413
    assert "more than 100,000 rows" in answer.json()["detail"]
    monkeypatch.setattr(api, "MOST_ROWS", 3)
    assert send(root, days(3)).status_code == 200
    assert send(root, days(4)).status_code == 413
    assert Observation.objects.count() == 3


def test_a_body_beyond_measure_is_refused(root, monkeypatch):
    monkeypatch.setattr(bodies, "MOST_SENT", 1_000)
    assert send(root, days(100)).status_code == 413


def test_a_bomb_is_refused_long_before_it_is_unpacked(root):
    bomb = gzip.compress(b"[" + b" " * 200 * 1024**2)
    tracemalloc.start()
    answer = send(root, bomb, **{"Content-Encoding": "gzip"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code in {400, 413}
    assert peak < 32 * 1024**2


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_packed_body_that_breaks_off_is_refused(root, cut):
    packed = gzip.compress(written(days(100), NDJSON))
    answer = send(root, packed[:-cut], NDJSON, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert not Observation.objects.exists()


def test_what_is_not_packed_as_it_says_is_refused(root):
    assert send(root, [row()], **{"Content-Encoding": "gzip"}).status_code == 400
    assert send(root, [row()], **{"Content-Encoding": "br"}).status_code == 415


def test_a_packed_body_may_be_of_several_parts(root):
    parts = [gzip.compress(json.dumps(one).encode() + b"\n") for one in days(3)]
    assert send(root, b"".join(parts), NDJSON, **{"Content-Encoding": "gzip"}).json()["added"] == 3


def test_a_connection_that_breaks_off_records_nothing(root):
    whole = written(days(100), NDJSON)
    cut = whole[: whole.rindex(b"\n")]
    answer = root.generic(
        "POST", OBSERVATIONS, cut, content_type=NDJSON, CONTENT_LENGTH=str(len(whole)), **{"wsgi.input": _Cut(cut)}
    )
    assert answer.status_code == 400
    assert "broke off" in answer.json()["detail"]
    assert not Observation.objects.exists()


class _Cut(FakePayload):
    """A connection that ends early: it gives what there is, and then nothing."""

    def read(self, size=None):
        return io.BytesIO.read(self._FakePayload__content, size or -1)


# -- The same call twice -----------------------------------------------------------------------------------------------


def test_the_same_call_again_gets_the_same_answer_and_does_nothing(root):
    first = send(root, [row()], **{"Idempotency-Key": "a"})
    Observation.objects.all().delete()
    again = send(root, [row()], **{"Idempotency-Key": "a"})
    assert again.json() == first.json() == {"rows": 1, "added": 1, "corrected": 0, "unchanged": 0}
    assert not Observation.objects.exists()
    assert send(root, [row()], **{"Idempotency-Key": "b"}).json()["added"] == 1


def test_a_key_of_another_call_is_refused(root):
    send(root, [row()], **{"Idempotency-Key": "a"})
    for body, of in (([row(value="6")], JSON), ([row()], NDJSON)):
        answer = send(root, body, of, **{"Idempotency-Key": "a"})
        assert answer.status_code == 422
        assert "take a new key" in answer.json()["detail"]
    assert Observation.objects.get().value == 5


def test_a_key_is_its_users_own(root):
    send(root, [row()], **{"Idempotency-Key": "a"})
    root.force_login(User.objects.create_superuser("other"))
    assert send(root, [row()], **{"Idempotency-Key": "a"}).json()["unchanged"] == 1


def test_a_refused_call_may_be_made_again_with_its_key(root):
    assert send(root, [row(metric="new")], **{"Idempotency-Key": "a"}).status_code == 400
    make.make_metric(code="new")
    assert send(root, [row(metric="new")], **{"Idempotency-Key": "a"}).json()["added"] == 1


def test_answers_are_kept_for_a_week(root):
    send(root, [row()], **{"Idempotency-Key": "a"})
    Answered.objects.update(at=timezone.now() - timedelta(days=8))
    send(root, [row()], **{"Idempotency-Key": "b"})
    assert Answered.objects.get().key == "b"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "ä"])
def test_a_key_that_is_none_is_refused(root, key):
    assert send(root, [row()], **{"Idempotency-Key": key}).status_code == 400


# -- Many at once ------------------------------------------------------------------------------------------------------


def at_once(count: int, act) -> list:
    """Do something in several threads, each with a connection of its own, at the same moment."""
    barrier, results = Barrier(count), []

    def run(number: int) -> None:
        try:
            barrier.wait(10)
            results.append(act(number))
        finally:
            connection.close()

    threads = [Thread(target=run, args=[number]) for number in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert len(results) == count
    return results


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["a", None])
def test_the_same_batch_sent_at_once_is_recorded_once(key):
    make.make_metric(code="taxed")
    user = User.objects.create_superuser("root")
    headers = {"Idempotency-Key": key} if key else {}

    def act(_: int) -> dict:
        client = Client()
        client.force_login(user)
        return send(client, days(500), **headers).json()

    answers = at_once(3, act)
    assert Observation.objects.count() == 500
    assert sorted(one["added"] for one in answers) == ([500] * 3 if key else [0, 0, 500])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_ledger_entries_with_the_same_references_sent_at_once_are_recorded_once():
    make.make_product(code="tax")
    user = User.objects.create_superuser("root")
    entries = [
        {"reference": f"R{n}", "product": "tax", "starts": "2026-02-01", "ends": "2026-02-02", "amount": 1}
        for n in range(300)
    ]

    def act(number: int) -> int:
        client = Client()
        client.force_login(user)
        given = entries if number % 2 else entries[::-1]
        return send(client, given, address="/api/v1/ledger-entries/batch/").status_code

    assert at_once(4, act) == [200] * 4
    assert LedgerEntry.objects.known().count() == LedgerEntry.objects.count() == 300


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_metric_is_held_until_its_batch_is_there():
    from django.db import transaction

    metric = make.make_metric(code="taxed")
    user = User.objects.create_superuser("root")

    def act(_: int) -> int:
        client = Client()
        client.force_login(user)
        return send(client, days(3)).json()["added"]

    with transaction.atomic():
        Metric.objects.select_for_update(no_key=True).get(pk=metric.pk)
        results: list[int] = []
        other = Thread(target=lambda: results.extend(at_once(1, act)))
        other.start()
        other.join(0.5)
        assert other.is_alive()
        make.make_observation(metric=metric, starts=date(1990, 1, 1), value=Decimal(0))
    other.join(30)
    assert results == [2]
    assert Observation.objects.count() == 3
