"""The broker dies, forgets, hangs, repeats itself and gets the order wrong: it carries hints, so nothing is lost."""

import signal
import time
from random import Random

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import wait_for
from tests.faults.workload import Caller

PAGES = ["/", "/?from=2026-01&to=2026-03", "/network/", "/runs/", "/api/v1/standings/?from=2026-02&to=2026-03"]


def test_a_broker_that_dies_and_forgets_loses_nothing(site: Stage, chance: Random):
    workers = [site.start_worker(f"worker-{number}") for number in range(2)]
    beat = site.start_beat()
    with site.writing() as stream:
        for _ in range(scaled(20, least=3)):
            wait_for("More writes", lambda count=stream.count: stream.count > count + 10)
            time.sleep(chance.uniform(0, 0.5))  # the instant is the test's chance
            match chance.choice(["emptied", "restarted", "gone for a while"]):
                case "emptied":
                    site.redis.client.flushall()
                case "restarted":
                    site.redis.kill()
                    site.redis.start()
                case "gone for a while":
                    site.redis.kill()
                    wait_for("Writes without a broker", lambda count=stream.count: stream.count > count + 10)
                    site.check_honest()
                    site.redis.start()
            stream.check()
        notebook = stream.finish()
    print(f"{stream.count} rows; slowest answer {notebook.slowest:.2f} s")
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    assert beat.is_alive
    assert all(worker.is_alive for worker in workers), "A worker gave up."
    site.come_to_rest()
    site.check(notebook)


def test_a_broker_that_hangs_keeps_no_writer_waiting_for_good(site: Stage):
    """It takes connections and says nothing, as behind a broken network."""
    worker = site.start_worker()
    site.redis.process.send(signal.SIGSTOP)
    try:
        with site.writing(writers=2) as stream:
            wait_for("Writes beside a broker that hangs", lambda: stream.count >= 4)
            notebook = stream.finish()
    finally:
        site.redis.process.send(signal.SIGCONT)
    print(f"{stream.count} rows; slowest answer {notebook.slowest:.2f} s")
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    assert worker.is_alive
    site.come_to_rest()
    site.check(notebook)


def test_pages_are_there_while_redis_is_not(site: Stage):
    caller = Caller(site.port, site.signed_in)
    site.redis.kill()
    assert {path: caller.call("GET", path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
    health = caller.call("GET", "/health/")
    assert health.status == 503
    assert "Broker(): Unavailable" in health.text
    assert "Cache(alias='default'): OK" not in health.text


def test_messages_that_come_many_times_and_late_change_nothing(site: Stage):
    """Bursts of hints to three workers: all are given the same months at once, and again when they are done."""
    for number in range(3):
        site.start_worker(f"worker-{number}")
    with site.writing() as stream:
        for _ in range(scaled(20, least=2)):
            wait_for("More writes", lambda count=stream.count: stream.count > count + 10)
            site.hint(50)
            # Those that waited longest come last.
            queue = site.redis.client.lrange("celery", 0, -1)
            if queue:
                site.redis.client.rpush("celery", *queue)
            site.check_honest()
        notebook = stream.finish()
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    site.come_to_rest()
    wait_for("An end of the messages", lambda: not site.redis.client.llen("celery"))
    site.check(notebook)
