"""Measure Twofold: `python -m bench [NAME...] [--quick]`; `make bench` does.

Every measurement stands beside a yardstick taken in the same run. The table goes to the terminal and, of a full run,
into docs/performance.md.
"""

import argparse
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable

import django

from bench import services, table

#: Each is a module of this package with `rows(bench)`, in the order of the table.
MEASUREMENTS = ("ingest", "rollup", "engine", "rebalancing", "fresh", "pages", "roadmaps", "studio", "browser")

#: These need no database, and so no stage: `rows(is_quick)`.
BARE = ("engine", "rebalancing")


def main() -> None:
    """Run what is asked for, print the table, and keep it where the run was a whole one."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Twofold beside its yardsticks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(MEASUREMENTS)}; or all")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds, to see that it runs")
    parser.add_argument("--keep", action="store_true", help="write the table into docs/performance.md, whatever it has")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"there is no measurement {', '.join(unknown)}; choose from {', '.join(MEASUREMENTS)}")
    names = [name for name in MEASUREMENTS if not options.names or name in options.names]

    begun = time.monotonic()
    services.end_on_signals()
    found = services.find()
    os.environ.update(found.environment("none"))
    django.setup()
    from bench.sites import bench

    say = _say(begun)
    rows: list[table.Row] = []
    failures: list[str] = []
    with services.migrated(found), bench(found, is_quick=options.quick, say=say) as stage:
        for name in names:
            try:
                module = importlib.import_module(f"bench.{name}")
                for row in module.rows(options.quick) if name in BARE else module.rows(stage):
                    rows.append(row)
                    say(f"{row.what}, {row.size}: {row.measured}; {row.ratio}")
            except Exception:  # what is wrong with one measurement must not cost the others
                failures.append(f"{name}: {traceback.format_exc()}")
                rows.append(table.Row(name, "", "could not be measured", is_met=False))
        postgres = found.version()
    command = "make bench" if not options.names and not options.quick else f"python -m bench {' '.join(sys.argv[1:])}"
    heading = table.heading(command, time.monotonic() - begun, postgres)
    print(f"\n{heading}\n\n{table.plain(rows)}\n\n" + "\n".join(f"- {note}" for note in table.notes(rows)))
    if options.keep or (not options.names and not options.quick):
        table.write(table.markdown(rows, heading))
        print(f"\nWritten to {table.DOCUMENT.relative_to(services.ROOT)}.")
    if failures:
        raise services.Failed("\n\n".join(failures))


def _say(begun: float) -> Callable[[str], None]:
    """Return what tells how far it is, with the seconds gone by, apart from the table."""
    return lambda words: print(f"{time.monotonic() - begun:6.1f} s  {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except services.Failed as failure:
        sys.exit(str(failure))
