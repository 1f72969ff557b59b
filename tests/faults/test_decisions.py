"""A process that applies a decision is killed, or its database is: all of the new split is there, or all of the old."""

import time
from random import Random

import psycopg

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import wait_for
from tests.rebalance.applying import SETUP

LINES = 200


def split(site: Stage) -> tuple[str, set[int], int]:
    """Return the decision's status, the amounts that are paid on its day, and how many are."""
    with psycopg.connect(site.database, autocommit=True) as connection:
        [status] = connection.execute("SELECT status FROM rebalance_decision").fetchone()
        rows = connection.execute(
            "SELECT monthly_amount FROM funding_allocation WHERE retracted_at IS NULL AND starts <= '2026-04-01' "
            "AND (ends IS NULL OR ends > '2026-04-01')"
        ).fetchall()
    return status, {int(amount) for (amount,) in rows}, len(rows)


def test_whatever_is_killed_while_a_decision_is_applied_the_split_is_whole(site: Stage, chance: Random):
    arguments = site.run("-c", SETUP.format(lines=LINES)).split()
    old, new = ("approved", {1000}, LINES), ("applied", {999, 1001}, LINES)
    cut_off = 0
    for number in range(scaled(40, least=4)):
        process = site.start(f"applying-{number}", "tests.rebalance.applying", *arguments)
        wait_for("Its first write", lambda process=process: "begun" in process.said() or not process.is_alive)
        assert "begun" in process.said(), process.said()[-3000:]
        time.sleep(chance.uniform(0, 0.1))  # the instant is the test's chance
        if chance.random() < 0.25:
            site.postgres.stop_at_once()
            site.postgres.start()
        process.kill()
        found = split(site)
        assert found == (new if found[0] == "applied" else old)
        if found == new:
            break
        assert "done" not in process.said()
        cut_off += 1
    if split(site) == old:  # what was cut off can be done again, to its end
        site.run("-m", "tests.rebalance.applying", *arguments)
    assert split(site) == new
    print(f"{cut_off} times cut off before it was done")
