"""Clocks are put back, and those of two hosts do not agree: time on the wall decides nothing."""

from random import Random

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import Clock, answers, wait_for


def test_clocks_that_are_put_back_lose_nothing_and_refuse_nobody(site: Stage, chance: Random):
    """The web process and a worker each have a clock of their own; a second worker goes by the real time."""
    of_web, of_worker = Clock(site.folder / "web"), Clock(site.folder / "worker")
    site.started[0].kill()
    site.start_web(**of_web.environment)
    site.start_worker("worker-0", **of_worker.environment)
    site.start_worker("worker-1")
    with site.writing() as stream:
        for _ in range(scaled(60, least=6)):
            wait_for("More writes", lambda count=stream.count: stream.count > count + 20)
            chance.choice([of_web, of_worker]).put(chance.choice([-90_000, -3_600, -2, 0, 2, 3_600, 90_000]))
            stream.check()
        notebook = stream.finish()
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    assert answers(site.port)
    site.come_to_rest()
    site.check(notebook)
