"""Lists as files: all rows and no page of them, streamed in bounded memory, named after what is asked for."""

import asyncio
import io
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections
from django.db.models import F, Func
from django.test import AsyncClient, AsyncRequestFactory, RequestFactory
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from portfolio.common import actions, exports
from portfolio.common.exports import FORMATS, file_name
from portfolio.config.asgi import application
from products.value.exports import OBSERVATIONS
from products.value.models import Observation
from tests import factories as make
from tests.files import content, lines

pytestmark = pytest.mark.django_db

CSV, XLSX = FORMATS["csv"], FORMATS["xlsx"]
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


def observe(count: int, source: str = "Service statistics") -> None:
    """Record many observations of one metric, a day each."""
    metric = make.make_metric(code="renewals")
    first = date(1990, 1, 1)
    days = [first + timedelta(days=number) for number in range(count)]
    Observation.objects.bulk_create(
        Observation(
            metric=metric,
            starts=day,
            ends=day + timedelta(days=1),
            value=number,
            source=f"{source} {number}",
            recorded_at=MOMENT,
        )
        for number, day in enumerate(days)
    )


# -- What is in it ---------------------------------------------------------------------------------------------------


def test_all_rows_are_in_the_file_whatever_page_was_shown(reader):
    observe(120)

    found = lines(reader.get("/metrics/observations/", {"format": "csv", "page": "2"}))

    assert [line["value"] for line in found] == [str(number) for number in range(119, -1, -1)]


def test_the_file_has_the_filters_and_the_order_of_the_page(reader):
    observe(90)
    asked = {"from": "1990-02-01", "search": "statistics", "sort": "-value"}

    shown = reader.get("/metrics/observations/", asked).context["page"].object_list
    found = lines(reader.get("/metrics/observations/", asked | {"format": "csv"}))

    assert [line["id"] for line in found[:50]] == [str(row.pk) for row in shown]
    assert len(found) == 59


def test_the_file_has_what_was_known_at_a_moment(reader):
    row = make.make_observation(value=1)
    then = row.recorded_at

    actions.correct(row, changes={"value": 2}, reason="It was counted twice.", by=None)

    before, after = (
        lines(reader.get("/metrics/observations/", {"format": "csv"} | asked))
        for asked in ({"known": then.isoformat()}, {})
    )

    assert [(line["value"], line["reason"]) for line in before] == [("1", "It was counted twice.")]
    assert [(line["value"], line["corrects"], line["retracted_at"]) for line in after] == [("2", str(row.pk), "")]


def test_the_same_rows_are_in_the_spreadsheet(reader):
    observe(60)
    make.make_observation(source="=1+1", by=make.make_user("leader"))

    text = lines(reader.get("/metrics/observations/", {"format": "csv"}))
    response = reader.get("/metrics/observations/", {"format": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content(response))).get_sheet_by_name("observations").to_python()

    assert response.headers["Content-Type"] == XLSX.media_type
    assert sheet[0] == list(text[0])
    read = [dict(zip(sheet[0], row, strict=True)) for row in sheet[1:]]
    assert len(read) == len(text) == 61
    for cells, line in zip(read, text, strict=True):
        assert cells["starts"] == date.fromisoformat(line["starts"])
        assert cells["value"] == float(line["value"])
        assert cells["metric"] == line["metric"]
        assert cells["source"] == line["source"].removeprefix("'")
        assert cells["illustrative"] == line["illustrative"]


def test_a_list_that_is_a_tree_is_exported_in_the_order_of_the_tree(reader):
    top = make.make_value_stream(code="top", name="B")
    make.make_value_stream(code="other", name="C")
    make.make_value_stream(code="below", name="A", parent=top)

    found = lines(reader.get("/products/streams/", {"format": "csv"}))

    assert [(line["code"], line["parent"]) for line in found] == [("top", ""), ("below", "top"), ("other", "")]


def test_a_wrong_filter_gives_no_file_of_other_rows_but_says_what_is_wrong(reader):
    make.make_observation()

    response = reader.get("/metrics/observations/", {"format": "csv", "from": "yesterday"})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert b"Enter a valid date" in response.content


def test_a_format_that_there_is_not_is_not_found(reader):
    assert reader.get("/metrics/observations/", {"format": "pdf"}).status_code == HTTPStatus.NOT_FOUND


# -- The response ----------------------------------------------------------------------------------------------------


def test_a_head_is_answered_with_the_headers_and_no_query_of_the_rows(reader):
    observe(3)
    address = "/metrics/observations/?format=csv"

    with CaptureQueriesContext(
        connection,
    ) as asked:
        head = reader.head(address)

    whole = reader.get(address)
    assert head.status_code == HTTPStatus.OK
    assert content(head) == b""
    assert "Content-Length" not in head.headers
    for name in ("Content-Type", "Content-Disposition"):
        assert head.headers[name] == whole.headers[name]
    assert not [query for query in asked.captured_queries if 'FROM "value_observation"' in query["sql"]]


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_the_number_of_queries_does_not_grow_with_the_rows(reader, name):
    observe(1)
    address = f"/metrics/observations/?format={name}"
    counts = []
    for more in (0, 30):
        for number in range(more):
            make.make_observation(by=make.make_user("leader") if number % 10 == 0 else None)
        with CaptureQueriesContext(connection) as asked:
            content(reader.get(address))
        counts.append(len([query for query in asked.captured_queries if query["sql"].startswith("SELECT")]))

    assert counts[0] == counts[1]


def test_the_name_says_what_with_which_filters_and_when():
    asked = {"product": "vehicle-tax", "from": "2016-04-01", "search": "Über £5 / “x”\r\n", "to": "", "sort": "-value"}

    name = file_name("observations", asked, CSV)

    what, when = name.removesuffix(".csv").rsplit("_", 1)
    assert what == "observations_product-vehicle-tax_from-2016-04-01_search-ber-5-x"
    assert datetime.strptime(when, "%Y-%m-%dT%H%MZ")  # noqa: DTZ007


def test_a_name_that_would_be_too_long_says_that_there_is_more():
    name = file_name("observations", {"product": ",".join(["vehicle-tax"] * 50)}, XLSX)

    assert "_and-more_" in name
    assert len(name) < 160


def test_the_links_of_a_page_carry_what_was_asked_of_it(reader):
    observe(60)

    page = reader.get("/metrics/observations/?from=1990-01-02&known=2027-01-01&sort=value&page=2").content.decode()

    kept = "from=1990-01-02&amp;known=2027-01-01&amp;sort=value&amp;format="
    assert f'<a href="?{kept}csv" download>CSV</a> or <a href="?{kept}xlsx" download>XLSX</a>' in page


# -- The API ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("?format=csv", "*/*", CSV.media_type),
        ("", "text/csv", CSV.media_type),
        ("?format=xlsx", "*/*", XLSX.media_type),
        ("", XLSX.media_type, XLSX.media_type),
        ("", "text/csv;q=0.5, application/json", "application/json"),
        ("", "*/*", "application/json"),
        ("?format=json", "text/csv, */*", "application/json"),
    ],
)
def test_the_api_gives_the_kind_of_file_that_is_asked_for(reader, query, accept, media_type):
    make.make_observation()

    response = reader.get(f"/api/v1/observations/{query}", headers={"accept": accept})

    assert response.status_code == HTTPStatus.OK
    assert response.headers["Content-Type"].split(";")[0] == media_type
    assert "Accept" in response.headers["Vary"]


def test_the_api_exports_all_rows_in_the_order_of_its_pages(reader):
    observe(130)

    found = lines(reader.get("/api/v1/observations/", {"format": "csv", "page_size": "10"}))

    assert [line["id"] for line in found] == [
        str(pk) for pk in Observation.objects.order_by("pk").values_list("pk", flat=True)
    ]


def test_the_api_refuses_a_wrong_filter_as_a_problem_and_not_as_a_file(reader):
    response = reader.get("/api/v1/observations/?format=csv&from=yesterday")

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["errors"][0]["attr"] == "from"


def test_a_single_row_is_no_file(reader):
    row = make.make_observation()

    assert reader.get(f"/api/v1/observations/{row.pk}/?format=csv").status_code == HTTPStatus.NOT_FOUND
    accepted = reader.get(f"/api/v1/observations/{row.pk}/", headers={"accept": "text/csv"})
    assert accepted.status_code == HTTPStatus.NOT_ACCEPTABLE


# -- Not too many at once -----------------------------------------------------------------------------------------


def test_a_reader_whom_too_many_are_before_is_told_to_come_again(reader, rf):
    """Each file holds a connection for as long as its reader takes, and the pages need some too."""
    under_way = [exports.respond(rf.get("/"), OBSERVATIONS, Rows(10), CSV) for _ in range(exports.AT_ONCE)]
    for response in under_way:
        next(iter(response.streaming_content))

    page = reader.get("/metrics/observations/?format=csv")
    api = reader.get("/api/v1/observations/?format=csv")
    head = reader.head("/metrics/observations/?format=csv")

    assert page.status_code == api.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert page.headers["Retry-After"] == api.headers["Retry-After"] == "30"
    assert b"5 files are being sent" in page.content
    assert api.json()["errors"][0]["code"] == "busy"
    assert head.status_code == HTTPStatus.OK
    leave(under_way.pop())
    assert reader.get("/metrics/observations/?format=csv").status_code == HTTPStatus.OK
    for response in under_way:
        leave(response)


# -- Streamed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [CSV, XLSX], ids=lambda form: form.name)
def test_a_file_is_made_in_memory_that_does_not_grow_with_it(rf: RequestFactory, form):
    observe(12_000, source="x" * 250)
    peaks = []
    for count in (3_000, 12_000):
        rows = Observation.objects.order_by("pk")
        response = exports.respond(rf.get("/"), OBSERVATIONS, rows.filter(value__lt=count), form)
        tracemalloc.start()
        size = sum(map(len, response.streaming_content))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert form is XLSX or size > 3_500_000
    assert peaks[1] < 1.5 * peaks[0] < 6_000_000


def leave(response) -> None:
    """Close a response as a server does, but for the database connection, which is the test's."""
    for close in response._resource_closers:
        close()


class Rows:
    """Rows that count how many of them were asked for, and that notice when nobody wants more."""

    def __init__(self, count: int):
        self.count, self.given, self.is_left = count, 0, False

    def __iter__(self):
        row = make.make_observation()
        try:
            for _ in range(self.count):
                self.given += 1
                yield row
        finally:
            self.is_left = True


@pytest.mark.parametrize("form", [CSV, XLSX], ids=lambda form: form.name)
def test_under_wsgi_the_first_bytes_come_before_the_rows_and_leaving_ends_them(rf, form):
    rows = Rows(50_000)
    response = exports.respond(rf.get("/"), OBSERVATIONS, rows, form)
    pieces = iter(response.streaming_content)

    assert next(pieces)
    assert rows.given == 0
    while rows.given == 0:
        assert next(pieces)
    # The compressor keeps rows that are all alike until they make a piece.
    assert rows.given <= (exports.BATCH if form is CSV else rows.count // 2)
    leave(response)
    assert rows.is_left


def call(path: str, cookies, *, leave_after: int | None = None) -> list[dict]:
    """Ask the ASGI application for a page, as a server does; leave after so many pieces of the body."""
    sent: list[dict] = []
    gone = asyncio.Event()

    async def receive():
        if not sent and not receive.asked:
            receive.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    receive.asked = False

    async def send(message):
        sent.append(message)
        if leave_after is not None and sum(one["type"] == "http.response.body" for one in sent) >= leave_after:
            gone.set()
            await asyncio.sleep(3_600)  # the socket takes no more

    name, _, query = path.partition("?")
    cookie = "; ".join(f"{one.key}={one.value}" for one in cookies.values())
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": name, "raw_path": name.encode(), "query_string": query.encode(), "server": ("localhost", 80),
        "headers": [(b"host", b"localhost"), (b"cookie", cookie.encode())],
    }  # fmt: skip
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # as Django's own client does: the rows are in this connection
    try:
        async_to_sync(application)(scope, receive, send)
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
    return sent


def test_under_asgi_a_file_is_sent_piece_by_piece(reader):
    observe(5_000)

    sent = call("/metrics/observations/?format=csv", reader.cookies)

    assert sent[0]["status"] == HTTPStatus.OK
    pieces = [one.get("body", b"") for one in sent[1:]]
    assert pieces[0].startswith(b"metric,starts,")
    assert pieces[0].count(b"\r\n") == 1  # the header comes before the query
    assert len(pieces) >= 6
    assert b"".join(pieces).count(b"\r\n") == 5_001
    assert not sent[-1].get("more_body")


def test_under_asgi_a_reader_who_leaves_ends_the_query(reader, monkeypatch):
    observe(5_000)
    ended = []
    whole = exports._Source._batches

    def watched(source):
        given = 0
        try:
            for batch in whole(source):
                given += 1
                yield batch
        finally:
            ended.append(given)

    monkeypatch.setattr(exports._Source, "_batches", watched)

    sent = call("/metrics/observations/?format=csv", reader.cookies, leave_after=2)

    assert sum(one["type"] == "http.response.body" for one in sent) == 2
    assert len(ended) == 1
    assert ended[0] <= 2
    assert not connection.savepoint_ids


def test_the_asynchronous_client_gets_a_spreadsheet_too(reader):
    observe(10)
    client = AsyncClient()
    client.cookies = reader.cookies

    async def get():
        response = await client.get("/metrics/observations/", {"format": "xlsx"})
        return b"".join([piece async for piece in response.streaming_content])

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(async_to_sync(get)())).get_sheet_by_index(0)

    assert len(sheet.to_python()) == 11


@pytest.mark.postgresql
def test_rows_are_read_from_a_cursor_that_is_open_while_the_file_is_sent(rf):
    observe(5_000)
    response = exports.respond(rf.get("/"), OBSERVATIONS, Observation.objects.order_by("pk"), CSV)
    pieces = iter(response.streaming_content)
    next(pieces), next(pieces)

    assert open_cursors() == 1
    assert sum(1 for _ in pieces) == 4
    assert open_cursors() == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_rows_that_are_recorded_meanwhile_are_not_in_the_file(rf):
    observe(3_000)
    response = exports.respond(rf.get("/"), OBSERVATIONS, Observation.objects.order_by("pk"), CSV)
    pieces = iter(response.streaming_content)
    found = [next(pieces), next(pieces)]

    make.make_observation()
    found += pieces

    assert b"".join(found).count(b"\r\n") == 3_001


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_statement_that_runs_is_cancelled_when_the_reader_leaves(reader):
    """A long sort before the first row: the server would go on to its end."""
    observe(10)

    class Sleep(Func):
        function, template, arity = "pg_sleep", "pg_sleep(30)::text", 0

    rows = Observation.objects.order_by("pk").filter(source=F("source")).annotate(nap=Sleep()).order_by("nap")
    pieces = exports.respond(AsyncRequestFactory().get("/"), OBSERVATIONS, rows, CSV)._iterator

    async def ask_and_leave():
        await anext(pieces)
        waiting = asyncio.ensure_future(anext(pieces))
        while pieces.source.connection is None:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await sync_to_async(pieces.close)()

    async def limited():
        try:
            await asyncio.wait_for(ask_and_leave(), 15)
        finally:
            await sync_to_async(connections.close_all)()  # that of the thread in which it was made

    asyncio.run(limited())


def open_cursors() -> int:
    """Return how many server-side cursors of the session are open, but for this question's own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors")
        return cursor.fetchone()[0]
