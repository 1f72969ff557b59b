"""Workers are killed; what was written stays, and its figures come."""

import time
from random import Random

import psycopg

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import wait_for


def busy_workers(site: Stage) -> int:
    """Return how many workers are inside a transaction at this instant."""
    with psycopg.connect(site.database, autocommit=True) as connection:
        [count] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'worker%' AND xact_start IS NOT NULL"
        ).fetchone()
    return count


def test_workers_killed_at_random_instants_lose_nothing(site: Stage, chance: Random):
    """Half of the kills wait for a worker to be in the middle of its work; two in three hit a process of the pool."""
    kills, struck = scaled(200), 0
    workers = [site.start_worker(f"worker-{number}", wait=False) for number in range(2)]
    with site.writing() as stream:
        wait_for("The first writes", lambda: stream.count > 20)
        for kill in range(kills):
            time.sleep(chance.uniform(0, 0.5))  # the instant is the test's chance
            if chance.random() < 0.5:
                wait_for("A worker at work", lambda: busy_workers(site))
            struck += bool(busy_workers(site))
            place = chance.randrange(2)
            if chance.random() < 0.67:
                workers[place].kill_a_child(chance.random())
            else:
                workers[place].kill()
                workers[place] = site.start_worker(f"worker-{place}", wait=False)
            stream.check()
            if kill % 20 == 19:
                site.check_honest()
        notebook = stream.finish()
    print(f"{kills} kills, {struck} in a transaction; {stream.count} rows; slowest answer {notebook.slowest:.2f} s")
    assert struck, "No worker was hit in the middle of its work."
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    for worker in workers:
        worker.kill()
    site.start_worker("worker-last")
    site.come_to_rest()
    site.check(notebook)
