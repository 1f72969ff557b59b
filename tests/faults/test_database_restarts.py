"""PostgreSQL is stopped at once in the middle of everything, and comes back: so does the site, by itself."""

import time
from random import Random

import psycopg

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import wait_for
from tests.faults.workload import Notebook, entries_file, note_file


def is_at_work(site: Stage, name: str) -> bool:
    """Whether a process of that name has changed something in a transaction that is open at this instant."""
    with psycopg.connect(site.database, autocommit=True) as connection:
        [count] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE %s AND backend_xid IS NOT NULL",
            [f"{name}%"],
        ).fetchone()
    return count > 0


def restart(site: Stage) -> None:
    site.postgres.stop_at_once()
    site.postgres.start()


def test_a_database_that_restarts_under_writes_and_roll_ups_loses_nothing(site: Stage, chance: Random):
    worker = site.start_worker()
    with site.writing() as stream:
        for _ in range(scaled(30, least=4)):
            wait_for("More writes", lambda count=stream.count: stream.count > count + 20)
            name = chance.choice(["web", "worker"])
            wait_for(f"A transaction of the {name}", lambda name=name: is_at_work(site, name))
            time.sleep(chance.uniform(0, 0.05))  # the instant is the test's chance
            restart(site)
            stream.check()
        notebook = stream.finish()
    print(f"{stream.count} rows, {notebook.lost} answers lost or failed; slowest answer {notebook.slowest:.2f} s")
    assert worker.is_alive
    site.come_to_rest()
    site.check(notebook)


def test_a_database_that_restarts_in_a_long_import_or_full_roll_up_leaves_all_or_nothing(site: Stage, chance: Random):
    notebook, cut = Notebook(), 0
    file = site.folder / "entries.csv"
    for number in range(scaled(10, least=2)):
        data = entries_file(f"i{number}", 20_000, chance)
        file.write_bytes(data)
        for arguments in (["import", "ledger-entries", str(file)], ["rollup", "--full"]):
            command = site.start("command", "django", *arguments)
            wait_for("The command at work", lambda: is_at_work(site, "command"))
            time.sleep(chance.uniform(0, 0.1))  # the instant is the test's chance
            restart(site)
            is_done = command.popen.wait(60) == 0
            site.check_honest()
            if arguments[0] == "import":
                assert site.count(f"wi{number}-%") == (20_000 if is_done else 0), command.said()[-500:]
                site.run("-m", "django", *arguments)
                note_file(notebook, data)
            cut += not is_done
    print(f"{cut} commands of {2 * scaled(10, least=2)} were cut off in the middle")
    assert cut
    site.check(notebook)
