"""SQLite, with nothing beside it: twenty processes write at once, and some are killed in it."""

import json
import time
from random import Random

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import Process, wait_for
from tests.faults.workload import Notebook

PROCESSES = 20


def note_said(notebook: Notebook, process: Process) -> None:
    """Note what a process of `writing.py` was told; the last word on a row counts."""
    for line in process.said().splitlines():
        if line.startswith("["):
            key, fact, rows = json.loads(line)
            notebook.known[key], notebook.rows[key] = fact, rows


def test_twenty_processes_that_write_at_once_are_all_served(embedded: Stage):
    """Through the actions and over HTTP, each write with its roll-up: nobody is told that the database is locked."""
    count = scaled(100, least=12)
    processes = [
        embedded.start(f"writing-{number}", "tests.faults.writing", f"p{number}", str(count))
        for number in range(PROCESSES)
    ]
    with embedded.writing(writers=4) as stream:
        for process in processes:
            wait_for(f"The end of {process.name}", lambda process=process: not process.is_alive, 600)
            assert process.popen.returncode == 0, process.said()[-3000:]
        notebook = stream.finish()
    for process in processes:
        note_said(notebook, process)
    print(
        f"{sum(notebook.rows.values())} rows by {PROCESSES} processes and 4 callers, slowest {notebook.slowest:.1f} s"
    )
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    embedded.check(notebook)


def test_a_process_killed_in_a_write_leaves_a_clean_file(embedded: Stage, chance: Random):
    """Whatever was acknowledged before is in it, and of what was not, nothing or a whole row."""
    notebook = Notebook()
    with embedded.writing(writers=2) as stream:
        for number in range(scaled(100, least=5)):
            process = embedded.start(f"writing-{number}", "tests.faults.writing", f"p{number}", "1000")
            wait_for("Its first write", process.said)
            time.sleep(chance.uniform(0, 1))  # the instant is the test's chance
            process.kill()
            note_said(notebook, process)
        notebook_of_callers = stream.finish()
    assert not notebook_of_callers.failures, "\n".join(notebook_of_callers.failures[:10])
    embedded.stop()
    assert embedded.verdict("file") == [[["ok"]]]
    notebook.known |= notebook_of_callers.known
    notebook.rows |= notebook_of_callers.rows
    [found] = embedded.verdict("facts")
    for key, rows in found["rows"].items():  # the write that was cut off may be there: whole, and once
        if rows == notebook.rows.get(key, 0) + 1:
            notebook.note(key, found["known"][key], rows=1)
    embedded.check(notebook)
