"""A public form in a flood: real processes, many senders at once, and nothing lost that was acknowledged."""

import http.client
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone

from products.catalog.feedback_views import FORM_TYPE, SALT
from products.catalog.models import Feedback
from tests import factories as make
from tests.faults.servers import Site

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS, EACH, MOST = 16, 3, 20


def served(folder: Path) -> str:
    """Return the address of a database with what the test made: its own on PostgreSQL, a copy in a file on SQLite."""
    about = connection.settings_dict
    if connection.vendor == "postgresql":
        login = f"{about['USER']}:{about['PASSWORD']}@" if about["USER"] else ""
        return f"postgres://{login}{about['HOST']}:{about['PORT'] or 5432}/{about['NAME']}"
    connection.ensure_connection()
    file = folder / "flood.sqlite3"
    with sqlite3.connect(file) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=WAL")  # as a site's is from its first connection on
    return f"sqlite:///{file}"


def stored(database: str) -> dict[str, datetime]:
    """Return the keys of what is in the database, and when each was taken, read without the server."""
    if database.startswith("sqlite"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as file:
            rows = file.execute("SELECT key, received_at FROM catalog_feedback").fetchall()
        return {key: datetime.fromisoformat(moment) for key, moment in rows}
    return dict(Feedback.objects.values_list("key", "received_at"))


def test_a_flood_is_taken_at_the_bounded_rate_and_nothing_acknowledged_is_lost(tmp_path):
    form = make.make_feedback_form(code="tax")
    site = Site(tmp_path, served(tmp_path))
    answers: dict[str, int] = {}
    waits: list[int] = []

    def send(sender: int) -> None:
        for number in range(EACH):
            key = f"{sender}-{number}"
            opened = [form.code, key, timezone.now().timestamp() - 60]
            token = signing.dumps(opened, key=site.environment["SECRET_KEY"], salt=SALT)
            server = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
            body = urlencode({"satisfaction": 4, "text": f"Sender {sender}", "token": token})
            server.request("POST", "/feedback/tax/", body, {"Content-Type": FORM_TYPE})
            answer = server.getresponse()
            answer.read()
            answers[key] = answer.status
            if answer.status == 429:
                waits.append(int(answer.headers["Retry-After"]))
            server.close()

    try:
        limits = {"TWOFOLD_FEEDBACK_A_MINUTE": str(MOST), "TWOFOLD_FEEDBACK_AN_HOUR": "1000"}
        web = site.start_web(processes=2, **limits)
        threads = [threading.Thread(target=send, args=[sender]) for sender in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        web.kill()  # at this instant: what is not in the database by now is gone
    finally:
        site.stop()

    assert set(answers.values()) == {302, 429}, web.said()
    taken = stored(site.database)
    assert taken.keys() == {key for key, status in answers.items() if status == 302}
    moments = sorted(taken.values())
    assert len(moments) >= MOST
    # On a machine that is held up for a minute more comes in, but never more than that in any minute.
    assert all(last - first >= timedelta(minutes=1) for first, last in zip(moments, moments[MOST:], strict=False))
    assert all(0 < seconds <= 60 for seconds in waits)
