"""The web process is killed under writes and in the middle of an upload: a write is there whole, once, or not."""

import socket
import threading
import time
from random import Random

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import answers, wait_for
from tests.faults.workload import Browser, Notebook, entries_file, note_file

ROWS = 2_000


def test_a_web_process_killed_under_writes_loses_nothing_that_it_acknowledged(site: Stage, chance: Random):
    site.start_worker()
    web = site.started[0]
    with site.writing() as stream:
        for _ in range(scaled(40, least=4)):
            wait_for("More writes", lambda count=stream.count: stream.count > count + 10)
            time.sleep(chance.uniform(0, 0.3))  # the instant is the test's chance
            web.kill()
            web = site.start_web()
            stream.check()
        notebook = stream.finish()
    print(f"{stream.count} rows, {notebook.lost} answers lost")
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    site.come_to_rest()
    site.check(notebook)


def test_an_upload_cut_off_at_any_instant_is_loaded_whole_or_not_at_all(site: Stage, chance: Random):
    notebook = Notebook()
    web = site.started[0]

    def load(data: bytes) -> bool:
        browser = Browser(site.port, site.signed_in)
        preview = browser.upload("ledger-entries", data)
        loaded = preview and browser.load(preview)
        return bool(loaded and loaded.location == "/import/")

    first = entries_file("u", ROWS, chance)
    begun = time.monotonic()
    assert load(first)
    whole = time.monotonic() - begun
    note_file(notebook, first)
    cut = 0
    tries = scaled(30, least=4)
    for number in range(tries):
        data = entries_file(f"u{number}", ROWS, chance)
        upload = threading.Thread(target=load, args=[data])
        upload.start()
        # The instant is the test's chance; spread, so that the first one is early however fast a warm load is.
        time.sleep((number + chance.random()) / tries * 0.8 * whole)
        web.kill()
        upload.join()
        web = site.start_web()
        count = site.count(f"wu{number}-%")
        assert count in (0, ROWS)
        cut += count == 0
        assert load(data), "It cannot be loaded again."
        note_file(notebook, data)
    print(f"{cut} uploads of {ROWS} rows were cut off before the end; a whole one takes {whole:.1f} s")
    assert cut
    site.check(notebook)


def test_a_body_that_never_ends_holds_nobody_else(site: Stage):
    """Half of a body, and then silence: others are served, and nothing of it is kept."""
    head = (
        "POST /api/v1/ledger-entries/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: {site.signed_in['Authorization']}\r\nContent-Length: 1000\r\n\r\n"
    )
    silent = []
    for _ in range(50):
        connection = socket.create_connection(("127.0.0.1", site.port))
        connection.sendall(head.encode() + b'{"reference": "w-half", ')
        silent.append(connection)
    with site.writing(writers=2) as stream:
        wait_for("Writes beside silent clients", lambda: stream.count > 20)
        notebook = stream.finish()
    for connection in silent:
        connection.close()
    assert answers(site.port)
    site.check(notebook)
